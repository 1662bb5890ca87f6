import fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { cyclingLabels, idxImages, idxLabels } from '../../cli/smallMnist.ts';
import {
  attempt,
  type Change,
  changesOf,
  type Files,
  oddNumber,
  plainChanges,
  sameBytes,
  tryMany,
} from './hostileFiles.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};
const four: Files = new Map<string, Bytes>([
  [names.trainImages, idxImages(110)],
  [names.trainLabels, idxLabels(cyclingLabels(110))],
  [names.testImages, idxImages(20, 28, 28, (image, position) => image + position)],
  [names.testLabels, idxLabels(cyclingLabels(20))],
]);

const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes, { level: 1 }));
const keyAt = (files: Files, where: number) => [...files.keys()][where % Math.max(1, files.size)] ?? '';

function renamed(files: Files, where: number, rename: (path: string) => string): Files {
  const chosen = keyAt(files, where);
  return new Map([...files].map(([path, bytes]) => [path === chosen ? rename(path) : path, bytes]));
}

function changed(files: Files, where: number, change: (bytes: Bytes) => Bytes): Files {
  const chosen = keyAt(files, where);
  return new Map([...files].map(([path, bytes]) => [path, path === chosen ? change(bytes) : bytes]));
}

function withNumber(bytes: Bytes, at: number, value: number): Bytes {
  const copy = bytes.slice();
  if (copy.length >= at + 4) new DataView(copy.buffer).setUint32(at, value);
  return copy;
}

type FilesChange = (files: Files, where: number, what: number) => Files;

/** Changes after which the same values must come out. */
const harmless: readonly FilesChange[] = [
  (files) => new Map([...files].reverse()),
  (files, where) => changed(files, where, (bytes) => (bytes[0] === 0x1f ? bytes : packed(bytes))),
  (files) => new Map([...files].map(([path, bytes]) => [`raw/${path}`, bytes])),
  (files, where) => renamed(files, where, (path) => `${path}.gz`),
  (files, where) => renamed(files, where, (path) => path.replace('-idx', '.idx')),
  (files, _, what) => new Map([...files, ['.DS_Store', Uint8Array.of(what, 1)], ['README.md', new Uint8Array(9)]]),
  (files, where) => {
    const path = keyAt(files, where);
    return new Map([...files, [`again/${path}`, files.get(path) ?? new Uint8Array(0)]]);
  },
];

/** Changes after which they may be refused. */
const hostile: readonly FilesChange[] = [
  ...plainChanges.map(
    (change): FilesChange =>
      (files, where, what) =>
        changed(files, where, (bytes) => change(bytes, where >> 2, what)),
  ),
  // Magic number, count, height, width.
  ...[0, 4, 8, 12].map(
    (at): FilesChange =>
      (files, where, what) =>
        changed(files, where, (bytes) => withNumber(bytes, at, oddNumber(what))),
  ),
  (files, where, what) =>
    changed(files, where, (bytes) => withNumber(bytes, 0, [0x801, 0x803, 0x802, 0xd03][what % 4])),
  (files, where, what) =>
    changed(files, where, (bytes) =>
      withNumber(withNumber(bytes, 8, [1, 784, 14][what % 3]), 12, [784, 1, 56][what % 3]),
    ),
  (files, where) => new Map([...files].filter(([path]) => path !== keyAt(files, where))),
  (files, where, what) => {
    const other = files.get(keyAt(files, what)) ?? new Uint8Array(0);
    return changed(files, where, () => other);
  },
  (files, where, what) =>
    renamed(files, where, (path) => {
      const others = ['emnist-letters-', 'fashion-', 'kmnist/', 'emnist-byclass-', `${'x'.repeat(3_000)}/`, 'ä\n\0/'];
      return `${others[what % others.length]}${path}`;
    }),
  (files, where, what) => renamed(files, where, () => ['', 'x', 'x.bin', 'x.zip', 'x.tar', 'x.csv', 'x.png'][what % 7]),
  (files, where, what) => changed(files, where, (bytes) => plainChanges[what % 6](packed(bytes), where, what)),
  (files, where, what) => new Map([...files, [`other${what % 9}`, new Uint8Array(what % 50).fill(where)]]),
];

const applied = (files: Files, list: readonly FilesChange[], changes: readonly Change[]) =>
  changes.reduce((now, [kind, where, what]) => list[kind](now, where, what), files);

/** The contents of all files, as zlib unpacks them. */
function contents(files: Files): Uint8Array[] {
  return [...files.values()].map((bytes) => {
    try {
      return bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
    } catch {
      return bytes;
    }
  });
}

it('IDX files open with exactly their values, or are refused with a sentence, at once', async () => {
  const [trainImages, trainLabels, testImages, testLabels] = [...four.values()];
  const inputs = fc.tuple(changesOf(harmless.length), fc.oneof(fc.constant([]), changesOf(hostile.length)));
  const { opened, refused } = await tryMany(inputs, { short: 300, long: 10_000 }, async ([mild, wild]) => {
    const files = applied(applied(four, harmless, mild), hostile, wild);
    const outcome = await attempt(files);
    if (outcome.kind === 'refused') {
      expect(wild.length, outcome.message).toBeGreaterThan(0);
      return outcome.kind;
    }
    const { train, test, name } = outcome.opened.dataset;
    if (wild.length === 0) {
      expect(name).toBe('MNIST from your files');
      expect(sameBytes(train.pixels, trainImages.subarray(16)) && sameBytes(test.pixels, testImages.subarray(16))).toBe(
        true,
      );
      expect(sameBytes(train.labels, trainLabels.subarray(8)) && sameBytes(test.labels, testLabels.subarray(8))).toBe(
        true,
      );
      return outcome.kind;
    }
    // Whatever was changed: what comes out is what some file holds. EMNIST's images are set upright.
    const held = contents(files);
    for (const half of [train, test]) {
      expect(held.some((bytes) => sameBytes(bytes.subarray(8), half.labels))).toBe(true);
      if (!name.startsWith('EMNIST'))
        expect(held.some((bytes) => sameBytes(bytes.subarray(16), half.pixels))).toBe(true);
    }
    return outcome.kind;
  });
  // Half of the inputs are whole.
  expect(Math.min(opened, refused)).toBeGreaterThan((opened + refused) / 5);
}, 1_000_000);
