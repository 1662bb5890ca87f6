import { describe, expect, it } from 'vitest';
import type { ContestantName } from '../../../../src/core/timing.ts';
import {
  blocksOf,
  blockSteps,
  type Entrant,
  type Rounds,
  timeContest,
} from '../../../../src/engine/benchmark/contest.ts';

const nothing = { tensors: 0, bytes: 0 };

/** Contestants that take as long as they are told to, and note what they are asked for. */
function race(paces: Partial<Record<ContestantName, number>>) {
  const log: string[] = [];
  const entrants = Object.entries(paces).map(([name, pace]): Entrant => {
    let turn = 0;
    return {
      name: name as ContestantName,
      pace,
      block(steps) {
        turn += 1;
        log.push(`${name} ${steps}`);
        return Promise.resolve({
          singles: [2 * pace, 4 * pace],
          inRow: turn * pace,
          javaScript: Array.from({ length: steps }, () => pace / 2),
          ownJavaScript: name === 'engine' ? [pace / 10, turn * pace] : null,
          device: name === 'engine' ? { dispatches: 10 * turn, submits: 1 } : null,
          alive: { before: nothing, after: { tensors: turn, bytes: 4 * turn } },
        });
      },
      end: () => void log.push(`${name} left`),
    };
  });
  return { entrants, log };
}

describe('blocksOf', () => {
  it('gives quick steps blocks of at least 100 and slow ones one at a time, each contestant as suits it', () => {
    expect([0.01, 0.15, 5, 8, 205, 500, 6_600].map(blockSteps)).toEqual([200, 200, 100, 63, 3, 1, 1]);
    expect(blocksOf([0.15, 36], null)).toEqual(Array.from({ length: 5 }, () => [200, 14]));
    expect(blocksOf([800, 3_000], null)).toEqual(Array.from({ length: 3 }, () => [1, 1]));
  });

  it('shares steps that are asked for out over blocks of the engine’s length, all of them', () => {
    expect(blocksOf([1, 50], 20)).toEqual([[20, 20]]);
    expect(blocksOf([5], 250)).toEqual([[125], [125]]);
    expect(blocksOf([205], 10)).toEqual([[3], [3], [4]]);
    expect(blocksOf([900], 2)).toEqual([[1], [1]]);
  });
});

describe('timeContest', () => {
  it('gives both figures, the ratio to the engine’s round by round, and what a step asks for', async () => {
    const { entrants } = race({ engine: 100, stock: 300 });
    const rounds: Rounds[] = [];
    const { contestants, ...rest } = await timeContest(
      entrants,
      { subject: 'er', steps: 15 },
      (done) => void rounds.push(done),
    );
    expect(rest).toEqual({ subject: 'er', rounds: 3 });
    expect(rounds).toEqual([0, 1, 2, 3].map((done) => ({ done, total: 3 })));
    const [engine, stock] = contestants;
    expect(engine).toEqual({
      name: 'engine',
      single: { lower: 200, median: 300, upper: 400 },
      inRow: { lower: 150, median: 200, upper: 250 },
      ratio: null,
      javaScript: { lower: 50, median: 50, upper: 50 },
      // Of 10, 10, 10, 100, 200 and 300.
      ownJavaScript: { lower: 10, median: 55, upper: 175 },
      device: { dispatches: 20, submits: 1 },
      steps: 15,
      singles: 6,
      alive: { before: nothing, after: { tensors: 3, bytes: 12 } },
    });
    expect(stock).toMatchObject({
      name: 'stock',
      ratio: { lower: 3, median: 3, upper: 3 },
      ownJavaScript: null,
      steps: 15,
    });
  });

  it('lets each begin in turn, and ends the contestants', async () => {
    const { entrants, log } = race({ engine: 500, stock: 500, 'jax-js': 500 });
    await timeContest(entrants, { subject: 'er', steps: 3 }, () => undefined);
    expect(log.map((line) => line.replace(' 1', ''))).toEqual([
      ...['engine', 'stock', 'jax-js'],
      ...['stock', 'jax-js', 'engine'],
      ...['jax-js', 'engine', 'stock'],
      ...['engine left', 'stock left', 'jax-js left'],
    ]);
  });

  it('ends, and ends the contestants, when the surroundings say so', async () => {
    const { entrants, log } = race({ engine: 500, stock: 500 });
    const onRound = () => Promise.reject(new Error('enough'));
    await expect(timeContest(entrants, { subject: 'er', steps: 9 }, onRound)).rejects.toThrow('enough');
    expect(log).toEqual(['engine left', 'stock left']);
  });
});
