import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/core/checkpoint.ts';
import type { RunConfig } from '../../../src/core/config.ts';
import type { BackendReport, ExperimentEvent } from '../../../src/core/events.ts';
import { type MethodName, methodNames } from '../../../src/core/methods.ts';
import type { SavedTensor } from '../../../src/engine/runner/inputs.ts';
import { expectSameRunInParts, pictureLane, smallLane, traced } from './checkpointedRun.ts';
import { startTestBackend, testBackends } from './startTestBackend.ts';
import { syntheticDataset } from './syntheticDataset.ts';
import { syntheticPictures } from './syntheticPictures.ts';

const digits = syntheticDataset(20, 5);
const pictures = syntheticPictures(32, 10, 1);
const digitMethods = [
  ['fine-tune', 'er', 'er-mir', 'gem'],
  ['icarl', 'iid-online', 'iid-offline'],
  ['a-gem', 'ewc', 'lwf'],
  ['der', 'der-pp', 'er-ace'],
  ['der-pp-mir', 'er-ace-mir'],
  ['gen', 'gen-mir'],
] as const satisfies readonly (readonly MethodName[])[];
const pictureMethods = ['er-mir', 'ae-er', 'ae-mir'] as const satisfies readonly MethodName[];

const lossesOf = (events: readonly ExperimentEvent[]) =>
  events.flatMap((event) => (event.kind === 'progress' ? event.losses : []));

it('tries every method', () => {
  expect(new Set([...digitMethods.flat(), ...pictureMethods])).toEqual(new Set(methodNames));
});

