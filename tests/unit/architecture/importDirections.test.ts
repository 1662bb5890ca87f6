import { fileURLToPath } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
// The rules under test need no types, and the files below exist on no disk.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: tseslint.configs.disableTypeChecked as Linter.Config,
});

/** Names of the rules that a piece of code breaks where it is said to be. */
async function broken(path: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}${path}` });
  return result.messages.map((message) => message.ruleId ?? message.message);
}

const imports = '@typescript-eslint/no-restricted-imports';

describe('the lint rules keep imports pointing one way', () => {
  it.each([
    ['src/ui/Fake.tsx', "import { runExperiment } from '../engine/experiment.ts';\nrunExperiment();"],
    ['src/ui/panel/Fake.tsx', "import { mlp } from '../../engine/models/mlp.ts';\nmlp();"],
    ['src/ui/Fake.tsx', "import { createClient } from '../worker/client.ts';\ncreateClient();"],
    ['src/ui/Fake.tsx', "import { subjects } from '../engine/benchmark/subjects.ts';\nexport const fake = subjects;"],
    ['src/worker/benchmarkClient.ts', "import { timeSubject } from '../engine/benchmark/subjects.ts';\ntimeSubject();"],
    ['src/ui/Fake.tsx', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
    ['src/ui/Fake.tsx', "import { readMnist } from '../cli/readDataset.ts';\nreadMnist();"],
    ['src/state/fake.ts', "import { Chart } from '../ui/Chart.tsx';\nChart();"],
    ['src/state/fake.ts', "import { randomStream } from '../engine/random.ts';\nrandomStream();"],
    ['src/state/fake.ts', "import { loop } from '../worker/worker.ts';\nloop();"],
    ['src/worker/client.ts', "import { splitTasks } from '../engine/data/stream.ts';\nsplitTasks();"],
    ['src/worker/runPool.ts', "import { runExperiment } from '../engine/experiment.ts';\nrunExperiment();"],
    ['src/state/fake.ts', "import { SweepRunner } from '../worker/sweepRunner.ts';\nnew SweepRunner();"],
    ['src/worker/protocol.ts', "import { applyEvent } from '../state/applyEvent.ts';\napplyEvent();"],
    ['src/worker/worker.ts', "import { store } from '../state/store.ts';\nstore();"],
    ['src/engine/fake.ts', "import { readMnist } from '../cli/readDataset.ts';\nreadMnist();"],
    ['src/engine/models/fake.ts', "import type { LabState } from '../../state/labState.ts';\nexport type Fake = LabState;"],
    ['src/engine/fake.ts', "import { readFileSync } from 'node:fs';\nreadFileSync('x');"],
    ['src/engine/fake.ts', "import { useState } from 'react';\nuseState();"],
    ['src/cli/fake.ts', "import { store } from '../state/store.ts';\nstore();"],
    ['src/state/fake.ts', "import { splitMnist } from '../engine/scenarios/splitMnist.ts';\nsplitMnist();"],
    ['src/main.tsx', "import { runExperiment } from './engine/experiment.ts';\nrunExperiment();"],
    ['src/state/fake.ts', "import { labState } from './labState';\nlabState();"],
  ])('%s may not say %j', async (path, code) => {
    expect(await broken(path, code)).toEqual([imports]);
  });

  it.each([
    ['src/ui/Fake.tsx', "import type { TracedStep } from '../engine/events.ts';\nexport type Fake = TracedStep;"],
    ['src/ui/Fake.tsx', "import { defaultSettings } from '../engine/config.ts';\nexport const fake = defaultSettings;"],
    ['src/state/fake.ts', "import { averageAccuracy } from '../engine/metrics.ts';\naverageAccuracy();"],
    ['src/state/fake.ts', "import { createClient } from '../worker/client.ts';\ncreateClient();"],
    ['src/state/fake.ts', "import { createBenchmarkClient } from '../worker/benchmarkClient.ts';\ncreateBenchmarkClient();"],
    ['src/state/fake.ts', "import { subjectNames } from '../engine/benchmark/benchmarkTiming.ts';\nexport const fake = subjectNames;"],
    ['src/state/fake.ts', "import { createRunPool } from '../worker/runPool.ts';\ncreateRunPool();"],
    ['src/state/fake.ts', "import { scenarios } from '../engine/scenarios/scenarios.ts';\nscenarios();"],
    ['src/state/fake.ts', "import { tableLines } from '../engine/paperTable.ts';\ntableLines();"],
    ['src/worker/worker.ts', "import { runExperiment } from '../engine/experiment.ts';\nrunExperiment();"],
    ['src/engine/fake.ts', "import * as tf from '@tensorflow/tfjs';\nimport { z } from 'zod';\ntf.tidy(z);"],
    ['src/cli/fake.ts', "import { readFileSync } from 'node:fs';\nimport { mlp } from '../engine/models/mlp.ts';\nmlp(readFileSync);"],
  ])('%s may say %j', async (path, code) => {
    expect(await broken(path, code)).toEqual([]);
  });
});

describe('the lint rules keep the engine free of its surroundings', () => {
  it.each([
    ['window.close();', 'no-restricted-globals'],
    ["void fetch('x');", 'no-restricted-globals'],
    ["console.log('x');", 'no-restricted-globals'],
    ['export const now = Date.now();', 'no-restricted-properties'],
    ['export const draw = Math.random();', 'no-restricted-properties'],
  ])('src/engine/fake.ts may not say %j', async (code, rule) => {
    expect(await broken('src/engine/fake.ts', code)).toContain(rule);
  });
});

describe('the lint rules keep files small, named and typed', () => {
  it.each([
    ['src/ui/panel/index.ts', 'export const a = 1;', 'no-restricted-syntax'],
    ['src/ui/fake.ts', "export { a } from './other.ts';", 'no-restricted-syntax'],
    ['src/ui/fake.ts', "export * from './other.ts';", 'no-restricted-syntax'],
    ['src/ui/fake.ts', 'export const a: any = 1;', '@typescript-eslint/no-explicit-any'],
    ['src/ui/fake.ts', 'void 0;\n'.repeat(301), 'max-lines'],
    ['src/ui/Fake.tsx', "import { useState } from 'react';\nexport function Fake(p: { a: boolean }) { if (p.a) useState(0); return null; }", 'react-hooks/rules-of-hooks'],
  ])('%s with %.60j breaks %s', async (path, code, rule) => {
    expect(await broken(path, code)).toContain(rule);
  });
});
