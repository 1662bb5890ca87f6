import { describe, expect, it } from 'vitest';
import { type Checkpoint, checkpointFormat } from '../../../src/core/checkpoint.ts';
import { engineVersion } from '../../../src/core/storedRun.ts';
import type { Report } from '../../../src/link/protocol.ts';
import { applyReport } from '../../../src/state/applyReport.ts';
import { askedAnew, nothingAsked, standingOf, type Standing, withOwn } from '../../../src/state/asked.ts';
import { importedRun, type LabState, newRun, withRetrieval } from '../../../src/state/labState.ts';
import { keptRun, readEntry } from '../../../src/state/runs/keptRun.ts';
import { smallRun } from './smallRun.ts';

const tasks = [1, 2, 3].map((number) => ({
  number,
  classes: [2 * number - 2, 2 * number - 1],
  steps: 10,
  trainingImages: 100,
  testImages: 20,
}));
const run = { ...smallRun, tasks, classNames: ['0', '1', '2', '3', '4', '5'] };
const state: LabState = {
  run: 3,
  id: 'one',
  checkpoint: null,
  config: run.config,
  backendChoice: 'auto',
  speed: null,
  phase: { kind: 'playing' },
  shown: run,
  stepsPerSecond: 10,
  taskImages: [],
  asked: nothingAsked,
  notices: [],
  opening: null,
  partialData: null,
};
const samples = [
  { label: 0, task: 1 },
  { label: 2, task: 2 },
];
const questions: Report = { kind: 'questions', run: 3, images: Uint8Array.of(1, 2), samples };

/** Answers of the first lane: each a class with 70 %, the others with the rest. */
function answers(step: number, named: readonly number[] | null, own: number | null = null, ownNamed = 0): Report {
  const row = (label: number) => [0, 1, 2, 3, 4, 5].map((other) => (other === label ? 0.7 : 0.06));
  const lane = {
    tests: named && Float32Array.from(named.flatMap(row)),
    own: own === null ? null : Float32Array.from(row(ownNamed)),
  };
  return { kind: 'answers', run: 3, step, own, lanes: run.lanes.map((_, index) => (index === 0 ? lane : null)) };
}

const after = (...reports: Report[]) => [questions, ...reports].reduce(applyReport, state);
const standings = ({ asked }: LabState): (Standing | null)[] =>
  samples.map((_, image) => standingOf(asked, image, 0, run));

describe('how an answer stands', () => {
  it.each<readonly [string, readonly Report[], readonly (Standing | null)[]]>([
    ['nothing is known before an answer', [], [null, null]],
    [
      'nothing is taught before the first step, even if it is right by chance',
      [answers(0, [0, 2])],
      ['untaught', 'untaught'],
    ],
    ['a class of the task that is being learnt is taught', [answers(1, [0, 0])], ['right', 'untaught']],
    ['what was never right is not forgotten', [answers(1, [3, 0])], ['wrong', 'untaught']],
    ['what was right and is wrong is forgotten', [answers(9, [0, 0]), answers(12, [2, 2])], ['forgotten', 'right']],
    [
      'what is right again is right',
      [answers(9, [0, 0]), answers(12, [2, 2]), answers(14, [0, 2])],
      ['right', 'right'],
    ],
    [
      'and forgotten again after that',
      [answers(9, [0, 0]), answers(12, [2, 2]), answers(14, [0, 2]), answers(15, [5, 2])],
      ['forgotten', 'right'],
    ],
    [
      'being right by chance before being taught does not count',
      [answers(10, [0, 2]), answers(11, [0, 3])],
      ['right', 'wrong'],
    ],
    ['answers about an own image alone change nothing', [answers(9, [0, 0]), answers(12, null)], ['right', 'untaught']],
    [
      'numbers that are not finite are no answer',
      [
        answers(9, [0, 0]),
        { ...answers(12, [0, 0]), lanes: [{ tests: new Float32Array(12).fill(NaN), own: null }, null] } as Report,
      ],
      [null, null],
    ],
  ])('%s', (_, reports, expected) => {
    expect(standings(after(...reports))).toEqual(expected);
  });

  it('of a lane whose stream has no order of tasks is taught from the first step on', () => {
    const iid = { ...run, lanes: run.lanes.map((lane) => ({ ...lane, method: 'iid-online' as const })) };
    const { asked } = applyReport({ ...after(), shown: iid }, answers(1, [0, 2]));
    expect(samples.map((_, image) => standingOf(asked, image, 0, iid))).toEqual(['right', 'right']);
  });
});

