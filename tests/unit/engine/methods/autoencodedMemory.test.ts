import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RunConfig, scenarioSettings } from '../../../../src/core/config.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { splitCifar10 } from '../../../../src/core/scenarios.ts';
import { type Batch, sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { AutoencodedMemory } from '../../../../src/engine/methods/autoencodedMemory.ts';
import { squaredError } from '../../../../src/engine/models/losses.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend } from '../startTestBackend.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

const dataset = syntheticPictures(16, 62, 5);
const config: RunConfig = {
  ...scenarioSettings('split-cifar10'),
  method: 'ae-er',
  samplesPerTask: 120,
  memoryPerClass: 4,
  aeFilters: 5,
  aeEpochs: 6,
  aeReplays: 20,
  seed: 3,
};
const images = imageSource(dataset.train, splitCifar10.view(config, dataset));
const input = {
  config,
  classifier: mlp([768, 8, 10]),
  images,
  imageShape: dataset.imageShape,
  classCount: 10,
  taskCount: 5,
};
const steps = sequentialStream(
  splitCifar10.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config),
  dataset.train.labels,
);
const batchesOf = (task: number): Batch[] =>
  steps.filter((step) => step.task === task).flatMap(({ batches }) => batches);

async function learn(memory: AutoencodedMemory, task: number) {
  const preparations: { done: number; total: number }[] = [];
  for await (const preparation of memory.learn(batchesOf(task))) preparations.push(preparation);
  return preparations;
}

/** Mean squared error between images, per picture. */
const errorOf = async (one: tf.Tensor2D, other: tf.Tensor2D): Promise<number> => {
  const error = tf.tidy(() => tf.mean(squaredError(one, other)));
  const [value] = await error.data();
  error.dispose();
  return value;
};

// On wasm alone: cpu takes long over so many updates.
describe('AutoencodedMemory on wasm', () => {
  beforeAll(() => startTestBackend('wasm'));

  it('encodes everything stored anew at the end of a task', async () => {
    const start = tf.memory().numTensors;
    const memory = new AutoencodedMemory(input, randomStream(config.seed, 'init'));
    const own = tf.memory().numTensors;
    const imagesOf = (slots: Int32Array, task: number) =>
      images(
        slots.map((slot) => memory.slots.samples[slot]),
        new Int32Array(slots.length).fill(task),
      ).images;

    const preparations = await learn(memory, 1);
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
        stored: memory.latentsOf(first),
        fresh: memory.encode(seen),
        originals: seen,
        pictures: memory.decode(memory.latentsOf(first)),
        blank: tf.mean<tf.Tensor2D>(seen, 0, true),
      };
    });
    expect(relativeError(await stored.data(), await fresh.data())).toBeLessThan(1e-4);
    // It has learnt something: better than the mean picture.
    expect(await errorOf(pictures, originals)).toBeLessThan(0.5 * (await errorOf(blank, originals)));

    await learn(memory, 2);
    expect(tf.memory().numTensors).toBe(own + 5);
    const kept = Array.from(first.keys()).filter((position) => memory.slots.tasks[first[position]] === 1);
    expect(kept.length).toBeGreaterThan(8);
    expect(kept.length).toBeLessThan(first.length);
    const keptSlots = Int32Array.from(kept, (position) => first[position]);
    const { old, anew, stale, before } = tf.tidy(() => ({
      old: tf.gather(pictures, kept),
      anew: memory.decode(memory.latentsOf(keptSlots)),
      stale: memory.decode(tf.gather(stored, kept)),
      before: tf.gather(stored, kept),
    }));
    expect(await errorOf(anew, old)).toBeLessThan(0.95 * (await errorOf(stale, old)));

    const second = memory.slots.slotsOfTask(2);
    const { storedSecond, freshSecond, latents } = tf.tidy(() => ({
      storedSecond: memory.latentsOf(second),
      freshSecond: memory.encode(imagesOf(second, 2)),
      latents: memory.latentsOf(keptSlots),
    }));
    expect(relativeError(await storedSecond.data(), await freshSecond.data())).toBeLessThan(1e-4);
    expect(relativeError(await latents.data(), await before.data())).toBeGreaterThan(0.01);

    tf.dispose([
      stored,
      fresh,
      originals,
      pictures,
      blank,
      old,
      anew,
      stale,
      before,
      storedSecond,
      freshSecond,
      latents,
    ]);
    memory.dispose();
    expect(tf.memory().numTensors).toBe(start);
  }, 120_000);

  it('frees what it froze when it is abandoned in mid-task', async () => {
    const start = tf.memory().numTensors;
    const memory = new AutoencodedMemory(input, randomStream(config.seed, 'init'));
    for await (const { done } of memory.learn(batchesOf(1))) if (done === 3) break;
    memory.dispose();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(tf.memory().numTensors).toBe(start);
  });
});
