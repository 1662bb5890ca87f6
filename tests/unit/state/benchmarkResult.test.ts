import { expect, it } from 'vitest';
import { version } from '../../../package.json';
import type { BenchmarkTiming } from '../../../src/core/timing.ts';
import { benchmarkJson, benchmarkMarkdown } from '../../../src/state/benchmarkState.ts';

const all = (lower: number, median: number, upper: number) => ({ lower, median, upper });
const alive = { before: { tensors: 7, bytes: 1_000 }, after: { tensors: 7, bytes: 1_000 } };
const timing: BenchmarkTiming = {
  subject: 'er-mir',
  rounds: 5,
  contestants: [
    {
      name: 'engine',
      single: all(0.4, 0.5, 0.7),
      inRow: all(0.25, 0.3, 0.4),
      ratio: null,
      javaScript: all(0.01, 0.0125, 0.02),
      ownJavaScript: all(0.002, 0.0035, 0.005),
      device: { dispatches: 11, submits: 1.2 },
      steps: 1_000,
      singles: 200,
      alive,
    },
    {
      name: 'stock',
      single: all(6, 7, 8),
      inRow: all(5, 6, 7),
      ratio: all(18, 20, 22),
      javaScript: all(4, 5, 6),
      ownJavaScript: null,
      device: { dispatches: 191.96, submits: 0.2 },
      steps: 400,
      singles: 80,
      alive,
    },
  ],
};
const result = {
  backend: { name: 'webgpu' as const, device: 'apple m3', hardware: true, passedOver: [] },
  timings: [timing],
};

it('is a table in Markdown that says what it is from', () => {
  expect(benchmarkMarkdown(result, 'Firefox 150').split('\n')).toEqual([
    `MIR Lab ${version}, webgpu (apple m3), Firefox 150.`,
    '',
    '| step | by | one, ms | in a row, ms | over the engine’s | JavaScript, ms | dispatches | submits |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    '| er-mir | engine | 0.500 (0.400 … 0.700) | 0.300 (0.250 … 0.400) |  | 0.013 (0.010 … 0.020) | 11 | 1.2 |',
    '| er-mir | stock | 7.000 (6.000 … 8.000) | 6.000 (5.000 … 7.000) | 20.00 (18.00 … 22.00) | 5.000 (4.000 … 6.000) | 192 | 0.2 |',
    '',
    'Median (lower … upper quartile). One: a step until its result is here. In a row: a step of a block, of which the last result is read. In turn, after a rest.',
    'er-mir, engine: 1000 steps in 5 blocks, 200 singly; 7 tensors, 1000 bytes before and 7 tensors, 1000 bytes after.',
    'er-mir, stock: 400 steps in 5 blocks, 80 singly; 7 tensors, 1000 bytes before and 7 tensors, 1000 bytes after.',
    '',
  ]);
});

it('is a file with every figure', () => {
  expect(JSON.parse(benchmarkJson(result, 'Firefox 150'))).toEqual({
    backend: 'webgpu',
    device: 'apple m3',
    browser: 'Firefox 150',
    version,
    timings: [timing],
  });
});
