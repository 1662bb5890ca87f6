import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { checkFile, isGzip } from '../engine/data/checkFile.ts';
import { DataError, type FileReference } from '../engine/data/dataError.ts';
import type { Dataset } from '../engine/data/dataset.ts';
import { labelsFile, parseManifest, testFile, trainFiles, type ManifestFile } from '../engine/data/manifest.ts';
import { beginMnist, placeImages } from '../engine/data/mnist.ts';
import { mnistDirectory } from './dataDirectory.ts';

const unpack = promisify(gunzip);

function reference(directory: string, name: string): FileReference {
  return { name: join(directory, name), remedy: 'Run "npm run data:mnist -- --force" to prepare the data again.' };
}

async function read(file: FileReference): Promise<Uint8Array> {
  return readFile(file.name).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'is missing' : `cannot be read (${code ?? message})`;
    throw new DataError({ name: file.name, remedy: 'Run "npm run data:mnist" to prepare the data.' }, problem);
  });
}

/** Reads one file, checks it against the manifest and unpacks it. */
async function readContent(file: FileReference, listed: ManifestFile): Promise<Uint8Array> {
  const bytes = await read(file);
  checkFile(file, listed, bytes);
  return isGzip(bytes) ? unpack(bytes) : bytes;
}

/**
 * Reads complete MNIST from the files that `npm run data:mnist` prepares.
 *
 * @param directory where they are; the project's own by default
 * @throws DataError if a file is missing, short, corrupted or foreign
 */
export async function readMnist(directory: string = mnistDirectory): Promise<Dataset> {
  const manifestFile = reference(directory, 'manifest.json');
  const manifest = parseManifest(manifestFile, new TextDecoder().decode(await read(manifestFile)));
  const labels = labelsFile(manifest);
  const labelsReference = reference(directory, labels.name);
  const mnist = beginMnist(manifest, labelsReference, await readContent(labelsReference, labels));
  for (const [chunk, listed] of [testFile(manifest), ...trainFiles(manifest)].entries()) {
    const file = reference(directory, listed.name);
    placeImages(mnist, listed, chunk - 1, file, await readContent(file, listed));
  }
  return mnist.dataset;
}
