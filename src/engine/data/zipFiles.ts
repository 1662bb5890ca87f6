import { DataError, type FileReference } from './dataError.ts';
import type { NamedFile } from './namedFile.ts';

/** An entry of a zip, as the library `unzipit` gives it. */
export interface ZipEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Bytes, unpacked. */
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * The files of a zip. Only its directory is read; each file is read when it is asked for, so that an archive
 * of any size costs no more memory than its largest file.
 *
 * @param unzip reads the directory
 * @throws DataError if it is no whole zip
 */
export async function zipFiles(
  zip: FileReference,
  unzip: () => Promise<{ readonly entries: readonly ZipEntry[] }>,
): Promise<NamedFile[]> {
  const { entries } = await unzip().catch((error: unknown) => {
    throw new DataError(zip, `is no whole zip archive (${error instanceof Error ? error.message : String(error)})`);
  });
  return entries
    .filter(({ isDirectory }) => !isDirectory)
    .map((entry) => ({
      path: entry.name,
      size: entry.size,
      read: async () => new Uint8Array(await entry.arrayBuffer()),
    }));
}