describe('what was right once', () => {
  const forgotten = after(answers(9, [0, 0]), answers(12, [2, 2]));

  it('stays through a change of retrieval', () => {
    expect(standings(withRetrieval(forgotten, 0, 'mir'))).toEqual(['forgotten', 'right']);
  });

  it('is known where a run goes on from a checkpoint: in this page, in a kept run, and after a lost device', () => {
    const data = { name: 'MNIST', trainingImages: 100, testImages: 20, labels: 1 };
    const evaluation = { interval: 5, size: 10 };
    const about = { format: checkpointFormat, engineVersion, data, evaluateOn: 'test', evaluation } as const;
    const rows = { subset: [], complete: [] };
    const results = { stopped: null, rows, elboByTask: null, confusion: new Uint32Array(), replacedLatents: 0 };
    const common = { ...results, replayed: { byClass: [], byTask: [] }, learner: null };
    const lanes = run.runConfigs.map((config, lane) => ({ ...common, config, retrieval: run.lanes[lane].retrieval }));
    const checkpoint: Checkpoint = { ...about, backend: 'wasm', step: 10, task: 1, lanes };
    const atEnd = applyReport(after(answers(9, [0, 0])), { kind: 'checkpoint', run: 3, checkpoint });
    // Right for the first time after the checkpoint: the run that goes on does not know it yet.
    const later = applyReport(atEnd, answers(12, [2, 2]));
    const kept = keptRun(later, run, { begun: 1, keptAt: 2, left: false, pinned: false });
    expect(kept.entry.checkpoint?.onceRight?.[0]).toEqual([true, false]);
    expect(readEntry(structuredClone(kept.entry))).toEqual(kept.entry);
    for (const onceRight of [later.asked.onceRight, kept.entry.checkpoint?.onceRight ?? []]) {
      const from = { shown: run, checkpoint, onceRight };
      const wanted = { id: 'one', config: later.config, backendChoice: 'auto', play: false, from } as const;
      const on = [
        { ...questions, run: 4 },
        { ...answers(12, [2, 0]), run: 4 },
      ] as Report[];
      const goesOn = on.reduce(applyReport, { ...newRun(later, wanted), shown: run });
      expect(standings(goesOn)).toEqual(['forgotten', 'wrong']);
    }
    // After a lost device the same run goes on, and its questions come anew.
    const afterLoss = [questions, answers(12, [2, 0])].reduce(applyReport, later);
    expect(standings(afterLoss)).toEqual(['forgotten', 'wrong']);
  });

  it('is left with a reset and with a run from a file, while the questions stay', () => {
    const reset = newRun(forgotten, { id: 'other', config: forgotten.config, backendChoice: 'auto', play: false });
    expect(reset.asked).toMatchObject({ images: Uint8Array.of(1, 2), samples, lanes: [], step: 0 });
    const again = applyReport({ ...reset, shown: run }, { ...answers(12, [2, 2]), run: reset.run } as Report);
    expect(standings(again)).toEqual(['wrong', 'right']);
    expect(importedRun(forgotten, 'other', 'run.json', run).asked.lanes).toEqual([]);
  });

  it('is left, and so are the questions, on another scenario', () => {
    const drawn = withOwn(forgotten.asked, Uint8Array.of(9));
    expect(askedAnew(drawn, false)).toEqual({ ...nothingAsked, lastOwn: 1 });
    expect(askedAnew(drawn, true)).toMatchObject({ samples, own: { id: 1 }, lanes: [] });
  });
});

describe('an own image', () => {
  it('gets a new number with every change, and only answers about the latest count', () => {
    const first = { ...after(answers(9, [0, 0])), asked: withOwn(after(answers(9, [0, 0])).asked, Uint8Array.of(1)) };
    expect(first.asked.own).toEqual({ id: 1, pixels: Uint8Array.of(1) });
    const answered = applyReport(first, answers(9, null, 1, 4));
    expect(answered.asked.lanes[0].own?.[4]).toBeCloseTo(0.7, 6);
    const second = { ...answered, asked: withOwn(answered.asked, Uint8Array.of(2)) };
    expect(second.asked.own?.id).toBe(2);
    const late = applyReport(second, answers(10, [0, 0], 1, 5));
    expect(late.asked.lanes[0].own?.[4]).toBeCloseTo(0.7, 6);
    const removed = withOwn(late.asked, null);
    expect([removed.own, removed.lanes[0].own, removed.lastOwn]).toEqual([null, null, 2]);
  });
});
