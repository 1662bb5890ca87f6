import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Pieces of code that the rules are tried on, and where each is said to stand. */
const pieces: { readonly path: string; readonly code: string }[] = [];
let findings: readonly { readonly filename: string; readonly code: string }[] = [];

/**
 * Puts a piece of code into a file of its own beside the path, which rules may name, and gives the rules that it breaks
 * there. What the piece imports has no type, which no piece is there to show.
 */
function broken(path: string, code: string): () => string[] {
  const place = path.endsWith('main.tsx') || path.includes('index') ? path : path.replace('.ts', `${pieces.length}.ts`);
  pieces.push({ path: place, code });
  return () =>
    findings
      .filter(({ filename }) => filename === place)
      .map(({ code: rule }) => rule)
      .filter((rule) => rule !== 'typescript(no-unsafe-call)');
}

/** Lints all pieces at once, in a copy of the house: what they import has to exist. */
beforeAll(async () => {
  const house = mkdtempSync(join(tmpdir(), 'mir-lab-lint-'));
  for (const name of ['src', 'oxlint.config.mjs', 'tsconfig.json'])
    cpSync(join(root, name), join(house, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  for (const { path, code } of pieces) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), code);
  }
  const output = await new Promise<string>((resolve) => {
    const options = { cwd: house, maxBuffer: 2 ** 26 };
    const files = pieces.map(({ path }) => path);
    const commandLine = [
      join(root, 'node_modules/oxlint/bin/oxlint'),
      ...['-c', 'oxlint.config.mjs', '-f', 'json'],
      ...files,
    ];
    execFile(process.execPath, commandLine, options, (_, stdout) => resolve(stdout));
  });
  rmSync(house, { recursive: true });
  const report = z.object({
    number_of_files: z.literal(pieces.length),
    diagnostics: z.array(z.object({ filename: z.string(), code: z.string() })),
  });
  findings = report.parse(JSON.parse(output)).diagnostics;
});

const boundaries = 'paths(no-restricted-paths)';
const imports = 'eslint-js(no-restricted-imports)';

describe('the lint rules keep imports pointing one way', () => {
  it.each(
    [
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
    ].map(([path, target]) => ({
      ...{ path, target },
      rules: broken(
        path,
        `import { a } from '${target}';\nimport type { B } from '${target}';\nexport type C = B;\na();`,
      ),
    })),
  )('$path may not import $target, not even a type', ({ rules }) => {
    expect(rules()).toEqual([boundaries, boundaries]);
  });

  it.each(
    [
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
    ].map(([path, target]) => ({ path, target, rules: broken(path, `import { a } from '${target}';\na();`) })),
  )('$path may import $target', ({ rules }) => {
    expect(rules()).toEqual([]);
  });

  it.each(
    [
      ['src/core/fake.ts', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
      ['src/engine/fake.ts', "import { readFileSync } from 'node:fs';\nreadFileSync('x');"],
      ['src/engine/fake.ts', "import { useState } from 'react';\nuseState();"],
      ['src/link/fake.ts', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
      ['src/ui/Fake.tsx', "import * as tf from '@tensorflow/tfjs';\ntf.tidy();"],
      ['src/ui/Fake.tsx', "import { startClient } from '../link/client.ts';\nstartClient();"],
      ['src/state/fake.ts', "import { labState } from './labState';\nlabState();"],
    ].map(([path, code]) => ({ path, code, rules: broken(path, code) })),
  )('$path may not say $code', ({ rules }) => {
    expect(rules()).toEqual([imports]);
  });

  it('names every folder of the house', () => {
    const folders = ['src', 'src/engine', 'src/ui', 'src/cli'].flatMap((parent) =>
      readdirSync(`${root}${parent}`, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${parent}/${entry.name}`),
    );
    const config = readFileSync(`${root}oxlint.config.mjs`, 'utf8');
    const table = config.slice(config.indexOf('const mayImport'), config.indexOf('const boundaries'));
    const parts = ['src/engine', 'src/ui', 'src/cli', 'src/cli/studies'];
    const unnamed = folders.filter(
      (folder) => !parts.includes(folder) && !new RegExp(`^ +'?${folder.slice(4)}'?:`, 'm').test(table),
    );
    expect(unnamed).toEqual([]);
  });
});

describe('the lint rules keep the engine free of its surroundings', () => {
  it.each(
    [
      ['window.close();', 'eslint(no-restricted-globals)'],
      ["void fetch('x');", 'eslint(no-restricted-globals)'],
      ["console.log('x');", 'eslint(no-restricted-globals)'],
      ['export const now = Date.now();', 'eslint(no-restricted-properties)'],
      ['export const draw = Math.random();', 'eslint(no-restricted-properties)'],
    ].map(([code, rule]) => ({ code, rule, rules: broken('src/engine/fake.ts', code) })),
  )('src/engine/fake.ts may not say $code', ({ rule, rules }) => {
    expect(rules()).toContain(rule);
  });
});

describe('the lint rules keep files small, named and typed', () => {
  it.each(
    [
      ['src/ui/panel/index.ts', 'export const a = 1;', 'eslint-js(no-restricted-syntax)'],
      ['src/ui/fake.ts', "export { a } from './other.ts';", 'eslint-js(no-restricted-syntax)'],
      ['src/ui/fake.ts', "export * from './other.ts';", 'eslint-js(no-restricted-syntax)'],
      ['src/ui/fake.ts', 'export const a: any = 1;', 'typescript(no-explicit-any)'],
      ['src/ui/fake.ts', 'void 0;\n'.repeat(401), 'eslint(max-lines)'],
      [
        'src/ui/Fake.tsx',
        "import { useState } from 'react';\nexport function Fake(p: { a: boolean }) { if (p.a) useState(0); return null; }",
        'react-hooks(rules-of-hooks)',
      ],
      ['src/ui/fake.ts', 'export const a = (b?: string) => b!;', 'typescript(no-non-null-assertion)'],
      ['src/ui/fake.ts', 'export const a = async () => {};\na();', 'typescript(no-floating-promises)'],
      ['src/engine/fake.ts', "export const a: string[] = JSON.parse('');", 'typescript(no-unsafe-assignment)'],
      [
        'src/core/fake.ts',
        "export function a(b: 'c' | 'd') {\n  switch (b) {\n    case 'c':\n      return 1;\n  }\n  return 2;\n}",
        'typescript(switch-exhaustiveness-check)',
      ],
    ].map(([path, code, rule]) => ({ path, code, rule, rules: broken(path, code) })),
  )('$path with $code breaks $rule', ({ rule, rules }) => {
    expect(rules()).toContain(rule);
  });
});
