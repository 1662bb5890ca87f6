import 'fake-indexeddb/auto';
import { createStore, del, get, keys, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WholeDataset } from '../../../src/core/dataset.ts';
import { hasData, storagePatience } from '../../../src/link/browserStore.ts';
import { keepDataset, readKeptDataset } from '../../../src/worker/keptDataset.ts';

const size = 84 * 84 * 3;

/** A dataset of more than one piece: 8 MB hold 377 images. */
function dataset(train: number, test: number, name = 'MiniImagenet from your files'): WholeDataset {
  const half = (count: number, salt: number) => ({
    count,
    labels: Uint8Array.from({ length: count }, (_, image) => image % 3),
    pixels: Uint8Array.from({ length: count * size }, (_, i) => i * 31 + (i >> 8) + salt),
  });
  return { name, imageShape: [84, 84, 3], classNames: ['a', 'b', 'c'], train: half(train, 0), test: half(test, 7) };
}

/** The dataset as a view on a larger memory, as it is where images were missing. */
function viewed({ train, ...rest }: WholeDataset): WholeDataset {
  const larger = new Uint8Array(train.pixels.length + 1_000);
  larger.set(train.pixels, 500);
  return { ...rest, train: { ...train, pixels: larger.subarray(500, 500 + train.pixels.length) } };
}

const small = dataset(800, 30);
const store = () => createStore('mir-lab-opened-miniimagenet', 'pieces');

beforeEach(() => vi.unstubAllGlobals());
afterEach(() => vi.useRealTimers());

describe('keepDataset', () => {
  it('keeps all bytes in pieces, from which the same dataset comes back', async () => {
    expect(await readKeptDataset('miniimagenet')).toBeNull();
    expect(await keepDataset('miniimagenet', viewed(small))).toBeNull();
    const kept = await readKeptDataset('miniimagenet');
    expect(kept?.train.count).toBe(800);
    expect(Buffer.compare(kept?.train.pixels ?? new Uint8Array(), small.train.pixels)).toBe(0);
    expect(Buffer.compare(kept?.test.pixels ?? new Uint8Array(), small.test.pixels)).toBe(0);
    expect(kept?.test.labels).toEqual(small.test.labels);
    expect(kept).toMatchObject({ name: small.name, imageShape: [84, 84, 3], classNames: ['a', 'b', 'c'] });
    expect(await readKeptDataset('cifar10')).toBeNull();
    for (const key of await keys(store())) {
      const value: unknown = await get(key, store());
      if (value instanceof Uint8Array) expect(value.buffer.byteLength).toBeLessThanOrEqual(8_000_000);
    }
  });

  it('takes the place of an earlier dataset', async () => {
    await keepDataset('miniimagenet', small);
    await keepDataset('miniimagenet', dataset(4, 2));
    expect((await readKeptDataset('miniimagenet'))?.train.count).toBe(4);
    expect((await keys(store())).map(String).sort()).toEqual(['record', 'test 0', 'train 0']);
  });

  it('says why nothing is kept, and then keeps nothing at all', async () => {
    await keepDataset('miniimagenet', dataset(4, 2));
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    put.mockImplementationOnce(() => {
      throw new DOMException('No room.', 'QuotaExceededError');
    });
    const reason = await keepDataset('miniimagenet', small);
    put.mockRestore();
    expect(reason?.text).toBe(
      "MiniImagenet from your files could not be kept here: the browser's storage is full. Everything works, but the next visit must open the files again.",
    );
    expect(await keys(store())).toEqual([]);
    expect(await readKeptDataset('miniimagenet')).toBeNull();
  });

  it('does without storage that never answers, and says so', async () => {
    vi.stubGlobal('indexedDB', { open: () => ({}) });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answers = [
      readKeptDataset('miniimagenet'),
      hasData('miniimagenet'),
      keepDataset('miniimagenet', small),
    ] as const;
    await vi.advanceTimersByTimeAsync(storagePatience);
    expect(await Promise.all(answers)).toEqual([
      null,
      false,
      expect.objectContaining({
        text: expect.stringContaining("could not be kept here: the browser's storage does not answer") as string,
      }),
    ]);
  });

  it('says so where there is no storage', async () => {
    vi.stubGlobal('indexedDB', undefined);
    expect((await keepDataset('miniimagenet', small))?.text).toContain(
      'the browser does not let this page store files (TypeError)',
    );
    expect(await readKeptDataset('miniimagenet')).toBeNull();
  });
});

describe('readKeptDataset', () => {
  it.each<[string, () => Promise<void>]>([
    ['a piece is missing', () => del('train 8000000', store())],
    ['a piece is short', () => set('test 0', new Uint8Array(5), store())],
    ['a piece is something else', () => set('train 0', 'pixels', store())],
    ['the record is missing', () => del('record', store())],
    ['the record is something else', () => set('record', { name: 'x' }, store())],
  ])('gives nothing back if %s', async (_, damage) => {
    await keepDataset('miniimagenet', small);
    await damage();
    expect(await readKeptDataset('miniimagenet')).toBeNull();
  });
});
