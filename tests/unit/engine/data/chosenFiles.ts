import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished } from 'vitest';
import { readOwnFiles } from '../../../../src/cli/data/readDataset.ts';
import { DataError, type WholeSet } from '../../../../src/core/dataset.ts';
import type { OpenedFiles } from '../../../../src/engine/data/openFiles.ts';
import { openDataFiles } from '../../../../src/worker/keptDataset.ts';
import { writeFolder, zipOf } from '../../cli/smallMiniImagenet.ts';
import { cyclingLabels, idxImages, idxLabels } from '../../cli/smallMnist.ts';

const quiet = () => {};
export const text = (value: string) => new TextEncoder().encode(value);
export const packed = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
export type Content = Uint8Array<ArrayBuffer>;

export const contents = {
  trainImages: idxImages(120),
  trainLabels: idxLabels(cyclingLabels(120)),
  testImages: idxImages(30, 28, 28, (image, position) => image + position),
  testLabels: idxLabels(cyclingLabels(30)),
};

/** The four files under their usual names, with something before or after each. */
export function four(before = '', after = '', pack = (bytes: Content): Content => bytes): Map<string, Content> {
  return new Map([
    [`${before}train-images-idx3-ubyte${after}`, pack(contents.trainImages)],
    [`${before}train-labels-idx1-ubyte${after}`, pack(contents.trainLabels)],
    [`${before}t10k-images-idx3-ubyte${after}`, pack(contents.testImages)],
    [`${before}t10k-labels-idx1-ubyte${after}`, pack(contents.testLabels)],
  ]);
}

const filesOf = (entries: Iterable<readonly [string, Uint8Array]>) =>
  [...entries].map(([name, bytes]) => new File([new Uint8Array(bytes)], name));

/** A folder with these files, until the test is over. */
export async function folderOf(files: ReadonlyMap<string, Uint8Array>, prefix = 'chosen-'): Promise<string> {
  const folder = await writeFolder(files, prefix);
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** What the command line makes of the same files on a disk: `--data` names the file, or the folder that they are in. */
async function onDisk(entries: readonly (readonly [string, Uint8Array])[]) {
  const folder = await folderOf(new Map(entries));
  const [top = ''] = entries.map(([path]) => path.split('/')[0]);
  const common = entries.length > 0 && entries.every(([path]) => path.startsWith(`${top}/`));
  const path = common || entries.length === 1 ? join(folder, top) : folder;
  const inWords = (message: string) =>
    message
      .replaceAll(`${folder}/`, '')
      .replaceAll(folder, 'The selection')
      .replaceAll(common ? `${top}/` : '@', '');
  return { result: readOwnFiles(path), inWords };
}

/** All that a dataset holds; of its bytes a hash, which is sooner compared. */
function factsOf({ opened: { dataset, ...rest } }: OpenedFiles) {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const half = ({ count, labels, pixels }: WholeSet) => [count, hash(labels), hash(pixels)];
  return { ...rest, ...dataset, train: half(dataset.train), test: half(dataset.test) };
}

/** What page and command line both make of files; they must agree. */
export async function opened(files: Iterable<readonly [string, Uint8Array]>) {
  const entries = [...files];
  const result = await openDataFiles(filesOf(entries), quiet);
  const other = await (await onDisk(entries)).result;
  expect(other.name).toBe(result.name);
  expect(factsOf(other)).toEqual(factsOf(result));
  return { name: result.name, ...result.opened };
}

const messageOf = async (result: Promise<unknown>) => {
  const error = await result.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
};

/** Why page and command line both refuse files. */
export async function refusal(files: Iterable<readonly [string, Uint8Array]>): Promise<string> {
  const entries = [...files];
  const message = await messageOf(openDataFiles(filesOf(entries), quiet));
  const { result, inWords } = await onDisk(entries);
  expect(inWords(await messageOf(result))).toBe(inWords(message));
  return message;
}

export const inZip = (name: string, entries: ReadonlyMap<string, Uint8Array>): [string, Uint8Array][] => [
  [name, zipOf(entries)],
];