describe.each(testBackends)('a run that is stopped at the end of each task and goes on, on %s', (name) => {
  let backend: BackendReport;
  beforeAll(async () => {
    backend = await startTestBackend(name);
  });

  it.each(digitMethods.map((methods) => ({ methods, names: methods.join(', ') })))(
    'is the same run: $names',
    async ({ methods }) => {
      const before = tf.memory().numTensors;
      const lanes = methods.map((method) => smallLane(method));
      const { events } = await expectSameRunInParts({ dataset: digits, lanes, backend });
      // 10 steps of each lane, with one change of retrieval or two where there is something to change.
      expect(lossesOf(events)).toHaveLength(10 * methods.length);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

// In plain JavaScript pictures take long, and what a checkpoint holds comes from the same code there.
it('a run on pictures that is stopped at the end of each task and goes on, on wasm, is the same run', async () => {
  const backend = await startTestBackend('wasm');
  const before = tf.memory().numTensors;
  await expectSameRunInParts({ dataset: pictures, lanes: pictureMethods.map(pictureLane), backend });
  expect(tf.memory().numTensors).toBe(before);
});

describe('a run that goes on', () => {
  const lanes = [smallLane('er'), smallLane('er-mir')];
  const run = async (backend: BackendReport, from?: Checkpoint) =>
    traced({ dataset: digits, lanes, backend, ...(from && { from }) });

  it('says from where, and what its lanes had come to', async () => {
    const { events, checkpoints } = await run(await startTestBackend('wasm'));
    const [started] = (await run(await startTestBackend('wasm'), checkpoints[1])).events;
    const last = (lane: number) =>
      events.findLast((event) => event.kind === 'progress' && event.lane === lane && event.step <= 4);
    const counts = [0, 1].map((lane) => (last(lane) as Extract<ExperimentEvent, { kind: 'progress' }>).counts);
    expect(started).toMatchObject({
      kind: 'started',
      totalSteps: 10,
      from: {
        step: 4,
        task: 2,
        lanes: counts.map((found) => ({ counts: found, replacedLatents: 0, stopped: null })),
      },
    });
    expect(counts[0].replayedByTask).not.toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['wasm', 'cpu'],
    ['cpu', 'wasm'],
  ] as const)('may go on elsewhere: from %s to %s', async (first, second) => {
    const { events, checkpoints } = await run(await startTestBackend(first));
    const other = await run(await startTestBackend(second), checkpoints[2]);
    const wanted = lossesOf(events.filter((event) => event.kind === 'progress' && event.step > 6));
    const found = lossesOf(other.events);
    expect(found).toHaveLength(8);
    for (const [index, loss] of found.entries()) expect(loss).toBeCloseTo(wanted[index], 4);
    expect(other.events.at(-1)).toMatchObject({ kind: 'finished', results: [{ steps: 10 }, { steps: 10 }] });
  });

  it('leaves a lane stopped that had stopped', async () => {
    const backend = await startTestBackend('wasm');
    const wild = [smallLane('er'), smallLane('fine-tune', { learningRate: 1e30 })];
    const { checkpoints } = await traced({ dataset: digits, lanes: wild, backend });
    const [one] = checkpoints;
    expect(one.lanes.map(({ stopped, learner }) => [stopped === null, learner === null])).toEqual([
      [true, false],
      [false, true],
    ]);
    const { events } = await traced({ dataset: digits, lanes: wild, backend, from: one });
    expect(events[0]).toMatchObject({ from: { lanes: [{ stopped: null }, { stopped: one.lanes[1].stopped }] } });
    expect(events.some((event) => 'lane' in event && event.lane === 1)).toBe(false);
    expect(events.at(-1)).toMatchObject({ results: [{ steps: 10 }, null] });
  });
});

describe('a checkpoint that is refused', () => {
  const lanes = [smallLane('er'), smallLane('er-mir')];
  let backend: BackendReport;
  let made: Checkpoint;
  beforeAll(async () => {
    backend = await startTestBackend('wasm');
    [, made] = (await traced({ dataset: digits, lanes, backend })).checkpoints;
  });

  const goOn = (from: Checkpoint, more: { lanes?: readonly RunConfig[]; dataset?: typeof digits } = {}) =>
    traced({ dataset: digits, lanes, backend, from, ...more });
  /** With a part of the first lane's learner replaced. */
  function damaged(
    change: (learner: {
      state: { parameters: Record<string, SavedTensor>; best?: SavedTensor };
      memory: { samples: Int32Array; offered: unknown; random: Int32Array };
    }) => void,
  ): Checkpoint {
    const copy = structuredClone(made);
    change(copy.lanes[0].learner as unknown as Parameters<typeof change>[0]);
    return copy;
  }

  it.each<[string, () => Promise<unknown>]>([
    ['its format is 2 where 1 is needed', () => goOn({ ...made, format: 2 } as never)],
    ['its format is unknown where 1 is needed', () => goOn({} as never)],
    ['version 0.0.1 of the engine made it, and this is 0.1.0', () => goOn({ ...made, engineVersion: '0.0.1' })],
    ['it has 2 lanes, and this run has 1', () => goOn(made, { lanes: [lanes[0]] })],
    [
      "its lane 2 has learningRate = 0.1, and this run's has 0.05",
      () => goOn(made, { lanes: [lanes[0], smallLane('er-mir', { learningRate: 0.05 })] }),
    ],
    [
      'it was made with other data (synthetic, 200 training and 50 test images, labels 8c561d52; here synthetic, 300 training and 50 test images, labels dd6bf0ca)',
      () => goOn(made, { dataset: syntheticDataset(30, 5) }),
    ],
    ['its step 5 is not the last of task 2', () => goOn({ ...made, step: 5 })],
    [
      'lanes/0/rows/complete/0/0 is not what it should be',
      () =>
        goOn({
          ...made,
          lanes: made.lanes.map((lane) => ({ ...lane, rows: { subset: [], complete: [['a']] } })),
        } as never),
    ],
    [
      'lane 1 has 0 rows of accuracies where 2 are needed',
      () => goOn({ ...made, lanes: made.lanes.map((lane) => ({ ...lane, rows: { subset: [], complete: [] } })) }),
    ],
    [
      'lane 1/state/parameters/0.weight has 100 numbers where 324 are needed',
      () =>
        goOn(
          damaged(({ state: { parameters } }) => {
            const weight = parameters['0.weight'];
            parameters['0.weight'] = { ...weight, values: weight.values.slice(0, 100) };
          }),
        ),
    ],
    [
      'lane 1/state/parameters/0.weight has the sizes 9 where 9 × 36 are needed',
      () => goOn(damaged(({ state: { parameters } }) => (parameters['0.weight'] = parameters['0.bias']))),
    ],
    [
      'lane 1/state/parameters/2.bias is missing',
      () => goOn(damaged(({ state: { parameters } }) => delete parameters['2.bias'])),
    ],
    ['lane 1/state/best is missing', () => goOn(damaged(({ state }) => delete state.best))],
    [
      'lane 1/memory/samples has 7 numbers where 30 are needed',
      () => goOn(damaged(({ memory }) => (memory.samples = memory.samples.slice(0, 7)))),
    ],
    ['lane 1/memory/offered is not a whole number', () => goOn(damaged(({ memory }) => (memory.offered = 'many')))],
    [
      'lane 1/memory/random has 3 numbers where 4 are needed',
      () => goOn(damaged(({ memory }) => (memory.random = memory.random.slice(1)))),
    ],
    ['lane 1 is missing', () => goOn({ ...made, lanes: made.lanes.map((lane) => ({ ...lane, learner: null })) })],
  ])('%s', async (why, attempt) => {
    const before = tf.memory().numTensors;
    await expect(attempt()).rejects.toThrow(`The checkpoint cannot be used: ${why}`);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is used where nothing is wrong with it', async () => {
    expect((await goOn(damaged(() => undefined))).events.at(-1)?.kind).toBe('finished');
  });
});
