import { describe, expect, it } from 'vitest';
import { shareGroups, spokenShares } from '../../../../src/ui/lanes/ReplayShareBars.tsx';

const taskOf = (number: number, classes: number[]) => ({
  number,
  classes,
  steps: 10,
  trainingImages: 100,
  testImages: 100,
});

describe('shareGroups', () => {
  const tasks = [taskOf(1, [0, 1]), taskOf(2, [2, 3])];
  const classNames = ['airplane', 'automobile', 'bird', 'cat'];
  const counts = {
    replayedByClass: [10, 50, 40, 0],
    replayedByTask: [60, 40],
    storedByClass: [25, 25, 25, 25],
    storedByTask: [50, 50],
  };

  it('puts the classes of each task side by side, divided by all picks and by the whole memory', () => {
    expect(shareGroups(counts, tasks, classNames)).toEqual([
      {
        title: 'task 1',
        whole: { picks: 0.6, memory: 0.5 },
        bars: [
          { label: 'airp.', name: 'class airplane', picks: 0.1, memory: 0.25 },
          { label: 'auto.', name: 'class automobile', picks: 0.5, memory: 0.25 },
        ],
      },
      {
        title: 'task 2',
        whole: { picks: 0.4, memory: 0.5 },
        bars: [
          { label: 'bird', name: 'class bird', picks: 0.4, memory: 0.25 },
          { label: 'cat', name: 'class cat', picks: 0, memory: 0.25 },
        ],
      },
    ]);
  });

  it('shows tasks, then classes, where tasks share their classes', () => {
    const digits = Array.from({ length: 10 }, (_, digit) => digit);
    const permuted = Array.from({ length: 10 }, (_, index) => taskOf(index + 1, digits));
    const byClass = digits.map((digit) => (digit === 3 ? 30 : 10));
    const groups = shareGroups(
      {
        replayedByClass: byClass,
        replayedByTask: [90, 30, ...Array<number>(8).fill(0)],
        storedByClass: [],
        storedByTask: [5],
      },
      permuted,
      digits.map(String),
    );
    expect(groups.map(({ title, whole, bars }) => [title, whole, bars.length])).toEqual([
      ['by task', null, 10],
      ['by class', null, 10],
    ]);
    expect(groups[0].bars[0]).toEqual({ label: '1', name: 'task 1', picks: 0.75, memory: 1 });
    expect(groups[1].bars[3]).toEqual({ label: '3', name: 'class 3', picks: 0.25, memory: 0 });
  });

  it('shows tasks alone where there are a hundred classes', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      taskOf(
        index + 1,
        Array.from({ length: 5 }, (_class, k) => 5 * index + k),
      ),
    );
    const groups = shareGroups(
      { replayedByClass: [], replayedByTask: [3, 1], storedByClass: [], storedByTask: [] },
      many,
      [],
    );
    expect(groups.map(({ bars }) => bars.length)).toEqual([20]);
    expect(groups[0].bars.slice(0, 3).map(({ picks }) => picks)).toEqual([0.75, 0.25, 0]);
  });

  it('is zero, not NaN, before anything was stored or replayed', () => {
    const empty = { replayedByClass: [], replayedByTask: [], storedByClass: [0, 0, 0, 0], storedByTask: [0, 0] };
    const shares = shareGroups(empty, tasks, classNames).flatMap(({ whole, bars }) => [whole, ...bars]);
    expect(shares.map((share) => [share?.picks, share?.memory])).toEqual(Array.from({ length: 6 }, () => [0, 0]));
  });

  it('can be said as a sentence, with and without picks', () => {
    const groups = shareGroups(counts, tasks, classNames);
    expect(spokenShares(groups, true)).toMatch(
      /^Replayed so far: task 1: 60% of the picks, 50% of the memory \(class airplane 10% of the picks, 25% of the memory; class automobile 50% .*\)\. task 2: /,
    );
    expect(spokenShares(groups, false)).toMatch(
      /^In the memory: task 1: 50% of the memory \(class airplane 25% of the memory; /,
    );
  });
});
