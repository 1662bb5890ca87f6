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

/**
 * An archive whose page can be closed: no code of it runs from then on, and what it had asked of storage may still be
 * done, but is not heard of.
 */
export function mortal<Archive extends object>(
  archive: Archive,
): { readonly archive: Archive; readonly close: () => void } {
  let open = true;
  const never = new Promise<never>(() => {});
  const whileOpen =
    (act: (...given: unknown[]) => unknown) =>
    (...given: unknown[]): unknown => {
      if (!open) return never;
      const answer = act(...given.map((each) => (typeof each === 'function' ? whileOpen(each as typeof act) : each)));
      return answer instanceof Promise ? answer.then((value: unknown) => (open ? value : never)) : answer;
    };
  const get = (target: Archive, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name);
    return typeof value === 'function' ? whileOpen(value.bind(target) as (...given: unknown[]) => unknown) : value;
  };
  return { archive: new Proxy(archive, { get }), close: () => void (open = false) };
}

/** The experiments of a page with a real pool, real runs and an archive in the storage that stands on `globalThis`. */
export function openSweep(plan: SweepPlan) {
  const recorded = new RecordedPool();
  const notices: string[] = [];
  let look = (): Promise<void> => Promise.resolve();
  const { archive, close: forget } = mortal(openRunArchive((text) => notices.push(text)));
  const store = createSweepStore(
    {
      pool: recorded.pool,
      archive,
      hasData: () => Promise.resolve(true),
      notify: (_tone, text) => notices.push(text),
      onStart: () => {},
      everySoOften: (listener) => (look = listener),
    },
    plan,
  );
  const { actions } = store.getState();
  actions.open();
  /** Ends the page as a closed tab does, its workers with it. */
  const close = () => {
    forget();
    recorded.pool.stop();
  };
  return { recorded, store, actions, notices, look: () => look(), close };
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
