import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readDataset, readOwnFiles, SquareThreads } from '../../../../src/cli/data/readDataset.ts';
import { defaultSettings } from '../../../../src/core/config.ts';
import { DataError, type WholeDataset } from '../../../../src/core/dataset.ts';
import { splitMiniImagenet } from '../../../../src/core/scenarios.ts';
import { seekableFile } from '../../../../src/engine/data/archives.ts';
import { type MiniImagenetShape, splitClass } from '../../../../src/engine/data/miniImagenet.ts';
import { openFiles } from '../../../../src/engine/data/openFiles.ts';
import {
  className,
  colourOf,
  imageName,
  miniImagenetFiles,
  smallShape,
  writeFolder,
  zipOf,
} from '../smallMiniImagenet.ts';

const folders: string[] = [];
let whole: Map<string, Uint8Array>;
const text = (value: string) => new TextEncoder().encode(value);
const table = (files: Map<string, Uint8Array>, name: string) => new TextDecoder().decode(files.get(name));

async function folderOf(change: (files: Map<string, Uint8Array>) => void = () => {}): Promise<string> {
  const files = new Map(whole);
  change(files);
  const folder = await writeFolder(files);
  folders.push(folder);
  return folder;
}

async function zipFile(bytes: Uint8Array): Promise<string> {
  const folder = await writeFolder(new Map([['mini-imagenet.zip', bytes]]));
  folders.push(folder);
  return join(folder, 'mini-imagenet.zip');
}

async function readMiniImagenet(
  path: string,
  { shape, onProgress = () => {} }: { shape: MiniImagenetShape; onProgress?: (done: number, total: number) => void },
) {
  const imageBytes = 84 * 84 * 3;
  const { opened } = await readOwnFiles(path, {
    miniImagenet: shape,
    onProgress: ({ loaded, total }) => onProgress(loaded / imageBytes, total / imageBytes),
  });
  return opened;
}

async function refusal(path: string): Promise<string> {
  const error = await readMiniImagenet(path, { shape: smallShape }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

async function partial(
  change: (files: Map<string, Uint8Array>) => void,
): Promise<{ dataset: WholeDataset; texts: string[] }> {
  const opened = await readMiniImagenet(await folderOf(change), { shape: smallShape });
  if (opened.kind !== 'partial') throw new Error('It was read as whole.');
  return { dataset: opened.dataset, texts: opened.problems.map((problem) => problem.text) };
}

const kindOf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 2)).toString('hex').replace(/^(..)/, '$1 ');

/** Pictures of one pixel; Chromium decodes all but the last, which is the beginning of one. */
const pictures = {
  webp: bytesOf('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA'),
  lossless: bytesOf('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=='),
  gif: bytesOf('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'),
  bmp: bytesOf('Qk0eAAAAAAAAABoAAAAMAAAAAQABAAEAGAAAAP8A'),
  avif: bytesOf('AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZg=='),
};

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** The mean colour of an image. */
function colour(pixels: Uint8Array, index: number): number[] {
  const image = pixels.subarray(index * 21_168, (index + 1) * 21_168);
  return [0, 1, 2].map((channel) =>
    Math.round(image.reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) / 7_056),
  );
}

/** Threads take a second to start, and each reading starts its own: all but that of a folder share these. */
const threads = new SquareThreads();
// It is called with the threads.
// oxlint-disable-next-line typescript/unbound-method
const { square: squareBy } = SquareThreads.prototype;
const shareThreads = () =>
  vi.spyOn(SquareThreads.prototype, 'square').mockImplementation((...picture) => squareBy.apply(threads, picture));

beforeAll(() => {
  whole = miniImagenetFiles();
});

beforeEach(() => void shareThreads());
afterEach(() => vi.restoreAllMocks());

