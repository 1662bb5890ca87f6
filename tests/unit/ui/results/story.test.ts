import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExperimentConfig, laneConfigs, type ScenarioName } from '../../../../src/core/config.ts';
import { type MethodName, methodsOf } from '../../../../src/core/methods.ts';
import type { EvaluationEvent, TaskReport } from '../../../../src/core/events.ts';
import { newLane, type LaneState, type ShownRun } from '../../../../src/state/labState.ts';
import { story } from '../../../../src/ui/results/Headline.tsx';
import { evaluation } from '../evaluation.ts';

const digits = Array.from({ length: 10 }, (_, label) => String(label));
const things = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

/** Tasks of 100 steps. */
function tasksOf(scenario: ScenarioName): TaskReport[] {
  const classesOf: Readonly<Record<ScenarioName, number[][]>> = {
    'split-mnist': [0, 2, 4, 6, 8].map((first) => [first, first + 1]),
    'permuted-mnist': digits.map(() => digits.map(Number)),
    'split-cifar10': [0, 2, 4, 6, 8].map((first) => [first, first + 1]),
    'split-miniimagenet': Array.from({ length: 20 }, (_, task) => Array.from({ length: 5 }, (__, at) => 5 * task + at)),
  };
  return classesOf[scenario].map((classes, index) => ({
    number: index + 1,
    classes,
    steps: 100,
    trainingImages: 1_000,
    testImages: 400,
  }));
}

interface Shown {
  readonly scenario?: ScenarioName;
  readonly step: number;
  /** Of each lane: its method, and its evaluations as accuracies on the tasks so far, by step. */
  readonly lanes: readonly {
    readonly method: MethodName;
    readonly accuracies?: Readonly<Record<number, readonly number[]>>;
    readonly testImages?: number;
    readonly part?: Partial<LaneState>;
  }[];
}

function laneOf({ method, accuracies = {}, testImages = 500, part }: Shown['lanes'][number], tasks: number): LaneState {
  const evaluations = Object.entries(accuracies).map(([step, row]): EvaluationEvent => {
    const taskEnd = Number(step) % 100 === 0;
    return evaluation({
      method,
      step: Number(step),
      task: row.length,
      taskEnd,
      set: taskEnd ? 'complete' : 'subset',
      testImages,
      accuracyByTask: Array.from({ length: tasks }, (_, task) => row[task] ?? null),
      averageAccuracy: row.reduce((sum, value) => sum + value, 0) / row.length,
    });
  });
  return { ...newLane(method), evaluations, ...part };
}

function shownRun({ scenario = 'split-mnist', step, lanes }: Shown): ShownRun {
  const tasks = tasksOf(scenario);
  const config: ExperimentConfig = { scenario, seed: 0, lanes: lanes.map(({ method }) => method) };
  return {
    config,
    lanes: lanes.map((lane) => laneOf(lane, tasks.length)),
    runConfigs: laneConfigs(config),
    tasks,
    totalSteps: 100 * tasks.length,
    step,
    task: Math.max(1, Math.ceil(step / 100)),
    evaluation: { interval: 10, size: 500 },
    imageShape: [28, 28, 1],
    classNames: scenario === 'split-cifar10' ? things : scenario === 'split-miniimagenet' ? [] : digits,
    data: null,
    changes: [],
    evaluating: null,
    preparing: null,
    backend: null,
    engineVersion: '0.0.0',
  };
}

const told = (shown: Shown) => {
  const run = shownRun(shown);
  return story(run, run.config);
};
const trio: readonly MethodName[] = ['fine-tune', 'er', 'er-mir'];
const plainConfig: ExperimentConfig = { scenario: 'split-mnist', seed: 0, lanes: [...trio] };
/** The default lanes with one evaluation each. */
const three = (step: number, rows: readonly (readonly number[])[], earlier: Record<number, number[]> = {}) =>
  trio.map((method, lane) => ({ method, accuracies: { ...earlier, [step]: rows[lane] }, testImages: 4_000 }));

