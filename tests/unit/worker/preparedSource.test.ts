import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeMnist } from '../../../src/cli/data/mnist.ts';
import { readMnist } from '../../../src/cli/data/readDataset.ts';
import { defaultSettings } from '../../../src/core/config.ts';
import { DataError, type Dataset, type WholeDataset } from '../../../src/core/dataset.ts';
import { splitMnist } from '../../../src/core/scenarios.ts';
import { neededSamples } from '../../../src/core/stream.ts';
import { imageFiles, labelsFile, type Manifest } from '../../../src/engine/data/manifest.ts';
import type { LoadProgress } from '../../../src/link/protocol.ts';
import { type ImageChoice, PreparedSource } from '../../../src/worker/preparedSource.ts';
import { writeSmallMnist } from '../cli/smallMnist.ts';
import { type DataServer, type Mischief, startDataServer } from './dataServer.ts';

let directory: string;
let sourceDirectory: string;
let manifest: Manifest;
let complete: WholeDataset;
let server: DataServer;
let notices: string[];
let source: PreparedSource;

/** Names of the prepared files. */
let names: { labels: string; test: string; train: string[] };

const quiet = () => {};
const imageOf = (dataset: Dataset, index: number) => dataset.train.pixels.subarray(784 * index, 784 * (index + 1));
/** All training images, one after another. */
const pixelsOf = (dataset: Dataset) =>
  Buffer.concat(Array.from({ length: dataset.train.count }, (_, index) => imageOf(dataset, index)));

const testPixelsOf = ({ test }: Dataset) => Buffer.from(test.pixels.subarray(0, test.pixels.length));
/** These training images and all test images. */
const withTests = (train: Int32Array): ImageChoice => ({ train, test: Int32Array.from(complete.test.labels.keys()) });

async function defaultSamples(seed = 0): Promise<Int32Array> {
  return neededSamples(splitMnist.tasks(await source.labels(), { ...defaultSettings, seed }));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'served-'));
  const small = await writeSmallMnist();
  sourceDirectory = small.directory;
  ({ manifest } = await writeMnist(small, directory));
  complete = await readMnist(directory);
  names = {
    labels: labelsFile(manifest).name,
    test: imageFiles(manifest, 'test')[0].name,
    train: imageFiles(manifest, 'train').map(({ name }) => name),
  };
});

afterAll(() => Promise.all([directory, sourceDirectory].map((path) => rm(path, { recursive: true }))));

const stored = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');

beforeEach(async () => {
  // Another file's storage, left in this process, would have what is to be downloaded here.
  Reflect.deleteProperty(globalThis, 'indexedDB');
  server = await startDataServer(directory);
  notices = [];
  source = new PreparedSource('mnist', server.url, { onNotice: ({ text }) => notices.push(text), patience: 400 });
});

afterEach(async () => {
  if (stored !== undefined) Object.defineProperty(globalThis, 'indexedDB', stored);
  await server.close();
});

