import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/core/random.ts';
import type { Batch } from '../../../../src/core/stream.ts';
import { LatentMemory } from '../../../../src/engine/memory/latentMemory.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

function batchOf(first: number, task: number): Batch {
  const samples = Int32Array.from({ length: 10 }, (_, index) => first + index);
  return { samples, labels: samples.map((sample) => sample % 10), tasks: new Int32Array(10).fill(task) };
}

/** The latent of a sample in these tests. */
const latentOf = (sample: number) => [sample, sample / 2, -sample];

describe.each(testBackends)('LatentMemory on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each([{ capacity: 20 }, { capacity: 130 }])(
    'keeps with each slot the latent of its sample, in groups of one size: $capacity slots',
    async ({ capacity }) => {
      const before = tf.memory().numTensors;
      const memory = new LatentMemory(capacity, 3, randomStream(2, 'memory'));
      const sizes = new Set<number>();
      for (let task = 1; task <= 3; task++) {
        for (let index = 0; index < 7; index++) memory.slots.add(batchOf(100 * task + 10 * index, task));
        const own = memory.slots.slotsOfTask(task);
        let groups = 0;
        for (const _ of memory.write(own, (group) => {
          sizes.add(group.length);
          return tf.tensor2d(Array.from(group, (slot) => latentOf(memory.slots.samples[slot])));
        }))
          groups += 1;
        expect(groups).toBe(Math.ceil(own.length / Math.min(100, capacity)));
        // Slots of earlier tasks keep their latents; slots are given out once.
        const used = Int32Array.from({ length: memory.slots.size }, (_, slot) => slot).reverse();
        const latents = tf.tidy(() => memory.of(used));
        expect(await latents.array()).toEqual(Array.from(used, (slot) => latentOf(memory.slots.samples[slot])));
        latents.dispose();
      }
      expect([...sizes]).toEqual([Math.min(100, capacity)]);
      expect(memory.slots.size).toBe(capacity);
      expect(tf.memory().numTensors).toBe(before + 1);
      memory.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('gives all it writes the latents as they were before the group', async () => {
    const memory = new LatentMemory(10, 3, randomStream(0, 'memory'));
    memory.slots.add(batchOf(1, 1));
    for (const _ of memory.write(memory.slots.slotsOfTask(1), (group) =>
      tf.tensor2d(Array.from(group, (slot) => latentOf(slot))),
    ))
      continue;
    for (const _ of memory.write(Int32Array.of(4, 2), (group) => tf.mul(memory.of(group), 10))) continue;
    const latents = tf.tidy(() => memory.of(Int32Array.of(2, 3, 4)));
    expect(await latents.array()).toEqual([latentOf(20), latentOf(3), latentOf(40)]);
    latents.dispose();
    memory.dispose();
  });
});
