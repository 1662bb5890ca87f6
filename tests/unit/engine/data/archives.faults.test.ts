import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { zipOf } from '../../cli/smallMiniImagenet.ts';
import { cyclingLabels, idxImages, idxLabels } from '../../cli/smallMnist.ts';
import { cifar10Files, tarOf } from '../../worker/cifar10Tar.ts';
import {
  attempt,
  type Change,
  changesOf,
  joined,
  oddNumber,
  plainChanges,
  sameBytes,
  tryMany,
} from './hostileFiles.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type BytesChange = (bytes: Bytes, where: number, what: number) => Bytes;

const applied = (bytes: Bytes, list: readonly BytesChange[], changes: readonly Change[]) =>
  changes.reduce((now, [kind, where, what]) => list[kind](now, where, what), bytes);

const block = 512;
const imagesPerBatch = 20;
const text = (value: string) => new TextEncoder().encode(value);
const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes, { level: 1 }));

/** Where the headers of a tar are: behind each file's blocks comes the next (POSIX 1003.1, ustar). */
function headersOf(tar: Bytes): number[] {
  const places: number[] = [];
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    places.push(at);
    const size = parseInt(new TextDecoder().decode(tar.subarray(at + 124, at + 135)), 8);
    if (!(size >= 0)) break;
    at += block * (1 + Math.ceil(size / block));
  }
  return places;
}

/** A field of one header changed, its checksum right again. */
function withField(tar: Bytes, where: number, at: number, value: Uint8Array): Bytes {
  const places = headersOf(tar);
  if (places.length === 0) return tar;
  const copy = tar.slice();
  const place = places[where % places.length];
  const header = copy.subarray(place, place + block);
  header.set(value.subarray(0, block - at), at);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return copy;
}

const octal = (value: number) => text(value.toString(8).padStart(11, '0').slice(-11));
const names = [
  'data_batch_2.bin',
  '../../etc/passwd',
  'a/'.repeat(40),
  'batches.meta.txt',
  'x\n\x01y',
  'data_batch_1',
  '',
];

const tarChanges: readonly BytesChange[] = [
  ...plainChanges,
  // Sizes: odd ones in octal, in base 256, and what is no number.
  (tar, where, what) => withField(tar, where, 124, octal(oddNumber(what))),
  (tar, where, what) =>
    withField(tar, where, 124, Uint8Array.of(0x80 | (what & 0x7f), ...Array<number>(11).fill(what >> 8))),
  (tar, where, what) => withField(tar, where, 124, text(['-1', '8888', '', 'zzzzzzzzzzz'][what % 4].padEnd(12, '\0'))),
  // Kinds of entries: links, folders, GNU's and pax's long names, sparse files.
  (tar, where, what) => withField(tar, where, 156, text('0125LKxgSV\0\xff'[what % 12])),
  (tar, where, what) => withField(tar, where, 0, text(names[what % names.length].padEnd(100, '\0'))),
  (tar, where, what) => withField(tar, where, what % 400, Uint8Array.of(where)),
  (tar, where) => withField(tar, where, 257, text('xstar')),
  // Blocks taken out, doubled, filled, or put elsewhere.
  (tar, where, what) => {
    const at = block * (where % (1 + tar.length / block));
    return joined(tar.slice(0, at), tar.slice(at + block * (1 + (what % 9))));
  },
  (tar, where, what) => {
    const at = block * (where % (1 + tar.length / block));
    return joined(tar.slice(0, at), new Uint8Array(block * (1 + (what % 3))), tar.slice(at));
  },
  (tar, where, what) => {
    const at = block * (where % (1 + tar.length / block));
    return joined(tar.slice(at, at + block * (what % 200)), tar);
  },
];
const packedChanges: readonly BytesChange[] = [
  ...plainChanges.map(
    (change): BytesChange =>
      (tar, where, what) =>
        change(packed(tar), where, what),
  ),
  (tar) => joined(packed(tar.slice(0, 1_000)), packed(tar.slice(1_000))),
  (tar) => packed(packed(tar)),
];

