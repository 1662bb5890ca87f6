import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { defaultSettings, type Retrieval, type RunConfig, scenarioSettings } from '../../../../src/core/config.ts';
import { type Dataset, imageSize } from '../../../../src/core/dataset.ts';
import { scenarios } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { ae } from '../../../../src/engine/methods/ae.ts';
import { er } from '../../../../src/engine/methods/er.ts';
import { fineTune } from '../../../../src/engine/methods/fineTune.ts';
import { gem } from '../../../../src/engine/methods/gem.ts';
import { gen } from '../../../../src/engine/methods/gen.ts';
import { icarl } from '../../../../src/engine/methods/icarl.ts';
import {
  type Learner,
  type LearnerInput,
  learnerOf,
  type Method,
  type Observation,
} from '../../../../src/engine/methods/learner.ts';
import { classifierFor, mlp } from '../../../../src/engine/models/mlp.ts';
import { Runner, withoutRecordings } from '../../../../src/engine/runner/runner.ts';
import { type Output, numbers, scalar, type Step } from '../../../../src/engine/runner/step.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { syntheticDataset } from '../syntheticDataset.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

const webgpu = await startTestWebgpu();

const small: RunConfig = {
  ...defaultSettings,
  method: 'er',
  samplesPerTask: 50,
  hidden: 9,
  seed: 5,
  memoryPerClass: 3,
  candidates: 12,
  budget: 4,
  vaeHidden: 12,
  vaeLatents: 4,
  vaeDepth: 2,
  vaeDropout: 0.2,
  genIterations: 2,
  clsIterations: 2,
  replayBatches: 2,
  genLearningRate: 0.2,
  memoryCoefficient: 2,
  betaMax: 0.5,
  betaWarmup: 30,
  ascentSteps: 2,
  clsInterference: 1,
  clsEntropy: 0.5,
  clsDiversity: 2,
  clsShell: 0.3,
  genReconstruction: 0.2,
  genKl: 0.5,
  genEntropy: 1,
  genDiversity: 1,
  genShell: 0.2,
};
const pictures: RunConfig = {
  ...scenarioSettings('split-cifar10'),
  method: 'ae-mir',
  filters: 1,
  samplesPerTask: 10,
  memoryPerClass: 3,
  candidates: 6,
  budget: 4,
  learningRate: 0.05,
  seed: 4,
  aeFilters: 2,
  aeEpochs: 1,
  aeReplays: 4,
  aeCandidates: 8,
};

function inputOf(config: RunConfig, dataset: Dataset): LearnerInput {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  return {
    config,
    // The autoencoder has convolutions enough: a perceptron stands behind it.
    classifier: config.method === 'ae-mir' ? mlp([imageSize(dataset), 12, 10]) : classifierFor(config, dataset),
    images: imageSource(dataset.train, view),
    training: { set: dataset.train, view, tasks },
    imageShape: dataset.imageShape,
    classCount: 10,
    taskCount: tasks.length,
  };
}

/** The numbers of everything that an observation holds. */
async function numbersIn(tree: unknown): Promise<unknown> {
  if (typeof tree !== 'object' || tree === null) return tree;
  if ('read' in tree) return Array.from(await (tree as Output).read());
  if (ArrayBuffer.isView(tree)) return Array.from(tree as Int32Array);
  const entries = await Promise.all(
    Object.entries(tree).map(async ([name, child]) => [name, await numbersIn(child)] as const),
  );
  return Object.fromEntries(entries);
}

/** Learns three tasks, changes the rule of retrieval on the way, traces now and then, and tells all that it gave. */
async function* course(learner: Learner, { config, images, training }: LearnerInput, steps: number) {
  const stream = sequentialStream(training?.tasks ?? [], training?.set.labels ?? new Uint8Array());
  let retrieval: Retrieval = 'mir';
  for (const [index, { task, batches }] of stream.entries()) {
    if (index === steps) return;
    const taskBatches = stream.filter((other) => other.task === task).flatMap((other) => other.batches);
    if (index === 0 || stream[index - 1].task !== task) {
      for (const { loss } of learner.startTask?.(taskBatches) ?? []) yield numbersIn(loss);
    }
    if (index % 4 === 3) retrieval = retrieval === 'mir' ? 'random' : 'mir';
    const observation: Observation = learner.observe(batches[0], retrieval, index % 5 === 2);
    yield numbersIn(observation);
    if (stream[index + 1]?.task !== task) await learner.finishTask?.();
    if (index % 3 === 2) {
      const rows = { kind: 'images' as const, source: images, samples: batches[0].samples, tasks: batches[0].tasks };
      yield numbersIn([learner.evaluate(rows), learner.reconstruct?.(rows) ?? null]);
    }
  }
  expect(config.seed).toBeDefined();
}

