import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { curvesCsv } from '../../../src/core/csv.ts';
import type { EvaluationEvent } from '../../../src/core/events.ts';
import { metricNames, noMetrics, runMetrics } from '../../../src/core/metrics.ts';
import { anyRun } from '../state/arbitraries.ts';

const evaluation: EvaluationEvent = {
  kind: 'evaluated',
  lane: 1,
  method: 'er-mir',
  retrieval: 'random',
  seed: 3,
  step: 200,
  task: 2,
  set: 'complete',
  testImages: 4157,
  taskEnd: true,
  accuracyByTask: [0.1 + 0.2, 2 / 3, null],
  averageAccuracy: 0.48333333333333334,
  averageForgetting: 1e-7,
  elboByTask: null,
  elbo: null,
};

it('has a header, one row per evaluation, CRLF, and nothing where there is nothing', () => {
  const fineTune: EvaluationEvent = {
    ...evaluation,
    lane: 0,
    method: 'fine-tune',
    retrieval: null,
    set: 'subset',
    testImages: 50,
    averageForgetting: null,
  };
  expect(curvesCsv([fineTune, evaluation], 3)).toBe(
    'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1,accuracyTask2,accuracyTask3,testSet,testImages,' +
      `${metricNames.join(',')}\r\n` +
      'A,fine-tune,,3,200,2,0.48333333333333334,,0.30000000000000004,0.6666666666666666,,subset,50,,,,,,,,\r\n' +
      'B,er-mir,random,3,200,2,0.48333333333333334,1e-7,0.30000000000000004,0.6666666666666666,,complete,4157,,,,,,,,',
  );
});

it('has −ELBO, its parts and that of each task at the end where a lane has a VAE, empty for the others', () => {
  const elbo = { total: 110.25, reconstruction: 90.125, kl: 20.125 };
  const gen: EvaluationEvent = {
    ...evaluation,
    lane: 0,
    method: 'gen-mir',
    retrieval: 'mir',
    elbo,
    elboByTask: [{ ...elbo, total: 100 }, { ...elbo, total: 120.5 }, null],
  };
  const lines = curvesCsv([gen, evaluation], 3).split('\r\n');
  expect(lines.map((line) => line.split(',').slice(11).join(','))).toEqual([
    `testSet,testImages,${metricNames.join(',')},negativeElbo,reconstruction,kl,negativeElboTask1,negativeElboTask2,negativeElboTask3`,
    'complete,4157,,,,,,,,,110.25,90.125,20.125,100,120.5,',
    'complete,4157,,,,,,,,,,,,,,',
  ]);
});

it('goes step by step with the lanes in order, seed after seed, whatever the order it is given', () => {
  const at = (seed: number, step: number, lane: number, set: 'subset' | 'complete' = 'subset') => ({
    ...evaluation,
    ...{ seed, step, lane, set },
  });
  const byLane = [
    at(7, 0, 0),
    at(7, 5, 0),
    at(7, 5, 0, 'complete'),
    at(7, 0, 1),
    at(7, 5, 1),
    at(2, 0, 0),
    at(2, 0, 1),
  ];
  const rows = curvesCsv(byLane, 1).split('\r\n').slice(1);
  expect(rows.map((row) => [row.split(',')[3], row.split(',')[4], row[0], row.split(',')[9]].join(' '))).toEqual([
    '7 0 A subset',
    '7 0 B subset',
    '7 5 A subset',
    '7 5 A complete',
    '7 5 B subset',
    '2 0 A subset',
    '2 0 B subset',
  ]);
  const [seven, two] = [byLane.slice(0, 5), byLane.slice(5)];
  const byStep = [...seven.toSorted((one, other) => one.step - other.step), ...two];
  expect(curvesCsv(byStep, 1)).toBe(curvesCsv(byLane, 1));
});

it('has a header also where nothing has been evaluated', () => {
  expect(curvesCsv([], 2)).toBe(
    'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1,accuracyTask2,testSet,testImages,' +
      metricNames.join(','),
  );
});