let tar: Bytes;
beforeAll(async () => {
  tar = await tarOf(cifar10Files(imagesPerBatch), false);
});

it('a tar opens with exactly its values, or is refused with a sentence, at once', async () => {
  const whole = await attempt(new Map([['cifar.tar', tar]]), { imagesPerBatch });
  if (whole.kind !== 'opened') throw new Error(whole.message);
  const inputs = fc.tuple(
    fc.oneof(fc.constant([]), changesOf(tarChanges.length)),
    fc.option(fc.tuple(fc.nat({ max: packedChanges.length - 1 }), fc.nat(), fc.nat())),
    fc.boolean(),
  );
  const { opened, refused } = await tryMany(inputs, { short: 150, long: 10_000 }, async ([changes, pack, packs]) => {
    const bytes = applied(tar, tarChanges, changes);
    const given = pack === null ? (packs ? packed(bytes) : bytes) : applied(bytes, packedChanges, [pack]);
    const outcome = await attempt(new Map([['cifar-10-binary.tar.gz', given]]), { imagesPerBatch });
    if (changes.length > 0 || pack !== null) return outcome.kind;
    expect(outcome).toMatchObject({ kind: 'opened', opened: { kind: 'whole' } });
    if (outcome.kind === 'opened')
      for (const half of ['train', 'test'] as const) {
        const [found, expected] = [outcome.opened.dataset[half], whole.opened.dataset[half]];
        expect(sameBytes(found.pixels, expected.pixels) && sameBytes(found.labels, expected.labels)).toBe(true);
        // Image k of batch b is of class k mod 10, and its blue is b + k (POSIX says where, CIFAR-10's page how).
        expect([found.labels[7], found.pixels[3_072 * 7 + 2]]).toEqual([7, half === 'train' ? 7 : 12]);
      }
    return outcome.kind;
  });
  expect(Math.min(opened, refused)).toBeGreaterThan((opened + refused) / 10);
}, 1_000_000);

const idxFiles = new Map<string, Bytes>([
  ['mnist/train-images-idx3-ubyte', idxImages(110)],
  ['mnist/train-labels-idx1-ubyte', idxLabels(cyclingLabels(110))],
  ['mnist/t10k-images-idx3-ubyte', idxImages(20, 28, 28, (image, position) => image + position)],
  ['mnist/t10k-labels-idx1-ubyte', idxLabels(cyclingLabels(20))],
]);

/** Places of a signature in a zip. */
function placesOf(zip: Bytes, signature: readonly number[]): number[] {
  const places: number[] = [];
  const wanted = Buffer.from(signature);
  const buffer = Buffer.from(zip);
  for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) places.push(at);
  return places;
}

/** Bytes and places of the fields of a zip's headers (APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16). */
const zipHeaders = [
  { signature: [0x50, 0x4b, 3, 4], fields: [4, 6, 8, 14, 18, 22, 26, 28], wide: [14, 18, 22] },
  { signature: [0x50, 0x4b, 1, 2], fields: [6, 8, 10, 16, 20, 24, 28, 30, 32, 34, 38, 42], wide: [16, 20, 24, 38, 42] },
  { signature: [0x50, 0x4b, 5, 6], fields: [4, 6, 8, 10, 12, 16, 20], wide: [12, 16] },
];

const zipChanges: readonly BytesChange[] = [
  ...plainChanges,
  ...zipHeaders.map(({ signature, fields, wide }): BytesChange => {
    return (zip, where, what) => {
      const places = placesOf(zip, signature);
      if (places.length === 0) return zip;
      const field = fields[where % fields.length];
      const at = places[(where >> 4) % places.length] + field;
      const copy = zip.slice();
      const view = new DataView(copy.buffer);
      if (wide.includes(field) && at + 4 <= copy.length) view.setUint32(at, oddNumber(what), true);
      else if (at + 2 <= copy.length) view.setUint16(at, oddNumber(what), true);
      return copy;
    };
  }),
  (zip, where, what) => joined(zip, text('PK\x05\x06'), new Uint8Array(where % 40).fill(what)),
  (zip, where) => joined(new Uint8Array(where % 5_000), zip),
  (zip) => zipOf(new Map([['inner.zip', zip]])),
];

