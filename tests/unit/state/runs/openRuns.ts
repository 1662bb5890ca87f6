import { openKeptRunArchive } from '../../../../src/state/runs/keptRunArchive.ts';
import { createRunsStore, type RunsState } from '../../../../src/state/runs/runsStore.ts';
import type { Opening } from '../../../../src/state/store.ts';
import { openLab } from '../openLab.ts';

/** A lab on a real player with its store of runs, in the storage that stands on `globalThis`. */
export function openRuns(opening: Partial<Opening> = {}) {
  const lab = openLab(opening);
  const archive = openKeptRunArchive((text) => lab.actions.notify('warning', text));
  let hide = () => {};
  const runs = createRunsStore({ lab: lab.store, archive, onHide: (listener) => (hide = listener) });
  return { ...lab, archive, runs, runsActions: runs.getState().actions, hide: () => hide() };
}

/** Resolves with the first state of the runs, now or to come, that `matches`. */
export function untilRuns(
  { runs }: Pick<ReturnType<typeof openRuns>, 'runs'>,
  matches: (state: RunsState) => boolean,
): Promise<RunsState> {
  return new Promise((resolve) => {
    const check = (state: RunsState) => {
      if (!matches(state)) return;
      leave();
      resolve(state);
    };
    const leave = runs.subscribe(check);
    check(runs.getState());
  });
}
