import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../engine/data/dataError.ts';
import { parseManifest, type Manifest } from '../engine/data/manifest.ts';

async function isComplete(directory: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(
    manifest.files.map(({ name }) => stat(join(directory, name)).then(({ size }) => size, () => -1)),
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
