import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { meanCurve, meanCurvesCsv } from '../../../src/state/meanCurve.ts';
import { rowsOf } from '../../../src/state/sweepPlan.ts';
import { curvePoint, finishedRun } from './finishedRun.ts';

const runs = [
  finishedRun(
    { seed: 0 },
    {
      curve: [
        curvePoint(5, 0.4),
        curvePoint(10, 0.5),
        curvePoint(10, 0.6, { set: 'complete', averageForgetting: 0.1 }),
      ],
    },
  ),
  finishedRun(
    { seed: 1 },
    {
      curve: [
        curvePoint(5, 0.6),
        curvePoint(10, 0.8, { set: 'complete', averageForgetting: 0.3 }),
        curvePoint(15, 0.9),
      ],
    },
  ),
];

describe('the learning curve of a row', () => {
  it('averages runs where all of them were evaluated, the complete test set before a subset', () => {
    const points = meanCurve(runs);
    expect(points.map(({ step, set }) => [step, set])).toEqual([
      [5, 'subset'],
      [10, 'complete'],
    ]);
    expect(points[0].averageAccuracy).toMatchObject({ n: 2, mean: 0.5 });
    // t(0.975, 1) = 12.7062 and the standard deviation of the mean is 0.1.
    expect(points[0].averageAccuracy.halfWidth95).toBeCloseTo(1.27062, 4);
    expect(points[0].averageForgetting).toBeNull();
    expect(points[1].averageForgetting?.mean).toBeCloseTo(0.2, 12);
  });

  it('has no interval for one run, and no points for none', () => {
    expect(meanCurve([runs[0]]).map(({ averageAccuracy }) => averageAccuracy.halfWidth95)).toEqual([null, null]);
    expect(meanCurve([])).toEqual([]);
  });

  it('averages −ELBO where every run has it, and gives it columns of its own', () => {
    const withElbo = [120, 130].map((negativeElbo, seed) =>
      finishedRun(
        { seed, method: 'gen' },
        {
          curve: [curvePoint(5, 0.5, { negativeElbo: seed === 0 ? 200 : null }), curvePoint(10, 0.5, { negativeElbo })],
        },
      ),
    );
    const points = meanCurve(withElbo);
    expect(points.map(({ negativeElbo }) => negativeElbo?.mean ?? null)).toEqual([null, 125]);
    // t(0.975, 1) = 12.7062 and the standard deviation of the mean is 5.
    expect(points[1].negativeElbo?.halfWidth95).toBeCloseTo(63.531, 3);
    const [gen] = rowsOf(5);
    const [er] = rowsOf(1).filter(({ config }) => config.method === 'er');
    const text = meanCurvesCsv(5, [
      { row: er, points: meanCurve(runs) },
      { row: gen, points },
    ]);
    const { data, errors } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
    expect(errors).toEqual([]);
    expect(data.map(({ method, step, negativeElbo }) => [method, step, negativeElbo])).toEqual([
      ['er', '5', ''],
      ['er', '10', ''],
      ['gen', '5', ''],
      ['gen', '10', '125'],
    ]);
    expect(Number(data[3]['negativeElboHalfWidth95'])).toBeCloseTo(63.531, 3);
    expect(meanCurvesCsv(1, [{ row: er, points: meanCurve(runs) }])).not.toContain('negativeElbo');
  });

  it('leaves as CSV with a line per point', () => {
    const [row] = rowsOf(1).filter(({ config }) => config.method === 'er');
    const { data, errors } = Papa.parse<Record<string, string>>(meanCurvesCsv(1, [{ row, points: meanCurve(runs) }]), {
      header: true,
      skipEmptyLines: true,
    });
    expect(errors).toEqual([]);
    expect(data).toHaveLength(2);
    expect(data[1]).toMatchObject({
      table: '1',
      group: 'Split MNIST',
      method: 'er',
      step: '10',
      testSet: 'complete',
      n: '2',
    });
    expect(Number(data[1]['averageAccuracy'])).toBeCloseTo(0.7, 12);
    expect(data[0]['averageForgetting']).toBe('');
  });
});
