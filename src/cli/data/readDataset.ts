import { type Dir, type Dirent, opendirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DataError, type FileReference, grouped, type OpenedDataset, type WholeDataset } from '../../core/dataset.ts';
import { type DatasetName, mostLookedThrough as most, scenarios } from '../../core/scenarios.ts';
import { seekableFile, type SeekableFile } from '../../engine/data/archives.ts';
import { type OpenedFiles, openFiles, type OpeningProgress, type OpeningTools } from '../../engine/data/openFiles.ts';
import { readPrepared } from './preparedFiles.ts';
import type { SquareAnswer, SquareRequest } from './squareThread.ts';

interface Job {
  readonly resolve: (square: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Pictures are read eight at a time, so that more threads would wait. */
const mostThreads = 8;

/** Decodes pictures and scales them to squares, in as many threads as there are processors. They start with the first picture. */
export class SquareThreads {
  #workers: readonly Worker[] = [];
  readonly #jobs = new Map<number, Job>();
  #next = 0;
  #failure: Error | null = null;

  /** Why the threads cannot go on; null while they can. A broken picture is not such a reason. */
  get failure(): Error | null {
    return this.#failure;
  }

  /**
   * The middle square of a JPEG or PNG picture, scaled.
   *
   * @returns side × side pixels row by row, each red, green, blue
   * @throws Error if the bytes are no picture, or a thread has failed
   */
  async square(bytes: Uint8Array, side: number): Promise<Uint8Array> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#workers.length === 0) this.#start();
    const job = this.#next++;
    const worker = this.#workers[job % this.#workers.length];
    return new Promise((resolve, reject) => {
      this.#jobs.set(job, { resolve, reject });
      worker.postMessage({ job, bytes, side } satisfies SquareRequest);
    });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    for (const worker of this.#workers) worker.removeAllListeners();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    this.#workers = [];
  }

  #start(): void {
    const count = Math.min(mostThreads, availableParallelism());
    this.#workers = Array.from(
      { length: count },
      () => new Worker(new URL('./startSquareThread.js', import.meta.url), { execArgv: [] }),
    );
    for (const worker of this.#workers) {
      worker.on('message', (answer: SquareAnswer) => this.#settle(answer));
      worker.on('error', (error) => this.#fail(error));
      worker.on('exit', () => this.#fail(new Error('A thread that decodes pictures has ended.')));
    }
  }

  #settle(answer: SquareAnswer): void {
    const waiting = this.#jobs.get(answer.job);
    this.#jobs.delete(answer.job);
    if (answer.kind === 'square') waiting?.resolve(answer.square);
    else waiting?.reject(new Error(answer.problem));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#jobs.values()) reject(this.#failure);
    this.#jobs.clear();
  }
}

const pathRemedy = 'Name a folder, a zip or an archive with --data.';

/** What a path names, until it is closed: a folder with all that is in it, or one file of a folder. */
interface ChosenFiles {
  readonly folder: string;
  readonly files: readonly SeekableFile[];
  close(): Promise<void>;
}

async function partOf(path: string, from: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(count), 0, count, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What stands at a path; undefined where that cannot be said, as of a link that leads nowhere or to itself. */
function statsAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** A file of a folder. Its size is asked for when it is needed: of most files in a large folder it never is. */
function fileAt(path: string, name: string): SeekableFile {
  return seekableFile(
    name,
    () => statsAt(path)?.size ?? 0,
    (from, count) => partOf(path, from, count),
  );
}

/** Folders that systems make and let nobody in. */
const systemFolder = /^(lost\+found|System Volume Information|\$RECYCLE\.BIN|\..+)$/;

interface Folder {
  readonly path: string;
  /** As its files' paths begin. */
  readonly prefix: string;
  /** Where it is, without links. */
  readonly place: string;
}

/** What is in a folder; nothing where it has gone since it was seen, or where a system keeps it to itself. */
function* entriesOf({ path, prefix }: Folder): Generator<Dirent> {
  let directory: Dir | null = null;
  try {
    directory = opendirSync(path, { bufferSize: 4_096 });
    for (let entry; (entry = directory.readSync()) !== null; ) yield entry;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const isRoot = prefix === '';
    if (!isRoot && (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(code) || systemFolder.test(basename(path)))) return;
    throw new DataError({ name: path, remedy: pathRemedy }, `cannot be read (${code})`, null);
  } finally {
    directory?.closeSync();
  }
}

const isInside = (place: string, outer: string) =>
  place === outer || place.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);

/**
 * All files in a folder and those below it, those that links lead to included, each once: a folder that was gone through
 * is not gone through again, nor is one that the named one lies in.
 *
 * @throws DataError if there are far more than data has, or a folder cannot be read
 */
function folderFiles(named: FileReference): SeekableFile[] {
  const root: Folder = { path: named.name, prefix: '', place: realpathSync(named.name) };
  const found: SeekableFile[] = [];
  const folders: Folder[] = [root];
  const linked: Folder[] = [];
  const seen = new Set<string>();
  for (let folder; (folder = folders.pop() ?? linked.pop()) !== undefined; ) {
    if (seen.has(folder.place)) continue;
    seen.add(folder.place);
    for (const entry of entriesOf(folder)) {
      const path = join(folder.path, entry.name);
      const name = folder.prefix + entry.name;
      const below = { path, prefix: `${name}/` };
      if (entry.isDirectory()) folders.push({ ...below, place: join(folder.place, entry.name) });
      else if (entry.isFile()) found.push(fileAt(path, name));
      else if (entry.isSymbolicLink()) {
        const stats = statsAt(path);
        // A link that leads nowhere fails when it is read.
        if (stats === undefined || stats.isFile()) found.push(fileAt(path, name));
        else if (stats.isDirectory()) {
          const place = realpathSync(path);
          if (!isInside(root.place, place)) linked.push({ ...below, place });
        }
      }
      // Whoever opens a pipe waits until somebody writes into it, so that nothing else is taken.
      if (found.length > most.files || folders.length + seen.size > most.folders)
        throw tooMuch(named, found.length, folders.length + seen.size);
    }
  }
  return found;
}

function tooMuch({ name }: FileReference, files: number, folders: number): DataError {
  const what = files > most.files ? `${grouped(most.files)} files` : `${grouped(most.folders)} folders`;
  const remedy =
    "Name the folder itself that MNIST's four IDX files, CIFAR-10's .bin files, or MiniImagenet's images and tables are in.";
  const seen = `${grouped(files)} files and ${grouped(folders)} folders were found before looking stopped`;
  return new DataError({ name, remedy }, `holds more than ${what}, which is more than data has (${seen})`, null);
}

/** @throws DataError if nothing that can be read is at the path */
async function chosenFiles(named: FileReference): Promise<ChosenFiles> {
  const path = named.name;
  const unreadable = (error: unknown) => {
    if (error instanceof DataError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(named, `cannot be read (${code ?? message})`, null);
  };
  const stats = await stat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return unreadable(error);
    throw new DataError(named, 'does not exist', null);
  });
  if (stats.isDirectory()) {
    try {
      return { folder: path, files: folderFiles(named), close: () => Promise.resolve() };
    } catch (error) {
      return unreadable(error);
    }
  }
  if (!stats.isFile()) throw new DataError(named, 'is neither a file nor a folder', null);
  // It stays open: of a zip thousands of parts are read.
  const handle = await open(path).catch(unreadable);
  const part = async (from: number, count: number) => {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(count), 0, count, from);
    return buffer.subarray(0, bytesRead);
  };
  return {
    folder: dirname(resolve(path)),
    files: [seekableFile(basename(path), stats.size, part)],
    close: () => handle.close(),
  };
}