it('has the measures of the run up to each row, at the end of a task those at the ends of tasks, and none for the bounds', () => {
  const matrix = [[0.9], [0.5, 0.8]];
  const points: [number, number, number[]][] = [
    [0, 1, [0.1]],
    [10, 1, [0.7]],
    [20, 1, matrix[0]],
    [30, 2, [0.4, 0.6]],
    [40, 2, matrix[1]],
  ];
  const evaluations = points.map(
    ([step, task, accuracyByTask]): EvaluationEvent => ({
      ...evaluation,
      ...{ lane: 0, step, task, accuracyByTask, taskEnd: step === 20 || step === 40 },
      averageAccuracy: accuracyByTask.reduce((sum, value) => sum + value, 0) / accuracyByTask.length,
    }),
  );
  const read = (csv: string) =>
    Papa.parse<Record<string, string>>(csv, { header: true }).data.map((row) =>
      metricNames.map((name) => (row[name] === '' ? null : Number(row[name]))),
    );
  const rows = read(curvesCsv(evaluations, 2));
  const values = (metrics: typeof noMetrics) => metricNames.map((name) => metrics[name]);
  expect(rows[0]).toEqual(values(noMetrics));
  expect(rows[2].slice(0, 5)).toEqual([0.9, null, 0.9, null, 0.9]);
  expect(rows[3].slice(0, 5)).toEqual([null, null, null, null, null]);
  expect(rows[3].slice(5)).toEqual(
    [(0.7 + 0.9 + 0.5) / 3, 0.4, 0.6 / 2 + 0.4 / 2].map((value) => expect.closeTo(value, 12) as number),
  );
  expect(rows[4]).toEqual(values(runMetrics(matrix, evaluations)));
  const bound = evaluations.map((one): EvaluationEvent => ({ ...one, method: 'iid-online', retrieval: null }));
  expect(
    read(curvesCsv(bound, 2))
      .flat()
      .every((value) => value === null),
  ).toBe(true);
});

it('keeps every number to the last bit', () => {
  const numberOrNull = (text: string) => (text === '' ? null : Number(text));
  fc.assert(
    fc.property(anyRun, ({ lanes, tasks }) => {
      const evaluations = lanes
        // The CSV keeps what was counted on the complete test set, where there is both.
        .flatMap((lane) => lane.evaluations.map(({ accuracyByTaskOnSubset: _subset, ...evaluation }) => evaluation))
        .toSorted((one, other) => one.step - other.step || one.lane - other.lane);
      const { data, errors } = Papa.parse<Record<string, string>>(curvesCsv(evaluations, tasks.length), {
        header: true,
        newline: '\r\n',
      });
      expect(errors).toEqual([]);
      const read = data.map((row) => ({
        kind: 'evaluated',
        lane: 'ABCD'.indexOf(row.lane),
        method: row.method,
        retrieval: row.retrieval || null,
        seed: Number(row.seed),
        step: Number(row.step),
        task: Number(row.task),
        set: row.testSet,
        testImages: Number(row.testImages),
        averageAccuracy: Number(row.averageAccuracy),
        averageForgetting: numberOrNull(row.averageForgetting),
        accuracyByTask: tasks.map((_, index) => numberOrNull(row[`accuracyTask${index + 1}`])),
        elbo: ['negativeElbo', 'reconstruction', 'kl'].map((name) => numberOrNull(row[name] ?? '')),
        elboByTask: tasks.map((_, index) => numberOrNull(row[`negativeElboTask${index + 1}`] ?? '')),
      }));
      const written = evaluations.map(({ taskEnd: _, elbo, elboByTask, ...rest }) => {
        const shown = evaluations.some((evaluation) => evaluation.elbo !== null);
        const parts = shown
          ? [elbo?.total ?? null, elbo?.reconstruction ?? null, elbo?.kl ?? null]
          : [null, null, null];
        return {
          ...rest,
          elbo: parts,
          elboByTask: tasks.map((__, index) => (shown ? (elboByTask?.[index]?.total ?? null) : null)),
        };
      });
      expect(read).toEqual(written);
    }),
  );
});
