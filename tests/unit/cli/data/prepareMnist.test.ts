import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHalf, type SourceDirectory, writeMnist } from '../../../../src/cli/data/mnist.ts';
import { readMnist } from '../../../../src/cli/data/readDataset.ts';
import { defaultSettings } from '../../../../src/core/config.ts';
import { DataError } from '../../../../src/core/dataset.ts';
import { splitMnist } from '../../../../src/core/scenarios.ts';
import { neededSamples } from '../../../../src/core/stream.ts';
import { parseManifest, imageFiles } from '../../../../src/engine/data/manifest.ts';
import { idxLabels, smallTest, smallTrain, writeSmallMnist } from '../smallMnist.ts';

let source: SourceDirectory;
const directories: string[] = [];

async function fresh(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'prepared-'));
  directories.push(directory);
  return directory;
}

async function contents(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(directory, name), 'base64')));
  return Object.fromEntries<string>(names.map((name, i) => [name, files[i]]));
}

beforeAll(async () => {
  source = await writeSmallMnist();
  directories.push(source.directory);
});

afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

describe('writeMnist', () => {
  it('writes files from which readMnist gives the same dataset back', async () => {
    const directory = await fresh();
    const { kind, manifest } = await writeMnist(source, directory);
    expect(kind).toBe('written');
    expect(manifest.counts).toEqual({ train: smallTrain, test: smallTest });
    const dataset = await readMnist(directory);
    expect(dataset.imageShape).toEqual([28, 28, 1]);
    expect(dataset.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    for (const half of ['train', 'test'] as const) {
      const { set } = await readHalf(source, half);
      expect(dataset[half].count).toBe(set.count);
      expect(Buffer.compare(dataset[half].labels, set.labels)).toBe(0);
      expect(Buffer.compare(dataset[half].pixels, set.pixels)).toBe(0);
    }
  });

  it("puts exactly the default run's images into the first chunk", async () => {
    const { manifest } = await writeMnist(source, await fresh());
    const train = await readHalf(source, 'train');
    const test = await readHalf(source, 'test');
    const needed = neededSamples(splitMnist.tasks({ train: train.set.labels, test: test.set.labels }, defaultSettings));
    expect(needed.length).toBe(5_000);
    expect(imageFiles(manifest, 'train').map(({ images }) => images)).toEqual([5_000, ...Array<number>(10).fill(700)]);
  });

  it('gives the same bytes each time', async () => {
    const [a, b] = [await fresh(), await fresh()];
    await writeMnist(source, a);
    await writeMnist(source, b);
    expect(await contents(a)).toEqual(await contents(b));
  });

  it('leaves complete files alone, and mends what is missing, short or foreign', async () => {
    const directory = await fresh();
    const { manifest } = await writeMnist(source, directory);
    const complete = await contents(directory);
    const victim = join(directory, manifest.files[3].name);
    await utimes(victim, 1, 1);
    expect((await writeMnist(source, directory)).kind).toBe('upToDate');
    expect((await stat(victim)).mtimeMs).toBe(1_000);

    await rm(victim);
    expect((await writeMnist(source, directory)).kind).toBe('written');
    await writeFile(victim, 'short');
    expect((await writeMnist(source, directory)).kind).toBe('written');
    await writeFile(join(directory, 'manifest.json'), '{}');
    await writeFile(join(directory, 'train-00.00000000.bin'), 'of an earlier version');
    expect((await writeMnist(source, directory)).kind).toBe('written');
    expect(await contents(directory)).toEqual(complete);
    expect((await writeMnist(source, directory, true)).kind).toBe('written');
    expect((await writeMnist({ ...source, name: 'small-mnist@1.0.1' }, directory)).kind).toBe('written');
  });

  it('refuses a bad source and keeps what was prepared', async () => {
    const directory = await fresh();
    await writeMnist(source, directory);
    const complete = await contents(directory);
    const bad = await writeSmallMnist();
    directories.push(bad.directory);
    const labels = join(bad.directory, 'train-labels-idx1-ubyte');
    await writeFile(labels, idxLabels([1, 2, 77]));
    await expect(writeMnist(bad, directory)).rejects.toThrow(
      /train-labels-idx1-ubyte says that image 3 is of class 77; labels go from 0 to 9\. .*npm ci/,
    );
    await rm(labels);
    await expect(writeMnist(bad, directory)).rejects.toThrow(/train-labels-idx1-ubyte cannot be read \(ENOENT\)/);
    expect(await contents(directory)).toEqual(complete);
  });
});

describe('readMnist', () => {
  it('names the file and the command when the data is missing, short or corrupted', async () => {
    const directory = await fresh();
    await expect(readMnist(directory)).rejects.toThrow(
      `${join(directory, 'manifest.json')} is missing. Run "npm run data:mnist" to prepare the data.`,
    );
    await writeMnist(source, directory);
    const text = await readFile(join(directory, 'manifest.json'), 'utf8');
    const manifest = parseManifest({ name: 'manifest.json', remedy: '' }, text);
    const { name, bytes } = imageFiles(manifest, 'train')[2];
    const whole = await readFile(join(directory, name));

    await writeFile(join(directory, name), whole.subarray(0, 100));
    await expect(readMnist(directory)).rejects.toThrow(
      `has 100 bytes; ${bytes.toLocaleString('en-US')} are needed. Run "npm run data:mnist -- --force"`,
    );
    await writeFile(
      join(directory, name),
      whole.map((byte, i) => (i === 500 ? byte ^ 1 : byte)),
    );
    await expect(readMnist(directory)).rejects.toThrow(/is corrupted: its SHA-256 begins with/);
    await writeFile(join(directory, name), '');
    await expect(readMnist(directory)).rejects.toThrow(
      `${join(directory, name)} is empty. Run "npm run data:mnist -- --force"`,
    );
    await rm(join(directory, name));
    const missing = await readMnist(directory).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(DataError);
    expect((missing as DataError).file).toBe(join(directory, name));
  });
});
