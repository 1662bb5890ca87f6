import { defaultSettings, type MethodName } from '../engine/config.ts';
import { engineVersion } from '../engine/version.ts';
import type { MethodTiming } from './bench/measureMethod.ts';
import { timingTable } from './bench/timingTable.ts';
import { nodeBackendNames, parseNodeBackend } from './nodeBackendName.ts';
import { checkWritable, writeOutput } from './outputFile.ts';
import { fileName } from './parseExperimentArguments.ts';
import { ProgressPrinter } from './progressPrinter.ts';
import { readMnist } from './readDataset.ts';
import { helpText, readFlags, type Flag } from './readFlags.ts';
import { runCommand } from './runCommand.ts';
import { startNodeBackend } from './startNodeBackend.ts';
import { UsageError } from './usageError.ts';

const flags: readonly Flag[] = [
  { name: 'backend', value: 'NAME', help: `one of ${nodeBackendNames.join(', ')}; wasm if left out` },
  { name: 'steps', value: 'N', help: 'steps to time of each method, from 1 to 10000; 200 if left out' },
  { name: 'json', value: 'FILE', help: 'write all figures as JSON' },
];

const usage = `npm run -s bench -- --backend wasm
Times a training step of each method on Split MNIST at the paper's settings beside the same step
written with stock operations of TensorFlow.js.`;

/** The i.i.d. bounds take the step of fine-tune on another stream. */
const methodsToTime: readonly MethodName[] = ['fine-tune', 'er', 'er-mir'];

function parseSteps(text = '200'): number {
  const steps = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (steps < 1 || steps > 10_000) throw new UsageError(`--steps is "${text}"; allowed is a whole number from 1 to 10000.`);
  return steps;
}

await runCommand(async (argv) => {
  const { values, positionals } = readFlags(argv, flags);
  if (values.has('help')) {
    process.stdout.write(`${helpText(usage, flags)}\n`);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" belongs to no flag; allowed are --backend, --steps and --json.`);
  const steps = parseSteps(values.get('steps'));
  const backendName = parseNodeBackend(values.get('backend'));
  const json = fileName(values, 'json');
  if (json !== null) checkWritable('json', json);
  const dataset = await readMnist();
  const backend = await startNodeBackend(backendName);
  // Loaded late: TensorFlow.js must find WebGPU in place.
  const { measureMethod } = await import('./bench/measureMethod.ts');

  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const timings: MethodTiming[] = [];
  for (const method of methodsToTime) {
    const begun = performance.now();
    const progress = (doneSteps: number) => ({ what: method, doneSteps, totalSteps: steps, elapsedSeconds: (performance.now() - begun) / 1_000 });
    timings.push(await measureMethod(dataset, { ...defaultSettings, method }, steps, (done) => printer.update(progress(done))));
    printer.line(`${method} timed`);
  }
  const device = backend.device === '' ? '' : `, ${backend.device}`;
  process.stdout.write(`${backend.name}${device}, MIR Lab ${engineVersion}\n\n${timingTable(timings)}\n`);
  if (json !== null) {
    const file = { backend: backend.name, device: backend.device, version: engineVersion, settings: defaultSettings, timings };
    writeOutput('json', json, `${JSON.stringify(file, null, 2)}\n`);
  }
  return 0;
});
