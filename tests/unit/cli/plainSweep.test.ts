import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeMnist } from '../../../src/cli/data/mnist.ts';
import { parseExperimentArguments } from '../../../src/cli/experimentArguments.ts';
import { plainSweep } from '../../../src/cli/plainSweep.ts';
import { experimentOf, type ExperimentResult, type RunRecord } from '../../../src/cli/resultFile.ts';
import { presetConfig, type Settings } from '../../../src/core/config.ts';
import { runMetrics } from '../../../src/core/metrics.ts';
import { engineVersion } from '../../../src/core/storedRun.ts';
import { writeSmallMnist } from './smallMnist.ts';

const folder = mkdtempSync(join(tmpdir(), 'mir-lab-plain-'));
const data = join(folder, 'data');
const results = mkdtempSync(join(folder, 'results-'));
const json = join(results, 'a.json');
const csv = join(results, 'a.csv');
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  const source = await writeSmallMnist();
  await writeMnist(source, data, false);
  rmSync(source.directory, { recursive: true });
});

/** All is refused before anything is trained; what would train takes much longer than the test may. */
async function refusal(...argv: readonly string[]): Promise<string> {
  const command = parseExperimentArguments(['--method', 'er', '--samples-per-task', '5000', ...argv]);
  if (command.kind !== 'run') throw new Error('expected a run');
  return plainSweep(command).then(
    (code) => `ended with ${code}`,
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  );
}

const record: RunRecord = {
  seed: 0,
  accuracyMatrix: [[1], [0.5, 0.7]],
  averageAccuracy: 0.6,
  averageForgetting: 0.5,
  negativeElbo: null,
  elboByTask: null,
  confusion: null,
  metrics: runMetrics([[1], [0.5, 0.7]]),
  steps: 500,
  seconds: 2,
};

function held(change: Partial<Settings> = {}, origin: Partial<ExperimentResult> = {}): string {
  const config = presetConfig('split-mnist', 'er', { samplesPerTask: 5_000, ...change });
  const now = { version: engineVersion, backend: 'wasm', data: null };
  return JSON.stringify({ ...experimentOf(config, [{ ...now, config, record }], now), ...origin });
}

const another = 'name another file, or add --overwrite to begin anew';

describe('a plain run whose files hold something', () => {
  it.each([
    [
      '{"old":"precious"}',
      `FileError: --json is "${json}", which exists and is not the result of such a command; ${another}.`,
    ],
    ['not JSON', 'which exists and is not the result of such a command'],
    ['{"table":1,"runs":[],"failures":[]}', 'which exists and is not the result of such a command'],
    [held().replace('"method":"er"', '"method":"er-mir"'), `which holds er-mir, not er; ${another}.`],
    [held({ memoryPerClass: 7 }), `ProvenanceError: this command has memoryPerClass 50, ${json} has 7; ${another}.`],
    [
      held({}, { version: '0.0.9' }),
      `ProvenanceError: this command has version "${engineVersion}", ${json} has "0.0.9"; ${another}, or add --allow-mixed.`,
    ],
    [held({}, { backend: 'cpu' }), `this command has backend "wasm", ${json} has "cpu"`],
    [
      held({}, { data: { name: 'MNIST', trainingImages: 60_000, testImages: 10_000, labels: 1 } }),
      `this command has data MNIST, 12,000 training and 300 test images`,
    ],
  ])('does not go on with %s', async (text, message) => {
    writeFileSync(json, text);
    // One seed is there, so something is left to train; the same holds where nothing is.
    for (const seeds of ['1', '2'])
      expect(await refusal('--json', json, '--seeds', seeds, '--data', data)).toContain(message);
    expect(readFileSync(json, 'utf8')).toBe(text);
    expect(readdirSync(results)).toEqual(['a.json']);
  });

  it('does not go on with curves of other runs', async () => {
    const header =
      'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1,testSet,testImages';
    writeFileSync(json, held());
    const attempt = async (text: string) => {
      writeFileSync(csv, text);
      const message = await refusal('--json', json, '--csv', csv, '--seeds', '1');
      expect(readFileSync(csv, 'utf8')).toBe(text);
      return message;
    };
    expect(await attempt('a,b\r\n1,2')).toContain(
      `--csv is "${csv}", which exists and does not hold curves; ${another}.`,
    );
    expect(await attempt(`${header}\r\nA,er,random,0,500,5,0.61,0.5,1,complete,300`)).toContain(
      'which ends with accuracy 0.61 for seed 0 of er, and --json has 0.6',
    );
    expect(await attempt(`${header}\r\nA,er,random,3,500,5,0.6,0.5,1,complete,300`)).toContain(
      'for seed 3 of er, and --json has no such run',
    );
    const known = `${header}\r\nA,er,random,0,500,5,0.6,0.5,1,complete,300`;
    const shown = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await attempt(known)).toBe('ended with 0');
    expect(String(shown.mock.calls[0][0])).toContain('60.0 %, n = 1');
    shown.mockRestore();
    // Without its JSON nobody knows where it comes from.
    expect(await refusal('--csv', csv)).toContain('which holds curves of runs that no --json goes on with');
  });

  it.each([
    [['--csv', '/dev/full'], '--csv is "/dev/full", which cannot be written (a device or pipe, not a file)'],
    [['--json', '/dev/stdout'], '--json is "/dev/stdout", which is where standard output goes; name another file.'],
    [['--csv', '/dev/fd/2'], '--csv is "/dev/fd/2", which is where standard error goes; name another file.'],
    [['--json', '-'], '--json is "-", and standard output has the table; name a file ("./-" for one of this name).'],
    [['--json', join(folder, 'missing', 'a')], 'which cannot be written (ENOENT)'],
    [['--csv', folder], 'which cannot be written (EISDIR)'],
    [['--json', csv, '--csv', join(results, '.', 'a.csv')], 'FileError: --json and --csv both name'],
  ])('is refused before training for %j', async (argv, message) => {
    expect(await refusal(...argv)).toContain(message);
  });
});
