import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type Retrieval, type RunConfig, type ScoreName } from '../../../../src/core/config.ts';
import type { Dataset } from '../../../../src/core/dataset.ts';
import { drawWithoutReplacement, randomStream } from '../../../../src/core/random.ts';
import { splitMnist } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { Reservoir } from '../../../../src/engine/retrieval/reservoir.ts';
import { er } from '../../../../src/engine/methods/er.ts';
import { fineTune } from '../../../../src/engine/methods/fineTune.ts';
import { type Learner, type LearnerInput, learnerOf, type Method } from '../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import { classLosses, dropAll, read } from '../outputs.ts';
import { plainGradient, type PlainLayer, plainLoss, plainStep, plainTop } from '../plainMlp.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const dataset = syntheticDataset(60, 10);
const size = 36;
const hidden = 9;
const classifier = mlp([size, hidden, hidden, 10]);
const images = imageSource(dataset.train, splitMnist.view({ seed: 0 }, dataset));

function configOf(change: Partial<RunConfig>): RunConfig {
  const small = { samplesPerTask: 60, hidden, memoryPerClass: 3, candidates: 12, budget: 4, seed: 5 };
  return { ...defaultSettings, ...small, method: 'er-mir', ...change };
}

const stepsOf = (config: RunConfig) =>
  sequentialStream(
    splitMnist.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config),
    dataset.train.labels,
  );

const learnerFor = (create: (input: LearnerInput) => Method, config: RunConfig) =>
  learnerOf(
    create({ config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 }),
    config.iterations,
  );

const imageOf = ({ train }: Dataset, sample: number) =>
  Array.from(train.pixels.subarray(sample * size, (sample + 1) * size), (byte) => byte / 255);

async function initialNetwork(seed: number): Promise<PlainLayer[]> {
  const { parameters } = classifier.init(randomStream(seed, 'init'));
  const layers = await Promise.all(
    ['0', '2', '4'].map(async (name) => ({
      weight: (await parameters[`${name}.weight`].array()) as number[][],
      bias: (await parameters[`${name}.bias`].array()) as number[],
    })),
  );
  tf.dispose(parameters);
  return layers;
}

/** What a run of the method tells. */
interface TrainingRecord {
  /** Mean incoming loss of each step. */
  readonly losses: number[];
  /** Of each replay: slots, scores, and the candidates' l(θ), l(θ_v) and l*. */
  readonly picks: number[][];
  readonly scores: number[][];
  readonly weighed: number[][][];
  /** Of each step: incoming losses before and after, then at θ_v, and replayed losses before and after. */
  readonly around: number[][][];
}

const lossesOf = (network: readonly PlainLayer[], xs: readonly number[][], ys: readonly number[]) =>
  xs.map((x, index) => plainLoss(network, x, ys[index]));

/** Algorithm 1 in plain arrays, written independently of the engine's models, scores and l*. */
async function plainErMir(config: RunConfig, retrieval: Retrieval, score: ScoreName) {
  let network = await initialNetwork(config.seed);
  const memory = new Reservoir(config.memoryPerClass * 10, randomStream(config.seed, 'memory'));
  const random = randomStream(config.seed, 'retrieval');
  const best = new Map<number, number>();
  const record: TrainingRecord = { losses: [], picks: [], scores: [], around: [], weighed: [] };
  for (const { task, batches } of stepsOf(config)) {
    const [batch] = batches;
    const xs = [...batch.samples].map((sample) => imageOf(dataset, sample));
    const ys = [...batch.labels];
    let incomingLosses: number[] = [];
    for (let iteration = 0; iteration < config.iterations; iteration++) {
      incomingLosses = xs.map((x, index) => plainLoss(network, x, ys[index]));
      if (iteration === 0) record.losses.push(incomingLosses.reduce((sum, loss) => sum + loss, 0) / 10);
      const incoming = plainGradient(network, xs, ys);
      const old = [...memory.slotsOfOtherTasks(task)];
      if (old.length === 0) {
        network = plainStep(network, [incoming], config.learningRate);
        record.around.push([incomingLosses, lossesOf(network, xs, ys)]);
        continue;
      }
      const slots = [...drawWithoutReplacement(Int32Array.from(old), Math.min(config.candidates, old.length), random)];
      const candidate = (slot: number) => [imageOf(dataset, memory.samples[slot]), memory.labels[slot]] as const;
      const virtual = plainStep(network, [incoming], config.learningRate);
      const weighed = slots.map((slot) => [
        plainLoss(network, ...candidate(slot)),
        plainLoss(virtual, ...candidate(slot)),
        best.get(slot) ?? NaN,
      ]);
      record.weighed.push([0, 1, 2].map((column) => weighed.map((row) => row[column])));
      const scores = slots.map((slot) => {
        const now = plainLoss(network, ...candidate(slot));
        const reference = score === 'mi1' ? now : Math.min(now, best.get(slot) ?? Infinity);
        if (retrieval === 'mir') best.set(slot, Math.min(now, best.get(slot) ?? Infinity));
        return plainLoss(virtual, ...candidate(slot)) - reference;
      });
      const picks =
        retrieval === 'mir' ? plainTop(scores, config.budget) : slots.slice(0, config.budget).map((_, index) => index);
      record.scores.push(scores);
      record.picks.push(picks.map((position) => slots[position]));
      const chosen = picks.map((position) => candidate(slots[position]));
      const [oldXs, oldYs] = [chosen.map(([x]) => x), chosen.map(([, y]) => y)];
      const before = lossesOf(network, oldXs, oldYs);
      const replayed = plainGradient(network, oldXs, oldYs);
      network = plainStep(network, [incoming, replayed], config.learningRate);
      record.around.push([
        incomingLosses,
        lossesOf(network, xs, ys),
        lossesOf(virtual, xs, ys),
        before,
        lossesOf(network, oldXs, oldYs),
      ]);
    }
    for (const { slot, position } of memory.add(batch)) best.set(slot, incomingLosses[position]);
  }
  return { ...record, network };
}

