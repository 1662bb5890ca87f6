import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import type { MethodName } from '../../../src/core/methods.ts';
import { runKey, runOf } from '../../../src/core/paperTable.ts';
import type { StoredRun } from '../../../src/core/storedRun.ts';
import {
  boardLines,
  estimateOf,
  formatBoard,
  shownMeasures,
  sortedBy,
  sortedLines,
} from '../../../src/state/sweepBoard.ts';
import { defaultOwnPlan, ownPlanOf, parseValues, usualReference } from '../../../src/state/sweepAddress.ts';
import {
  changesFromPaper,
  type OwnPlan,
  ownRows,
  plannedRuns,
  rowName,
  rowsOf,
  sameChoices,
  sameRuns,
} from '../../../src/state/sweepPlan.ts';
import { finishedRun } from './finishedRun.ts';

/** A number within rounding. */
const near = (value: number, digits = 9) => expect.closeTo(value, digits) as number;

const base = defaultOwnPlan('split-mnist');
const plan: OwnPlan = {
  ...base,
  methods: ['er', 'er-mir', 'fine-tune', 'iid-online'],
  view: { ...base.view, reference: 'er' },
};

/** Runs of a method with the accuracies and forgetting of its seeds. */
function runsOf(
  of: OwnPlan,
  method: MethodName,
  accuracies: readonly number[],
  forgetting: readonly (number | null)[],
): StoredRun[] {
  const rows = ownRows(of).filter((row) => row.method === method);
  return rows.flatMap((row) =>
    accuracies.map((averageAccuracy, seed) =>
      finishedRun(runOf(row, seed), { averageAccuracy, averageForgetting: forgetting[seed] }),
    ),
  );
}

function linesOf(of: OwnPlan, runs: readonly StoredRun[]) {
  const found = new Map(runs.map((run) => [runKey(run.config), run]));
  return boardLines(of, (key) => found.get(key));
}

const runs = [
  ...runsOf(plan, 'er', [0.8, 0.82, 0.84], [0.2, 0.1, 0.3]),
  ...runsOf(plan, 'er-mir', [0.85, 0.86, 0.9], [0.1, 0.2, 0.3]),
  ...runsOf(plan, 'fine-tune', [0.2, 0.19], [0.9, 0.9]),
  ...runsOf(plan, 'iid-online', [0.9, 0.9, 0.9], [null, null, null]),
];
const lines = linesOf(plan, runs);

