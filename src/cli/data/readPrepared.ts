import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError, type Dataset, type FileReference } from '../../core/dataset.ts';
import { beginDataset, type GrowingDataset, placeImages } from '../../engine/data/chunks.ts';
import {
  checkFile,
  isGzip,
  labelsFile,
  type Manifest,
  type ManifestFile,
  parseManifest,
  preparedData,
  type PreparedName,
  testFile,
  trainFiles,
} from '../../engine/data/manifest.ts';

/** Where the prepared files of a dataset are: the static site serves them from the same place. */
export function dataDirectory(name: PreparedName): string {
  return join(packageDirectory(), 'public/data', name, '/');
}

/** The folder of package.json above this file, wherever a bundle puts the file. */
function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory)
    directory = dirname(directory);
  return directory;
}

const unpack = promisify(gunzip);

/** The files of one prepared dataset. */
interface Files {
  readonly directory: string;
  readonly script: string;
}

/** A prepared dataset with its labels, and what is needed to read its images. */
interface Begun {
  readonly manifest: Manifest;
  readonly growing: GrowingDataset;
}

function reference({ directory, script }: Files, name: string): FileReference {
  return { name: join(directory, name), remedy: `Run "npm run ${script} -- --force" to prepare the data again.` };
}

async function read(files: Files, name: string): Promise<Uint8Array> {
  const path = join(files.directory, name);
  return readFile(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'is missing' : `cannot be read (${code ?? message})`;
    throw new DataError({ name: path, remedy: `Run "npm run ${files.script}" to prepare the data.` }, problem);
  });
}

/** Reads one file, checks it against the manifest and unpacks it. */
async function readContent(files: Files, listed: ManifestFile): Promise<Uint8Array> {
  const bytes = await read(files, listed.name);
  checkFile(reference(files, listed.name), listed, bytes);
  return isGzip(bytes) ? unpack(bytes) : bytes;
}

async function begin(files: Files): Promise<Begun> {
  const text = new TextDecoder().decode(await read(files, 'manifest.json'));
  const manifest = parseManifest(reference(files, 'manifest.json'), text);
  const labels = labelsFile(manifest);
  return { manifest, growing: beginDataset(manifest, reference(files, labels.name), await readContent(files, labels)) };
}

/**
 * Reads a complete dataset from the files that its script prepares.
 *
 * @param directory where they are; the project's own by default
 * @throws DataError if a file is missing, short, corrupted or foreign
 */
export async function readPrepared(name: PreparedName, directory: string = dataDirectory(name)): Promise<Dataset> {
  const files = { directory, script: preparedData[name].script };
  const { manifest, growing } = await begin(files);
  for (const [index, listed] of [testFile(manifest), ...trainFiles(manifest)].entries()) {
    placeImages(growing, listed, index - 1, reference(files, listed.name), await readContent(files, listed));
  }
  return growing.dataset;
}

/**
 * Reads the labels of both halves alone.
 *
 * @throws DataError if a file is missing, short, corrupted or foreign
 */
export async function readPreparedLabels(
  name: PreparedName,
  directory: string,
): Promise<{ readonly train: Uint8Array; readonly test: Uint8Array }> {
  const { growing } = await begin({ directory, script: preparedData[name].script });
  return { train: growing.dataset.train.labels, test: growing.dataset.test.labels };
}

async function isComplete(directory: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(
    manifest.files.map(({ name }) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => -1,
      ),
    ),
  );
  return manifest.files.every(({ bytes }, i) => sizes[i] === bytes);
}

/** The manifest of a directory that holds every file that it lists, in its full length; or null. */
export async function currentManifest(directory: string): Promise<Manifest | null> {
  try {
    const file = { name: 'manifest.json', remedy: '' };
    const manifest = parseManifest(file, await readFile(join(directory, file.name), 'utf8'));
    return (await isComplete(directory, manifest)) ? manifest : null;
  } catch (error) {
    if (error instanceof DataError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
