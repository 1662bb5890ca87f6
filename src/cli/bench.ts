import type { BenchmarkTiming, SubjectName } from '../engine/benchmark/benchmarkTiming.ts';
import type { MakePeer } from '../engine/benchmark/contest.ts';
import type { ScenarioName } from '../engine/config.ts';
import { DataError } from '../engine/data/dataError.ts';
import { engineVersion } from '../engine/version.ts';
import { benchFlags, parseBenchArguments } from './bench/parseBenchArguments.ts';
import { timingTable } from './bench/timingTable.ts';
import { checkWritable, writeOutput } from './outputFile.ts';
import { ProgressPrinter } from './progressPrinter.ts';
import { readCifar10, readMnist } from './readDataset.ts';
import { helpText } from './readFlags.ts';
import { runCommand } from './runCommand.ts';
import { startNodeBackend } from './startNodeBackend.ts';

const usage = `npm run -s bench -- --backend wasm
Times a training step of each method at the paper's settings beside the same step written with stock
operations of TensorFlow.js: fine-tune, er, er-mir, gen, gen-mir and the VAE's update (with gen-mir's
settings) on Split MNIST; er-mir with the ResNet, ae-er and ae-mir (the classifier's step) and the
autoencoder's update on Split CIFAR-10, which needs npm run data:cifar10. A step of these takes
seconds on wasm, so two of each are timed there unless --steps asks for more.`;

/** Datasets by name, each read once; CIFAR-10 is null where it is not there and nobody asked for it. */
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
  const datasetOf = (name: SubjectName) => (subjects[name].config.scenario === 'split-cifar10' ? data.cifar10 : data.mnist);
  const makePeers: readonly MakePeer[] = peers ? [await (await import('./bench/startJax.ts')).startJax(backendName)] : [];

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
    const onBlock = (doneSteps: number) => printer.update({ what: name, doneSteps, totalSteps, elapsedSeconds: (performance.now() - begun) / 1_000 });
    timings.push(await timeSubject(name, dataset, totalSteps, { now: () => performance.now(), onBlock }, makePeers));
    printer.line(`${name} timed in ${Math.round((performance.now() - begun) / 1_000)} s`);
  }
  const device = backend.device === '' ? '' : `, ${backend.device}`;
  const notes = [
    ...(data.cifar10 !== null && !hasStockFilterGradient()
      ? [`Stock TensorFlow.js has no gradient of a convolution's filter on ${backend.name}; the stock composition sums it tap by tap from products.`]
      : []),
    ...(leftOut.length > 0 ? [`Not timed, because CIFAR-10 is not there: ${leftOut.join(', ')}. Run "npm run data:cifar10" to get it.`] : []),
  ];
  process.stdout.write(`${[`${backend.name}${device}, MIR Lab ${engineVersion}`, '', timingTable(timings), ...notes].join('\n')}\n`);
  if (json !== null) {
    const configs = Object.fromEntries(timings.map(({ subject }) => [subject, subjects[subject].config]));
    const file = { backend: backend.name, device: backend.device, version: engineVersion, configs, timings };
    writeOutput('json', json, `${JSON.stringify(file, null, 2)}\n`);
  }
  return 0;
});
