import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDBFactory } from 'fake-indexeddb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeMnist } from '../../../src/cli/data/mnist.ts';
import { mnistChunks, planChunks, writeDataset } from '../../../src/cli/data/preparedFiles.ts';
import { readMnist } from '../../../src/cli/data/readDataset.ts';
import { defaultSettings } from '../../../src/core/config.ts';
import type { Dataset, WholeDataset } from '../../../src/core/dataset.ts';
import { splitMnist } from '../../../src/core/scenarios.ts';
import { neededSamples } from '../../../src/core/stream.ts';
import { imageFiles, type Manifest } from '../../../src/engine/data/manifest.ts';
import type { LoadProgress } from '../../../src/link/protocol.ts';
import { PreparedSource } from '../../../src/worker/preparedSource.ts';
import { writeSmallMnist } from '../cli/smallMnist.ts';
import { type DataServer, startDataServer } from './dataServer.ts';

let directories: string[];
let manifest: Manifest;
let complete: WholeDataset;
let server: DataServer;
let source: PreparedSource;

const quiet = () => {};
const stored = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');

beforeAll(async () => {
  const small = await writeSmallMnist();
  directories = [
    small.directory,
    ...(await Promise.all(['served-', 'classes-'].map((name) => mkdtemp(join(tmpdir(), name))))),
  ];
  ({ manifest } = await writeMnist(small, directories[1]));
  complete = await readMnist(directories[1]);
  const labels = { train: complete.train.labels, test: complete.test.labels };
  const plan = planChunks('made up', labels, { ...mnistChunks, byClass: true });
  await writeDataset(complete, 'made up', plan, directories[2]);
});

afterAll(() => Promise.all(directories.map((path) => rm(path, { recursive: true }))));

/** Serves a folder, to a browser whose storage no other test has written to. */
async function serve(directory: string): Promise<void> {
  Object.defineProperty(globalThis, 'indexedDB', { value: new IDBFactory(), configurable: true });
  server = await startDataServer(directory);
  source = new PreparedSource('mnist', server.url, { onNotice: quiet, patience: 400, byTask: true });
}

afterEach(async () => {
  Reflect.deleteProperty(globalThis, 'indexedDB');
  if (stored !== undefined) Object.defineProperty(globalThis, 'indexedDB', stored);
  await server.close();
});

describe('PreparedSource by task', () => {
  const everything = () => Int32Array.from(complete.train.labels.keys());
  beforeEach(() => serve(directories[1]));

  const all = () => ({ train: everything(), test: Int32Array.from(complete.test.labels.keys()) });
  const defaultSamples = async () =>
    neededSamples(splitMnist.tasks(await source.labels(), { ...defaultSettings, seed: 0 }));
  const imageOf = ({ train }: Dataset, index: number) => train.pixels.subarray(784 * index, 784 * (index + 1));
  const pixelsOf = (dataset: Dataset) =>
    Buffer.concat(Array.from({ length: dataset.train.count }, (_, index) => imageOf(dataset, index)));
  const isThere = (dataset: Dataset, index: number) => {
    try {
      return Buffer.compare(imageOf(dataset, index), imageOf(complete, index)) === 0;
    } catch {
      return false;
    }
  };
  /** Resolves once all files are in storage, so that images may go. */
  const allKept = () => source.prefetch();

  it('gives back what a task does not need, but not what memories hold, and gets it again without a download', async () => {
    const dataset = await source.ensure(all(), quiet);
    await allKept();
    const downloads = server.requests.length;
    const held = Int32Array.of(3, 500, 2_999);
    source.keepOnly({ train: held });
    await source.labels();
    expect(Array.from(everything().filter((index) => isThere(dataset, index)))).toEqual([...held]);

    const progress: LoadProgress[] = [];
    const task = await defaultSamples();
    await source.ensure({ train: task }, (each) => progress.push(each));
    expect(progress.at(-1)).toMatchObject({ loaded: progress[0].total });
    expect(progress[0].total).toBeLessThanOrEqual(
      imageFiles(manifest, 'train').reduce((sum, { bytes }) => sum + bytes, 0),
    );
    source.keepOnly({ train: Int32Array.of(...task, ...held) });
    await source.labels();
    for (const index of [...task, ...held]) expect(isThere(dataset, index)).toBe(true);
    expect(await source.ensure(all(), quiet)).toBe(dataset);
    expect(Buffer.compare(pixelsOf(dataset), complete.train.pixels)).toBe(0);
    expect(server.requests.length).toBe(downloads);
  });

  it('keeps all test images where one file has them, as in earlier cuts', async () => {
    const dataset = await source.ensure(all(), quiet);
    await allKept();
    source.keepOnly({ train: Int32Array.of(3), test: Int32Array.of(3) });
    await source.labels();
    expect(Array.from(everything().filter((index) => isThere(dataset, index)))).toEqual([3]);
    expect(Buffer.compare(dataset.test.pixels as Uint8Array, complete.test.pixels)).toBe(0);
  });

  it('prefetches into storage, not into memory, and once only', async () => {
    const dataset = await source.ensure({ train: await defaultSamples() }, quiet);
    const progress: LoadProgress[] = [];
    await source.prefetch(undefined, (each) => progress.push(each));
    expect(server.requests.toSorted()).toEqual(['manifest.json', ...manifest.files.map(({ name }) => name)].toSorted());
    expect(progress.at(-1)).toMatchObject({ loaded: progress[0].total });
    const inMemory = everything().filter((index) => isThere(dataset, index)).length;
    expect(inMemory).toBe(imageFiles(manifest, 'train')[0].images);
    await source.prefetch();
    // Another visit finds everything there.
    const later = new PreparedSource('mnist', server.url, { onNotice: quiet, byTask: true });
    await later.prefetch();
    expect(Buffer.compare(pixelsOf(await later.ensure(all(), quiet)), complete.train.pixels)).toBe(0);
    expect(server.requests.filter((name) => name !== 'manifest.json')).toHaveLength(manifest.files.length);
  });

  it('keeps in memory what the browser does not store', async () => {
    Reflect.deleteProperty(globalThis, 'indexedDB');
    const dataset = await source.ensure({ train: await defaultSamples() }, quiet);
    await source.prefetch();
    const before = server.requests.length;
    source.keepOnly({ train: Int32Array.of(3) });
    await source.labels();
    for (const index of await defaultSamples()) expect(isThere(dataset, index)).toBe(true);
    expect(server.requests.length).toBe(before);
  });
});

