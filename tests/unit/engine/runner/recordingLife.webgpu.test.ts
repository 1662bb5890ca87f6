import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../src/core/config.ts';
import { scenarios } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { ComingImages } from '../../../../src/engine/data/chunks.ts';
import { type ImageSource, imageSource } from '../../../../src/engine/data/imageSource.ts';
import { er } from '../../../../src/engine/methods/er.ts';
import { type Learner, type LearnerInput, learnerOf } from '../../../../src/engine/methods/learner.ts';
import { classifierFor } from '../../../../src/engine/models/networks.ts';
import { directStepWords, numbers, type Step } from '../../../../src/engine/runner/step.ts';
import { Runner, withoutRecordings } from '../../../../src/engine/runner/runner.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const webgpu = await startTestWebgpu();

/** ER on a few small images, and its batches. */
function smallEr() {
  const dataset = syntheticDataset(100, 5);
  const config = { ...defaultSettings, method: 'er', samplesPerTask: 30, hidden: 9, seed: 5, candidates: 12 } as const;
  const view = scenarios[config.scenario].view(config, dataset);
  const tasks = scenarios[config.scenario].tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const input: LearnerInput = {
    config,
    classifier: classifierFor(config, dataset),
    images: imageSource(dataset.train, view),
    imageShape: dataset.imageShape,
    classCount: 10,
    taskCount: tasks.length,
  };
  return { input, batches: sequentialStream(tasks, dataset.train.labels).map((step) => step.batches[0]) };
}

