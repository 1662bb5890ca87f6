import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/core/dataset.ts';
import { openIdxDataset } from '../../../src/engine/data/idx.ts';
import { seekableFile } from '../../../src/engine/data/archives.ts';
import { namedFiles } from '../../../src/worker/keptDataset.ts';
import { cyclingLabels, idxImages, idxLabels } from '../cli/smallMnist.ts';

const trainImages = idxImages(120);
const testImages = idxImages(30, 28, 28, (image, position) => image + position);
const trainLabels = idxLabels(cyclingLabels(120));
const testLabels = idxLabels(cyclingLabels(30));
const file = (name: string, bytes: Uint8Array<ArrayBuffer>) => new File([bytes], name);
const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));

const four = () => [file('a', trainImages), file('b', testLabels), file('c', testImages), file('d', trainLabels)];

const openIdxFiles = (files: File[]) => openIdxDataset('The selection', namedFiles(files, seekableFile));

async function refusal(files: File[]): Promise<string> {
  const error = await openIdxFiles(files).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('openIdxFiles', () => {
  it('tells the four files apart by what they hold, in any order, plain or packed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([trainImages, trainLabels, testImages, testLabels], { minLength: 4 }),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        async (contents, pack) => {
          const files = contents.map((bytes, i) => file(`file ${i}`, pack[i] ? packed(bytes) : bytes));
          const dataset = await openIdxFiles(files);
          expect([dataset.train.count, dataset.test.count]).toEqual([120, 30]);
          expect(Buffer.compare(dataset.train.labels, trainLabels.subarray(8))).toBe(0);
          expect(Buffer.compare(dataset.test.labels, testLabels.subarray(8))).toBe(0);
          expect(Buffer.compare(dataset.train.pixels, trainImages.subarray(16))).toBe(0);
          expect(Buffer.compare(dataset.test.pixels, testImages.subarray(16))).toBe(0);
          expect(dataset.imageShape).toEqual([28, 28, 1]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('says which file lacks its partner', async () => {
    expect(await refusal(four().slice(0, 3))).toMatch(
      /^The selection has 3 files, 2 with images and 1 with labels \(a, c, b\); two of each are needed\./,
    );
    expect(await refusal([])).toContain('has 0 files, 0 with images and 0 with labels (none)');
    expect(await refusal([...four().slice(0, 3), file('d', idxLabels(cyclingLabels(119)))])).toBe(
      "a has 120 images, but no file has as many labels (b has 30 labels, d has 119 labels). Choose MNIST's four files together: images and labels for training, images and labels for testing.",
    );
    const others = idxImages(30, 28, 28, (image, position) => image + 2 * position);
    expect(await refusal([...four(), file('e', others)])).toContain('has 5 files, 3 with images');
    expect(
      await refusal([
        file('a', trainImages),
        file(
          'c',
          idxImages(120, 28, 28, (image, position) => image + 3 * position),
        ),
        ...four().filter(({ name }) => 'bd'.includes(name)),
      ]),
    ).toContain('c has 120 images, as many as a');
  });

  it('refuses files that are truncated, damaged, foreign or mislabelled, by name', async () => {
    const without = (name: string) => four().filter((each) => each.name !== name);
    const gz = packed(trainImages);
    expect(await refusal([...without('a'), file('cut.gz', gz.subarray(0, gz.length - 20))])).toMatch(
      /^cut\.gz is a damaged or truncated gzip file of [\d,]+ bytes/,
    );
    const damaged = gz.slice();
    damaged[200] ^= 255;
    expect(await refusal([...without('a'), file('bad.gz', damaged)])).toMatch(
      /^bad\.gz is a damaged or truncated gzip file/,
    );
    expect(await refusal([...without('a'), file('cut', trainImages.subarray(0, 1_000))])).toMatch(
      /^cut has 1,000 bytes; 120 images of 28 × 28 need 94,096/,
    );
    expect(await refusal([...without('b'), file('holiday.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))])).toMatch(
      /^holiday\.jpg is not an IDX file/,
    );
    expect(
      await refusal([...without('b'), file('letters', idxLabels(Array.from({ length: 30 }, (_, i) => i)))]),
    ).toMatch(/^letters says that image 11 is of class 10; labels go from 0 to 9/);
    expect(await refusal([...without('a'), file('large', idxImages(120, 32, 32))])).toMatch(
      /^large holds images of 32 × 32; MNIST's are 28 × 28/,
    );
    const noNines = cyclingLabels(30).map((label) => (label === 9 ? 8 : label));
    expect(await refusal([...without('b'), file('b', idxLabels(noNines))])).toMatch(
      /^c has 0 images labelled 9; at least 1 of each digit/,
    );
  });

  it('opens gzip of several members and with zeros behind them, and says what else is wrong with one', async () => {
    const [first, second] = [packed(trainImages.subarray(0, 70_000)), packed(trainImages.subarray(70_000))];
    const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
    const opening = (bytes: Uint8Array<ArrayBuffer>) => [
      ...four().filter(({ name }) => name !== 'a'),
      file('a.gz', bytes),
    ];
    for (const bytes of [
      joined(first, second),
      joined(first, packed(new Uint8Array(0)), second, new Uint8Array(70_000)),
      joined(first, new Uint8Array(512), second),
    ])
      expect(Buffer.compare((await openIdxFiles(opening(bytes))).train.pixels, trainImages.subarray(16))).toBe(0);
    const words = /^a\.gz is a damaged or truncated gzip file of [\d,]+ bytes \((?<reason>.*)\); it should unpack to/;
    for (const [bytes, reason] of [
      [joined(first, second, Buffer.from('end')), 'what follows its end is not gzip'],
      [joined(first, second, new Uint8Array(9), Buffer.from([0x1f, 0x8c])), 'what follows its end is not gzip'],
      [joined(first, second.subarray(0, second.length - 9)), 'it is cut off'],
      [joined(first, second.subarray(0, 5)), 'it is cut off'],
      [joined(first, second.with(second.length - 6, second[second.length - 6] ^ 1)), 'its bytes are damaged'],
    ] as const)
      expect(words.exec(await refusal(opening(bytes)))?.groups?.reason).toBe(reason);
  });

  it('stops unpacking what grows beyond any MNIST', async () => {
    const bomb = gzipSync(Buffer.alloc(210_000_000), { level: 1 });
    expect(await refusal([file('bomb.gz', new Uint8Array(bomb))])).toMatch(/^bomb\.gz has more than 200,000,000 bytes/);
  }, 30_000);
});