afterAll(async () => {
  await threads.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

describe('readMiniImagenet', () => {
  const kinds: [string, () => Promise<string>][] = [
    ['a folder', () => folderOf()],
    ['a zip', () => zipFile(zipOf(whole))],
    ['a zip of a folder', () => zipFile(zipOf(new Map([...whole].map(([path, bytes]) => [`mini/${path}`, bytes]))))],
  ];
  it.each(kinds)('gives each image of %s its class and half', async (what, path) => {
    if (what === 'a folder') vi.restoreAllMocks();
    const progress: [number, number][] = [];
    const opened = await readMiniImagenet(await path(), {
      shape: smallShape,
      onProgress: (...each) => progress.push(each),
    });
    expect(opened.kind).toBe('whole');
    const { train, test, imageShape, classNames } = opened.dataset;
    expect(imageShape).toEqual([84, 84, 3]);
    expect(classNames).toEqual(Array.from({ length: 100 }, (_class, label) => className(label)));
    expect([train.count, test.count]).toEqual([400, 100]);
    for (const label of [0, 63, 64, 99]) {
      const split = splitClass(label, 5, smallShape);
      [...split.train].forEach((image, i) => {
        const found = colour(train.pixels, label * 4 + i);
        expect(train.labels[label * 4 + i]).toBe(label);
        colourOf(label, image).forEach((value, channel) =>
          expect(Math.abs(found[channel] - value)).toBeLessThanOrEqual(3),
        );
      });
      expect(test.labels[label]).toBe(label);
      expect(Math.abs(colour(test.pixels, label)[1] - colourOf(label, split.test[0])[1])).toBeLessThanOrEqual(3);
    }
    expect(progress.length).toBe(500);
    expect(progress.at(-1)).toEqual([500, 500]);
  });

  it('makes twenty tasks of five classes', async () => {
    const { dataset } = await readMiniImagenet(await folderOf(), { shape: smallShape });
    const tasks = splitMiniImagenet.tasks(
      { train: dataset.train.labels, test: dataset.test.labels },
      { ...defaultSettings, samplesPerTask: 10 },
    );
    expect(tasks.length).toBe(20);
    expect([...new Set(Array.from(tasks[19].test, (index) => dataset.test.labels[index]))]).toEqual([
      95, 96, 97, 98, 99,
    ]);
  });

  it('counts and names rows that are bad, missing images and files that are no images', async () => {
    const { dataset, texts } = await partial((files) => {
      const first = imageName(0, 0);
      files.set(
        'train.csv',
        text(`${table(files, 'train.csv')}only-a-name\r\n,${className(3)}\r\n${first},${className(5)}\r\n`),
      );
      for (const image of [0, 1]) files.delete(`images/${imageName(70, image)}`);
      files.set(`images/${imageName(80, 0)}`, text('not a picture'));
      const picture = files.get(`images/${imageName(81, 2)}`) ?? new Uint8Array();
      files.set(`images/${imageName(81, 2)}`, picture.subarray(0, picture.length >> 1));
      files.set(`images/${imageName(82, 2)}`, new Uint8Array(0));
    });
    expect(texts).toEqual([
      '2 rows do not have a file name and a label (train.csv, line 322, train.csv, line 323).',
      `1 rows name an image that another row has named (${imageName(0, 0)}); each image belongs to one row.`,
      `2 rows name images that are missing: ${imageName(70, 0)}, ${imageName(70, 1)}.`,
      `3 files could not be read as images: ${[`${imageName(80, 0)} (a text)`, imageName(81, 2), imageName(82, 2)].sort().join(', ')}; JPEG or PNG is expected, under the names in the tables.`,
      `4 of 100 classes have fewer whole images than the 5 that are expected: ${className(70)} has 3, ${className(80)} has 4, ${className(81)} has 4 and 1 more.`,
    ]);
    expect(dataset.train.count + dataset.test.count).toBe(495);
    expect(dataset.train.labels.length).toBe(dataset.train.count);
    const last = dataset.train.count - 1;
    expect(Math.abs(colour(dataset.train.pixels, last)[0] - colourOf(99, 0)[0])).toBeLessThanOrEqual(3);
  });

  it('finds a file by the path that a row gives it, and among files of one name the right one', async () => {
    const gone = imageName(1, splitClass(1, 5, smallShape).train[0]);
    const { dataset, texts } = await partial((files) => {
      const [first, second] = [imageName(0, 0), imageName(0, 1)];
      const rows = table(files, 'train.csv').replace(first, `elsewhere/${first}`).replace(second, `b/same.jpg`);
      files.set('train.csv', text(rows));
      files.set('images/a/same.jpg', text('not the one'));
      files.set('images/b/same.jpg', files.get(`images/${second}`) ?? new Uint8Array());
      files.delete(`images/${gone}`);
    });
    expect(texts[0]).toBe(`1 rows name images that are missing: ${gone}.`);
    expect(texts.length).toBe(2);
    expect(dataset.train.count + dataset.test.count).toBe(499);
  });

  it('reads no other pictures than Node can, nor ones too large for the memory, and names what they are', async () => {
    const huge = Uint8Array.from(whole.get(`images/${imageName(1, 0)}`) ?? []);
    const frame = huge.findIndex((byte, at) => byte === 0xff && huge[at + 1] === 0xc0);
    new DataView(huge.buffer).setUint32(frame + 5, 30_000 * 0x10001);
    const seen: string[] = [];
    const openedWith = (changed: ReadonlyMap<string, Uint8Array>) => {
      const chosen = [...changed].map(([path, bytes]) =>
        seekableFile(path, bytes.length, (from, count) =>
          Promise.resolve(new Uint8Array(bytes.subarray(from, from + count))),
        ),
      );
      // The page decodes with what the browser knows: it must be asked for no other pictures.
      const square = (bytes: Uint8Array) => {
        seen.push(kindOf(bytes));
        return Promise.resolve(new Uint8Array(84 * 84 * 3));
      };
      return openFiles('mini', chosen, { square, onProgress: () => {}, miniImagenet: smallShape });
    };
    const others = [pictures.webp, pictures.gif, huge].map((bytes, image) => [`images/${imageName(2, image)}`, bytes]);
    const { opened } = await openedWith(new Map([...whole, ...(others as [string, Uint8Array][])]));
    expect(opened).toMatchObject({
      problems: [
        {
          count: 3,
          text: `3 files could not be read as images: ${imageName(2, 0)} (a WebP picture), ${imageName(2, 1)} (a GIF picture), ${imageName(2, 2)} (it has 30,000 × 30,000 pixels; at most 100,000,000 are read); JPEG or PNG is expected, under the names in the tables.`,
        },
        {},
      ],
    });
    const first = imageName(0, 0).slice(0, 9);
    const rest = [...whole].map(
      ([path, bytes]) => [path, path.endsWith('.csv') || path.includes(first) ? bytes : pictures.lossless] as const,
    );
    await expect(openedWith(new Map(rest))).rejects.toThrow(
      /^mini holds of the class n\d+ only 0 training and 0 test images .* 495 files could not be read as images: n\S+ \(a WebP picture\), .* and 492 more; JPEG or PNG is expected, under the names in the tables\. Choose a folder/,
    );
    expect(seen).toEqual(Array.from({ length: 497 + 5 }, () => 'ff d8'));
  });

  it.each([
    ['webp', 'a WebP picture'],
    ['gif', 'a GIF picture'],
    ['bmp', 'a BMP picture'],
    ['avif', 'a HEIC or AVIF picture'],
  ] as const)('refuses a folder of %s at once, whatever its files are called', async (kind, what) => {
    for (const ending of ['.jpg', `.${kind}`]) {
      const folder = await folderOf((files) => {
        for (const [path, bytes] of [...files]) {
          if (path.endsWith('.csv')) files.set(path, text(new TextDecoder().decode(bytes).replaceAll('.jpg', ending)));
          else {
            files.delete(path);
            // Three of them tell what they are.
            if (path.endsWith('02.jpg')) files.set(path.replace('.jpg', ending), pictures[kind]);
          }
        }
      });
      expect((await refusal(folder)).replace(`${folder}/`, '')).toMatch(
        new RegExp(
          `^images/n\\d+${ending} is ${what}, which is not read; JPEG and PNG are\\. Write its pictures as JPEG or PNG under the same names `,
        ),
      );
    }
  });

  it('names classes with more images than are used', async () => {
    const { dataset, texts } = await partial((files) => {
      files.set('images/further.jpg', files.get(`images/${imageName(9, 0)}`) ?? new Uint8Array());
      files.set('test.csv', text(`${table(files, 'test.csv')}further.jpg,${className(9)}\n`));
    });
    expect(texts).toEqual([`1 of 100 classes have more images than the 5 that are used: ${className(9)} has 6.`]);
    expect(dataset.train.count).toBe(400);
  });

  it('refuses folders and zips of which nothing can be made', async () => {
    expect(await refusal(await folderOf((files) => files.delete('val.csv')))).toMatch(
      / lacks val\.csv: it has (train|test)\.csv, (train|test)\.csv; train\.csv, val\.csv, test\.csv are needed\. Choose a folder/,
    );
    expect(await refusal(await folderOf((files) => files.set('val.csv', text('name;class\n'))))).toContain(
      'val.csv begins with "name;class"; its first line must be "filename,label"',
    );
    expect(await refusal(await folderOf((files) => files.set('val.csv', text(''))))).toContain('val.csv is empty');
    expect(await refusal(await folderOf((files) => files.set('val.csv', text('filename,label\n'))))).toContain(
      `has 84 classes in its tables (${className(0)}, ${className(1)}, ${className(2)} and 81 more); 100 are needed`,
    );
    const without = await folderOf((files) => {
      for (let image = 0; image < 5; image++) files.delete(`images/${imageName(33, image)}`);
    });
    expect(await refusal(without)).toContain(
      `holds of the class ${className(33)} only 0 training and 0 test images that are whole; at least one of each is needed, 4 and 1 are expected`,
    );
    expect(await refusal(join(without, 'nowhere'))).toContain(
      'nowhere does not exist. Name a folder, a zip or an archive with --data.',
    );
    const zip = zipOf(whole);
    expect(await refusal(await zipFile(zip.subarray(0, zip.length - 100)))).toContain(
      'mini-imagenet.zip is not a whole zip archive',
    );
    expect(await refusal(await zipFile(text('%PDF-1.4')))).toContain('mini-imagenet.zip is not a whole zip archive');
  });

  it('counts pictures that are damaged within a zip', async () => {
    const zip = zipOf(whole);
    const picture = whole.get(`images/${imageName(50, 0)}`) ?? new Uint8Array();
    const at = Buffer.from(zip).indexOf(Buffer.from(picture));
    zip.fill(0, at, at + 30);
    const opened = await readMiniImagenet(await zipFile(zip), { shape: smallShape });
    expect(opened).toMatchObject({
      kind: 'partial',
      problems: [
        {
          count: 1,
          text: expect.stringMatching(
            /^1 files cannot be read: .*\.jpg \(its bytes have another checksum than the directory of the zip says\)\.$/,
          ) as string,
        },
        { count: 1 },
      ],
    });
  });
});

describe('readDataset', () => {
  it('uses what is whole of MiniImagenet only if told so', async () => {
    const folder = await folderOf();
    await expect(readDataset('miniimagenet', { data: folder })).rejects.toThrow(
      `${folder} is not whole. 100 of 100 classes have fewer whole images than the 600 that are expected: ${className(0)} has 5, ${className(1)} has 5, ${className(2)} has 5 and 97 more. Repair the data, or add --use-partial-data`,
    );
    const lines: string[] = [];
    const dataset = await readDataset('miniimagenet', {
      data: folder,
      usePartial: true,
      onProgress: (line) => lines.push(line),
    });
    expect([dataset.train.count, dataset.test.count]).toEqual([400, 100]);
    expect(lines.slice(0, -1)).toEqual(
      Array.from({ length: 10 }, (_, tenth) => `Read ${10 * (tenth + 1)} % of ${folder}.`),
    );
    expect(lines.at(-1)).toMatch(/is not whole; what is whole is used\. 100 of 100 classes/);
    await writeFile(join(folder, 'notes.txt'), 'other files do no harm');
    expect((await readDataset('miniimagenet', { data: folder, usePartial: true })).train.count).toBe(400);
  });
});
