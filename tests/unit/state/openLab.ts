import { onTestFinished } from 'vitest';
import type { StoreApi } from 'zustand/vanilla';
import type { LabState } from '../../../src/state/labState.ts';
import { createLabStore, type LabStore, type Opening } from '../../../src/state/store.ts';
import type { PlayerParts } from '../../../src/worker/player.ts';
import { smallExperiment } from '../worker/recordedPlayer.ts';
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

/** Resolves with the first state, now or to come, that `matches`. */
export function until(store: StoreApi<LabStore>, matches: (state: LabState) => boolean): Promise<LabState> {
  return new Promise((resolve) => {
    const check = (state: LabStore) => {
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
