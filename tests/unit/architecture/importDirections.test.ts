import { ESLint, type Linter } from 'eslint';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

const boundaries = 'import-x/no-restricted-paths';
const imports = '@typescript-eslint/no-restricted-imports';

describe('the lint rules keep imports pointing one way', () => {
  it.each([
    ['src/core/fake.ts', '../engine/experiment.ts'],
    ['src/core/fake.ts', '../state/labState.ts'],
    ['src/engine/models/fake.ts', '../methods/er.ts'],
    ['src/engine/models/fake.ts', '../experiment.ts'],
    ['src/engine/data/fake.ts', '../models/networks.ts'],
    ['src/engine/retrieval/fake.ts', '../methods/learner.ts'],
    ['src/engine/methods/fake.ts', '../fast/wasm/network.ts'],
    ['src/engine/methods/fake.ts', '../experiment.ts'],
    ['src/engine/fake.ts', '../cli/runSeed.ts'],
    ['src/engine/fake.ts', '../worker/session.ts'],
    ['src/link/client.ts', '../worker/session.ts'],
    ['src/link/client.ts', '../engine/experiment.ts'],
    ['src/link/protocol.ts', '../state/store.ts'],
    ['src/worker/worker.ts', '../state/store.ts'],
    ['src/worker/worker.ts', '../cli/runSeed.ts'],
    ['src/core/fake.ts', '../texts/say.ts'],
    ['src/worker/worker.ts', '../texts/say.ts'],
    ['src/texts/fake.ts', '../core/methods.ts'],
    ['src/state/fake.ts', '../worker/session.ts'],
    ['src/state/fake.ts', '../engine/experiment.ts'],
    ['src/state/fake.ts', '../ui/App.tsx'],
    ['src/ui/parts/Fake.tsx', '../curves/CurveChart.tsx'],
    ['src/ui/lanes/Fake.tsx', '../../engine/models/networks.ts'],
    ['src/ui/Fake.tsx', '../worker/session.ts'],
    ['src/ui/Fake.tsx', '../cli/runSeed.ts'],
    ['src/main.tsx', './engine/experiment.ts'],
    ['src/cli/fake.ts', '../state/store.ts'],
    ['src/cli/data/fake.ts', '../runSeed.ts'],
  ])('%s may not import %s, not even a type', async (path, target) => {
    expect(await broken(path, `import { a } from '${target}';\na();`)).toEqual([boundaries]);
    expect(await broken(path, `import type { A } from '${target}';\nexport type B = A;`)).toEqual([boundaries]);
  });

  it.each([
    ['src/engine/methods/fake.ts', '../retrieval/mir.ts'],
    ['src/engine/fake.ts', './methods/er.ts'],
    ['src/engine/benchmark/fake.ts', '../experiment.ts'],
    ['src/worker/worker.ts', '../engine/experiment.ts'],
    ['src/worker/worker.ts', '../link/protocol.ts'],
    ['src/state/fake.ts', '../core/metrics.ts'],
    ['src/state/fake.ts', '../link/client.ts'],
    ['src/ui/Fake.tsx', '../core/config.ts'],
    ['src/ui/Fake.tsx', '../state/labState.ts'],
    ['src/cli/fake.ts', '../engine/experiment.ts'],
    ['src/cli/fake.ts', './data/readDataset.ts'],
  ])('%s may import %s', async (path, target) => {
    expect(await broken(path, `import { a } from '${target}';\na();`)).toEqual([]);
  });

  it.each([
    ['src/core/fake.ts', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
    ['src/engine/fake.ts', "import { readFileSync } from 'node:fs';\nreadFileSync('x');"],
    ['src/engine/fake.ts', "import { useState } from 'react';\nuseState();"],
    ['src/link/fake.ts', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
    ['src/ui/Fake.tsx', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
    ['src/ui/Fake.tsx', "import { startClient } from '../link/client.ts';\nstartClient();"],
    ['src/state/fake.ts', "import { labState } from './labState';\nlabState();"],
  ])('%s may not say %j', async (path, code) => {
    expect(await broken(path, code)).toEqual([imports]);
  });

  it('names every folder of the house', () => {
    const folders = ['src', 'src/engine', 'src/ui', 'src/cli'].flatMap((parent) =>
      readdirSync(`${root}${parent}`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${parent}/${entry.name}`),
    );
    const config = readFileSync(`${root}eslint.config.js`, 'utf8');
    const table = config.slice(config.indexOf('const mayImport'), config.indexOf('const boundaries'));
    const parts = ['src/engine', 'src/ui', 'src/cli', 'src/cli/studies'];
    const unnamed = folders.filter(
      (folder) => !parts.includes(folder) && !new RegExp(`^ +'?${folder.slice(4)}'?:`, 'm').test(table),
    );
    expect(unnamed).toEqual([]);
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
    ['src/ui/fake.ts', 'void 0;\n'.repeat(401), 'max-lines'],
    [
      'src/ui/Fake.tsx',
      "import { useState } from 'react';\nexport function Fake(p: { a: boolean }) { if (p.a) useState(0); return null; }",
      'react-hooks/rules-of-hooks',
    ],
  ])('%s with %.60j breaks %s', async (path, code, rule) => {
    expect(await broken(path, code)).toContain(rule);
  });
});
