import { expect, it } from 'vitest';
import { defaultExperiment } from '../../../src/core/config.ts';
import type { Command } from '../../../src/link/protocol.ts';
import { nobodyHasWatched, rememberBoundary, watchesBoundary } from '../../../src/state/thisBrowser.ts';
import { createLabStore } from '../../../src/state/store.ts';
import { smallRun } from './smallRun.ts';

/** A browser's storage, as far as it is used. */
function storageOf(values: Map<string, string>): Storage {
  const used: Pick<Storage, 'getItem' | 'setItem'> = {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
  return used as Storage;
}

function page(values: Map<string, string>) {
  const sent: Command[] = [];
  const client = {
    send: (command: Command) => void sent.push(command),
    onReport: () => () => {},
    onLink: () => () => {},
    restart: () => {},
  };
  const storage = () => storageOf(values);
  const opening = { config: defaultExperiment, backendChoice: 'auto' as const, problems: [] };
  const store = createLabStore(client, { ...opening, lingers: nobodyHasWatched(storage) });
  rememberBoundary(store, storage);
  const tasks = [1, 2].map((number) => ({ ...smallRun.tasks[0], number, steps: 100, trainingImages: 1_000 }));
  const at = (step: number) =>
    store.setState({ phase: { kind: 'playing' }, shown: { ...smallRun, config: defaultExperiment, tasks, step } });
  return { store, sent, at };
}

it('slows the first boundary down once on a device', () => {
  const values = new Map<string, string>();
  const { store, sent, at } = page(values);
  expect(sent[0]).toMatchObject({ kind: 'start', lingers: true });
  const slow = [99, 100, 114].map((step) => {
    at(step);
    return watchesBoundary(store.getState());
  });
  expect([slow, values.size]).toEqual([[false, true, true], 0]);
  at(115);
  expect([watchesBoundary(store.getState()), values.size]).toEqual([false, 1]);
  expect(page(values).sent[0]).not.toHaveProperty('lingers');
});

it('goes on at once when the viewer says so, and does not come back', () => {
  const values = new Map<string, string>();
  const { store, sent, at } = page(values);
  at(103);
  store.getState().actions.hurry();
  expect(sent.at(-1)).toEqual({ kind: 'speed', speed: null });
  expect([watchesBoundary(store.getState()), values.size]).toEqual([false, 1]);
  store.getState().actions.reset();
  expect(sent.findLast(({ kind }) => kind === 'start')).not.toHaveProperty('lingers');
});

it('never where storage is forbidden, because it could not be told that it was seen', () => {
  expect(
    nobodyHasWatched(() => {
      throw new DOMException('forbidden', 'SecurityError');
    }),
  ).toBe(false);
});