it('a zip opens with exactly its values, or is refused with a sentence, at once', async () => {
  const inputs = fc.tuple(fc.nat({ max: 15 }), fc.oneof(fc.constant([]), changesOf(zipChanges.length)));
  const { opened, refused } = await tryMany(inputs, { short: 200, long: 10_000 }, async ([deflated, changes]) => {
    const paths = [...idxFiles.keys()];
    const zip = zipOf(idxFiles, (path) => ((deflated >> paths.indexOf(path)) & 1) === 1);
    const outcome = await attempt(new Map([['mnist.zip', applied(zip, zipChanges, changes)]]));
    if (outcome.kind === 'refused') expect(changes.length, outcome.message).toBeGreaterThan(0);
    else {
      // Checksums leave no byte of a file to chance.
      const { train, test } = outcome.opened.dataset;
      const [trainImages, trainLabels, testImages, testLabels] = [...idxFiles.values()];
      expect(sameBytes(train.pixels, trainImages.subarray(16)) && sameBytes(test.pixels, testImages.subarray(16))).toBe(
        true,
      );
      expect(sameBytes(train.labels, trainLabels.subarray(8)) && sameBytes(test.labels, testLabels.subarray(8))).toBe(
        true,
      );
    }
    return outcome.kind;
  });
  expect(Math.min(opened, refused)).toBeGreaterThan((opened + refused) / 10);
}, 1_000_000);

/** A zip whose directory says another size of its entry than the entry has. */
function lyingZip(path: string, content: Uint8Array, said: number): Bytes {
  const zip = zipOf(new Map([[path, content]]), () => true);
  const view = new DataView(zip.buffer);
  for (const [signature, at] of [
    [[0x50, 0x4b, 3, 4], 22],
    [[0x50, 0x4b, 1, 2], 24],
  ] as const)
    for (const place of placesOf(zip, signature)) view.setUint32(place + at, said, true);
  return zip;
}

it('a file of a zip, or a packed one, with a single other byte or checksum is named', async () => {
  const [[images]] = idxFiles;
  for (const deflated of [true, false]) {
    const zip = zipOf(idxFiles, () => deflated);
    const [first] = placesOf(zip, [0x50, 0x4b, 1, 2]);
    const damaged = zip.slice();
    // The checksum in the directory.
    damaged[first + 16] ^= 1;
    const outcome = await attempt(new Map([['mnist.zip', damaged]]));
    expect(outcome).toEqual({
      kind: 'refused',
      message: expect.stringMatching(
        new RegExp(`^${images} cannot be read \\(its bytes have another checksum than the directory of the zip says`),
      ) as string,
    });
  }
  const gzipped = new Map([...idxFiles].map(([path, bytes]) => [`${path}.gz`, packed(bytes)]));
  const bytes = gzipped.get(`${images}.gz`);
  if (bytes === undefined) expect.unreachable();
  bytes[bytes.length - 8] ^= 1;
  const outcome = await attempt(gzipped);
  expect(outcome).toMatchObject({ kind: 'refused', message: expect.stringContaining(`${images}.gz`) as string });
});

it.each(['train-images-idx3-ubyte', 'data_batch_1.bin', 'train.csv', 'notes', 'cifar-10-binary.tar.gz'])(
  'an entry %s of a zip that lies about its size is refused at once, whichever way it lies',
  async (path) => {
    const bomb = Buffer.alloc(40_000_000);
    bomb.set(path.includes('idx') ? [0, 0, 8, 3] : text('filename,label'));
    for (const [content, said] of [
      [bomb, 1_000],
      [bomb.subarray(0, 1_000), 180_000_000],
      [bomb.subarray(0, 1_000), 0xfffffffe],
      [bomb, bomb.length],
    ] as const) {
      const outcome = await attempt(new Map([['data.zip', lyingZip(path, content, said)]]));
      expect(outcome.kind).toBe('refused');
    }
  },
  60_000,
);
