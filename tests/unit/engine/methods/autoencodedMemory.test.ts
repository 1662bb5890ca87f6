import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RunConfig, scenarioSettings } from '../../../../src/core/config.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { splitCifar10 } from '../../../../src/core/scenarios.ts';
import { type Batch, sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { type AeState, AutoencodedMemory } from '../../../../src/engine/methods/autoencodedMemory.ts';
import { initialMoments, mapParameters } from '../../../../src/engine/models/parameters.ts';
import { autoencoder } from '../../../../src/engine/models/autoencoder.ts';
import type { Variables } from '../../../../src/engine/models/classifier.ts';
import { squaredError } from '../../../../src/engine/models/losses.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import { Runner } from '../../../../src/engine/runner/runner.ts';
import { dropAll } from '../outputs.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend } from '../startTestBackend.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

const dataset = syntheticPictures(16, 62, 5);
const small: RunConfig = {
  ...scenarioSettings('split-cifar10'),
  method: 'ae-er',
  samplesPerTask: 120,
  memoryPerClass: 4,
  aeFilters: 5,
  aeEpochs: 6,
  aeReplays: 20,
  seed: 3,
};
const images = imageSource(dataset.train, splitCifar10.view(small, dataset));
const steps = sequentialStream(
  splitCifar10.tasks({ train: dataset.train.labels, test: dataset.test.labels }, small),
  dataset.train.labels,
);
const batchesOf = (task: number): Batch[] =>
  steps.filter((step) => step.task === task).flatMap(({ batches }) => batches);

/** A memory with a runner of its own, and what to look at its state by. */
function begin(config: RunConfig) {
  const coder = autoencoder({ imageShape: dataset.imageShape, filters: config.aeFilters });
  const classifier = mlp([768, 8, 10]);
  const memory = new AutoencodedMemory(
    { config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 },
    coder,
  );
  const runner = new Runner((): AeState => {
    const initial = coder.init(randomStream(config.seed, 'init'));
    return {
      classifier: { parameters: {}, statistics: {} },
      previous: null,
      coder: initial,
      moments: initialMoments(initial.parameters),
      before: null,
      latents: tf.zeros([memory.slots.capacity, coder.latentSize]),
    };
  });
  return {
    memory,
    runner,
    learn: (task: number) => {
      const told: { done: number; total: number }[] = [];
      for (const { done, total, loss } of memory.learn(runner, batchesOf(task))) {
        dropAll(loss);
        told.push({ done, total });
      }
      return told;
    },
    latentsOf: (slots: Int32Array): tf.Tensor2D => tf.gather(runner.state.latents, tf.tensor1d(slots, 'int32')),
    encode: (pictures: tf.Tensor2D) => coder.encode(runner.state.coder, pictures),
    decode: (latents: tf.Tensor2D, variables: Variables = runner.state.coder) => coder.decode(variables, latents),
    imagesOf: (slots: Int32Array, task: number) =>
      images.tensors(
        slots.map((slot) => memory.slots.samples[slot]),
        new Int32Array(slots.length).fill(task),
      ).images,
  };
}

/** Mean squared error between images, per picture. */
const errorOf = async (one: tf.Tensor2D, other: tf.Tensor2D): Promise<number> => {
  const error = tf.tidy(() => tf.mean(squaredError(one, other)));
  const [value] = await error.data();
  error.dispose();
  return value;
};

const copyOf = ({ parameters, statistics }: Variables): Variables => ({
  parameters: mapParameters(tf.clone, parameters),
  statistics: mapParameters(tf.clone, statistics),
});

// On wasm alone, because cpu would take long for that many updates.
describe('AutoencodedMemory on wasm', () => {
  beforeAll(() => startTestBackend('wasm'));

  it('encodes everything stored anew at the end of a task', async () => {
    const start = tf.memory().numTensors;
    const { memory, runner, learn, latentsOf, encode, decode, imagesOf } = begin(small);
    const own = tf.memory().numTensors;

    const preparations = learn(1);
    expect(tf.memory().numTensors).toBe(own);
    expect(preparations.slice(0, 72).map(({ done }) => done)).toEqual(
      Array.from({ length: 72 }, (_, index) => index + 1),
    );
    expect(preparations.every(({ total }) => total === 72)).toBe(true);
    expect(memory.slots.size).toBe(40);

    const first = memory.slots.slotsOfTask(1);
    const { stored, fresh, originals, pictures, blank } = tf.tidy(() => {
      const seen = imagesOf(first, 1);
      return {
        stored: latentsOf(first),
        fresh: encode(seen),
        originals: seen,
        pictures: decode(latentsOf(first)),
        blank: tf.mean<tf.Tensor2D>(seen, 0, true),
      };
    });
    expect(relativeError(await stored.data(), await fresh.data())).toBeLessThan(1e-4);
    // It has learnt something: better than the mean picture.
    expect(await errorOf(pictures, originals)).toBeLessThan(0.5 * (await errorOf(blank, originals)));

    learn(2);
    expect(tf.memory().numTensors).toBe(own + 5);
    const kept = Array.from(first.keys()).filter((position) => memory.slots.tasks[first[position]] === 1);
    expect(kept.length).toBeGreaterThan(8);
    expect(kept.length).toBeLessThan(first.length);
    const keptSlots = Int32Array.from(kept, (position) => first[position]);
    const { old, anew, stale, before } = tf.tidy(() => ({
      old: tf.gather(pictures, kept),
      anew: decode(latentsOf(keptSlots)),
      stale: decode(tf.gather(stored, kept)),
      before: tf.gather(stored, kept),
    }));
    expect(await errorOf(anew, old)).toBeLessThan(0.95 * (await errorOf(stale, old)));

    const second = memory.slots.slotsOfTask(2);
    const { storedSecond, freshSecond, latents } = tf.tidy(() => ({
      storedSecond: latentsOf(second),
      freshSecond: encode(imagesOf(second, 2)),
      latents: latentsOf(keptSlots),
    }));
    expect(relativeError(await storedSecond.data(), await freshSecond.data())).toBeLessThan(1e-4);
    expect(relativeError(await latents.data(), await before.data())).toBeGreaterThan(0.01);

    tf.dispose([stored, fresh, originals, pictures, blank, old, anew, stale, before]);
    tf.dispose([storedSecond, freshSecond, latents]);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(start);
  }, 120_000);

  it.each([{ memoryPerClass: 2 }, { memoryPerClass: 13 }, { memoryPerClass: 30 }])(
    'keeps with each slot the latent of its own picture, group by group: $memoryPerClass per class',
    async ({ memoryPerClass }) => {
      const start = tf.memory().numTensors;
      const { memory, runner, learn, latentsOf, encode, decode, imagesOf } = begin({
        ...small,
        memoryPerClass,
        aeEpochs: 1,
      });
      const groupsOf = (slots: Int32Array) => Math.ceil(slots.length / Math.min(100, memory.slots.capacity));
      for (let task = 1; task <= 3; task++) {
        const before = { coder: copyOf(runner.state.coder), latents: tf.clone(runner.state.latents) };
        const updates = batchesOf(task).length;
        const told = learn(task);
        const [earlier, own] = [memory.slots.slotsOfOtherTasks(task), memory.slots.slotsOfTask(task)];
        expect(told.length).toBe(updates + groupsOf(earlier) + groupsOf(own));
        const { stored, expected } = tf.tidy(() => {
          const decoded =
            earlier.length === 0 ? [] : [decode(tf.gather(before.latents, Array.from(earlier)), before.coder)];
          return {
            stored: latentsOf(Int32Array.of(...earlier, ...own)),
            expected: encode(tf.concat([...decoded, imagesOf(own, task)])),
          };
        });
        expect(relativeError(await stored.data(), await expected.data())).toBeLessThan(1e-4);
        tf.dispose([stored, expected, before.latents]);
        tf.dispose([before.coder.parameters, before.coder.statistics].flatMap((tree) => Object.values(tree)));
      }
      expect(memory.slots.size).toBe(Math.min(memory.slots.capacity, 360));
      runner.dispose();
      expect(tf.memory().numTensors).toBe(start);
    },
    120_000,
  );

  it('frees what it froze when it is abandoned in mid-task', () => {
    const start = tf.memory().numTensors;
    const { memory, runner } = begin(small);
    const own = tf.memory().numTensors;
    for (const { done, loss } of memory.learn(runner, batchesOf(1))) {
      dropAll(loss);
      if (done === 3) break;
    }
    expect(tf.memory().numTensors).toBe(own);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});