describe('the headline of a run on data in the form of MNIST that is not digits', () => {
  const clothes = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Boot'];
  const ofClothes = (step: number, accuracies: Record<number, number[]>) => {
    const lanes = [{ method: 'er' as const, accuracies, testImages: 4_000 }];
    const run = { ...shownRun({ step, lanes }), classNames: clothes };
    return story(run, run.config);
  };

  it('speaks of images, and calls classes by their names', () => {
    expect(ofClothes(0, {}).text).toBe(
      'A network sees the same images once, two classes at a time. Press Play and watch whether it forgets.',
    );
    expect(ofClothes(3, {}).text).toBe(
      'Task 1: the network learns T-shirt/top and Trouser. There is nothing old to forget yet.',
    );
  });
});

describe('the headline of the default run', () => {
  it('before the first step says what will come, how the lanes differ, and what to press', () => {
    const before = story(null, plainConfig);
    expect(before).toEqual({
      text: 'Three networks see the same digits once, two classes at a time. Press Play and watch who forgets.',
      more: 'Fine-tune replays nothing; ER random memories; ER-MIR the memories that the coming update would hurt most.',
    });
    expect(told({ step: 0, lanes: trio.map((method) => ({ method })) })).toEqual(before);
  });

  it('in task 1 says what is learnt, and when it stops coming', () => {
    expect(told({ step: 60, lanes: three(60, [[0.99], [0.99], [0.99]]) })).toEqual({
      text: 'Task 1: the networks learn 0 and 1. There is nothing old to forget yet.',
      more: 'After step 100, 0 and 1 no longer come: watch who still knows them.',
    });
  });

  it('at the end of task 1 says who knows what, and what will not come again', () => {
    expect(told({ step: 100, lanes: three(100, [[0.998], [1], [0.996]]) })).toEqual({
      text: 'Task 1 ends. Fine-tune knows 99% of 0 and 1, ER 100%, ER-MIR 99%. From now on, 0 and 1 no longer come.',
      tested: 'Tested after step 100, on the complete test set.',
      measured: true,
      more: '',
    });
  });

  it('right after the boundary says what has stopped coming, and nothing of who knows it before that is tested', () => {
    const { text, more } = told({ step: 104, lanes: three(100, [[0.99], [0.99], [0.99]]) });
    expect(text).toBe('Task 2: only 2 and 3 come, and 0 and 1 no longer.');
    expect(more).toBe('The next test, after step 110, shows who still knows 0 and 1.');
  });

  it('tells who has forgotten and who has not, in the order of the lanes, and when that was measured', () => {
    const lanes = three(
      110,
      [
        [0, 0.9],
        [0.91, 0.7],
        [0.97, 0.8],
      ],
      { 100: [0.99] },
    );
    expect(told({ step: 115, lanes: lanes.map((lane) => ({ ...lane, testImages: 500 })) })).toEqual({
      text: 'Task 2: 0 and 1 no longer come. Fine-tune replays nothing and has forgotten them (0% right); ER still knows 91% of them, ER-MIR 97%.',
      tested: 'Tested after step 110, on 500 test images.',
      measured: true,
      more: '',
    });
  });

  it('at the end of a later task tells it of all earlier tasks, and what comes next', () => {
    const lanes = three(
      300,
      [
        [0, 0, 0.99],
        [0.8, 0.9, 0.95],
        [0.9, 0.94, 0.95],
      ],
      { 100: [0.99], 200: [0.98, 0.99] },
    );
    expect(told({ step: 300, lanes }).text).toBe(
      'Task 3 ends. Fine-tune has forgotten 0–3 (0% right); ER still knows 85% of them, ER-MIR 92%. Next come 6 and 7.',
    );
    expect(told({ step: 305, lanes }).text).toBe('Task 4: only 6 and 7 come, and 4 and 5 no longer.');
  });

  it('at the end gives the verdict, with the reason', () => {
    const rows = [0, 0.78, 0.86].map((past) => [past, past, past, past, 0.97]);
    expect(told({ step: 500, lanes: three(500, rows, { 400: [0.98, 0.98, 0.98, 0.98] }) }).text).toBe(
      'At the end Fine-tune has forgotten 0–7 (0% right); ER still knows 78% of them, ER-MIR 86%. ER-MIR, which replays what would be hurt most, remembers most: 8 points above ER.',
    );
  });

  it('calls a difference within the counting noise none, and still tells the third lane apart', () => {
    const rows = [0, 0.85, 0.855].map((past) => [past, past, past, past, 0.97]);
    expect(told({ step: 500, lanes: three(500, rows) }).text).toContain(
      'ER and ER-MIR, which replay what came before, remember most, with no clear difference.',
    );
    // 333 images behind each mean near 0.8: two standard errors of the difference are 6.2 points.
    const two = (other: number, testImages: number) =>
      told({
        step: 500,
        lanes: (['er', 'er-mir'] as const).map((method, lane) => {
          const past = lane === 0 ? 0.8 : other;
          return { method, accuracies: { 500: [past, past, past, past, 0.9] }, testImages };
        }),
      }).text;
    expect(two(0.85, 416)).toContain('No clear difference between them.');
    expect(two(0.85, 10_000)).toContain('remembers most: 5 points above ER.');
    expect(two(0.8, 10_000)).toContain('No clear difference between them.');
  });
});

