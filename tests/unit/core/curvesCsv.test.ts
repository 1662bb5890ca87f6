import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { curvesCsv } from '../../../src/core/curvesCsv.ts';
import type { EvaluationEvent } from '../../../src/core/events.ts';
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
    'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1,accuracyTask2,accuracyTask3,testSet,testImages\r\n' +
      'A,fine-tune,,3,200,2,0.48333333333333334,,0.30000000000000004,0.6666666666666666,,subset,50\r\n' +
      'B,er-mir,random,3,200,2,0.48333333333333334,1e-7,0.30000000000000004,0.6666666666666666,,complete,4157',
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
    'testSet,testImages,negativeElbo,reconstruction,kl,negativeElboTask1,negativeElboTask2,negativeElboTask3',
    'complete,4157,110.25,90.125,20.125,100,120.5,',
    'complete,4157,,,,,,',
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
    'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1,accuracyTask2,testSet,testImages',
  );
});

it('keeps every number to the last bit', () => {
  const numberOrNull = (text: string) => (text === '' ? null : Number(text));
  fc.assert(
    fc.property(anyRun, ({ lanes, tasks }) => {
      const evaluations = lanes
        .flatMap((lane) => lane.evaluations)
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
