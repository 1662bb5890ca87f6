import { performance } from 'node:perf_hooks';
import Papa from 'papaparse';
import { type RunConfig, runConfigSchema } from '../core/config.ts';
import { csvIn } from '../core/csv.ts';
import { interval } from '../core/metrics.ts';
import { scenarios } from '../core/scenarios.ts';
import { intervalText } from '../core/tableFormats.ts';
import {
  dataFlags,
  dataOptions,
  flagName,
  overwriteFlag,
  runConfigFlags,
  runConfigsOf,
  type Flag,
  helpText,
  nodeBackendNames,
  parseNodeBackend,
  parseSeeds,
  readFlags,
  UsageError,
} from './configFlags.ts';
import { readDataset } from './data/readDataset.ts';
import { checkNoPositionals, csvFormatFlag, csvFormatOf, fileName } from './experimentArguments.ts';
import { claimNewFile } from './outputFile.ts';
import { progressLine, ProgressPrinter, runCommand } from './progress.ts';
import type { RunProgress } from './runSeed.ts';
import { startNodeBackend } from './startNodeBackend.ts';

const flags: readonly Flag[] = [
  ...runConfigFlags,
  ...dataFlags,
  { name: 'vary', value: 'FLAG', help: 'the setting to choose, for example learning-rate' },
  { name: 'values', value: 'A,B,…', help: 'the values to try' },
  { name: 'seeds', value: 'N|A-B', help: 'seeds, as for `npm run experiment`; 3 if left out' },
  { name: 'backend', value: 'NAME', help: `one of ${nodeBackendNames.join(', ')}; wasm if left out` },
  { name: 'csv', value: 'FILE', help: 'write one row per value and seed' },
  csvFormatFlag,
  overwriteFlag,
];

const usage = `npm run -s study -- --scenario split-mnist --method gem --vary learning-rate --values 0.03,0.1
Chooses a setting that the paper leaves open: trains with each value and measures on the images
held out of training, never on the test set.`;

/** One finished run of the study. Accuracies are fractions, counted on held-out training images. */
interface StudyRow {
  readonly scenario: string;
  readonly method: string;
  readonly setting: string;
  readonly value: string;
  readonly seed: number;
  readonly samplesPerTask: number;
  readonly validationAccuracy: number | '';
  readonly validationForgetting: number | '';
}

async function study(values: ReadonlyMap<string, string>): Promise<number> {
  const vary = values.get('vary') ?? '';
  if (!runConfigFlags.some(({ name }) => name === vary) || ['scenario', 'method', 'seed'].includes(vary)) {
    throw new UsageError(`--vary is "${vary}"; allowed is a setting such as ${flagName('learningRate')}.`);
  }
  const candidates = (values.get('values') ?? '').split(',').map((value) => value.trim());
  const configs = candidates.map((value): RunConfig => runConfigsOf(new Map([...values, [vary, value]]))[0]);
  const seeds = parseSeeds(values.get('seeds') ?? '3');
  const path = fileName(values, 'csv');
  const format = csvFormatOf(values);
  const bytes = 200 * seeds.length * configs.length;
  const csv = path === null ? null : claimNewFile({ flag: 'csv', path, bytes }, values.has('overwrite'));

  const dataset = await readDataset(scenarios[configs[0].scenario].dataset, dataOptions(values));
  const backend = await startNodeBackend(parseNodeBackend(values.get('backend')));
  // Loaded late: TensorFlow.js must find WebGPU in place.
  const { runSeed } = await import('./runSeed.ts');
  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const start = performance.now();
  const rows: StudyRow[] = [];
  for (const seed of seeds) {
    for (const [index, config] of configs.entries()) {
      const what = `${config.method}, ${vary} ${candidates[index]}, seed ${seed}`;
      const done = rows.length;
      const progress = ({ step, totalSteps, preparing }: RunProgress) => ({
        what,
        doneSteps: done * totalSteps + step,
        totalSteps: seeds.length * configs.length * totalSteps,
        elapsedSeconds: (performance.now() - start) / 1_000,
        preparing,
      });
      const lane = runConfigSchema.parse({ ...config, seed });
      const { results } = await runSeed(
        dataset,
        [lane],
        backend,
        (run) => {
          printer.update(progress(run));
        },
        { evaluateOn: 'validation', evaluatesBetween: false },
      );
      rows.push({
        scenario: config.scenario,
        method: config.method,
        setting: vary,
        value: candidates[index],
        seed,
        samplesPerTask: config.samplesPerTask,
        validationAccuracy: results[0]?.averageAccuracy ?? '',
        validationForgetting: results[0]?.averageForgetting ?? '',
      });
      csv?.keep(csvIn(format, `${Papa.unparse([...rows])}\r\n`), (line) => {
        printer.line(line);
      });
      printer.line(progressLine(progress({ step: 1, totalSteps: 1, preparing: null })));
    }
  }

  for (const value of candidates) {
    const accuracies = rows
      .filter((row) => row.value === value)
      .flatMap((row) => (row.validationAccuracy === '' ? [] : [row.validationAccuracy]));
    const text =
      accuracies.length === 0
        ? 'no run came to its end'
        : `${intervalText(interval(accuracies))} %, n = ${accuracies.length}`;
    process.stdout.write(`${vary} ${value}: validation accuracy ${text}\n`);
  }
  if (csv?.failure) {
    printer.line(csv.failure);
    return 2;
  }
  return 0;
}

await runCommand(async (argv) => {
  const { values, positionals } = readFlags(argv, flags);
  checkNoPositionals(positionals);
  if (!values.has('help')) return study(values);
  process.stdout.write(`${helpText(usage, flags)}\n`);
  return 0;
});
