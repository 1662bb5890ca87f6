import type { StoreApi } from 'zustand/vanilla';
import type { Checkpoint } from '../../core/checkpoint.ts';
import type { LabState, ShownRun } from '../labState.ts';
import type { LabStore } from '../store.ts';
import { type KeptEntry, type KeptRun, keptRun } from './keptRun.ts';

/** Milliseconds between two times that a playing run is kept. */
const keepInterval = 3_000;

/** The surroundings of the keeper. */
interface KeeperParts {
  /** What the list says of a run so far. */
  readonly known: (id: string) => KeptEntry | undefined;
  readonly keep: (run: KeptRun) => void;
}

/**
 * Keeps the lab's runs as they go, from the first step on: every few seconds while one plays, at once when it halts or
 * ends, and when the viewer goes on to another.
 *
 * @returns a function that keeps what is not kept yet, for when the page may be about to go
 */
export function keepRuns(lab: StoreApi<LabStore>, parts: KeeperParts): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let keptAt = Number.NEGATIVE_INFINITY;
  /** What was kept last, to keep nothing twice. */
  let kept: { readonly id: string; readonly shown: ShownRun; readonly left: boolean } | null = null;
  let keptCheckpoint: Checkpoint | null = null;

  function keep(state: LabState, leaves: boolean): void {
    clearTimeout(timer);
    timer = undefined;
    const { id, shown, phase } = state;
    // The result of a run that is finished is all of it.
    const checkpoint = phase.kind === 'finished' ? null : state.checkpoint;
    if (shown === null || shown.step === 0) return;
    // What is only looked at does not come back by itself.
    const left = leaves || phase.kind === 'kept' || phase.kind === 'imported';
    const sameRun = kept?.id === id;
    const sameCheckpoint = sameRun && keptCheckpoint === checkpoint;
    if (sameRun && kept?.shown === shown && kept.left === left && sameCheckpoint) return;
    kept = { id, shown, left };
    keptCheckpoint = checkpoint;
    keptAt = performance.now();
    const now = Date.now();
    const entry = parts.known(id);
    const about = { begun: entry?.begun ?? now, keptAt: now, left, pinned: entry?.pinned ?? false };
    parts.keep({ ...keptRun(state, shown, about), ...(sameCheckpoint ? {} : { checkpoint }) });
  }

  lab.subscribe((state, before) => {
    if (state.id !== before.id) keep(before, true);
    if (state.shown === before.shown && state.phase === before.phase && state.checkpoint === before.checkpoint) return;
    if (state.id === before.id && state.checkpoint !== before.checkpoint) keep(state, false);
    const halted = state.phase.kind !== 'playing' && state.phase.kind !== 'loading';
    if (halted && (state.phase.kind !== before.phase.kind || state.id !== before.id)) keep(state, false);
    else
      timer ??= setTimeout(() => keep(lab.getState(), false), Math.max(0, keptAt + keepInterval - performance.now()));
  });
  return () => keep(lab.getState(), false);
}
