import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/core/stream.ts';
import type { ContestantName } from '../../../../src/core/timing.ts';
import { type Contestant, timeContest } from '../../../../src/engine/benchmark/contest.ts';
import { cycled } from '../../../../src/engine/benchmark/contests.ts';

const batches = Array.from({ length: 3 }, (_, index): Batch => ({
  samples: Int32Array.of(index),
  labels: Int32Array.of(0),
  tasks: Int32Array.of(2),
}));

/** A clock that moves only when a contestant works. */
function race(milliseconds: Partial<Record<ContestantName, { javaScript: number; device: number }>>) {
  let clock = 0;
  const log: string[] = [];
  const contestants = Object.entries(milliseconds).map(([name, { javaScript, device }]): Contestant => {
    let queued = 0;
    return {
      name: name as ContestantName,
      step(batch) {
        clock += javaScript;
        queued += device;
        log.push(`${name} ${batch.samples[0]}`);
        return {
          size: 0,
          read: async () => {
            clock += queued;
            queued = 0;
            log.push(`${name} freed`);
            return [];
          },
          drop: () => void log.push(`${name} freed`),
        };
      },
      dispose: () => void log.push(`${name} left`),
    };
  });
  return { contest: { contestants, batches: cycled(batches) }, log, now: () => clock };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('timeContest', () => {
  it('gives the time per step, its ratio to the engine’s, and the part of JavaScript', async () => {
    const { contest, now } = race({ engine: { javaScript: 1, device: 3 }, stock: { javaScript: 4, device: 8 } });
    const done: number[] = [];
    const timing = await timeContest(
      contest,
      { subject: 'er', steps: 5, blockSteps: 2, warmUpSteps: 1 },
      { now, onBlock: (steps) => void done.push(steps) },
    );
    expect(done).toEqual([2, 4, 5]);
    const all = (value: number) => ({ lower: value, median: value, upper: value });
    expect(timing.contestants).toEqual([
      { name: 'engine', time: all(4), ratio: null, javaScript: all(1), device: null },
      { name: 'stock', time: all(12), ratio: all(3), javaScript: all(4), device: null },
    ]);
    expect([timing.subject, timing.steps, timing.blockSteps]).toEqual(['er', 5, 2]);
  });

  it('divides by the updates in a step', async () => {
    const { contest, now } = race({ engine: { javaScript: 10, device: 0 }, stock: { javaScript: 30, device: 0 } });
    const { contestants } = await timeContest(
      { ...contest, updatesPerStep: 5 },
      { subject: 'vae-update', steps: 2, blockSteps: 1, warmUpSteps: 0 },
      { now, onBlock: () => undefined },
    );
    expect(contestants.map(({ time, ratio }) => [time.median, ratio?.median])).toEqual([
      [2, undefined],
      [6, 3],
    ]);
  });

  it('gives each the same batches, lets each begin in turn, and frees results and contestants', async () => {
    const { contest, log, now } = race({
      engine: { javaScript: 1, device: 1 },
      stock: { javaScript: 1, device: 1 },
      'jax-js': { javaScript: 1, device: 1 },
    });
    await timeContest(
      contest,
      { subject: 'er', steps: 3, blockSteps: 1, warmUpSteps: 0 },
      { now, onBlock: () => undefined },
    );
    expect(log.filter((line) => !line.endsWith('freed'))).toEqual([
      'engine 0',
      'stock 0',
      'jax-js 0',
      'stock 1',
      'jax-js 1',
      'engine 1',
      'jax-js 2',
      'engine 2',
      'stock 2',
      'engine left',
      'stock left',
      'jax-js left',
    ]);
    expect(log.filter((line) => line.endsWith('freed'))).toHaveLength(9);
  });

  it('ends, and frees the contestants, when the surroundings say so', async () => {
    const { contest, log, now } = race({ engine: { javaScript: 1, device: 1 }, stock: { javaScript: 1, device: 1 } });
    const onBlock = () => Promise.reject(new Error('enough'));
    await expect(
      timeContest(contest, { subject: 'er', steps: 9, blockSteps: 1, warmUpSteps: 0 }, { now, onBlock }),
    ).rejects.toThrow('enough');
    expect(log.slice(-2)).toEqual(['engine left', 'stock left']);
  });
});
