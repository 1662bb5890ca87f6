import { openKeptRunArchive } from '../../../../src/state/runs/keepRuns.ts';
import { createRunLock } from '../../../../src/state/thisBrowser.ts';
import { createRunsStore, type RunsState } from '../../../../src/state/runs/runsStore.ts';
import type { Opening } from '../../../../src/state/store.ts';
import type { PlayerParts } from '../../../../src/worker/player.ts';
import { mortal, openLab } from '../openLab.ts';

/**
 * A lab on a real player with its store of runs, in the storage that stands on `globalThis`.
 *
 * @param reloaded the run that the page showed before it was loaded again; null if it is opened afresh
 */
export function openRuns(
  opening: Partial<Opening> = {},
  { reloaded = null, parts = {} }: { reloaded?: string | null; parts?: Partial<PlayerParts> } = {},
) {
  const lab = openLab(opening, parts);
  const { archive, close } = mortal(openKeptRunArchive((text) => lab.actions.notify('warning', text)));
  let hide = () => {};
  let look = () => {};
  let remembered: string | null = reloaded;
  const runs = createRunsStore({
    lab: lab.store,
    archive,
    lock: createRunLock(),
    opening: { config: opening.config ?? null, reloaded },
    remember: (id) => (remembered = id),
    onHide: (listener) => (hide = listener),
    everySoOften: (listener) => (look = listener),
  });
  return {
    ...lab,
    archive,
    runs,
    runsActions: runs.getState().actions,
    hide: () => hide(),
    look: () => look(),
    remembered: () => remembered,
    /** Ends the page as a closed tab does. */
    close() {
      close();
      lab.ports.at(-1)?.terminate();
    },
  };
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
