import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Retrieval, type RunConfig, scenarioSettings } from '../../../../src/core/config.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { splitCifar10 } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource, type LabelledTensors } from '../../../../src/engine/data/imageSource.ts';
import { ae } from '../../../../src/engine/methods/ae.ts';
import type { DecodedTrace, Learner, Observation } from '../../../../src/engine/methods/learner.ts';
import { lossAndGradient, lossOf } from '../../../../src/engine/models/classifier.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { type Parameters, sgdStep } from '../../../../src/engine/models/parameters.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

const dataset = syntheticPictures(8, 40, 10);
const classifier = mlp([192, 24, 10]);
const small: RunConfig = {
  ...scenarioSettings('split-cifar10'),
  method: 'ae-mir',
  samplesPerTask: 60,
  memoryPerClass: 4,
  aeFilters: 6,
  aeEpochs: 1,
  aeReplays: 8,
  aeCandidates: 16,
  learningRate: 0.05,
  seed: 4,
};
const images = imageSource(dataset.train, splitCifar10.view(small, dataset));
const steps = sequentialStream(
  splitCifar10.tasks({ train: dataset.train.labels, test: dataset.test.labels }, small),
  dataset.train.labels,
);
const testImages = () =>
  imageSource(dataset.test, splitCifar10.view(small, dataset))(
    Int32Array.from({ length: 100 }, (_, index) => index),
    new Int32Array(100).fill(1),
  );

const learnerFor = (config: RunConfig) =>
  ae({ config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 });

function disposeTrace({ retrieved, path, reconstructions }: DecodedTrace): void {
  const decoded = retrieved === null ? [] : [retrieved.random, retrieved.mir];
  tf.dispose([reconstructions, path?.images ?? [], path?.interference ?? []]);
  for (const { images: pictures, labels, tasks, lossesBefore, lossesAfter } of decoded)
    tf.dispose([pictures, labels, tasks ?? [], lossesBefore, lossesAfter]);
}

function disposeObservation({ losses, replays, decoded, replacedLatents }: Observation): void {
  tf.dispose([losses, replays.map(({ picks }) => picks), replacedLatents ?? []]);
  if (decoded) disposeTrace(decoded);
}

/** Runs a learner over the stream; `each` sees every observation before it is freed. */
async function train(
  learner: Learner,
  retrievalOf: (step: number) => Retrieval,
  traced: boolean,
  each: (observation: Observation, step: number) => void | Promise<void> = () => undefined,
  until = steps.length,
): Promise<void> {
  for (const [index, { task, batches }] of steps.slice(0, until).entries()) {
    if (index === 0 || steps[index - 1].task !== task) {
      const all = steps.filter((step) => step.task === task).flatMap((step) => step.batches);
      for await (const _ of learner.startTask?.(all) ?? []) continue;
    }
    const observation = await learner.observe(batches[0], retrievalOf(index), traced);
    await each(observation, index);
    disposeObservation(observation);
  }
}

/** Losses and retrievals of two tasks and a little of the third. */
async function recordOf(config: RunConfig, retrievalOf: (step: number) => Retrieval, traced: boolean) {
  const learner = learnerFor(config);
  const record: { losses: number[][]; slots: number[][]; picks: number[][] } = { losses: [], slots: [], picks: [] };
  await train(
    learner,
    retrievalOf,
    traced,
    async ({ losses, replays }) => {
      record.losses.push(Array.from(await losses.data()));
      for (const { candidates, picks } of replays) {
        record.slots.push(Array.from(candidates.slots));
        record.picks.push(Array.from(await picks.data()));
      }
    },
    14,
  );
  learner.dispose();
  return record;
}

