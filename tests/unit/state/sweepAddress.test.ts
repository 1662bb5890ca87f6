import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendNames, scenarioNames } from '../../../src/core/config.ts';
import { methodsOf } from '../../../src/core/methods.ts';
import { tableIds } from '../../../src/core/paperTable.ts';
import { isSweepAddress, readPlan, writePlan, defaultOwnPlan } from '../../../src/state/sweepAddress.ts';
import {
  boardCharts,
  boardColumns,
  defaultPlan,
  measureKeys,
  type OwnPlan,
  rowName,
  rowsOf,
  type SweepPlan,
  sweepPlanSchema,
} from '../../../src/state/sweepPlan.ts';

const seeds = fc.tuple(fc.nat(1e6), fc.nat(999)).map(([first, more]) => ({ first, last: first + more }));
const backend = fc.constantFrom('auto' as const, ...backendNames);
const rate = fc.option(fc.constantFrom(1e-6, 0.05, 0.1, 100));
const streamChanges = {
  samplesPerTask: fc.option(fc.integer({ min: 10, max: 10_000 })),
  hidden: fc.option(fc.integer({ min: 4, max: 1_024 })),
  filters: fc.option(fc.integer({ min: 1, max: 64 })),
};

const tablePlans: fc.Arbitrary<SweepPlan> = fc.constantFrom(...tableIds).chain((table) =>
  fc.record({
    kind: fc.constant('table' as const),
    table: fc.constant(table),
    rows: fc.subarray(rowsOf(table).map(rowName)),
    seeds,
    changes: fc.record({ ...streamChanges, learningRate: rate }),
    backend,
  }),
);

const values = <T>(value: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(value, { minLength: 1, maxLength: 12 })
    .map((all) => all.sort((one, other) => Number(one) - Number(other)));

const varied: fc.Arbitrary<OwnPlan['varied']> = fc.oneof(
  fc.constant(null),
  fc.record({ setting: fc.constant('memoryPerClass' as const), values: values(fc.integer({ min: 1, max: 1_000 })) }),
  fc.record({
    setting: fc.constant('learningRate' as const),
    values: values(fc.double({ min: 1e-6, max: 100, noNaN: true })),
  }),
);

const ownChanges: fc.Arbitrary<OwnPlan['changes']> = fc.record({
  ...streamChanges,
  learningRate: rate,
  memoryPerClass: fc.option(fc.integer({ min: 1, max: 1_000 })),
  iterations: fc.option(fc.integer({ min: 1, max: 20 })),
  candidates: fc.option(fc.integer({ min: 1, max: 500 })),
  budget: fc.option(fc.integer({ min: 1, max: 100 })),
});

const ownPlans: fc.Arbitrary<SweepPlan> = fc.constantFrom(...scenarioNames).chain((scenario) =>
  fc.shuffledSubarray([...methodsOf(scenario)]).chain((methods) =>
    fc.record({
      kind: fc.constant('own' as const),
      scenario: fc.constant(scenario),
      methods: fc.constant(methods),
      varied,
      seeds,
      changes: ownChanges,
      backend,
      view: fc.record({
        reference: fc.constantFrom(null, ...methods),
        sort: fc.constantFrom(...boardColumns),
        descending: fc.boolean(),
        chart: fc.constantFrom(...boardCharts),
        measure: fc.constantFrom(...measureKeys),
      }),
    }),
  ),
);

/** A setting that is gone through is not changed besides. */
const settled = (plan: SweepPlan): SweepPlan =>
  plan.kind === 'own' && plan.varied !== null
    ? { ...plan, changes: { ...plan.changes, [plan.varied.setting]: null } }
    : plan;

const plans = fc.oneof(tablePlans, ownPlans.map(settled));

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

  it('is read from a sweep that was kept before filters could be changed, and before there were own comparisons', () => {
    const { kind: _kind, changes, ...others } = defaultPlan(2);
    const { filters: _filters, ...before } = changes;
    expect(sweepPlanSchema.parse({ ...others, changes: before })).toEqual(defaultPlan(2));
  });

  it('of an own comparison takes what its scenario allows, names what is wrong, and keeps the rest', () => {
    const { plan, problems } = readPlan(
      '#view=experiments&table=own&scenario=permuted-mnist&methods=er,icarl&vary=learning-rate&values=0.1,0.1&rows=x&sort=-colour&reference=er&chart=step&memory-per-class=20',
    );
    const start = defaultOwnPlan('permuted-mnist');
    expect(plan).toEqual({
      ...start,
      // A tenth to double of Permuted MNIST's rate.
      varied: { setting: 'learningRate', values: [0.005, 0.01, 0.025, 0.05, 0.1] },
      changes: { ...start.changes, memoryPerClass: 20 },
      view: { ...start.view, chart: 'step' },
    });
    expect(problems).toHaveLength(4);
    for (const words of [
      'methods=er,icarl; allowed is some of fine-tune, er,',
      'values=0.1,0.1; allowed is 1 to 12 different values',
      'sort=-colour; allowed is one of method, n, averageAccuracy',
      'The address has rows, which only a table of the paper has.',
    ])
      expect(problems.filter((problem) => problem.includes(words))).toHaveLength(1);
    expect(readPlan('#view=experiments&table=2&methods=er').problems).toEqual([
      'The address has methods, which only an own comparison (table=own) has.',
    ]);
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
              'scenario',
              'methods',
              'vary',
              'values',
              'reference',
              'sort',
              'chart',
              'measure',
              'memory-per-class',
              'seeds',
              'hidden',
              'filters',
              'learning-rate',
              'samples-per-task',
              'backend',
              'x',
            ),
            fc.oneof(fc.string(), fc.constantFrom('own', '1', 'er', 'learning-rate', 'split-cifar10', '0.1,1')),
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
