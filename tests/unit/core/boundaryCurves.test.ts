import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { boundariesCsv, boundaryCurve, boundarySteps, stabilityGap } from '../../../src/core/boundaryCurves.ts';
import type { EvaluationEvent } from '../../../src/core/events.ts';

const tasks = [{ steps: 30 }, { steps: 30 }, { steps: 15 }];

const at = (
  step: number,
  accuracyByTask: (number | null)[],
  change: Partial<EvaluationEvent> = {},
): EvaluationEvent => ({
  kind: 'evaluated',
  ...{ lane: 0, method: 'er', retrieval: 'random', seed: 3, step, task: Math.ceil(step / 30), set: 'subset' },
  ...{ testImages: 90, taskEnd: false, averageAccuracy: 0, averageForgetting: null, elboByTask: null, elbo: null },
  accuracyByTask,
  ...change,
});

const evaluations = [
  at(10, [0.5, null, null]),
  at(20, [0.8, null, null]),
  at(30, [0.95, null, null], { set: 'complete', taskEnd: true, accuracyByTaskOnSubset: [0.9, null, null] }),
  at(31, [0.3, 0.1, null]),
  at(32, [0.4, 0.6, null]),
  at(50, [0.7, 0.8, null]),
  at(60, [0.8, 0.9, null], { set: 'complete', taskEnd: true }),
  at(61, [0.6, 0.2, 0.1]),
  at(75, [0.7, 0.7, 0.9], { set: 'complete', taskEnd: true }),
];

it('looks at the tasks before a boundary, from ten steps before it, on the same images', () => {
  expect(boundarySteps(tasks)).toEqual([30, 60]);
  const points = boundaryCurve(evaluations, tasks, 1, 20);
  expect(points.map(({ after, pastAccuracy }) => [after, pastAccuracy])).toEqual([
    [-10, 0.8],
    [0, 0.9],
    [1, 0.3],
    [2, 0.4],
    [20, 0.7],
  ]);
  expect(stabilityGap(points)).toEqual({ before: 0.9, lowest: 0.3, lowestAfter: 1, last: 0.7, lastAfter: 20 });
});

it('averages over all earlier tasks, and ends with the next one', () => {
  const points = boundaryCurve(evaluations, tasks, 2, 500);
  expect(points.map(({ after }) => after)).toEqual([-10, 0, 1, 15]);
  expect(points.map(({ pastAccuracy }) => pastAccuracy)).toEqual(
    [0.75, 0.85, 0.4, 0.7].map((value) => expect.closeTo(value, 12) as number),
  );
});

it('has no gap before anything was evaluated after the boundary', () => {
  expect(stabilityGap(boundaryCurve(evaluations.slice(0, 3), tasks, 1, 20))).toBeNull();
  expect(stabilityGap([])).toBeNull();
});

it('leaves as CSV with numbers, empty where there are none', () => {
  const { data, errors } = Papa.parse<Record<string, string>>(boundariesCsv([evaluations], tasks, 20), {
    header: true,
  });
  expect(errors).toEqual([]);
  expect(data).toHaveLength(9);
  expect(data[1]).toEqual({
    ...{ boundary: '1', lane: 'A', method: 'er', retrieval: 'random', seed: '3', step: '30', testSet: 'subset' },
    ...{ stepsAfterBoundary: '0', pastAccuracy: '0.9', accuracyTask1: '0.9', accuracyTask2: '', accuracyTask3: '' },
  });
  expect(data.map((row) => Number(row['stepsAfterBoundary']))).toEqual([-10, 0, 1, 2, 20, -10, 0, 1, 15]);
});
