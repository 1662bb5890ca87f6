import { expect, it } from 'vitest';
import { version } from '../../../package.json';
import type { BenchmarkTiming } from '../../../src/core/timing.ts';
import { benchmarkJson, benchmarkMarkdown } from '../../../src/state/benchmarkState.ts';

const all = (lower: number, median: number, upper: number) => ({ lower, median, upper });
const timing: BenchmarkTiming = {
  subject: 'er-mir',
  steps: 200,
  blockSteps: 5,
  contestants: [
    {
      name: 'engine',
      time: all(0.25, 0.3, 0.4),
      ratio: null,
      javaScript: all(0.01, 0.0125, 0.02),
      device: { dispatches: 11, submits: 1.2 },
    },
    {
      name: 'stock',
      time: all(5, 6, 7),
      ratio: all(18, 20, 22),
      javaScript: all(4, 5, 6),
      device: { dispatches: 191.96, submits: 0.2 },
    },
  ],
  tensors: { before: 7, after: 7 },
  bytes: { before: 1_000, after: 1_000 },
};
const result = {
  backend: { name: 'webgpu' as const, device: 'apple m3', hardware: true, passedOver: [] },
  timings: [timing],
};

it('is a table in Markdown that says what it is from', () => {
  expect(benchmarkMarkdown(result, 'Firefox 150').split('\n')).toEqual([
    `MIR Lab ${version}, webgpu (apple m3), Firefox 150.`,
    '',
    '| step | by | ms | over the engine’s | JavaScript, ms | dispatches | submits |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    '| er-mir | engine | 0.30 (0.25 … 0.40) |  | 0.013 (0.010 … 0.020) | 11 | 1.2 |',
    '| er-mir | stock | 6.00 (5.00 … 7.00) | 20.00 (18.00 … 22.00) | 5.000 (4.000 … 6.000) | 192 | 0.2 |',
    '',
    'Median (lower … upper quartile) over blocks of steps, each in turn.',
    'er-mir: 200 steps; 7 tensors, 1000 bytes before and 7 tensors, 1000 bytes after.',
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
