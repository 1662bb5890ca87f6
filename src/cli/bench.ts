import { engineVersion } from '../core/storedRun.ts';
import { type BenchmarkTiming, contestantsOf, type Quartiles, type SubjectName } from '../core/timing.ts';
import { timeContest } from '../engine/benchmark/contest.ts';
import { type BenchArguments, benchFlags, parseBenchArguments } from './benchArguments.ts';
import { contestantWork, type RemoteEntrant, serveContestant, startContestant } from './benchContestant.ts';
import { claimNewFile } from './outputFile.ts';
import { helpText } from './configFlags.ts';
import { ProgressPrinter, runCommand } from './progress.ts';

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
  const all = timings.flatMap(({ subject, rounds, contestants }) =>
    contestants.map((contestant) => ({ subject, rounds, ...contestant })),
  );
  return [
    ...plainTable([
      [
        'a step of',
        'by',
        'one, ms',
        'in a row, ms',
        'over the engine’s',
        'JavaScript, ms',
        'of it ours, ms',
        'dispatches',
        'submits',
      ],
      ...all.map(({ subject, name, single, inRow, ratio, javaScript, ownJavaScript, device }) => [
        subject,
        name,
        spread(single, 3),
        spread(inRow, 3),
        ratio === null ? '' : spread(ratio, 2),
        spread(javaScript, 3),
        ownJavaScript === null ? '' : spread(ownJavaScript, 3),
        count(device?.dispatches),
        count(device?.submits),
      ]),
    ]),
    '',
    'Median (lower … upper quartile). One: a step until its result is here. In a row: a step of a block, of which the last result is',
    'read. Each contestant has a process of its own and warms up; they take turns, and before each turn the device has finished and',
    'garbage is collected. JavaScript: until a step in a row has been handed over; on wasm and cpu the computing falls into it, except',
    'for jax-js, which waits until it is asked. Of it ours: without the calls into the graphics driver, which works in this thread;',
    'timed in steps whose commands go nowhere.',
    ...all.map(
      ({ subject, name, steps, rounds, singles, alive: { before, after } }) =>
        `${subject}, ${name}: ${counted(steps, 'step')} in ${counted(rounds, 'block')}, ${singles} singly; ${before.tensors} tensors, ${before.bytes} bytes before and ${after.tensors} tensors, ${after.bytes} bytes after`,
    ),
  ].join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

const usage = `npm run -s bench -- --backend wasm
Times a training step of each method at the paper's settings beside the same step written with stock
operations of TensorFlow.js: fine-tune, er, er-mir, gen, gen-mir and the VAE's update (with gen-mir's
settings) on Split MNIST; er-mir with the ResNet, ae-er and ae-mir (the classifier's step) and the
autoencoder's update on Split CIFAR-10, which needs npm run data:cifar10. The other methods are timed
alone, and those that are held to the past in the last task. Quick steps are timed in blocks of 100 to 200, slow ones in blocks of half a second.`;

/** What has been timed of one subject, and on what. */
type SubjectResult = Pick<RemoteEntrant, 'readiness'> & { readonly timing: BenchmarkTiming };

/** Times one subject; null where it has no data and was not asked for by name. */
async function timeSubject(
  subject: SubjectName,
  { backend, stock, peers, steps, named }: BenchArguments,
  printer: ProgressPrinter,
): Promise<SubjectResult | null> {
  const begun = performance.now();
  const elapsedSeconds = () => (performance.now() - begun) / 1_000;
  const entrants: RemoteEntrant[] = [];
  try {
    for (const name of contestantsOf(subject, { stock, peers }))
      entrants.push(await startContestant({ subject, name, backend }));
  } catch (error) {
    for (const entrant of entrants) await entrant.end();
    if (named || !(error instanceof Error) || error.name !== 'DataError') throw error;
    return null;
  }
  const timing = await timeContest(entrants, { subject, steps }, ({ done, total }) =>
    printer.update({ what: subject, doneSteps: done, totalSteps: total, elapsedSeconds: elapsedSeconds() }),
  );
  printer.line(`${subject} timed in ${Math.round(elapsedSeconds())} s`);
  return { timing, readiness: entrants[0].readiness };
}

async function bench(argv: readonly string[]): Promise<number> {
  const asked = parseBenchArguments(argv);
  const { help, subjects, stock } = asked;
  if (help) {
    process.stdout.write(`${helpText(usage, benchFlags)}\n`);
    return 0;
  }
  const json =
    asked.json === null ? null : claimNewFile({ flag: 'json', path: asked.json, bytes: 100_000 }, asked.overwrite);

  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const results: SubjectResult[] = [];
  const leftOut: SubjectName[] = [];
  for (const subject of subjects) {
    const result = await timeSubject(subject, asked, printer);
    if (result === null) leftOut.push(subject);
    else results.push(result);
  }
  const notes = [
    ...(stock &&
    results.some(({ readiness }) => readiness.config.scenario === 'split-cifar10' && !readiness.stockFilterGradient)
      ? [
          `Stock TensorFlow.js has no gradient of a convolution's filter on ${asked.backend}; the stock composition sums it tap by tap from products.`,
        ]
      : []),
    ...(leftOut.length > 0
      ? [`Not timed, because CIFAR-10 is not there: ${leftOut.join(', ')}. Run "npm run data:cifar10" to get it.`]
      : []),
  ];
  const timings = results.map(({ timing }) => timing);
  const device = results.map(({ readiness }) => readiness.backend.device).find((name) => name !== '') ?? '';
  process.stdout.write(
    `${[[asked.backend, device].filter(Boolean).join(', ') + `, MIR Lab ${engineVersion}`, '', timingTable(timings), ...notes].join('\n')}\n`,
  );
  if (json !== null) {
    const configs = Object.fromEntries(results.map(({ timing, readiness }) => [timing.subject, readiness.config]));
    const file = { backend: asked.backend, device, version: engineVersion, configs, timings };
    json.write(`${JSON.stringify(file, null, 2)}\n`);
  }
  return 0;
}

const work = contestantWork(process.argv.slice(2));
if (work === null) await runCommand(bench);
else await serveContestant(work);
