import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCifar10 } from '../../../src/cli/data/cifar10.ts';
import { resultFileSchema } from '../../../src/cli/resultFile.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import { type Outcome, runCommandProcess } from './commandProcess.ts';
import { smallCifar10Files, writeArchive } from './smallCifar10.ts';

/** One step for each task: ResNet-18 and the autoencoder are slow where graphics are imitated in software. */
const settings =
  '--samples-per-task 10 --filters 1 --memory-per-class 1 --candidates 4 --budget 2 --evaluation-interval 1000 --evaluation-size 10 ' +
  '--ae-filters 1 --ae-epochs 1 --ae-replays 2 --ae-candidates 4';

let folder: string;

/** Runs `npm run experiment` on a small CIFAR-10. */
function experiment(backend: string, methods: readonly MethodName[]): Promise<Outcome> {
  const argv = [
    '--scenario',
    'split-cifar10',
    '--method',
    methods.join(),
    ...settings.split(' '),
    '--backend',
    backend,
  ];
  const files = ['--data', folder, '--json', join(folder, `${backend}.json`)];
  return runCommandProcess('experiment', ...argv, ...files);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'split-cifar10-'));
  const small = await writeArchive(smallCifar10Files());
  await writeCifar10(folder, { force: true, onProgress: () => {}, archive: small.archive });
  await rm(small.folder, { recursive: true });
});

afterAll(() => rm(folder, { recursive: true }));

describe('npm run experiment on Split CIFAR-10', () => {
  // On cpu and WebGPU the page trains both to their end (scenarios.test.ts and backends.webgpu.test.ts in tests/e2e).
  it.for<[string, MethodName[]]>([['wasm', ['er-mir', 'ae-mir']]])(
    'trains from the first task to the last on %s: %j',
    { timeout: 300_000 },
    async ([backend, methods]) => {
      const { code, stderr } = await experiment(backend, methods);
      expect(stderr).not.toContain('stopped');
      expect(code, stderr).toBe(0);
      const file = resultFileSchema.parse(JSON.parse(readFileSync(join(folder, `${backend}.json`), 'utf8')));
      const experiments = 'experiments' in file ? file.experiments : [file];
      expect(experiments.map(({ config }) => config.method)).toEqual(methods);
      for (const { config, runs, backend: used } of experiments) {
        expect([config.scenario, used, runs.length, runs[0].steps]).toEqual(['split-cifar10', backend, 1, 5]);
        expect(runs[0].accuracyMatrix.map((row) => row.length)).toEqual([1, 2, 3, 4, 5]);
        // Each task has 8 test images: an accuracy is a count of them.
        for (const accuracy of runs[0].accuracyMatrix.flat())
          expect([0, 1, 2, 3, 4, 5, 6, 7, 8]).toContain(8 * accuracy);
      }
    },
  );
});