describe('PreparedSource with test images by class', () => {
  beforeEach(() => serve(directories[2]));

  const allTests = () => Int32Array.from(complete.test.labels.keys());
  const imageIn = ({ test }: Dataset, index: number) => test.pixels.subarray(784 * index, 784 * (index + 1));
  const thereOf = (dataset: Dataset) =>
    Array.from(allTests()).filter((index) => {
      try {
        return Buffer.compare(imageIn(dataset, index), imageIn(complete, index)) === 0;
      } catch (error) {
        expect((error as Error).message).toBe(`Test image ${index} is not in memory. Start the run again.`);
        return false;
      }
    });

  it('has those that it is asked for, gives back the others, and gets them again without a download', async () => {
    const dataset = await source.ensure({ test: allTests() }, quiet);
    expect(thereOf(dataset)).toEqual([...allTests()]);
    await source.prefetch();
    const downloads = server.requests.length;
    const shown = allTests().filter((index) => index % 50 === 7);
    source.keepOnly({ test: shown });
    await source.labels();
    expect(thereOf(dataset)).toEqual([...shown]);

    const ofTask = allTests().filter((index) => complete.test.labels[index] < 2);
    const both = Int32Array.from(new Set([...shown, ...ofTask])).sort();
    await source.ensure({ test: both }, quiet);
    source.keepOnly({ test: both });
    await source.labels();
    expect(thereOf(dataset)).toEqual([...both]);
    source.keepOnly({ train: new Int32Array() });
    await source.labels();
    expect(thereOf(dataset)).toEqual([...both]);
    source.keepOnly({ test: shown });
    await source.labels();
    expect(thereOf(dataset)).toEqual([...shown]);
    expect(server.requests.length).toBe(downloads);
  });

  it('fetches the classes that it is asked for, and no others', async () => {
    const sevens = allTests().filter((index) => complete.test.labels[index] === 7);
    await source.ensure({ test: sevens }, quiet);
    expect(server.requests.filter((name) => /^(test|train)/.test(name))).toEqual([
      expect.stringMatching(/^test-07\.[0-9a-f]{8}\.bin$/),
    ]);
  });

  it('is read whole by the command line', async () => {
    const read = await readMnist(directories[2]);
    expect(Buffer.compare(read.test.pixels, complete.test.pixels)).toBe(0);
    expect(Buffer.compare(read.train.pixels, complete.train.pixels)).toBe(0);
  });
});
