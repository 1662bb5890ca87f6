import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const atOnce = /^(?:import|export) (?!type )(?:[^'";]*? from )?'([^'?]+)/gm;
const later = /\bimport\('([^']+)'\)/g;

/** What a source file imports at run time: types vanish when it is compiled. */
function imports(path: string, patterns: readonly RegExp[]): string[] {
  const text = readFileSync(path, 'utf8');
  return patterns.flatMap((pattern) => Array.from(text.matchAll(pattern), (match) => match[1]));
}

/** Every import that code reachable from a file makes, at once or later, with the chain of files that leads there. */
function reachable(start: string, patterns: readonly RegExp[] = [atOnce, later]): Map<string, string> {
  const chains = new Map([[resolve(root, start), start]]);
  for (const [path, chain] of chains) {
    if (!/\.tsx?$/.test(path)) continue;
    for (const wanted of imports(path, patterns)) {
      const target = wanted.startsWith('.') ? resolve(dirname(path), wanted) : wanted;
      if (!chains.has(target)) chains.set(target, `${chain} → ${relative(root, target)}`);
    }
  }
  return chains;
}

const toTensorFlow = (chains: Map<string, string>) =>
  [...chains].filter(([target]) => target.includes('@tensorflow/')).map(([, chain]) => chain);

it.each(['src/main.tsx', 'src/core/scenarios.ts'])('%s brings no TensorFlow.js onto the main thread', (start) => {
  const chains = reachable(start);
  expect(chains.size).toBeGreaterThan(5);
  expect(toTensorFlow(chains)).toEqual([]);
});

// Else help and refusals would wait for it; and it must find WebGPU, which is provided before it is loaded.
it.each(['src/cli/experiment.ts', 'src/cli/startNodeBackend.ts', 'src/cli/data/readDataset.ts'])(
  '%s loads no TensorFlow.js before a backend is started',
  (start) => {
    const chains = reachable(start, [atOnce]);
    expect(chains.size).toBeGreaterThan(5);
    expect(toTensorFlow(chains)).toEqual([]);
  },
);

it('finds TensorFlow.js where it is', () => {
  expect([...reachable('src/worker/worker.ts').keys()]).toContain('@tensorflow/tfjs');
});