describe('PreparedSource', () => {
  it('gets the default run from four small files, and tells the progress to the byte', async () => {
    const progress: LoadProgress[] = [];
    const samples = await defaultSamples();
    const dataset = await source.ensure(withTests(samples), (each) => progress.push(each));
    expect(server.requests.toSorted()).toEqual(['manifest.json', names.labels, names.test, names.train[0]].toSorted());
    for (const sample of samples) expect(Buffer.compare(imageOf(dataset, sample), imageOf(complete, sample))).toBe(0);
    expect(Buffer.compare(testPixelsOf(dataset), complete.test.pixels)).toBe(0);
    expect(Buffer.compare(dataset.train.labels, complete.train.labels)).toBe(0);

    const total = manifest.files.slice(0, 3).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(progress.every((each) => each.total === total)).toBe(true);
    expect(progress.at(0)?.loaded).toBe(labelsFile(manifest).bytes);
    expect(progress.at(-1)?.loaded).toBe(total);
    expect(progress.map(({ loaded }) => loaded)).toEqual(
      progress.map(({ loaded }) => loaded).toSorted((a, b) => a - b),
    );
  });

  it('gets what another seed needs, then the rest, and downloads nothing twice', async () => {
    const inFirst = new Set(await defaultSamples());
    const other = complete.train.labels.findIndex((_, index) => index > 3_000 && !inFirst.has(index));
    const dataset = await source.ensure(withTests(Int32Array.of(other)), quiet);
    expect(Buffer.compare(imageOf(dataset, other), imageOf(complete, other))).toBe(0);
    expect(server.requests).not.toContain(names.train[0]);
    await Promise.all([source.prefetch(), source.ensure(withTests(await defaultSamples(1)), quiet), source.prefetch()]);
    expect(Buffer.compare(pixelsOf(dataset), complete.train.pixels)).toBe(0);
    expect(server.requests.toSorted()).toEqual(['manifest.json', ...manifest.files.map(({ name }) => name)].toSorted());
    const before = server.requests.length;
    expect(await source.ensure(withTests(await defaultSamples(2)), quiet)).toBe(dataset);
    expect(server.requests.length).toBe(before);
  });

  it('holds no more bytes of files at a time than it may', async () => {
    const further = imageFiles(manifest, 'train').slice(1);
    const held = 2 * Math.max(...further.map(({ bytes }) => bytes));
    let [underWay, most] = [0, 0];
    const slow: Mischief = (response, whole) => {
      underWay += whole.length;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= whole.length;
        response.end(whole);
      }, 30);
    };
    // The test images and the first chunk are larger than the limit: each of them has the room to itself.
    for (const { name } of further) server.mischief.set(name, slow);
    const frugal = new PreparedSource('mnist', server.url, { onNotice: quiet, held });
    const everything = Int32Array.from({ length: complete.train.count }, (_, index) => index);
    const dataset = await frugal.ensure(withTests(everything), quiet);
    expect(Buffer.compare(pixelsOf(dataset), complete.train.pixels)).toBe(0);
    expect(Buffer.compare(testPixelsOf(dataset), complete.test.pixels)).toBe(0);
    expect(most).toBeLessThanOrEqual(held);
    expect(most).toBeGreaterThan(held / 2);
  });

  it('says once that nothing can be kept where there is no storage', async () => {
    await source.ensure(withTests(await defaultSamples(1)), quiet);
    expect(notices).toEqual([
      'The data could not be kept here: the browser does not let this page store files (ReferenceError). Everything works, but the next visit downloads the data again.',
    ]);
  });

  it('takes files that a server unpacks on the way, and files that it packs once more', async () => {
    const unpacked: Mischief = (response, whole) => response.end(gunzipSync(whole));
    for (const { name } of manifest.files) server.mischief.set(name, unpacked);
    server.mischief.set(names.test, (response, whole) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole),
    );
    let last: LoadProgress | undefined;
    const dataset = await source.ensure(withTests(await defaultSamples(1)), (each) => (last = each));
    expect(Buffer.compare(testPixelsOf(dataset), complete.test.pixels)).toBe(0);
    expect(last?.loaded).toBe(last?.total);
  });

  it('refuses an index outside the dataset', async () => {
    const outside = Int32Array.of(5, 12_000);
    await expect(source.ensure({ train: outside }, quiet)).rejects.toThrow(
      'Image 12000 of half "train" was asked for; indices go from 0 to 11999.',
    );
    await expect(source.ensure({ test: outside }, quiet)).rejects.toThrow(RangeError);
  });
});

