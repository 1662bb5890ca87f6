import { describe, expect, it } from 'vitest';
import type { RetrievalReport } from '../../../../src/core/events.ts';
import { newLane, type LaneState, type LaneTrace, type ShownRun } from '../../../../src/state/labState.ts';
import {
  memoryFacts,
  rankOf,
  exact,
  scoreFormula,
  sameImage,
  useMemoryChoice,
} from '../../../../src/ui/parts/MemoryThumb.tsx';
import { smallRun } from '../../state/smallRun.ts';

// l(θ), l(θ_v), l*: MI-2 scores are 2 − 0.5, 3 − 1 and 0.4 − 0.4.
const losses = [
  [1, 2, 0.5],
  [1, 3, 1.5],
  [0.4, 0.4, 0.6],
];
const candidates = losses.map(([loss, virtualLoss, bestLoss], position) => ({
  ...{ slot: position, sample: 10 + position, label: position, task: 1, loss, virtualLoss, bestLoss },
  score: virtualLoss - Math.min(loss, bestLoss),
}));
const report = (used: 'mir' | 'random'): RetrievalReport => ({
  ...{ kind: 'memory', score: 'mi2', used, candidates },
  mirPicks: [1, 0],
  randomPicks: [0, 1],
});
const pixels = Uint8Array.of(1, 2, 3);
const traceOf = (used: 'mir' | 'random'): LaneTrace => ({
  ...{ step: 12, task: 2, loss: 0.5, learningRate: 0.1, retrieval: report(used), figures: null },
  incoming: [{ sample: 50, label: 2, task: 2 }],
  losses: {
    incoming: { before: [0.5], virtual: [0.3], after: [0.2] },
    replayed: { before: [1, 1], after: [0.7, 0.9] },
  },
  thumbnails: { incoming: Uint8Array.of(9), candidates: pixels, mirPicks: pixels, randomPicks: pixels },
});
const lane = (method: 'er' | 'er-mir' | 'fine-tune', trace: LaneTrace | null): LaneState => ({
  ...newLane(method),
  trace,
});
const shown: ShownRun = {
  ...smallRun,
  lanes: [lane('fine-tune', null), lane('er', traceOf('random')), lane('er-mir', traceOf('mir'))],
};

describe('what is told of a memory', () => {
  const image = { kind: 'image', sample: 10, task: 1 } as const;

  it('comes from every lane that met it, first from the one in which it was chosen', () => {
    const facts = memoryFacts(shown, image, 1);
    expect(facts?.lanes.map((own) => own.lane)).toEqual([1, 2]);
    expect(facts?.told).toMatchObject({ lane: 1, method: 'ER', step: 12 });
    expect(facts).toMatchObject({ label: 0, task: 1, index: 0, pixels });
    const common = { loss: 1, virtualLoss: 2, bestLoss: 0.5, score: 1.5, rank: 2, of: 3, mir: true, random: true };
    // Random replays it first, MIR second.
    expect(facts?.lanes.map((own) => own.kind === 'candidate' && own.facts)).toMatchObject([
      { ...common, used: 'random', after: 0.7 },
      { ...common, used: 'mir', after: 0.9 },
    ]);
    expect(memoryFacts(shown, image, null)?.told.lane).toBe(2);
  });

  it('has no loss after the real step where it was not replayed', () => {
    const facts = memoryFacts(shown, { kind: 'image', sample: 12, task: 1 }, 2);
    expect(facts?.told).toMatchObject({ facts: { mir: false, random: false, rank: 3, score: 0, after: null } });
  });

  it('of an image that has just come in is its losses around the step', () => {
    const facts = memoryFacts(shown, { kind: 'image', sample: 50, task: 2 }, null);
    expect(facts?.told).toMatchObject({ kind: 'incoming', before: 0.5, virtual: 0.3, after: 0.2 });
  });

  it('is nothing where no lane met it', () => {
    expect(memoryFacts(shown, { kind: 'image', sample: 10, task: 2 }, null)).toBeNull();
    expect(memoryFacts(shown, { kind: 'decoded', lane: 1, rule: 'mir', place: 0 }, 1)).toBeNull();
    expect(memoryFacts(null, image, null)).toBeNull();
  });

  it('ranks equal scores in the order drawn', () => {
    const same = [1, 2, 1, 2].map((score) => ({ ...candidates[0], score }));
    expect(same.map((_, position) => rankOf(same, position))).toEqual([3, 1, 4, 2]);
  });
});

describe('a score in numbers', () => {
  it('is what the rule subtracts', () => {
    expect(scoreFormula({ rule: 'mi2', ...candidates[0] })).toBe('2.000 − min(1.000, 0.500) = 1.500');
    expect(scoreFormula({ rule: 'mi1', ...candidates[0], score: 1 })).toBe('2.000 − 1.000 = 1.000');
  });

  it('says where rounded numbers do not add up to the last digit', () => {
    const rounded = { rule: 'mi1', loss: 0.0004, virtualLoss: 1.0006, bestLoss: 0, score: 1.0002 } as const;
    expect(scoreFormula(rounded)).toBe('1.001 − 0.000 ≈ 1.000');
  });

  it.each([
    [-0.0001, '0.000'],
    [-1.5, '−1.500'],
    [12.345, '12.35'],
    [1234.5, '1k'],
  ])('writes %d as %s', (value, text) => expect(exact(value)).toBe(text));
});

describe('choosing a memory', () => {
  const chosen = (sample: number) => {
    const image = { kind: 'image', sample, task: 1 } as const;
    const facts = memoryFacts(shown, image, null);
    if (facts === null) throw new Error('It is a candidate.');
    // The card stands beside it; here nothing is drawn.
    return { image, facts, anchor: {} as Element };
  };

  it('shows what is pointed at until the viewer points elsewhere; what is chosen stays until it is chosen again', () => {
    const { point, leave, pin, close } = useMemoryChoice.getState();
    const [one, other] = [chosen(10), chosen(11)];
    const now = () => {
      const { chosen: present } = useMemoryChoice.getState();
      return present && { image: present.image, pinned: present.pinned };
    };
    point(one);
    expect(now()).toEqual({ image: one.image, pinned: false });
    leave();
    expect(now()).toBeNull();
    pin(one);
    point(other);
    leave();
    expect(now()).toEqual({ image: one.image, pinned: true });
    pin(other);
    expect(now()).toEqual({ image: other.image, pinned: true });
    pin(other);
    expect(now()).toBeNull();
    pin(one);
    close();
    expect(now()).toBeNull();
  });

  it('takes images of the data for the same wherever they stand, and made-up ones by their place', () => {
    const image = { kind: 'image', sample: 1, task: 1 } as const;
    const made = { kind: 'decoded', lane: 0, rule: 'mir', place: 0 } as const;
    expect([sameImage(image, { ...image }), sameImage(image, { ...image, task: 2 }), sameImage(image, made)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([sameImage(made, { ...made }), sameImage(made, { ...made, rule: 'random' })]).toEqual([true, false]);
  });
});
