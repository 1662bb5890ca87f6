function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Everything in a folder; the browser hands it out in parts, until an empty one. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

interface Found {
  /** Below the drop, without a leading slash. */
  readonly path: string;
  readonly file: File;
}

async function filesBelow(entry: FileSystemEntry): Promise<Found[]> {
  if (isFolder(entry)) {
    const inside = await entriesOf(entry);
    return (await Promise.all(inside.map(filesBelow))).flat();
  }
  const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
  return [{ path: entry.fullPath.replace(/^\//, ''), file }];
}

/**
 * The files of some entries, those in folders included. Files that share their name with another one are given
 * their path as name, so that they can be told apart.
 *
 * @throws DOMException if the browser cannot read one of them
 */
export async function filesOf(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const found = (await Promise.all(entries.map(filesBelow))).flat();
  return withPathsWhereNeeded(found);
}

/** Files of which those with ambiguous names are given their path as name. */
export function withPathsWhereNeeded(found: readonly Found[]): File[] {
  const counts = new Map<string, number>();
  for (const { file } of found) counts.set(file.name, (counts.get(file.name) ?? 0) + 1);
  return found.map(({ path, file }) =>
    counts.get(file.name) === 1 ? file : new File([file], path, { type: file.type, lastModified: file.lastModified }),
  );
}

/** What a drop brings: its entries must be taken while the drop is handled, the files in them can come later. */
export function droppedEntries({ items }: Pick<DataTransfer, 'items'>): FileSystemEntry[] {
  return [...items].flatMap((item) => (item.kind === 'file' ? (item.webkitGetAsEntry() ?? []) : []));
}
