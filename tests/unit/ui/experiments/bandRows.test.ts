import { describe, expect, it } from 'vitest';
import { meanCurve } from '../../../../src/state/meanCurve.ts';
import { bandRows } from '../../../../src/ui/curves/curveRows.ts';
import { sharedTaskRanges } from '../../../../src/ui/experiments/RowCurves.tsx';
import { curvePoint, finishedRun } from '../../state/finishedRun.ts';

const end = (step: number, task: number) => curvePoint(step, 0.5, { task, set: 'complete' });
const ordered = finishedRun({}, { curve: [end(0, 1), end(10, 1), end(20, 2)] });

describe('curves with bands', () => {
  it('joins rows by step, in percent, with half-widths where there is more than one seed', () => {
    const one = meanCurve([finishedRun({}, { curve: [curvePoint(5, 0.25)] })]);
    const two = meanCurve(
      [0.4, 0.6].map((value, seed) => finishedRun({ seed }, { curve: [curvePoint(5, value), curvePoint(10, value)] })),
    );
    const [first, second] = bandRows([one, two], 'averageAccuracy');
    expect(first.values[0]).toBeCloseTo(25, 12);
    expect(first.values[1]).toBeCloseTo(50, 12);
    expect(first.halfWidths?.[0]).toBeNull();
    expect(first.halfWidths?.[1]).toBeCloseTo(127.062, 2);
    expect(second.values[0]).toBeNull();
    expect(second.halfWidths?.[0]).toBeNull();
    expect(bandRows([one, two], 'averageForgetting')).toEqual([]);
  });

  it('takes −ELBO in nats, without the untrained generator', () => {
    const runs = [100, 120].map((negativeElbo, seed) =>
      finishedRun(
        { seed },
        { curve: [curvePoint(0, 0.1, { negativeElbo: 540 }), curvePoint(5, 0.5, { negativeElbo })] },
      ),
    );
    const [row, ...others] = bandRows(
      [meanCurve(runs), meanCurve([finishedRun({}, { curve: [curvePoint(5, 0.5)] })])],
      'negativeElbo',
    );
    expect(others).toEqual([]);
    expect([row.step, row.values]).toEqual([5, [110, null]]);
    // t(0.975, 1) = 12.7062 and the standard deviation of the mean is 10.
    expect(row.halfWidths).toEqual([expect.closeTo(127.062, 2), null]);
    expect(bandRows([meanCurve(runs)], 'averageAccuracy').map(({ step }) => step)).toEqual([0, 5]);
  });

  it('draws the ends of tasks that runs share, and none that they do not', () => {
    const ranges = [
      { number: 1, start: 0, end: 10 },
      { number: 2, start: 10, end: 20 },
    ];
    const bound = finishedRun({}, { curve: [end(0, 1), end(20, 2)] });
    expect(sharedTaskRanges([ordered, ordered])).toEqual(ranges);
    expect(sharedTaskRanges([bound, ordered])).toEqual(ranges);
    expect(sharedTaskRanges([ordered, finishedRun({}, { curve: [end(5, 1), end(10, 2)] })])).toEqual([]);
    expect(sharedTaskRanges([])).toEqual([]);
  });
});
