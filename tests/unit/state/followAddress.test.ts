import { expect, it } from 'vitest';
import { defaultExperiment } from '../../../src/core/config.ts';
import { followAddress } from '../../../src/state/followAddress.ts';
import { createLabStore } from '../../../src/state/store.ts';
import { writeHash } from '../../../src/state/url.ts';
import { connectPlayer } from './playerClient.ts';

/** An address bar: what is written to it, and edits by hand. */
class Bar {
  readonly location = { hash: '' };
  /** As a browser's history: what Back goes through, the present address last. */
  readonly entries = [''];
  readonly history = {
    replaceState: (_data: unknown, _unused: string, url?: string | URL | null) => {
      this.location.hash = String(url);
      this.entries.splice(-1, 1, this.location.hash);
    },
    pushState: (_data: unknown, _unused: string, url?: string | URL | null) => {
      this.location.hash = String(url);
      this.entries.push(this.location.hash);
    },
  };
  #listener = () => {};

  addEventListener(_type: 'hashchange', listener: () => void): void {
    this.#listener = listener;
  }

  edit(hash: string): void {
    this.location.hash = hash;
    this.entries.push(hash);
    this.#listener();
  }

  back(): void {
    this.entries.pop();
    this.location.hash = this.entries.at(-1) ?? '';
    this.#listener();
  }
}

it('writes every change to the address, and follows edits of it', () => {
  const { client, ports } = connectPlayer();
  const store = createLabStore(client);
  const bar = new Bar();
  followAddress(store, bar);
  expect(bar.location.hash).toBe(`#${writeHash(defaultExperiment)}`);
  store.getState().actions.applySettings({ budget: 7 });
  expect(bar.location.hash).toBe(`#${writeHash({ ...defaultExperiment, budget: 7 })}`);

  bar.edit('#budget=8&hidden=none');
  expect(store.getState().config).toEqual({ ...defaultExperiment, budget: 8 });
  expect(store.getState().run).toBe(3);
  expect(store.getState().notices.map(({ text }) => text)).toEqual([
    'The address has hidden=none; allowed is a whole number from 4 to 1024. The default, 400, is used.',
  ]);
  expect(bar.location.hash).toBe(`#${writeHash({ ...defaultExperiment, budget: 8 })}`);

  bar.edit(bar.location.hash);
  expect(store.getState().run).toBe(3);
  ports.forEach((port) => port.terminate());
});

it('makes an entry of the history for every change, and Back goes through them without making more', () => {
  const { client, ports } = connectPlayer();
  const store = createLabStore(client);
  const bar = new Bar();
  followAddress(store, bar);
  const { actions } = store.getState();
  expect(bar.entries).toHaveLength(1);
  actions.applySettings({ budget: 7 });
  actions.setLaneMethod(0, 'gem');
  actions.reset();
  expect(bar.entries).toHaveLength(3);
  bar.back();
  expect(store.getState().config).toEqual({ ...defaultExperiment, budget: 7 });
  bar.back();
  expect(store.getState().config).toEqual(defaultExperiment);
  expect(bar.entries).toEqual([`#${writeHash(defaultExperiment)}`]);
  ports.forEach((port) => port.terminate());
});
