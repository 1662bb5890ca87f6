import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError, type OpenedDataset } from '../../../src/core/dataset.ts';
import type { LoadProgress } from '../../../src/link/protocol.ts';
import { openFiles } from '../../../src/engine/data/openFiles.ts';
import { seekableFile } from '../../../src/engine/data/archives.ts';
import { namedFiles } from '../../../src/worker/keptDataset.ts';
import { binaryBatch, cifar10Files, tarOf } from './cifar10Tar.ts';

const images = 200;
const name = 'cifar-10-binary.tar.gz';
const batch = (number: number) => `cifar-10-batches-bin/data_batch_${number}.bin`;
const testBatch = 'cifar-10-batches-bin/test_batch.bin';

async function open(
  bytes: Uint8Array<ArrayBuffer>,
  onProgress: (progress: LoadProgress) => void = () => {},
): Promise<OpenedDataset> {
  const square = () => Promise.reject(new Error('There are no pictures here.'));
  const files = namedFiles([new File([bytes], name)], seekableFile);
  return (await openFiles('The selection', files, { square, onProgress, imagesPerBatch: images })).opened;
}

async function refusal(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const error = await open(bytes).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

/** Opens a small archive with some files changed. */
async function changed(change: (files: Map<string, Uint8Array>) => void) {
  const files = cifar10Files(images);
  change(files);
  return tarOf(files);
}

async function partial(bytes: Uint8Array<ArrayBuffer>) {
  const opened = await open(bytes);
  if (opened.kind !== 'partial') throw new Error('It was opened as whole.');
  return { dataset: opened.dataset, problems: opened.problems, texts: opened.problems.map(({ text }) => text) };
}

describe('openFiles, of CIFAR-10’s archive', () => {
  it.each([true, false])('gives each batch its place, in whatever order they come (gzip: %s)', async (packed) => {
    const opened = await open(await tarOf(cifar10Files(images), packed));
    expect(opened.kind).toBe('whole');
    const { train, test, imageShape, classNames } = opened.dataset;
    expect([train.count, test.count]).toEqual([5 * images, images]);
    expect(imageShape).toEqual([32, 32, 3]);
    expect(classNames[9]).toBe('truck');
    for (const image of [0, images - 1, 3 * images + 17]) {
      const [of, within] = [Math.floor(image / images), image % images];
      expect(train.labels[image]).toBe(within % 10);
      const pixels = [...train.pixels.subarray(3_072 * image, 3_072 * (image + 1))];
      expect(pixels).toEqual(Array.from({ length: 1_024 }, () => [of, within, of + within]).flat());
    }
    expect([...test.pixels.subarray(3_072, 3_075)]).toEqual([5, 1, 6]);
  });

  it('opens an archive of many gzip members, and says where one is cut off or something else follows', async () => {
    const tar = await tarOf(cifar10Files(images), false);
    const pieces = Array.from({ length: Math.ceil(tar.length / 50_000) }, (_, piece) =>
      gzipSync(tar.subarray(50_000 * piece, 50_000 * (piece + 1))),
    );
    const opened = await open(new Uint8Array(Buffer.concat([...pieces, Buffer.alloc(1_024)])));
    expect(opened.kind).toBe('whole');
    expect([...opened.dataset.test.pixels.subarray(3_072, 3_075)]).toEqual([5, 1, 6]);
    const stopped = 'The archive is damaged or cut off: reading it stopped before its end.';
    const junk = await partial(new Uint8Array(Buffer.concat([...pieces, Buffer.from('junk')])));
    expect([junk.texts, junk.dataset.train.count]).toEqual([[stopped], 5 * images]);
    const cut = await partial(new Uint8Array(Buffer.concat(pieces).subarray(0, -pieces[pieces.length - 1].length - 9)));
    expect(cut.texts[0]).toBe(stopped);
    // At most two members of 50,000 bytes, which are 33 images of 3,073.
    const left = cut.dataset.train.count + cut.dataset.test.count;
    expect([left >= 6 * images - 33, left < 6 * images]).toEqual([true, true]);
  });

  it('tells how much of the file has been read', async () => {
    const bytes = await tarOf(cifar10Files(images));
    const progress: LoadProgress[] = [];
    await open(bytes, (each) => progress.push(each));
    expect(progress.at(-1)).toEqual({ what: name, loaded: bytes.length, total: bytes.length });
  });

  it('counts and names a short batch, a long one, and impossible labels', async () => {
    const bytes = await changed((files) => {
      files.set(batch(2), binaryBatch(1, images).subarray(0, 150 * 3_073 + 5));
      files.set(batch(4), Uint8Array.from([...binaryBatch(3, images), 1, 2, 3]));
      const wrong = binaryBatch(4, images);
      for (const image of [3, 9, 11, 12]) wrong[3_073 * image] = 200 + image;
      files.set(batch(5), wrong);
    });
    const { dataset, problems, texts } = await partial(bytes);
    expect(texts.sort()).toEqual([
      'data_batch_2.bin has 460,955 bytes; 200 images need 614,600: 50 are missing or cut off.',
      'data_batch_4.bin has 614,603 bytes; 200 images need 614,600: 1 too many.',
      'data_batch_5.bin has 4 records with impossible labels (203, 209, 211 and 1 more); labels go from 0 to 9.',
    ]);
    expect(problems.reduce((sum, { count }) => sum + count, 0)).toBe(55);
    expect(dataset.train.count).toBe(5 * images - 54);
    expect([...dataset.train.pixels.subarray(3_072 * 350, 3_072 * 350 + 3)]).toEqual([2, 0, 2]);
    expect(dataset.train.labels.length).toBe(dataset.train.count);
    expect(dataset.test.count).toBe(images);
  });

  it('names missing batches and repeated ones', async () => {
    const files = [...cifar10Files(images)].filter(([path]) => path !== batch(1) && path !== batch(3));
    const { dataset, texts } = await partial(await tarOf([...files, [batch(2), binaryBatch(0, images)]]));
    expect(texts).toEqual([
      'data_batch_2.bin is there twice; the first one is used.',
      '2 of 6 batches are missing: data_batch_1.bin, data_batch_3.bin.',
    ]);
    expect(dataset.train.count).toBe(3 * images);
    expect(dataset.train.pixels[0]).toBe(1);
  });

  it('names classes that lack images where nothing else is wrong', async () => {
    const { texts } = await partial(
      await changed((files) => {
        const other = binaryBatch(0, images);
        other[0] = 9;
        files.set(batch(1), other);
      }),
    );
    expect(texts).toEqual(['2 classes do not have 100 training images: airplane 99, truck 101.']);
  });

  it('keeps what comes before the place where the archive is cut off or damaged', async () => {
    const tar = await tarOf(cifar10Files(images), false);
    const cut = await partial(tar.slice(0, Math.round(tar.length * 0.8)));
    expect(cut.texts[0]).toBe('The archive is damaged or cut off: reading it stopped before its end.');
    expect(cut.texts[1]).toMatch(/^1 of 6 batches are missing: data_batch_1\.bin\.$/);
    expect(cut.dataset.test.count).toBe(images);

    const packed = await tarOf(cifar10Files(images));
    const { texts } = await partial(packed.slice(0, packed.length - 20));
    expect(texts[0]).toBe('The archive is damaged or cut off: reading it stopped before its end.');
  });

  it('refuses other archives, and says which one is needed', async () => {
    const one = (path: string, text = 'x') => tarOf([[path, new TextEncoder().encode(text)]]);
    const needed = 'the binary version of CIFAR-10 (cifar-10-binary.tar.gz) is needed';
    expect(await refusal(await one('cifar-10-batches-py/data_batch_4'))).toContain(
      `${name} is CIFAR-10's version for Python; ${needed}. Choose`,
    );
    expect(await refusal(await one('test_batch'))).toContain("is CIFAR-10's version for Python");
    expect(await refusal(await one('cifar-10-batches-mat/data_batch_1.mat'))).toContain('is a version for Matlab');
    expect(await refusal(await one('cifar-100-binary/train.bin'))).toContain('is CIFAR-100;');
    expect(await refusal(await one('fine_label_names.txt'))).toContain('is CIFAR-100;');
    expect(await refusal(await one('holiday/beach.jpg'))).toContain(
      'it holds holiday/beach.jpg; data_batch_1.bin and the others are needed',
    );
    expect(await refusal(await one('cifar-10-batches-bin/batches.meta.txt', 'apple\npear\n'))).toContain(
      'names the classes apple, pear; CIFAR-10',
    );
    expect(await refusal(await tarOf([]))).toContain('it holds no files');
  });

  it('refuses what is no archive, and archives without a single image to use', async () => {
    expect(await refusal(new TextEncoder().encode('%PDF-1.4 and so on'.repeat(100)))).toMatch(
      /^cifar-10-binary\.tar\.gz is n/,
    );
    expect(await refusal(new Uint8Array(0))).toContain('is empty');
    const packed = await tarOf(cifar10Files(images));
    expect(await refusal(packed.slice(0, 50))).toContain('is not a whole .tar.gz archive');
    expect(await refusal(await changed((files) => files.delete(testBatch)))).toContain(
      'has 0 whole test images of airplane; at least 1 are needed, and 20 are in the complete data',
    );
  });

  it('refuses a bomb by the size that it declares, before it is unpacked', async () => {
    const bytes = await tarOf([['cifar-10-batches-bin/data_batch_1.bin', new Uint8Array(1_000)]], false);
    bytes.set(new TextEncoder().encode('40000000000'), 124);
    // The checksum counts its own eight bytes as spaces (POSIX 1003.1, ustar).
    bytes.fill(0x20, 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    expect(await refusal(bytes)).toBe(
      "cifar-10-binary.tar.gz unpacks to more than 35,687,600 bytes (cifar-10-batches-bin/data_batch_1.bin alone has 4,294,967,296); CIFAR-10's binary version has 184,380,000. Choose cifar-10-binary.tar.gz, about 170 MB, from the CIFAR-10 home page.",
    );
  });

  it('stops unpacking what goes on behind the end of the archive', async () => {
    const tar = await tarOf(cifar10Files(20), false);
    const bomb = Buffer.concat([tar, Buffer.alloc(80_000_000)]);
    expect(await refusal(new Uint8Array(gzipSync(bomb, { level: 1 })))).toMatch(
      /^cifar-10-binary\.tar\.gz unpacks to more than 35,687,600 bytes; CIFAR-10/,
    );
  });
});
