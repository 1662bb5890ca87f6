import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a source file imports at run time, at once or later: types vanish when it is compiled. */
function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [/^(?:import|export) (?!type )(?:[^'";]*? from )?'([^'?]+)/gm, /\bimport\('([^']+)'\)/g].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match) => match[1]),
  );
}

/** Every import that code reachable from a file makes, with the chain of files that leads there. */
function reachable(start: string): Map<string, string> {
  const chains = new Map([[resolve(root, start), start]]);
  for (const [path, chain] of chains) {
    if (!/\.tsx?$/.test(path)) continue;
    for (const wanted of imports(path)) {
      const target = wanted.startsWith('.') ? resolve(dirname(path), wanted) : wanted;
      if (!chains.has(target)) chains.set(target, `${chain} → ${relative(root, target)}`);
    }
  }
  return chains;
}

it.each(['src/main.tsx', 'src/core/scenarios.ts'])('%s brings no TensorFlow.js onto the main thread', (start) => {
  const chains = reachable(start);
  expect(chains.size).toBeGreaterThan(5);
  expect([...chains].filter(([target]) => target.includes('@tensorflow/')).map(([, chain]) => chain)).toEqual([]);
});

it('finds TensorFlow.js where it is', () => {
  expect([...reachable('src/worker/worker.ts').keys()]).toContain('@tensorflow/tfjs');
});
