import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/core/stream.ts';
import { cycled } from '../../../../src/engine/benchmark/contests.ts';
import { type Prepared, startStopwatch } from '../../../../src/engine/benchmark/stopwatch.ts';

const batches = Array.from(
  { length: 3 },
  (_, index): Batch => ({
    samples: Int32Array.of(index),
    labels: Int32Array.of(0),
    tasks: Int32Array.of(2),
  }),
);

/** A contestant on a clock that moves only when it works: first in JavaScript, then, when a result is read, on its device. */
function contestant({ javaScript, device, first = 0 }: { javaScript: number; device: number; first?: number }) {
  let clock = 0;
  let queued = first;
  const log: string[] = [];
  const prepared: Prepared = {
    batches: cycled(batches),
    step(batch) {
      clock += javaScript;
      queued += device;
      log.push(`step ${batch.samples[0]}`);
      return {
        size: 0,
        read: async () => {
          clock += queued;
          queued = 0;
          log.push('read');
          return [];
        },
        drop: () => void log.push('dropped'),
      };
    },
    dispose: () => void log.push('left'),
  };
  return { prepared, log, now: () => clock };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('startStopwatch', () => {
  it('warms up before anything counts: the first step, and more while they are quick', async () => {
    const { prepared, log, now } = contestant({ javaScript: 10, device: 90, first: 5_000 });
    expect((await startStopwatch('engine', () => prepared, now)).pace).toBe(100);
    expect(log.filter((line) => line.startsWith('step'))).toEqual(['step 0', 'step 1', 'step 2', 'step 0']);
    const slow = contestant({ javaScript: 2_000, device: 0 });
    await startStopwatch('engine', () => slow.prepared, slow.now);
    expect(slow.log).toEqual(['step 0', 'read', 'step 1', 'read']);
  });

  it('times steps until each result is here, and steps in a row of which the last result is read', async () => {
    const { prepared, log, now } = contestant({ javaScript: 100, device: 300 });
    const entrant = await startStopwatch('engine', () => prepared, now);
    log.length = 0;
    expect(await entrant.block(6)).toMatchObject({
      singles: [400, 400],
      inRow: 400,
      javaScript: Array.from({ length: 6 }, () => 100),
      device: null,
    });
    expect(log.filter((line) => !line.startsWith('step'))).toEqual([
      ...['read', 'read'],
      ...Array.from({ length: 5 }, () => 'dropped'),
      'read',
    ]);
    // A row of one is a single step, and nothing else is timed.
    log.length = 0;
    expect(await entrant.block(1)).toMatchObject({ singles: [400], inRow: 400 });
    expect(log).toHaveLength(2);
    await entrant.end();
    expect(log).toHaveLength(3);
  });

  it('divides by the updates in a step', async () => {
    const { prepared, now } = contestant({ javaScript: 10, device: 90 });
    const entrant = await startStopwatch('engine', () => ({ ...prepared, updatesPerStep: 5 }), now);
    expect(await entrant.block(2)).toMatchObject({ singles: [20], inRow: 20, javaScript: [2, 2] });
  });

  it('counts what is its own on the backend, whatever else lies there', async () => {
    const others = tf.ones([100]);
    const kept: tf.Tensor[] = [];
    const { prepared, now } = contestant({ javaScript: 200, device: 0 });
    const entrant = await startStopwatch(
      'engine',
      () => {
        kept.push(tf.zeros([5]));
        return {
          ...prepared,
          step: (batch: Batch) => {
            kept.push(tf.zeros([1]));
            return prepared.step(batch);
          },
        };
      },
      now,
    );
    const more = tf.ones([100]);
    const { alive } = await entrant.block(1);
    // Three steps of the warm-up, and one that is timed.
    expect(alive).toEqual({ before: { tensors: 4, bytes: 32 }, after: { tensors: 5, bytes: 36 } });
    tf.dispose([others, more, ...kept]);
  });

  it('frees what has been prepared where the warm-up fails', async () => {
    const { prepared, log, now } = contestant({ javaScript: 1, device: 1 });
    const failing: Prepared = { ...prepared, step: () => Promise.reject(new Error('lost')) };
    await expect(startStopwatch('stock', () => failing, now)).rejects.toThrow('lost');
    expect(log).toEqual(['left']);
  });
});