async function train(learner: Learner, config: RunConfig, retrieval: Retrieval, traced: boolean) {
  const record: TrainingRecord = { losses: [], picks: [], scores: [], around: [], weighed: [] };
  for (const { batches } of stepsOf(config)) {
    const { losses, replays, tracedLosses } = learner.observe(batches[0], retrieval, traced);
    if (tracedLosses !== null) {
      const { incoming, replayed } = tracedLosses;
      const told = [incoming.before, incoming.after, incoming.virtual, replayed?.before, replayed?.after];
      record.around.push(await Promise.all(told.flatMap((output) => (output ? [read(output)] : []))));
    }
    record.losses.push((await read(losses)).reduce((sum, loss) => sum + loss, 0) / 10);
    for (const { candidates, picks, traced: trace } of replays) {
      record.picks.push((await read(picks)).map((position) => candidates.slots[position]));
      if (trace === null) continue;
      record.scores.push(await read(trace.scores));
      record.weighed.push(await Promise.all([trace.losses, trace.virtualLosses, trace.bestLosses].map(read)));
      dropAll(trace);
    }
  }
  return record;
}

/** As many numbers as wanted of the same shape, each near its own; fewer where not all were told. */
function expectNear(found: readonly number[][][], wanted: readonly number[][][]): void {
  found.forEach((lists, step) => {
    expect(lists.map((list) => list.length)).toEqual(wanted[step].map((list) => list.length));
    lists.forEach((list, which) =>
      list.forEach((value, index) => expect(value).toBeCloseTo(wanted[step][which][index], 4)),
    );
  });
}

describe.each(testBackends)('er on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  it.each([
    { retrieval: 'mir', score: 'mi2', iterations: 1 },
    { retrieval: 'mir', score: 'mi1', iterations: 1 },
    { retrieval: 'random', score: 'mi2', iterations: 1 },
    { retrieval: 'mir', score: 'mi2', iterations: 3 },
  ] as const)(
    'does what a plain-array Algorithm 1 does: $retrieval, $score, $iterations iterations',
    async ({ retrieval, score, iterations }) => {
      const config = configOf({ retrievalScore: score, iterations });
      const expected = await plainErMir(config, retrieval, score);
      const learner = learnerFor(er, config);
      const actual = await train(learner, config, retrieval, iterations === 1);
      expect(actual.losses).toHaveLength(30);
      actual.losses.forEach((loss, step) => expect(loss).toBeCloseTo(expected.losses[step], 4));
      expect(actual.picks).toEqual(expected.picks);
      actual.scores.forEach((scores, index) => {
        scores.forEach((value, position) => expect(value).toBeCloseTo(expected.scores[index][position], 4));
      });
      expect([actual.around.length, actual.weighed.length]).toEqual(iterations === 1 ? [30, 24] : [0, 0]);
      expectNear(actual.around, expected.around);
      expectNear(actual.weighed, expected.weighed);
      const probe = { source: images, samples: Int32Array.of(3), tasks: Int32Array.of(1) };
      (await classLosses(learner, probe, 10)).forEach((loss, label) =>
        expect(loss).toBeCloseTo(plainLoss(expected.network, imageOf(dataset, 3), label), 3),
      );
      learner.dispose();
    },
  );

  it('replays only memories of earlier tasks', async () => {
    const config = configOf({});
    const learner = learnerFor(er, config);
    for (const { task, batches } of stepsOf(config)) {
      const { losses, replays } = learner.observe(batches[0], 'random', false);
      losses.drop();
      expect(replays).toHaveLength(task === 1 ? 0 : 1);
      for (const { candidates, picks } of replays) {
        expect([...candidates.tasks].every((candidate) => candidate < task)).toBe(true);
        expect(picks.size).toBe(Math.min(4, candidates.slots.length));
        picks.drop();
      }
    }
    learner.dispose();
  });

  it('learns the same whether it is traced or not', async () => {
    const config = configOf({});
    const make = () => learnerFor(er, config);
    for (const retrieval of ['random', 'mir'] as const) {
      const plain = await train(make(), config, retrieval, false);
      const traced = await train(make(), config, retrieval, true);
      expect(traced.losses).toEqual(plain.losses);
      expect(traced.picks).toEqual(plain.picks);
    }
  });

  it('equals fine-tuning while there is nothing to replay', async () => {
    const config = configOf({});
    const first = stepsOf(config).slice(0, 6);
    const learners = [er, fineTune].map((create) => learnerFor(create, config));
    for (const { batches } of first) {
      const [replaying, plain] = learners.map((learner) => learner.observe(batches[0], 'mir', false));
      expect(await read(replaying.losses)).toEqual(await read(plain.losses));
    }
    for (const learner of learners) learner.dispose();
  });
});
