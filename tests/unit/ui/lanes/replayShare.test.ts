import { describe, expect, it } from 'vitest';
import { replayShare } from '../../../../src/ui/lanes/replayShare.ts';

const tasks = [
  { number: 1, classes: [0, 1], steps: 10, trainingImages: 100, testImages: 100 },
  { number: 2, classes: [2, 3], steps: 10, trainingImages: 100, testImages: 100 },
];

describe('replayShare', () => {
  it('divides by all picks and by the whole memory', () => {
    const counts = {
      replayedByClass: [10, 50, 40, 0],
      replayedByTask: [60, 40],
      storedByClass: [25, 25, 25, 25],
      storedByTask: [50, 50],
    };
    expect(replayShare(counts, tasks)).toEqual([
      {
        number: 1,
        picks: 0.6,
        memory: 0.5,
        classes: [
          { label: 0, picks: 0.1, memory: 0.25 },
          { label: 1, picks: 0.5, memory: 0.25 },
        ],
      },
      {
        number: 2,
        picks: 0.4,
        memory: 0.5,
        classes: [
          { label: 2, picks: 0.4, memory: 0.25 },
          { label: 3, picks: 0, memory: 0.25 },
        ],
      },
    ]);
  });

  it('is zero, not NaN, before anything was stored or replayed', () => {
    const empty = { replayedByClass: [], replayedByTask: [], storedByClass: [0, 0, 0, 0], storedByTask: [0, 0] };
    const shares = replayShare(empty, tasks).flatMap((task) => [task, ...task.classes]);
    expect(shares.map(({ picks, memory }) => [picks, memory])).toEqual(Array.from({ length: 6 }, () => [0, 0]));
  });
});
