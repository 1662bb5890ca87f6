import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/core/random.ts';
import type { Batch } from '../../../../src/core/stream.ts';
import { Reservoir } from '../../../../src/engine/retrieval/reservoir.ts';

function batchOf(first: number, count: number, task = 1): Batch {
  const samples = Int32Array.from({ length: count }, (_, index) => first + index);
  return { samples, labels: samples.map((sample) => sample % 10), tasks: new Int32Array(count).fill(task) };
}

describe('Reservoir', () => {
  it('stores everything until it is full', () => {
    const memory = new Reservoir(25, randomStream(0, 'memory'));
    memory.add(batchOf(0, 10));
    memory.add(batchOf(10, 10, 2));
    expect(memory.size).toBe(20);
    expect([...memory.samples.slice(0, 20)]).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect([...memory.slotsOfOtherTasks(2)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('holds each sample offered with the same probability M/n (chi-square, 99 degrees of freedom, 99.9% quantile 148.2)', () => {
    const [capacity, offered, rounds] = [20, 100, 4_000];
    const held = new Array<number>(offered).fill(0);
    for (let round = 0; round < rounds; round++) {
      const memory = new Reservoir(capacity, randomStream(round, 'memory'));
      for (let from = 0; from < offered; from += 10) memory.add(batchOf(from, 10));
      for (const sample of memory.samples) held[sample] += 1;
    }
    const expected = (rounds * capacity) / offered;
    const variance = expected * (1 - capacity / offered);
    // Each count is binomial; they sum to a constant, which costs one degree of freedom.
    const chiSquare =
      held.reduce((sum, count) => sum + (count - expected) ** 2 / variance, 0) * ((offered - 1) / offered);
    expect(chiSquare).toBeLessThan(148.2);
    expect(chiSquare).toBeGreaterThan(60);
  });

  it('lists as insertions exactly what changed in its slots', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 15 }),
        (seed, capacity, batches) => {
          const memory = new Reservoir(capacity, randomStream(seed, 'memory'));
          for (let index = 0; index < batches; index++) {
            const before = memory.samples.slice();
            const batch = batchOf(1_000 + index * 10, 10, index + 1);
            const insertions = memory.add(batch);
            const changed = new Set(insertions.map(({ slot }) => slot));
            expect(changed.size).toBe(insertions.length);
            for (const { slot, position } of insertions) {
              expect(memory.samples[slot]).toBe(batch.samples[position]);
              expect(memory.labels[slot]).toBe(batch.labels[position]);
              expect(memory.tasks[slot]).toBe(index + 1);
            }
            before.forEach((sample, slot) => {
              if (!changed.has(slot)) expect(memory.samples[slot]).toBe(sample);
            });
            expect(memory.size).toBe(Math.min(capacity, (index + 1) * 10));
          }
        },
      ),
    );
  });
});