describe.each(testBackends)('ae on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each(['random', 'mir'] as const)(
    'steps on s times the replayed and 1 − s times the incoming losses of reconstructions: %s',
    async (retrieval) => {
      const config: RunConfig = { ...small, aeReplayShare: 0.7 };
      const first = steps.findIndex(({ task }) => task === 2);
      const learner = learnerFor(config);
      // The first task, on images as they are, by hand.
      let parameters: Parameters = classifier.init(randomStream(config.seed, 'init')).parameters;
      for (const {
        batches: [batch],
      } of steps.slice(0, first)) {
        parameters = tf.tidy(() =>
          sgdStep(
            parameters,
            lossAndGradient(classifier, parameters, images(batch.samples, batch.tasks)).gradient,
            config.learningRate,
          ),
        );
      }

      let checked = 0;
      await train(
        learner,
        () => retrieval,
        true,
        async ({ losses, replays, decoded, replacedLatents }, step) => {
          expect(decoded?.reconstructions.shape).toEqual([10, 192]);
          if (step < first) {
            expect(decoded?.retrieved).toBeNull();
            expect(replays).toEqual([]);
            return;
          }
          const {
            batches: [batch],
          } = steps[step];
          const { retrieved, path, reconstructions, used } = decoded as DecodedTrace;
          if (retrieved === null || path === null) throw new Error('Nothing was retrieved.');
          expect(used).toBe(retrieval);
          const { images: pictures, labels, lossesBefore, lossesAfter, tasks } = retrieved[retrieval];
          expect(pictures.shape).toEqual([8, 192]);
          const expected = tf.tidy(() => {
            const incoming: LabelledTensors = { images: reconstructions, labels: tf.tensor1d(batch.labels, 'int32') };
            const made = learner.reconstruct?.(images(batch.samples, batch.tasks).images) as tf.Tensor2D;
            const total = (theta: Parameters) => {
              const [replayed, own] = [
                lossOf(classifier, theta, { images: pictures, labels }),
                lossOf(classifier, theta, incoming),
              ];
              return tf.div<tf.Scalar>(tf.add(tf.mul(tf.sum(replayed), 0.7), tf.mul(tf.sum(own), 0.3)), 18);
            };
            const names = Object.keys(parameters);
            const named = (tensors: tf.Tensor[]) =>
              Object.fromEntries(names.map((name, index) => [name, tensors[index]]));
            const gradient = named(tf.grads((...tensors) => total(named(tensors)))(Object.values(parameters)));
            const virtual = sgdStep(
              parameters,
              lossAndGradient(classifier, parameters, incoming).gradient,
              config.learningRate,
            );
            return {
              made,
              incomingLosses: lossOf(classifier, parameters, incoming),
              before: lossOf(classifier, parameters, { images: pictures, labels }),
              after: lossOf(classifier, virtual, { images: pictures, labels }),
              next: sgdStep(parameters, gradient, config.learningRate),
            };
          });
          expect(relativeError(await reconstructions.data(), await expected.made.data())).toBeLessThan(1e-5);
          expect(relativeError(await losses.data(), await expected.incomingLosses.data())).toBeLessThan(1e-4);
          expect(relativeError(await lossesBefore.data(), await expected.before.data())).toBeLessThan(1e-4);
          expect(relativeError(await lossesAfter.data(), await expected.after.data())).toBeLessThan(1e-4);

          // Labels and tasks are those that the candidates' slots keep; what is picked is replayed once.
          const [{ candidates, picks }] = replays;
          const chosen = Array.from(await picks.data());
          expect(new Set(chosen).size).toBe(8);
          expect(Array.from(await labels.data())).toEqual(chosen.map((position) => candidates.labels[position]));
          expect(Array.from((await tasks?.data()) ?? [])).toEqual(chosen.map((position) => candidates.tasks[position]));
          if (retrieval === 'random') expect(chosen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
          expect(replacedLatents === null).toBe(retrieval === 'random');

          expect(path.images.shape).toEqual([2, 192]);
          expect(path.interference.shape).toEqual([2]);
          const [reconstruction, pathStart] = [await reconstructions.data(), await path.images.data()];
          expect(relativeError(pathStart.slice(0, 192), reconstruction.slice(0, 192))).toBeLessThan(1e-4);

          tf.dispose(parameters);
          parameters = expected.next;
          const { images: shown, labels: shownLabels } = testImages();
          const { actual, wanted } = tf.tidy(() => ({
            actual: learner.classify(shown),
            wanted: classifier.classify({ parameters, statistics: {} }, learner.reconstruct?.(shown) as tf.Tensor2D)
              .logits,
          }));
          expect(relativeError(await actual.data(), await wanted.data())).toBeLessThan(1e-3);
          tf.dispose([
            shown,
            shownLabels,
            actual,
            wanted,
            expected.made,
            expected.incomingLosses,
            expected.before,
            expected.after,
          ]);
          checked += 1;
        },
        first + 2,
      );
      expect(checked).toBe(2);
      tf.dispose(parameters);
      learner.dispose();
    },
    60_000,
  );

  it('draws the same for both retrievals, gives the same numbers traced, and can be switched at any time', async () => {
    const switching = (step: number): Retrieval => (step % 4 < 2 ? 'random' : 'mir');
    const random = await recordOf(small, () => 'random', false);
    const mir = await recordOf(small, () => 'mir', false);
    const [plain, traced] = [await recordOf(small, switching, false), await recordOf(small, switching, true)];
    expect(traced).toEqual(plain);
    expect(mir.slots).toEqual(random.slots);
    expect(plain.slots).toEqual(random.slots);
    expect(mir.picks).toHaveLength(8);
    expect(random.picks.every((picks) => picks.every((pick, index) => pick === index))).toBe(true);
    expect(mir.picks.filter((picks) => picks.every((pick, index) => pick === index))).toEqual([]);
    expect(plain.picks.map((picks) => picks.every((pick, index) => pick === index))).toEqual(
      plain.picks.map((_, index) => (index + 6) % 4 < 2),
    );
  }, 60_000);

  // On wasm alone: cpu takes long over five tasks.
  it.runIf(backend === 'wasm')(
    'learns every task from latents, and leaks nothing over steps and tasks',
    async () => {
      const start = tf.memory().numTensors;
      const config: RunConfig = {
        ...small,
        aeFilters: 10,
        aeEpochs: 10,
        aeReplays: 16,
        iterations: 4,
        learningRate: 0.2,
      };
      const learner = learnerFor(config);
      const usage: number[] = [];
      await train(
        learner,
        () => 'mir',
        false,
        ({ replays }) => {
          usage.push(tf.memory().numTensors - replays.length * 1);
          for (const { candidates } of replays)
            expect(candidates.tasks.every((task) => task < 1 + usage.length / 6)).toBe(true);
        },
      );
      // Later tasks keep the classifier of the task before.
      const [firstTask, laterTasks] = [usage.slice(0, 6), usage.slice(6)];
      expect(new Set(firstTask).size).toBe(1);
      expect(new Set(laterTasks).size).toBe(1);
      const { labels, tasks } = learner.stored();
      expect(labels).toHaveLength(40);
      expect(Array.from(labels, (label) => Math.floor(label / 2) + 1)).toEqual(Array.from(tasks));
      expect(new Set(Array.from(tasks)).size).toBe(5);

      const { images: shown, labels: shownLabels } = testImages();
      const right = tf.tidy(() =>
        tf.sum(tf.cast(tf.equal(tf.argMax(learner.classify(shown), 1), shownLabels), 'float32')),
      );
      // Knowing the last task alone would give 20.
      expect((await right.data())[0]).toBeGreaterThan(25);
      tf.dispose([right, shown, shownLabels]);
      learner.dispose();
      expect(tf.memory().numTensors).toBe(start);
    },
    120_000,
  );
});
