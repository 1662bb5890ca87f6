import { onTestFinished } from 'vitest';
import type { StoreApi } from 'zustand/vanilla';
import type { LabState } from '../../../src/state/labState.ts';
import { openRunArchive } from '../../../src/state/runArchive.ts';
import { createLabStore, type Opening } from '../../../src/state/store.ts';
import type { SweepPlan } from '../../../src/state/sweepPlan.ts';
import { createSweepStore } from '../../../src/state/sweepStore.ts';
import type { PlayerParts } from '../../../src/worker/player.ts';
import { smallExperiment } from '../worker/recordedPlayer.ts';
import { RecordedPool } from '../worker/sweepPort.ts';
import { connectPlayer } from './playerClient.ts';

/** A store on a real player, on the cpu backend; closed when the test is over. */
export function openLab(opening: Partial<Opening> = {}, parts: Partial<PlayerParts> = {}) {
  const connection = connectPlayer(parts);
  const store = createLabStore(connection.client, {
    config: smallExperiment,
    backendChoice: 'cpu',
    problems: [],
    ...opening,
  });
  onTestFinished(() => connection.ports.forEach((port) => port.terminate()));
  return { store, actions: store.getState().actions, ...connection };
}

/** The experiments of a page with a real pool, real runs and an archive in the storage that stands on `globalThis`. */
export function openSweep(plan: SweepPlan) {
  const recorded = new RecordedPool();
  const notices: string[] = [];
  let look = () => {};
  const store = createSweepStore(
    {
      pool: recorded.pool,
      archive: openRunArchive((text) => notices.push(text)),
      hasData: () => Promise.resolve(true),
      notify: (_tone, text) => notices.push(text),
      onStart: () => {},
      everySoOften: (listener) => (look = listener),
    },
    plan,
  );
  const { actions } = store.getState();
  actions.open();
  return { recorded, store, actions, notices, look: () => look() };
}

/** Resolves with the first state, now or to come, that `matches`. */
export function until<State>(
  store: Pick<StoreApi<State>, 'getState' | 'subscribe'>,
  matches: (state: State) => boolean,
): Promise<State> {
  return new Promise((resolve) => {
    const check = (state: State) => {
      if (!matches(state)) return;
      leave();
      resolve(state);
    };
    const leave = store.subscribe(check);
    check(store.getState());
  });
}

/** Whether a state is in some phase, and of some run. */
export const phase = (kind: LabState['phase']['kind'], run?: number) => (state: LabState) =>
  state.phase.kind === kind && (run === undefined || state.run === run);