describe.skipIf(webgpu === null)('images on the graphics device', () => {
  /** As the device shows them, and as the host does. */
  const shown = async (images: ImageSource, samples: Int32Array, tasks: Int32Array) => {
    images.bring(samples);
    const gathered = tf.tidy(() => images.gathered(tf.tensor1d(samples, 'int32'), tf.tensor1d(tasks, 'int32')));
    const values = Array.from(await gathered.data());
    gathered.dispose();
    return values;
  };
  const expected = (pixels: Uint8Array, size: number, samples: Int32Array) =>
    Array.from(samples).flatMap((sample) => Array.from(pixels.subarray(sample * size, (sample + 1) * size)));

  it('are the same whether they come at once, also where their bytes are no multiple of four, or by and by', async () => {
    const before = tf.memory().numTensors;
    const view = { range: [0, 255] as const, permutation: () => null };
    const odd = { count: 7, labels: new Uint8Array(7), pixels: Uint8Array.from({ length: 35 }, (_, i) => 7 * i) };
    const whole = imageSource(odd, view);
    const all = Int32Array.of(6, 0, 3, 6);
    expect(await shown(whole, all, new Int32Array(4).fill(1))).toEqual(expected(odd.pixels, 5, all));
    whole.dispose();

    const pixels = Uint8Array.from({ length: 12 * 8 }, (_, i) => 255 - i);
    const chunkOf = Uint8Array.from({ length: 12 }, (_, i) => i % 2);
    const coming = new ComingImages(chunkOf, 8);
    const images = imageSource({ count: 12, labels: new Uint8Array(12), pixels: coming }, view);
    const chunk = (number: number) => {
      const indices = Int32Array.from(chunkOf.keys()).filter((index) => chunkOf[index] === number);
      return { indices, pixels: Uint8Array.from(expected(pixels, 8, indices)) };
    };
    coming.take(0, chunk(0));
    const [first, second] = [Int32Array.of(10, 2, 4), Int32Array.of(3, 2, 11)];
    const tasks = new Int32Array(3).fill(1);
    expect(await shown(images, first, tasks)).toEqual(expected(pixels, 8, first));
    expect(() => images.bring(second)).toThrow('Training image 3 is not in memory');
    coming.take(1, chunk(1));
    expect([...coming.keepOnly(Int32Array.of(), (number) => number === 0).keys()]).toEqual([0]);
    expect(await shown(images, second, tasks)).toEqual(expected(pixels, 8, second));
    expect(await shown(images, first, tasks)).toEqual(expected(pixels, 8, first));
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe.skipIf(webgpu === null)('the life of recordings on WebGPU', () => {
  it('lets go in the middle of a run, with outputs on their way, and starts afresh', async () => {
    const { input, batches: all } = smallEr();
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
    const errors: string[] = [];
    device.addEventListener('uncapturederror', (event) => errors.push(event.error.message));
    const batches = all.slice(0, 6);
    const learn = (learner: Learner, batch: (typeof batches)[number]) => {
      const { losses, replays } = learner.observe(batch, 'mir', false);
      for (const { picks } of replays) picks.drop();
      return losses.read();
    };
    const first = learnerOf(er(input), 2);
    const late = learn(first, batches[0]);
    await new Promise((resolve) => setTimeout(resolve));
    const pending = Promise.allSettled([late, ...batches.slice(1).map((batch) => learn(first, batch))]);
    first.dispose();
    const settled = await pending;

    const second = learnerOf(er(input), 2);
    const direct = withoutRecordings(() => learnerOf(er(input), 2));
    for (const [index, batch] of batches.entries()) {
      const losses = Array.from(await learn(direct, batch));
      expect(Array.from(await learn(second, batch))).toEqual(losses);
      const early = settled[index];
      if (early.status === 'fulfilled') expect(Array.from(early.value)).toEqual(losses);
    }
    for (const learner of [second, direct]) learner.dispose();
    await device.queue.onSubmittedWorkDone();
    expect(errors).toEqual([]);
  });

  it('says which step runs directly, when its inputs have ever new shapes', async () => {
    const sum: Step<{ sum: tf.Tensor }, { by: ReturnType<typeof numbers> }, null> = {
      name: 'sum',
      run: ({ sum }, { by }) => ({ state: { sum: tf.add(sum, tf.sum(by)) }, outputs: null }),
    };
    const runner = new Runner(() => ({ sum: tf.zeros<tf.Rank>([1]) }));
    const add = (length: number) => runner.run(sum, { by: numbers(new Float32Array(length).fill(1)) });
    for (let length = 1; length <= 30; length++) add(length);
    expect(directStepWords()).toEqual([]);
    for (const length of [31, 32, 31, 4]) add(length);
    expect(directStepWords()).toEqual([
      'The step "sum" runs directly: its inputs have had more than 30 shapes, so that recording it again would not pay.',
    ]);
    expect(Array.from(await tf.clone(runner.state.sum).data())).toEqual([(30 * 31) / 2 + 31 + 32 + 31 + 4]);
    runner.dispose();
    expect(directStepWords()).toEqual([]);
  });

  it('gives up the recording that was played longest ago, and frees what lies between two homes', async () => {
    const undestroyed = new Set<GPUBuffer>();
    const { GPUDevice: device, GPUBuffer: buffer } = globalThis as unknown as Record<
      'GPUDevice' | 'GPUBuffer',
      { prototype: Record<string, (this: unknown, ...given: unknown[]) => unknown> }
    >;
    const { createBuffer } = device.prototype;
    const { destroy } = buffer.prototype;
    device.prototype['createBuffer'] = function (...given) {
      const made = createBuffer.apply(this, given) as GPUBuffer;
      undestroyed.add(made);
      return made;
    };
    buffer.prototype['destroy'] = function (...given) {
      undestroyed.delete(this as GPUBuffer);
      return destroy.apply(this, given);
    };
    try {
      /** Swaps the parts of the state again and again, by more steps than are kept, and gives what is in the end. */
      const swapped = async () => {
        const runner = new Runner(() => ({ one: tf.fill([333], 1), other: tf.fill([333], 2) }));
        const swap = (name: string): Step<typeof runner.state, null, null> => ({
          name,
          run: ({ one, other }) => ({
            state: { one: other, other: tf.add<tf.Tensor>(one, 0) },
            outputs: null,
          }),
        });
        for (const number of [...Array(45).keys(), 44, 0, 10, 44]) runner.run(swap(`swap ${number}`), null);
        // A copy, because TensorFlow.js remembers what it has read.
        const copies = [runner.state.one, runner.state.other].map((tensor) => tf.mul(tensor, 1));
        const values = await Promise.all(copies.map((copy) => copy.data()));
        tf.dispose(copies);
        runner.dispose();
        return values.map(([value]) => value);
      };
      expect(await swapped()).toEqual([2, 1]);
      const before = undestroyed.size;
      expect(await swapped()).toEqual([2, 1]);
      // What TensorFlow.js keeps for later is used again.
      expect(undestroyed.size).toBe(before);
    } finally {
      Object.assign(device.prototype, { createBuffer });
      Object.assign(buffer.prototype, { destroy });
    }
  });
});