/** What may differ when somebody's own files are read. */
type OwnFilesOptions = Partial<Omit<OpeningTools, 'square'>>;

/**
 * Reads a dataset from somebody's own files, by the same rules as the page: the path of a folder, a zip, CIFAR-10's
 * archive or any other file.
 *
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function readOwnFiles(path: string, options: OwnFilesOptions = {}): Promise<OpenedFiles> {
  const chosen = await chosenFiles({ name: path, remedy: pathRemedy });
  const threads = new SquareThreads();
  const tools = {
    onProgress: () => {},
    ...options,
    square: (bytes: Uint8Array, side: number) => threads.square(bytes, side),
  };
  try {
    return await openFiles(chosen.folder, chosen.files, tools).finally(() => {
      // Without this check, pictures that no thread has looked at would count as damaged.
      if (threads.failure !== null) throw threads.failure;
    });
  } finally {
    await Promise.all([chosen.close(), threads.close()]);
  }
}

/** The command line's options for data. */
export interface ReadDatasetOptions {
  /** `--data`: a person's own files, or the folder of prepared files. */
  readonly data?: string;
  /** `--use-partial-data`: whether to go on with what is whole. */
  readonly usePartial?: boolean;
  /** Takes a line for people. */
  readonly onProgress?: (line: string) => void;
}

