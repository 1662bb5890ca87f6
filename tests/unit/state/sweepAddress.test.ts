import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableIds } from '../../../src/core/paperRow.ts';
import { isSweepAddress, readPlan, writePlan } from '../../../src/state/sweepAddress.ts';
import { defaultPlan, rowName, rowsOf, type SweepPlan, sweepPlanSchema } from '../../../src/state/sweepPlan.ts';

const plans: fc.Arbitrary<SweepPlan> = fc.constantFrom(...tableIds).chain((table) =>
  fc.record({
    table: fc.constant(table),
    rows: fc.subarray(rowsOf(table).map(rowName)),
    seeds: fc.tuple(fc.nat(1e6), fc.nat(999)).map(([first, more]) => ({ first, last: first + more })),
    changes: fc.record({
      samplesPerTask: fc.option(fc.integer({ min: 10, max: 10_000 })),
      hidden: fc.option(fc.integer({ min: 4, max: 1_024 })),
      filters: fc.option(fc.integer({ min: 1, max: 64 })),
      learningRate: fc.option(fc.constantFrom(1e-6, 0.05, 0.1, 100)),
    }),
    backend: fc.constantFrom('auto', 'webgpu', 'webgl', 'wasm', 'cpu'),
  }),
);

describe('the address of a plan', () => {
  it('reads back every plan that it writes', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(sweepPlanSchema.safeParse(plan).success).toBe(true);
        expect(isSweepAddress(`#${writePlan(plan)}`)).toBe(true);
        expect(readPlan(`#${writePlan(plan)}`)).toEqual({ plan, problems: [] });
      }),
    );
  });

  it('gives every row of a table a name of its own', () => {
    for (const table of tableIds) {
      const names = rowsOf(table).map(rowName);
      expect(new Set(names).size).toBe(names.length);
    }
    expect(rowsOf(2).map(rowName)).toContain('m50.er-mir');
  });

  it('names what is wrong and keeps the rest', () => {
    const { plan, problems } = readPlan(
      '#view=experiments&table=1&rows=split-mnist.er,nothing&seeds=none&hidden=-5&samples-per-task=100&colour=red',
    );
    expect(plan).toEqual({
      ...defaultPlan(1),
      changes: { samplesPerTask: 100, hidden: null, filters: null, learningRate: null },
    });
    expect(problems).toHaveLength(4);
    for (const words of [
      '"colour"',
      'rows=split-mnist.er,nothing; allowed is some of',
      'seeds=none; allowed is a count such as 10',
      'hidden=-5; allowed is a whole number from 4 to 1024',
    ]) {
      expect(problems.filter((problem) => problem.includes(words))).toHaveLength(1);
    }
  });

  it('is read from a sweep that was kept before filters could be changed', () => {
    const { filters: _filters, ...before } = defaultPlan(2).changes;
    expect(sweepPlanSchema.parse({ ...defaultPlan(2), changes: before })).toEqual(defaultPlan(2));
  });

  it('tells no plan from an address that has only the view', () => {
    expect(readPlan('#view=experiments')).toEqual({ plan: null, problems: [] });
    expect(isSweepAddress('#lanes=er&seed=3')).toBe(false);
    expect(isSweepAddress('')).toBe(false);
  });

  it('makes a valid plan of anything', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(
              'table',
              'rows',
              'seeds',
              'hidden',
              'filters',
              'learning-rate',
              'samples-per-task',
              'backend',
              'x',
            ),
            fc.string(),
          ),
        ),
        (pairs) => {
          const { plan } = readPlan(`#view=experiments&${new URLSearchParams(pairs).toString()}`);
          if (plan !== null) expect(sweepPlanSchema.safeParse(plan).success).toBe(true);
        },
      ),
    );
  });
});
