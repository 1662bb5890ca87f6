import { open, readFile, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { unzipRaw } from 'unzipit';
import { DataError, type FileReference } from '../engine/data/dataError.ts';
import type { NamedFile } from '../engine/data/namedFile.ts';
import { zipFiles } from '../engine/data/zipFiles.ts';

/** The files of a folder or zip, until it is closed. */
export interface OpenFolder {
  readonly files: readonly NamedFile[];
  close(): Promise<void>;
}

/** Files whose sizes are asked for at a time. */
const parallel = 64;

async function folderFiles(directory: string): Promise<NamedFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name)).sort();
  const files: NamedFile[] = [];
  for (let from = 0; from < paths.length; from += parallel) {
    files.push(
      ...(await Promise.all(
        paths.slice(from, from + parallel).map(async (path): Promise<NamedFile> => {
          // A link that leads nowhere fails when it is read.
          const size = await stat(path).then((stats) => stats.size, () => 0);
          return { path: relative(directory, path).split(sep).join('/'), size, read: () => readFile(path) };
        }),
      )),
    );
  }
  return files;
}

function zipReader(handle: FileHandle, length: number) {
  return {
    getLength: () => Promise.resolve(length),
    read: async (offset: number, size: number) => {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(size), 0, size, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

/**
 * Opens a folder or a zip.
 *
 * @throws DataError if there is neither at the path, or the zip is damaged
 */
export async function openFolder(folder: FileReference): Promise<OpenFolder> {
  const path = folder.name;
  const stats = await stat(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(folder, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? message})`);
  });
  if (stats.isDirectory()) return { files: await folderFiles(path), close: () => Promise.resolve() };
  const handle = await open(path);
  try {
    const files = await zipFiles(folder, () => unzipRaw(zipReader(handle, stats.size)));
    return { files, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
