import { describe, expect, it } from 'vitest';
import type { DecodedRetrievalReport, RetrievalReport } from '../../../../src/core/events.ts';
import { algorithmOf, awaits, begun, moved, stagesOf, type Walk } from '../../../../src/ui/step/stages.ts';
import { columnsFor, placeOf } from '../../../../src/ui/step/CandidateLosses.tsx';

const candidate = { slot: 0, sample: 0, label: 0, task: 1, loss: 1, virtualLoss: 2, bestLoss: 0.5, score: 1.5 };
const memory = (used: 'mir' | 'random'): RetrievalReport => ({
  kind: 'memory',
  score: 'mi2',
  used,
  candidates: [candidate, candidate, candidate],
  mirPicks: [0, 2],
  randomPicks: [0, 1],
});
const none = new Uint8Array(0);
const sample = { label: 1, confidence: 0.5, task: null, lossBefore: 0.1, lossAfter: 0.4 };
const decoded = (kind: 'generated' | 'latents', count: number): DecodedRetrievalReport => ({
  kind,
  used: 'mir',
  mirPicks: Array.from({ length: count }, () => sample),
  randomPicks: [],
  path: null,
  pictures: { mirPicks: none, randomPicks: none, path: none, dreams: none, reconstructions: none },
});

describe('the stages of a step', () => {
  const namesOf = (...input: Parameters<typeof stagesOf>) => stagesOf(...input).map(({ name }) => name);

  it.each([
    ['fine-tune', null, ['incoming', 'real']],
    ['er-mir', null, ['incoming', 'real']],
    ['er-mir', memory('mir'), ['incoming', 'virtual', 'candidates', 'sorting', 'retrieved', 'real']],
    ['er-mir', memory('random'), ['incoming', 'drawn', 'real']],
    ['er', memory('random'), ['incoming', 'drawn', 'real']],
    ['gen-mir', decoded('generated', 0), ['incoming', 'real']],
    ['gen-mir', decoded('generated', 3), ['incoming', 'virtual', 'climb', 'retrieved', 'real']],
    ['ae-mir', decoded('latents', 3), ['incoming', 'virtual', 'climb', 'retrieved', 'real']],
    ['gem', null, ['incoming', 'part', 'part', 'part', 'part']],
  ] as const)('of %s', (method, retrieval, names) => {
    expect(namesOf(method, { retrieval }, 'digits')).toEqual(names);
  });

  it('carry out each line of the algorithm once, in its order', () => {
    const lines = stagesOf('er-mir', { retrieval: memory('mir') }, 'digits').flatMap((stage) => stage.lines);
    expect(lines).toEqual(algorithmOf('er-mir', 'mir')?.lines.map(({ name }) => name));
  });

  it('have the algorithm’s own update and memory where these are not ER’s', () => {
    const [dark, usual] = [algorithmOf('der-pp-mir', 'mir'), algorithmOf('er-mir', 'mir')];
    expect([dark?.title, usual?.title]).toEqual(['DER++-MIR', 'Algorithm 1']);
    expect(dark?.lines.filter(({ text }, at) => text !== usual?.lines[at].text).map(({ name }) => name)).toEqual([
      'step',
      'store',
    ]);
    expect(algorithmOf('er-ace', 'random')?.lines.map(({ text }) => text)).toContain(
      'θ ← SGD(Bₙ without old classes, taken with all)',
    );
  });

  it.each([
    ['fine-tune', null],
    ['er', memory('random')],
    ['er-mir', memory('mir')],
    ['der-pp-mir', memory('mir')],
    ['er-ace', memory('random')],
    ['gen-mir', decoded('generated', 2)],
    ['ae-mir', decoded('latents', 2)],
  ] as const)('each mark a line of the algorithm of %s', (method, retrieval) => {
    const known = algorithmOf(method, retrieval?.used ?? null)?.lines.map(({ name }) => name) ?? [];
    for (const { title, lines } of stagesOf(method, { retrieval }, 'digits'))
      expect([title, known.filter((line) => lines.includes(line)).length > 0]).toEqual([title, true]);
  });
});

describe('going through a step', () => {
  it('goes forwards and backwards, stops at the first stage, and past the last asks for the next step', () => {
    let walk: Walk = begun(null);
    const seen: number[] = [];
    for (const by of [1, 1, -1, -1, -1, 1] as const) {
      const next = moved(walk, by, 3);
      if (next === 'next step') throw new Error('There is a stage more.');
      walk = next;
      seen.push(walk.stage);
    }
    expect(seen).toEqual([1, 2, 1, 0, 0, 1]);
    expect(moved({ ...walk, stage: 2 }, 1, 3)).toBe('next step');
    // A step of another lane may have fewer stages.
    expect(moved({ ...walk, stage: 5 }, -1, 3)).toMatchObject({ stage: 1 });
  });

  it('waits for a trace that is later than the one at hand', () => {
    expect(awaits(begun(7), 7)).toBe(true);
    expect(awaits(begun(7), 8)).toBe(false);
    expect(awaits(begun(null), 7)).toBe(false);
    expect(awaits(begun(0), null)).toBe(true);
  });

  it('goes on by itself forwards only', () => {
    const walk = begun(null, true);
    expect(moved(walk, 1, 3)).toMatchObject({ stage: 1, runs: true });
    expect(moved({ ...walk, stage: 2 }, -1, 3)).toMatchObject({ stage: 1, runs: false });
  });
});

describe('the grid of images with bars', () => {
  it('has ten columns where there is room, and the taken in rows of their own', () => {
    expect([1, 60, 61, 240, 241].map(columnsFor)).toEqual([10, 10, 20, 20, 40]);
    expect(placeOf(9, 10, 0)).toEqual({ column: 9, row: 0, gap: false });
    expect(placeOf(3, 10, 4)).toEqual({ column: 3, row: 0, gap: false });
    expect(placeOf(4, 10, 4)).toEqual({ column: 0, row: 1, gap: true });
    expect(placeOf(15, 10, 4)).toEqual({ column: 1, row: 2, gap: true });
  });
});