describe('the headline of other runs', () => {
  it('leaves the current task out of what is known of the past', () => {
    const lanes = (['er', 'er-mir'] as const).map((method, lane) => ({
      method,
      accuracies: { 250: [lane === 0 ? 0.7 : 0.9, lane === 0 ? 0.6 : 0.8, lane === 0 ? 0.9 : 0.1] },
    }));
    expect(told({ step: 255, lanes }).text).toBe('Task 3: 2 and 3 no longer come. ER knows 65% of 0–3, ER-MIR 85%.');
  });

  it('names lanes with one method by their letters, and says what a lane replays since it was switched', () => {
    const row = { 110: [0.9, 0.9] };
    expect(
      told({
        step: 110,
        lanes: [
          { method: 'er', accuracies: row },
          { method: 'er', accuracies: row, part: { retrieval: 'mir' } },
          { method: 'er-mir', accuracies: row, part: { retrieval: 'random' } },
        ],
      }).text,
    ).toBe(
      'Task 2: 0 and 1 no longer come. Lane A (ER) knows 90% of them, Lane B (ER, now MIR) 90%, ER-MIR (now Random) 90%.',
    );
  });

  it('leaves out stopped lanes and says so, and does not compare tests of different steps', () => {
    const { text, more } = told({
      step: 112,
      lanes: [
        { method: 'er', accuracies: { 100: [0.9] } },
        { method: 'er-mir', accuracies: { 110: [0.9, 0.9] } },
        { method: 'fine-tune', accuracies: { 110: [0, 0.9] }, part: { stopped: 'The loss is not finite.' } },
      ],
    });
    expect(text).toBe('Task 2: 0 and 1 no longer come. ER-MIR knows 90% of them.');
    expect(more).toContain('Fine-tune has stopped.');
    const stopped = { stopped: 'The loss is not finite.' };
    expect(told({ step: 3, lanes: [{ method: 'er', part: stopped }] }).text).toContain('Every lane has stopped');
  });

  it('tells i.i.d. lanes apart from those that can forget', () => {
    const lanes = [
      { method: 'er', accuracies: { 110: [0.9, 0.9] } },
      { method: 'iid-online', accuracies: { 110: [0.8, 0.8, 0.8, 0.8, 0.8] } },
    ] as const;
    const { text, more } = told({ step: 110, lanes });
    expect(text).toBe('Task 2: 0 and 1 no longer come. ER knows 90% of them.');
    expect(more).toContain('iid online, which gets all tasks shuffled together, knows 80% of all.');
    const alone = told({ step: 110, lanes: [lanes[1]] });
    expect(alone.text).toBe('All tasks come shuffled together: nothing stops coming, so nothing is to be forgotten.');
    expect(alone.more).toContain('knows 80% of all.');
    expect(alone.measured).toBe(true);
    expect(alone.tested).toContain('Tested after step 110');
  });

  it('speaks of generators and of latents', () => {
    expect(story(null, { scenario: 'split-mnist', seed: 0, lanes: ['gen', 'gen-mir'] }).more).toContain(
      'GEN replays made-up digits; GEN-MIR made-up digits that the coming update would hurt most.',
    );
    const preparing = {
      ...shownRun({ scenario: 'split-cifar10', step: 100, lanes: [{ method: 'er' }, { method: 'ae-mir' }] }),
      preparing: { lane: 1, done: 0.419 },
    };
    expect(story(preparing, preparing.config).text).toBe(
      'Lane B trains its autoencoder on the whole of task 2 before the first step: 41%.',
    );
  });

  it.each([
    ['permuted-mnist', 'the digits of task 1 no longer come. ER knows 90% of them'],
    ['split-cifar10', 'airplane and automobile no longer come. ER knows 90% of them'],
    ['split-miniimagenet', 'the images of task 1 no longer come. ER knows 90% of them'],
  ] as const)('names what stopped coming in %s', (scenario, words) => {
    expect(told({ scenario, step: 110, lanes: [{ method: 'er', accuracies: { 110: [0.9, 0.9] } }] }).text).toBe(
      `Task 2: ${words}.`,
    );
  });

  it('does not say that something was forgotten that was never known', () => {
    const lanes = [{ method: 'er', accuracies: { 100: [0.15], 110: [0.1, 0.2] } }] as const;
    expect(told({ step: 110, lanes }).text).toContain('ER knows 10% of them');
  });
});

