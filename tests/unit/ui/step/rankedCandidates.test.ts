import { describe, expect, it } from 'vitest';
import { rankedCandidates } from '../../../../src/ui/step/CandidateLosses.tsx';

describe('rankedCandidates', () => {
  it('puts the highest score first and marks what each rule picked', () => {
    const losses = { loss: 0, virtualLoss: 0, bestLoss: 0 };
    const scores = [0.1, 2, -0.5, 2];
    const candidates = scores.map((score, slot) => ({ slot, sample: slot, label: 0, task: 1, ...losses, score }));
    expect(rankedCandidates({ candidates, mirPicks: [1, 3], randomPicks: [0, 1] })).toEqual([
      { position: 1, score: 2, mir: true, random: true },
      { position: 3, score: 2, mir: true, random: false },
      { position: 0, score: 0.1, mir: false, random: true },
      { position: 2, score: -0.5, mir: false, random: false },
    ]);
  });
});