describe('an own comparison', () => {
  it('runs each method with its own preset, as the paper’s table does, so that finished runs are shared', () => {
    const inTable = new Set(rowsOf(1).map(({ config }) => runKey(config)));
    for (const { config } of ownRows(plan)) expect(inTable.has(runKey(config))).toBe(true);
    expect(plannedRuns(plan)).toHaveLength(4 * 3);
  });

  it('changes only what a method heeds, and says what it changes', () => {
    const changed = { ...plan, changes: { ...plan.changes, memoryPerClass: 20, samplesPerTask: 100 } };
    expect(
      ownRows(changed).map(({ method, config }) => [method, config.memoryPerClass, config.samplesPerTask]),
    ).toEqual([
      ['er', 20, 100],
      ['er-mir', 20, 100],
      ['fine-tune', 50, 100],
      ['iid-online', 50, 100],
    ]);
    expect(changesFromPaper(changed)).toEqual(['samples per task 100, not 1,000', 'memory per class 20, not 50']);
  });

  it('runs a method once for each value of what is gone through, and once if it does not heed it', () => {
    const through: OwnPlan = { ...plan, varied: { setting: 'memoryPerClass', values: [10, 50] } };
    expect(ownRows(through).map((row) => [row.label, row.group, row.config.memoryPerClass])).toEqual([
      ['ER', 'M = 10', 10],
      ['ER', 'M = 50', 50],
      ['ER-MIR', 'M = 10', 10],
      ['ER-MIR', 'M = 50', 50],
      ['Fine-tune', '', 50],
      ['i.i.d. online', '', 50],
    ]);
    expect(new Set(ownRows(through).map(rowName)).size).toBe(6);
    const rates: OwnPlan = { ...plan, varied: { setting: 'learningRate', values: [0.01, 0.1] } };
    expect(
      ownRows(rates)
        .map(({ group, config }) => [group, config.learningRate])
        .slice(0, 2),
    ).toEqual([
      ['α = 0.01', 0.01],
      ['α = 0.1', 0.1],
    ]);
  });

  it('keeps methods that another scenario has, and a reference that is among them', () => {
    expect(ownPlanOf({ ...plan, methods: ['icarl', 'gem'] }, { scenario: 'permuted-mnist' })).toMatchObject({
      methods: ['gem'],
      view: { reference: 'gem' },
    });
    expect(ownPlanOf({ ...plan, methods: ['gen'] }, { scenario: 'split-cifar10' }).methods).toEqual(
      defaultOwnPlan('split-cifar10').methods,
    );
    expect(ownPlanOf(plan, { methods: [] })).toMatchObject({ methods: [], view: { reference: null } });
    expect(usualReference(['fine-tune', 'er', 'gem'])).toBe('er');
  });

  it('reads values, and refuses what is no list of them', () => {
    expect(parseValues(' 50,10 , 5', 'memoryPerClass')).toEqual({ setting: 'memoryPerClass', values: [5, 10, 50] });
    for (const wrong of ['', '1,1', '1,,2', '0', '1.5', 'x', Array.from({ length: 13 }, (_, i) => i + 1).join()])
      expect(parseValues(wrong, 'memoryPerClass')).toBeNull();
    expect(parseValues('1e-3, 0.1', 'learningRate')?.values).toEqual([0.001, 0.1]);
  });

  it('is another sweep only where it runs something else, and a choice where it is not typed', () => {
    const sorted = { ...plan, view: sortedBy(plan.view, 'averageForgetting') };
    expect([sameRuns(plan, sorted), sameChoices(plan, sorted)]).toEqual([true, false]);
    const typed = { ...plan, seeds: { first: 0, last: 9 } };
    expect([sameRuns(plan, typed), sameChoices(plan, typed)]).toEqual([false, true]);
  });
});

