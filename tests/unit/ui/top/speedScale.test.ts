import { describe, expect, it } from 'vitest';
import { positionOf, speedAt, speedWords, topPosition } from '../../../../src/ui/top/TopBar.tsx';

describe('the speed slider', () => {
  it('has each of its speeds at the position that gives it', () => {
    for (let position = 0; position <= topPosition; position++) expect(positionOf(speedAt(position))).toBe(position);
  });

  it('ends in full speed, and finds the nearest position for other speeds', () => {
    expect(speedAt(topPosition)).toBeNull();
    expect([positionOf(0.1), positionOf(12), positionOf(10_000)]).toEqual([0, 3, topPosition - 1]);
    expect([speedWords(1), speedWords(20), speedWords(null)]).toEqual(['1 step/s', '20 steps/s', 'full speed']);
  });
});
