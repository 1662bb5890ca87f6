import { describe, expect, it } from 'vitest';
import {
  changedRows,
  changesFromPaper,
  chosenRows,
  defaultPlan,
  plannedRuns,
  sameChoices,
  samePlan,
  sameRuns,
  sweepPlanSchema,
} from '../../../src/state/sweepPlan.ts';

describe('a plan', () => {
  it('runs seed by seed, each row in turn, each run once', () => {
    const runs = plannedRuns({ ...defaultPlan(1), seeds: { first: 4, last: 5 } });
    expect(runs.map(({ scenario, method, seed }) => `${scenario} ${method} ${seed}`)).toEqual([
      'split-mnist er 4',
      'split-mnist er-mir 4',
      'split-mnist er 5',
      'split-mnist er-mir 5',
    ]);
  });

  it('puts its changes into every row, and says what they change', () => {
    const plan = {
      ...defaultPlan(1),
      changes: { samplesPerTask: 100, hidden: null, filters: null, learningRate: 0.05 },
    };
    expect(changedRows(plan)).toHaveLength(18);
    expect(
      changedRows(plan).every(
        ({ config }) => config.samplesPerTask === 100 && config.learningRate === 0.05 && config.hidden === 400,
      ),
    ).toBe(true);
    expect(changesFromPaper(plan)).toEqual(['samples per task 100, not 1,000', 'learning rate α 0.05, not 0.1 or 0.2']);
  });

  it('counts a change to the paper’s own value as none', () => {
    const plan = {
      ...defaultPlan(2),
      changes: { samplesPerTask: 9_750, hidden: null, filters: null, learningRate: null },
    };
    expect(changesFromPaper(plan)).toEqual([]);
    expect(changesFromPaper({ ...plan, changes: { ...plan.changes, filters: 4 } })).toEqual(['filters 4, not 20']);
    expect(
      chosenRows({ ...plan, changes: { ...plan.changes, filters: 4 } }).map(({ config }) => config.filters),
    ).toEqual([4, 4]);
    expect(changesFromPaper(defaultPlan(3))).toEqual([]);
  });

  it('ignores rows that its table does not have', () => {
    expect(
      chosenRows({ ...defaultPlan(4), rows: ['split-mnist.er', 'miniimagenet.er'] }).map(({ label }) => label),
    ).toEqual(['ER']);
  });
});

it('knows a plan again that was stored, whose parts come back in the order of the schema', () => {
  const plan = defaultPlan(1);
  const stored = sweepPlanSchema.parse(JSON.parse(JSON.stringify(plan)));
  expect(Object.keys(stored)).not.toEqual(Object.keys(plan));
  for (const same of [samePlan, sameRuns, sameChoices]) expect(same(stored, plan)).toBe(true);
  expect(sameRuns(stored, { ...plan, seeds: { first: 0, last: 3 } })).toBe(false);
});
