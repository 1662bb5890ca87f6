import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { experimentConfigSchema } from '../../../src/core/config.ts';
import { defaultBenchmark, isBenchmarkAddress, readBenchmark } from '../../../src/state/benchmarkState.ts';
import { isSweepAddress, readPlan } from '../../../src/state/sweepAddress.ts';
import { defaultPlan, sweepPlanSchema } from '../../../src/state/sweepPlan.ts';
import { readHash } from '../../../src/state/url.ts';
import { faultRuns, faultSeed } from '../faultRuns.ts';

/** Processor time of an action, in ms. */
function millisecondsOf(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const views = [
  ['the lab', '', readHash],
  ['Experiments', 'view=experiments&', readPlan],
  ['Benchmark', 'view=benchmark&', readBenchmark],
] as const;

describe.each(views)('an address of %s', (_, view, read) => {
  it('with thousands of unknown keys gets one sentence, at once', () => {
    const hash = `#${view}${Array.from({ length: 15_000 }, (__, index) => `k${index}=1`).join('&')}`;
    let problems: readonly string[] = [];
    expect(millisecondsOf(() => ({ problems } = read(hash)))).toBeLessThan(500);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^The address has "k0", "k1", "k2" and 14,997 more, which are (not settings|no parts)/);
  });

  it('with one key thousands of times, with values or keys of a megabyte, or with broken escapes, is read at once', () => {
    const key = view === '' ? 'lanes' : view.includes('bench') ? 'methods' : 'rows';
    for (const hash of [
      `#${view}${`${key}=er&`.repeat(100_000)}`,
      `#${view}${key}=${'er,'.repeat(400_000)}`,
      `#${view}${key}=${'%25'.repeat(300_000)}`,
      `#${view}${'%'.repeat(1_000_000)}=1&seed=${'9'.repeat(1_000_000)}&seeds=${' '.repeat(1_000_000)}`,
      `#${view}${'&='.repeat(500_000)}`,
    ]) {
      let problems: readonly string[] = [];
      expect(millisecondsOf(() => ({ problems } = read(hash)))).toBeLessThan(1_000);
      expect(problems.length).toBeLessThanOrEqual(6);
      for (const problem of problems) expect(problem.length).toBeLessThan(800);
    }
  });
});

it('takes the last of two everywhere, and says so', () => {
  expect(readHash('seed=1&seed=2')).toMatchObject({
    config: { seed: 2 },
    problems: ['The address has seed more than once; the last one counts.'],
  });
  expect(readPlan('view=experiments&seeds=4&hidden=8&seeds=7&hidden=16')).toEqual({
    plan: {
      ...defaultPlan(1),
      seeds: { first: 0, last: 6 },
      changes: { ...defaultPlan(1).changes, hidden: 16 },
    },
    problems: ['seeds', 'hidden'].map((key) => `The address has ${key} more than once; the last one counts.`),
  });
  expect(readBenchmark('view=benchmark&steps=3&steps=9')).toEqual({
    plan: { ...defaultBenchmark, steps: 9 },
    problems: ['The address has steps more than once; the last one counts.'],
  });
  expect(isSweepAddress('#view=benchmark&view=experiments')).toBe(true);
  expect(isBenchmarkAddress('#view=benchmark&view=experiments')).toBe(false);
});

it('never throws and always opens something valid, with few and short sentences', () => {
  const keys = fc.constantFrom(
    'view',
    'experiments',
    'benchmark',
    'table',
    'rows',
    'seeds',
    'hidden',
    'lanes',
    'seed',
    'methods',
    'steps',
    'budget',
    '__proto__',
    'constructor',
    'toString',
  );
  const signs = fc.constantFrom('=', '=', '&', '&', '%', '%zz', '%00', '#', ',', '+', '-1', '1e9', '1-3', ' ', '𝔊');
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.oneof(keys, signs), { maxLength: 80 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(hostile, (hash) => {
      const lab = readHash(hash);
      const sweep = readPlan(`#view=experiments&${hash}`);
      const benchmark = readBenchmark(`#view=benchmark&${hash}`);
      expect(experimentConfigSchema.safeParse(lab.config).success).toBe(true);
      if (sweep.plan !== null) expect(sweepPlanSchema.safeParse(sweep.plan).success).toBe(true);
      expect(benchmark.plan.steps ?? 1).toBeGreaterThan(0);
      for (const { problems } of [lab, sweep, benchmark]) {
        expect(problems.length).toBeLessThanOrEqual(12);
        for (const problem of problems) expect(problem.length).toBeLessThan(800);
      }
    }),
    { numRuns: faultRuns({ short: 200, long: 10_000 }), seed: faultSeed },
  );
  expect(({} as Record<string, unknown>).budget).toBeUndefined();
});
