import { DataError, grouped, type FileReference } from './dataError.ts';
import { firstFew } from './firstFew.ts';
import { baseName, type NamedFile } from './namedFile.ts';
import type { DataProblem } from './openedDataset.ts';

/** The tables of a MiniImagenet folder, in the order in which their classes are numbered. */
export const tableNames = ['train.csv', 'val.csv', 'test.csv'] as const;

/** What the tables list. */
export interface ListedImages {
  /** In order of first appearance. */
  readonly classNames: readonly string[];
  /** For each class the images that the tables give it, in their order, each once. */
  readonly filesOfClass: readonly (readonly string[])[];
  readonly problems: readonly DataProblem[];
}

const tableLimit = 50_000_000;
const header = 'filename,label';

/** The table of a name that lies nearest to the top of the folder. */
function findTable(folder: FileReference, files: readonly NamedFile[], name: string): NamedFile {
  const depth = ({ path }: NamedFile) => path.split('/').length;
  const [table] = files
    .filter(({ path }) => baseName(path) === name && !path.startsWith('__MACOSX/'))
    .sort((a, b) => depth(a) - depth(b));
  // An empty list has no first element, whatever its type says.
  if ((table as NamedFile | undefined) === undefined) {
    const found = files.map(({ path }) => baseName(path)).filter((path) => path.endsWith('.csv'));
    const others = found.length === 0 ? 'there is no .csv file' : `there are ${firstFew(found)}`;
    throw new DataError(folder, `lacks ${name}: ${others}; ${tableNames.join(', ')} are needed`);
  }
  return table;
}

async function readTable(
  folder: FileReference,
  table: NamedFile,
  parseCsv: (text: string) => readonly (readonly string[])[],
): Promise<readonly (readonly string[])[]> {
  const file = { name: `${folder.name}: ${table.path}`, remedy: folder.remedy };
  if (table.size > tableLimit) throw new DataError(file, `has ${grouped(table.size)} bytes; a table of images has no more than ${grouped(tableLimit)}`);
  const bytes = await table.read().catch((error: unknown) => {
    throw new DataError(file, `cannot be read (${error instanceof Error ? error.message : String(error)})`);
  });
  const [first = [], ...rows] = parseCsv(new TextDecoder().decode(bytes));
  const found = first.map((cell) => cell.trim().toLowerCase()).join();
  if (found !== header) throw new DataError(file, `begins with "${found.slice(0, 60)}"; its first line must be "${header}"`);
  return rows;
}

/**
 * Reads train.csv, val.csv and test.csv, each with a line `filename,label` for each image, and merges their
 * classes.
 *
 * @param parseCsv takes a table apart into rows of cells
 * @throws DataError if a table is missing, cannot be read or has another header
 */
export async function readMiniImagenetTables(
  folder: FileReference,
  files: readonly NamedFile[],
  parseCsv: (text: string) => readonly (readonly string[])[],
): Promise<ListedImages> {
  const filesOf = new Map<string, string[]>();
  const listed = new Set<string>();
  const malformed: string[] = [];
  const repeated: string[] = [];
  for (const name of tableNames) {
    const rows = await readTable(folder, findTable(folder, files, name), parseCsv);
    rows.forEach((cells, index) => {
      const [filename = '', label = ''] = cells.map((cell) => cell.trim());
      if (cells.length !== 2 || filename === '' || label === '') malformed.push(`${name}, line ${index + 2}`);
      else if (listed.has(filename)) repeated.push(filename);
      else {
        listed.add(filename);
        const others = filesOf.get(label);
        if (others) others.push(filename);
        else filesOf.set(label, [filename]);
      }
    });
  }
  const problems: DataProblem[] = [];
  if (malformed.length > 0) {
    const text = `${grouped(malformed.length)} rows do not have a file name and a label (${firstFew(malformed)}).`;
    problems.push({ count: malformed.length, text });
  }
  if (repeated.length > 0) {
    const text = `${grouped(repeated.length)} rows name an image that another row has named (${firstFew(repeated)}); each image belongs to one row.`;
    problems.push({ count: repeated.length, text });
  }
  return { classNames: [...filesOf.keys()], filesOfClass: [...filesOf.values()], problems };
}