describe('PreparedSource with a bad server', () => {
  /** Milliseconds between a try and the next. */
  const pauses = [300, 600];
  let paused: number[];
  beforeEach(() => {
    paused = [];
    const usual = globalThis.setTimeout;
    // The next try comes at once; all other times pass as they do.
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((work: () => void, wait = 0) => {
      if (!pauses.includes(wait)) return usual(work, wait);
      paused.push(wait);
      return usual(work, 0);
    });
  });
  afterEach(() => vi.restoreAllMocks());

  const cases: [string, () => string, Mischief, RegExp][] = [
    [
      'a missing file',
      () => names.train[0],
      (response) => response.writeHead(404).end(),
      /is missing on the server \(status 404\)/,
    ],
    [
      'a web page for everything',
      () => names.test,
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
      /is missing on the server: a web page came in its place/,
    ],
    [
      'a truncated file',
      () => names.train[0],
      (response, whole) => response.end(whole.subarray(0, 5_000)),
      /has 5,000 bytes; [\d,]+ are needed/,
    ],
    [
      'a corrupted file',
      () => names.test,
      (response, whole) => response.end(whole.map((byte, i) => (i === 1_000 ? byte ^ 4 : byte))),
      /is corrupted: its SHA-256 begins with [0-9a-f]{8}, it should begin with [0-9a-f]{8}/,
    ],
    [
      'a foreign file',
      () => names.labels,
      (response) => response.end('%PDF-1.4 and so on'),
      /has 18 bytes; [\d,]+ are needed/,
    ],
    [
      'an endless file',
      () => names.train[0],
      (response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(1_000_000)), 1);
        response.on('close', () => clearInterval(timer));
      },
      /has more than the [\d,]+ bytes that are expected/,
    ],
    [
      'a server in trouble',
      () => names.test,
      (response) => response.writeHead(503).end(),
      /the server answered with status 503 \(3 tries\)/,
    ],
    [
      'a server that dies in mid-body',
      () => names.train[0],
      (response, whole) => {
        response.writeHead(200, { 'content-length': whole.length });
        response.write(whole.subarray(0, 9_000), () => response.destroy());
      },
      /could not be downloaded: the connection failed \(3 tries\)\. Check the connection/,
    ],
    [
      'a server that falls silent',
      () => names.test,
      (response) => void response.write('x'),
      /nothing came for 0\.4 seconds \(3 tries\)/,
    ],
    [
      'a web page as manifest',
      () => 'manifest.json',
      (response) => response.end('<html>'),
      /is not a manifest in JSON: a web page was found/,
    ],
  ];

  it.each(cases)('names the file and the problem: %s', async (_, name, mischief, problem) => {
    server.mischief.set(name(), mischief);
    const failure = await defaultSamples()
      .then((samples) => source.ensure(withTests(samples), quiet))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DataError);
    expect((failure as DataError).file).toBe(`data/mnist/${name()}`);
    expect((failure as DataError).message).toMatch(problem);

    server.mischief.clear();
    const dataset = await source.ensure(withTests(await defaultSamples()), quiet);
    expect(Buffer.compare(testPixelsOf(dataset), complete.test.pixels)).toBe(0);
  });

  it('gets over two interruptions by itself', async () => {
    server.mischief.set(names.test, [
      (response) => response.writeHead(500).end(),
      (response, whole) => response.write(whole.subarray(0, 2_000), () => response.destroy()),
    ]);
    const dataset = await source.ensure(withTests(await defaultSamples()), quiet);
    expect(Buffer.compare(testPixelsOf(dataset), complete.test.pixels)).toBe(0);
    expect(server.requests.filter((name) => name === names.test).length).toBe(3);
    expect(paused).toEqual(pauses);
  });

  it('says that nobody answers when the server is gone', async () => {
    await server.close();
    await expect(source.labels()).rejects.toThrow(
      /^data\/mnist\/manifest\.json could not be downloaded: the connection failed \(3 tries\)/,
    );
  });

  it('prefetches without a word', async () => {
    server.mischief.set(names.train[4], (response) => response.writeHead(404).end());
    await expect(source.prefetch()).resolves.toBeUndefined();
    expect(server.requests.at(-1)).toBe(names.train[4]);
  });
});

describe('PreparedSource given up on', () => {
  it('lets go at once, and the next start goes on with the same download', async () => {
    let answer = quiet;
    server.mischief.set(names.test, (response, whole) => (answer = () => response.end(whole)));
    const samples = await defaultSamples();
    const patient = new PreparedSource('mnist', server.url, { onNotice: quiet });
    const first = new AbortController();
    const abandoned = patient.ensure(withTests(samples), quiet, first.signal);
    while (answer === quiet) await new Promise((resolve) => setTimeout(resolve, 5));
    first.abort(new Error('a new start'));
    await expect(abandoned).rejects.toThrow('a new start');
    await expect(patient.ensure(withTests(samples), quiet, first.signal)).rejects.toThrow('a new start');

    const second = patient.ensure(withTests(samples), quiet, new AbortController().signal);
    answer();
    expect(Buffer.compare(testPixelsOf(await second), complete.test.pixels)).toBe(0);
    expect(server.requests.filter((name) => name === names.test).length).toBe(1);
  });

  it('begins no further files', async () => {
    const samples = Int32Array.from({ length: complete.train.count }, (_, i) => i);
    await source.labels();
    const abandon = new AbortController();
    const abandoned = source.ensure(withTests(samples), quiet, abandon.signal);
    abandon.abort();
    await expect(abandoned).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.requests.length).toBeLessThanOrEqual(2 + 4);
  });
});

it('reads the manifest that the script wrote', async () => {
  expect(JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'))).toEqual(manifest);
});