/** Complete MNIST, from the files that `npm run data:mnist` prepares; see {@link readPrepared}. */
export function readMnist(directory?: string): Promise<WholeDataset> {
  return readPrepared('mnist', directory);
}

/** Complete CIFAR-10, from the files that `npm run data:cifar10` prepares; see {@link readPrepared}. */
export function readCifar10(directory?: string): Promise<WholeDataset> {
  return readPrepared('cifar10', directory);
}

/** The dataset, or an error with everything that is wrong with it. */
function accepted(
  path: string,
  opened: OpenedDataset,
  { usePartial = false, onProgress }: ReadDatasetOptions,
): WholeDataset {
  if (opened.kind === 'whole') return opened.dataset;
  const problems = opened.problems.map(({ text }) => text).join(' ');
  if (!usePartial) {
    const remedy = `${problems} Repair the data, or add --use-partial-data to go on with what is whole.`;
    throw new DataError({ name: path, remedy }, 'is not whole', null);
  }
  onProgress?.(`${path} is not whole; what is whole is used. ${problems}`);
  return opened.dataset;
}

const titles: Readonly<Record<DatasetName, string>> = {
  mnist: 'MNIST',
  cifar10: 'CIFAR-10',
  miniimagenet: 'MiniImagenet',
};

/** Throws where a path holds another dataset than the one that the scenario is made of. */
function checkKind(path: string, found: DatasetName, wanted: DatasetName): void {
  if (found === wanted) return;
  const fitting = Object.values(scenarios)
    .filter(({ dataset }) => dataset === found)
    .map(({ name }) => name)
    .join(' or ');
  const remedy = `Name files of ${titles[wanted]}, or add --scenario ${fitting}.`;
  const held = {
    mnist: 'MNIST or a dataset like it',
    cifar10: titles.cifar10,
    miniimagenet: 'pictures or tables, as MiniImagenet has them',
  }[found];
  throw new DataError({ name: path, remedy }, `holds ${held}; this scenario is made of ${titles[wanted]}`, null);
}

const isPrepared = (path: string) =>
  stat(join(path, 'manifest.json')).then(
    (stats) => stats.isFile(),
    () => false,
  );

/** A line for every tenth of the way. */
function tenths(path: string, onProgress: (line: string) => void): (progress: OpeningProgress) => void {
  let said = 0;
  return ({ loaded, total }) => {
    const tenth = total === 0 ? 0 : Math.floor((10 * loaded) / total);
    if (tenth > said) onProgress(`Read ${10 * tenth} % of ${path}.`);
    said = Math.max(said, tenth);
  };
}

/**
 * Reads a dataset by name.
 *
 * @throws DataError that names the command to run or the flag to give if it is missing, or says what is wrong
 */
export async function readDataset(name: DatasetName, options: ReadDatasetOptions = {}): Promise<WholeDataset> {
  const { data, onProgress = () => {} } = options;
  if (data === undefined) {
    if (name !== 'miniimagenet') return readPrepared(name);
    const remedy = 'Add --data DIR_OR_ZIP: a folder or zip with images and train.csv, val.csv, test.csv.';
    throw new DataError(
      { name: 'MiniImagenet', remedy },
      'has no copy that may be passed on, so it is read from yours',
      null,
    );
  }
  if (name !== 'miniimagenet' && (await isPrepared(data))) {
    const dataset = await readPrepared(name, data);
    const found = dataset.imageShape[0] === 28 ? 'mnist' : 'cifar10';
    checkKind(data, found, name);
    return dataset;
  }
  const { opened } = await readOwnFiles(data, {
    onProgress: tenths(data, onProgress),
    onRecognised: (found) => {
      checkKind(data, found, name);
    },
  });
  return accepted(data, opened, options);
}