describe('the leaderboard', () => {
  it('has the mean of each measure over the finished seeds, with its interval', () => {
    // t(0.975, 2) = 4.30265 and the standard deviation is 0.02.
    expect(estimateOf(lines[0], 'averageAccuracy').value).toMatchObject({ n: 3, mean: near(0.82, 12) });
    expect(estimateOf(lines[0], 'averageAccuracy').value?.halfWidth95).toBeCloseTo(0.049683, 5);
    // finishedRun's matrix is [[1], [0.5, 0.9]]: (1 + 0.7) / 2, and (1 + 0.9) / 2.
    expect(estimateOf(lines[0], 'averageAnytimeAccuracy').value?.mean).toBeCloseTo(0.85, 12);
    expect(estimateOf(lines[0], 'plasticity').value?.mean).toBeCloseTo(0.95, 12);
    expect(estimateOf(lines[3], 'averageForgetting').value).toBeNull();
    expect(shownMeasures(lines).map(({ key }) => key)).not.toContain('negativeElbo');
  });

  it('has the difference from the reference seed by seed, and says where it is not clear', () => {
    const mir = estimateOf(lines[1], 'averageAccuracy').difference;
    // 0.05, 0.04 and 0.06: a standard deviation of 0.01.
    expect(mir).toMatchObject({ n: 3, mean: near(0.05, 12), verdict: 'higher' });
    expect(mir?.halfWidth95).toBeCloseTo(0.024841, 5);
    // −0.1, 0.1 and 0.
    expect(estimateOf(lines[1], 'averageForgetting').difference).toMatchObject({
      mean: near(0, 12),
      verdict: 'no clear difference',
    });
    // The two seeds that both have.
    expect(estimateOf(lines[2], 'averageAccuracy').difference).toMatchObject({
      n: 2,
      mean: near(-0.615, 12),
    });
    expect(estimateOf(lines[0], 'averageAccuracy').difference).toBeNull();
  });

  it('compares equal values of what is gone through, and all with a reference that does not heed it', () => {
    const through: OwnPlan = {
      ...plan,
      methods: ['er', 'er-mir', 'fine-tune'],
      varied: { setting: 'memoryPerClass', values: [10, 50] },
    };
    const each = (of: OwnPlan) => [
      ...runsOf(of, 'er', [0.5, 0.6], [0.1, 0.1]),
      ...runsOf(of, 'er-mir', [0.6, 0.8], [0.1, 0.1]),
      ...runsOf(of, 'fine-tune', [0.2, 0.2], [0.9, 0.9]),
    ];
    const differences = (of: OwnPlan) =>
      linesOf(of, each(of)).map((line) => estimateOf(line, 'averageAccuracy').difference?.mean ?? null);
    expect(differences(through)).toEqual([null, null, near(0.15), near(0.15), null]);
    const against = { ...through, view: { ...through.view, reference: 'fine-tune' as const } };
    expect(differences(against)).toEqual([...[0.35, 0.35, 0.5, 0.5].map((value) => near(value)), null]);
  });

  it('sorts by any column, the best first, the other way round when asked again, and what has no value last', () => {
    const labels = (view: OwnPlan['view']) => sortedLines(lines, view).map(({ row }) => row.label);
    expect(labels(plan.view)).toEqual(['i.i.d. online', 'ER-MIR', 'ER', 'Fine-tune']);
    const byForgetting = sortedBy(plan.view, 'averageForgetting');
    expect(byForgetting.descending).toBe(false);
    expect(labels(byForgetting)).toEqual(['ER', 'ER-MIR', 'Fine-tune', 'i.i.d. online']);
    expect(labels(sortedBy(byForgetting, 'averageForgetting'))).toEqual(['Fine-tune', 'ER', 'ER-MIR', 'i.i.d. online']);
    expect(labels(sortedBy(plan.view, 'method'))).toEqual(['ER', 'ER-MIR', 'Fine-tune', 'i.i.d. online']);
    expect(labels(sortedBy(plan.view, 'n')).at(-1)).toBe('Fine-tune');
  });

  it('leaves in every format, in its order', () => {
    const reference = { method: 'er', label: 'ER' } as const;
    const sorted = sortedLines(lines, plan.view);
    const csv = formatBoard(sorted, reference, 'csv');
    const { data, errors } = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
    expect(errors).toEqual([]);
    expect(data.map(({ method, n, reference: against }) => [method, n, against])).toEqual([
      ['iid-online', '3', 'er'],
      ['er-mir', '3', 'er'],
      ['er', '3', ''],
      ['fine-tune', '2', 'er'],
    ]);
    expect(Number(data[1]['averageAccuracyDifferenceHalfWidth95'])).toBeCloseTo(0.024841, 5);
    expect(data[0]['averageForgetting']).toBe('');

    const json = JSON.parse(formatBoard(sorted, reference, 'json')) as {
      measures: Record<string, { value: { mean: number } | null }>;
    }[];
    expect(json.map(({ measures }) => measures['averageAccuracy'].value?.mean)).toEqual(
      data.map(({ averageAccuracy }) => Number(averageAccuracy)),
    );

    const markdown = formatBoard(sorted, reference, 'markdown').split('\n');
    expect(markdown[0]).toMatch(/^\| Method \| n \| Accuracy, % \| .*\| Accuracy − ER, points \|/);
    expect(markdown.find((line) => line.startsWith('| ER-MIR'))).toMatch(
      /^\| ER-MIR \| 3 \| 87\.0 ± 6\.6 \| 20\.0 ± 24\.8 \|.*\| \+5\.0 ± 2\.5 \| .*no clear difference/,
    );
    const latex = formatBoard(sorted, null, 'latex');
    expect(latex).toMatch(/^\\begin\{tabular\}\{lr+\}/);
    expect(latex).not.toContain('−');
  });
});