it('at every step of every run tells of the task that it is at, and asks for Play only before the first', () => {
  const scenario = fc.constantFrom<ScenarioName>(
    'split-mnist',
    'permuted-mnist',
    'split-cifar10',
    'split-miniimagenet',
  );
  const runs = scenario.chain((name) =>
    fc.record({
      scenario: fc.constant(name),
      step: fc.integer({ min: 0, max: 100 * tasksOf(name).length }),
      methods: fc.array(fc.constantFrom(...methodsOf(name)), { minLength: 1, maxLength: 4 }),
      known: fc.float({ min: 0, max: 1, noNaN: true }),
      lag: fc.integer({ min: 0, max: 25 }),
    }),
  );
  fc.assert(
    fc.property(runs, ({ scenario: name, step, methods, known, lag }) => {
      const tested = Math.max(0, step - lag);
      const seen = Math.max(1, Math.ceil(tested / 100));
      const run = shownRun({
        scenario: name,
        step,
        lanes: methods.map((method) => ({
          method,
          accuracies: { [tested]: Array.from({ length: seen }, () => known) },
        })),
      });
      const { text, tested: how = '', measured = false, more } = story(run, run.config);
      const sequential = run.lanes.some(({ method }) => !method.startsWith('iid'));
      expect(text.includes('Press Play')).toBe(step === 0);
      if (step === 0 || !sequential) return;
      const last = step === run.totalSteps && tested === step;
      expect(text.startsWith(last ? 'At the end ' : `Task ${run.task}`)).toBe(true);
      for (const [, after] of `${text} ${how} ${more}`.matchAll(/Tested after step (\d+)/g))
        expect(Number(after)).toBe(tested);
      // A percentage stands only beside the step at which it was measured, and as that of one run.
      if (/\d%/.test(text) && !last) expect(how).toContain(`Tested after step ${tested}`);
      expect(measured).toBe(/\d%/.test(text));
      expect([text, how, more].join('|')).not.toMatch(/undefined|NaN|null| {2}|\.\./);
    }),
    { numRuns: 500 },
  );
});
