import type { ScenarioName } from '../core/config.ts';
import { DataError } from '../core/dataset.ts';
import { engineVersion } from '../core/storedRun.ts';
import type { BenchmarkTiming, Quartiles, SubjectName } from '../core/timing.ts';
import type { MakePeer } from '../engine/benchmark/contest.ts';
import { benchFlags, parseBenchArguments } from './benchArguments.ts';
import { readCifar10, readMnist } from './data/readDataset.ts';
import { helpText } from './flags.ts';
import { ProgressPrinter, runCommand } from './progress.ts';
import { checkWritable, writeOutput } from './resultFile.ts';
import { startNodeBackend } from './startNodeBackend.ts';

function spread({ lower, median, upper }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)} … ${upper.toFixed(digits)})`;
}

function plainTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('   ')
      .trimEnd(),
  );
}

/**
 * The tables that the benchmark prints: medians with quartiles, the cost of a step for the host, and what was alive
 * before and after.
 */
function timingTable(timings: readonly BenchmarkTiming[]): string {
  const count = (calls: number | undefined) => (calls === undefined ? '–' : String(Math.round(10 * calls) / 10));
  return [
    ...plainTable([
      ['a step of', 'by', 'ms', 'over the engine’s', 'JavaScript, ms', 'dispatches', 'submits'],
      ...timings.flatMap(({ subject, contestants }) =>
        contestants.map(({ name, time, ratio, javaScript, device }) => [
          subject,
          name,
          spread(time, 2),
          ratio === null ? '' : spread(ratio, 2),
          spread(javaScript, 3),
          count(device?.dispatches),
          count(device?.submits),
        ]),
      ),
    ]),
    '',
    'Median (lower … upper quartile) over blocks of steps, each contestant in turn in one process. JavaScript: until a step has been',
    'handed over, over single steps; on wasm and cpu the computing falls into it, except for jax-js, which waits until it is asked.',
    ...timings.map(
      ({ subject, steps, blockSteps, tensors, bytes }) =>
        `${subject}: ${steps} steps in blocks of ${blockSteps}; ${tensors.before} tensors, ${bytes.before} bytes before and ${tensors.after} tensors, ${bytes.after} bytes after`,
    ),
  ].join('\n');
}

const usage = `npm run -s bench -- --backend wasm
Times a training step of each method at the paper's settings beside the same step written with stock
operations of TensorFlow.js: fine-tune, er, er-mir, gen, gen-mir and the VAE's update (with gen-mir's
settings) on Split MNIST; er-mir with the ResNet, ae-er and ae-mir (the classifier's step) and the
autoencoder's update on Split CIFAR-10, which needs npm run data:cifar10. A step of these takes
seconds on wasm, so two of each are timed there unless --steps asks for more.`;

/** Datasets by name, each read once; CIFAR-10 is null if it is missing and nobody asked for it. */
async function datasetsFor(scenarios: ReadonlySet<ScenarioName>, named: boolean) {
  const withoutCifar10 = (error: unknown) => {
    if (named || !(error instanceof DataError)) throw error;
    return null;
  };
  return {
    mnist: scenarios.has('split-mnist') ? await readMnist() : null,
    cifar10: scenarios.has('split-cifar10') ? await readCifar10().catch(withoutCifar10) : null,
  };
}

await runCommand(async (argv) => {
  const { help, backend: backendName, subjects: asked, named, steps, peers, json } = parseBenchArguments(argv);
  if (help) {
    process.stdout.write(`${helpText(usage, benchFlags)}\n`);
    return 0;
  }
  if (json !== null) checkWritable('json', json);
  const backend = await startNodeBackend(backendName);
  // Loaded late: TensorFlow.js must find WebGPU in place.
  const { subjects, timeSubject } = await import('../engine/benchmark/subjects.ts');
  const { hasStockFilterGradient } = await import('../engine/benchmark/naive/convolution.ts');
  const data = await datasetsFor(new Set(asked.map((name) => subjects[name].config.scenario)), named);
  const datasetOf = (name: SubjectName) =>
    subjects[name].config.scenario === 'split-cifar10' ? data.cifar10 : data.mnist;
  const makePeers: readonly MakePeer[] = peers ? [await (await import('./jaxEr.ts')).startJax(backendName)] : [];

  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const timings: BenchmarkTiming[] = [];
  const leftOut: SubjectName[] = [];
  for (const name of asked) {
    const dataset = datasetOf(name);
    if (dataset === null) {
      leftOut.push(name);
      continue;
    }
    const totalSteps = steps ?? subjects[name].steps;
    const begun = performance.now();
    const onBlock = (doneSteps: number) =>
      printer.update({ what: name, doneSteps, totalSteps, elapsedSeconds: (performance.now() - begun) / 1_000 });
    timings.push(await timeSubject(name, dataset, totalSteps, { now: () => performance.now(), onBlock }, makePeers));
    printer.line(`${name} timed in ${Math.round((performance.now() - begun) / 1_000)} s`);
  }
  const device = backend.device === '' ? '' : `, ${backend.device}`;
  const notes = [
    ...(data.cifar10 !== null && !hasStockFilterGradient()
      ? [
          `Stock TensorFlow.js has no gradient of a convolution's filter on ${backend.name}; the stock composition sums it tap by tap from products.`,
        ]
      : []),
    ...(leftOut.length > 0
      ? [`Not timed, because CIFAR-10 is not there: ${leftOut.join(', ')}. Run "npm run data:cifar10" to get it.`]
      : []),
  ];
  process.stdout.write(
    `${[`${backend.name}${device}, MIR Lab ${engineVersion}`, '', timingTable(timings), ...notes].join('\n')}\n`,
  );
  if (json !== null) {
    const configs = Object.fromEntries(timings.map(({ subject }) => [subject, subjects[subject].config]));
    const file = { backend: backend.name, device: backend.device, version: engineVersion, configs, timings };
    writeOutput('json', json, `${JSON.stringify(file, null, 2)}\n`);
  }
  return 0;
});
