import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nothingAsked } from '../../../../src/state/asked.ts';
import { type KeptEntry, keptRun, mostRuns, readEntry, surplus, viewOf } from '../../../../src/state/runs/keptRun.ts';
import { smallRun } from '../smallRun.ts';

const { entry, file, confusions } = keptRun(
  { id: 'a', phase: { kind: 'paused' }, checkpoint: null, asked: nothingAsked },
  smallRun,
  { begun: 1, keptAt: 2, left: false, pinned: false },
);

it('a run that is read again is the run that was kept, without its pictures', () => {
  const view = viewOf({ entry: readEntry(structuredClone(entry)) ?? entry, file: structuredClone(file), confusions });
  expect(view?.phase).toEqual({ kind: 'kept' });
  expect(view?.shown).toEqual({
    ...smallRun,
    lanes: smallRun.lanes.map((lane) => ({ ...lane, trace: null, reconstructions: null })),
  });
});

it('what is no run is not shown', () => {
  expect(readEntry({ ...entry, step: -1 })).toBeNull();
  expect(viewOf({ entry, file: { ...file, step: 21 }, confusions })).toBeNull();
});

it('room is made by the oldest, never by what is pinned or in use, and no more than needed', () => {
  const entries = fc.array(
    fc.record({
      keptAt: fc.integer({ min: 0, max: 1e6 }),
      pinned: fc.boolean(),
      bytes: fc.integer({ min: 1, max: 9e6 }),
    }),
    { maxLength: 90 },
  );
  fc.assert(
    fc.property(entries, (list) => {
      const all: KeptEntry[] = list.map((changes, index) => ({ ...entry, ...changes, id: String(index) }));
      const gone = surplus(all, '0');
      const stays = all.filter((one) => !gone.includes(one));
      const free = stays.filter(({ pinned, id }) => !pinned && id !== '0');
      expect(gone.every(({ pinned, id }) => !pinned && id !== '0')).toBe(true);
      expect(free.length).toBeLessThanOrEqual(mostRuns);
      const newestGone = Math.max(-1, ...gone.map(({ keptAt }) => keptAt));
      expect(free.every(({ keptAt }) => keptAt >= newestGone)).toBe(true);
      const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
      if (all.length <= mostRuns && bytes <= 100e6) expect(gone).toEqual([]);
    }),
  );
});