const cases: readonly [string, (input: LearnerInput) => Method, RunConfig, Dataset, number][] = [
  ['fine-tune', fineTune, small, syntheticDataset(100, 5), 20],
  ['er', er, { ...small, iterations: 2, samplesPerTask: 30 }, syntheticDataset(100, 5), 10],
  ['gem', gem, { ...small, learningRate: 0.3 }, syntheticDataset(100, 5), 20],
  ['icarl', icarl, small, syntheticDataset(100, 5), 20],
  ['gen', gen, { ...small, samplesPerTask: 20 }, syntheticDataset(100, 5), 6],
  ['er on pictures', er, { ...pictures, method: 'er-mir' }, syntheticPictures(32, 10, 2), 3],
  ['ae', ae, pictures, syntheticPictures(16, 10, 2), 3],
];

describe.skipIf(webgpu === null)('recordings on WebGPU', () => {
  it.each(cases)(
    '%s: two lanes side by side give bit for bit what their steps give directly',
    async (_, method, config, dataset, steps) => {
      const input = inputOf(config, dataset);
      const other = { ...input, config: { ...config, seed: 6 } };
      const recorded = [input, other].map((lane) => course(learnerOf(method(lane), config.iterations), lane, steps));
      const direct = withoutRecordings(() =>
        [input, other].map((lane) => course(learnerOf(method(lane), config.iterations), lane, steps)),
      );
      let compared = 0;
      for (;;) {
        const [one, two] = [await recorded[0].next(), await recorded[1].next()];
        if (one.done === true || two.done === true) break;
        expect(one.value, `lane A, ${compared}`).toEqual((await direct[0].next()).value);
        expect(two.value, `lane B, ${compared}`).toEqual((await direct[1].next()).value);
        compared += 1;
      }
      expect(compared).toBeGreaterThanOrEqual(steps);
    },
  );

  it('gives other numbers where an input is frozen into the recording', async () => {
    const frozen: Step<{ sum: tf.Tensor }, { by: ReturnType<typeof scalar> }, tf.Tensor> = {
      name: 'frozen',
      run: ({ sum }, { by }) => {
        // What a step must not do: read an input and build it in.
        const next = tf.add(sum, tf.scalar(by.size + changing));
        return { state: { sum: next }, outputs: next };
      },
    };
    let changing = 0;
    const runner = new Runner(() => ({ sum: tf.zeros([3]) }));
    const results: ArrayLike<number>[] = [];
    for (changing = 1; changing <= 3; changing++) results.push(await runner.run(frozen, { by: scalar(1) }).read());
    expect(results.map((values) => values[0])).toEqual([2, 4, 6]);
    runner.dispose();
  });

  it('takes new inputs each time, and keeps one recording for one shape', async () => {
    const step: Step<{ sum: tf.Tensor }, { by: ReturnType<typeof numbers> }, tf.Tensor> = {
      name: 'sum',
      run: ({ sum }, { by }) => ({ state: { sum: tf.add(sum, by) }, outputs: tf.mul(by, 2) }),
    };
    const runner = new Runner(() => ({ sum: tf.zeros<tf.Rank>([2]) }));
    const outputs = [1, 2, 3].map((value) => runner.run(step, { by: numbers(Float32Array.of(value, 10 * value)) }));
    expect(await Promise.all(outputs.map(async (output) => Array.from(await output.read())))).toEqual([
      [2, 20],
      [4, 40],
      [6, 60],
    ]);
    expect(Array.from(await runner.state.sum.data())).toEqual([6, 60]);
    runner.dispose();
  });
});
