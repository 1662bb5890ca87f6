/** A file of a folder or a zip, wherever that lies. */
export interface NamedFile {
  /** Within the folder or zip, with "/" between folders. */
  readonly path: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** Reads it whole; rejects if it cannot be read. */
  readonly read: () => Promise<Uint8Array>;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
