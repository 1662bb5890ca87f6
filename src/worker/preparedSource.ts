import { DataError, type Dataset, type FileReference, type ImageBytes, imageSize } from '../core/dataset.ts';
import { beginDataset, type BegunDataset, chunkOfDataset, ComingImages } from '../engine/data/chunks.ts';
import {
  checkFile,
  type ImageFile,
  imageFiles,
  isGzip,
  labelsFile,
  type Manifest,
  type ManifestFile,
  parseManifest,
  preparedData,
  type PreparedData,
  type PreparedName,
  sha256InPlace,
} from '../engine/data/manifest.ts';
import type { LoadProgress, WorkerNotice } from '../link/protocol.ts';
import { DataCache, freeBytes, Room } from './dataCache.ts';
import { download, unpack } from './download.ts';
import { untilAborted } from './pace.ts';

const halves = ['test', 'train'] as const;

/** Images by their index, of one half or of both; a half that is left out stays as it is. */
export type ImageChoice = Partial<Readonly<Record<(typeof halves)[number], Int32Array>>>;

/** The source of a run's images: fetches them as far as the run needs, or has them already. */
export interface DataSource {
  /** The labels of both halves: enough to split the scenario into tasks. */
  labels(signal?: AbortSignal): Promise<{ readonly train: Uint8Array; readonly test: Uint8Array }>;
  /** Whether a run had better ask for the images of one task, or evaluation, at a time, and give back those before. */
  readonly byTask: boolean;
  /** The dataset, with these images in place. */
  ensure(images: ImageChoice, onProgress: (progress: LoadProgress) => void, signal?: AbortSignal): Promise<Dataset>;
  /** Gives back the memory of other images than these, where they can be had again from the browser. */
  keepOnly(images: ImageChoice): void;
  /** Gets the rest, at low priority: into memory, or, where runs ask by task, into the browser's storage. */
  prefetch(signal?: AbortSignal, onProgress?: OnProgress): Promise<void>;
}

/** A dataset that is complete already. */
export function wholeDataset(dataset: Dataset): DataSource {
  return {
    labels: () => Promise.resolve({ train: dataset.train.labels, test: dataset.test.labels }),
    byTask: false,
    ensure: () => Promise.resolve(dataset),
    keepOnly: () => undefined,
    prefetch: () => Promise.resolve(),
  };
}

/** The settings of a {@link PreparedSource}. */
interface PreparedSourceOptions {
  /** Takes a notice for the viewer when the data cannot be kept in the browser; called at most once. */
  readonly onNotice: (notice: WorkerNotice) => void;
  /** Milliseconds without a byte after which a download is tried again. */
  readonly patience?: number;
  /** Bytes of files held at a time; a larger file is held alone. */
  readonly held?: number;
  /** See {@link DataSource.byTask}; by default where the images are very many. */
  readonly byTask?: boolean;
}

/** A file as it is stored, checked. */
interface Fetched {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Resolves once the browser's storage has them, or has refused them, with which of both. */
  readonly kept: Promise<boolean>;
}

type OnProgress = (progress: LoadProgress) => void;

interface Begun {
  readonly manifest: Manifest;
  readonly prepared: BegunDataset;
  readonly images: Readonly<Record<ImageFile['kind'], ComingImages>>;
  readonly dataset: Dataset & { readonly test: { pixels: ImageBytes } };
}

/** Downloads at a time: a browser gives one host six connections, and the page needs some too. */
const parallel = 4;

/** Bytes of files held at a time, from the start of their download until they are in place and kept. */
const mostHeld = 16e6;

const manifestLimit = 1_000_000;

/**
 * A dataset as its script prepares it (`npm run data:mnist`), fetched as far as runs need it and kept in the browser.
 * Each file is downloaded at most once, however many callers ask for it; a file that failed is tried again at the next
 * request.
 *
 * Usage: `labels` → split into tasks → `ensure` what they need → `prefetch` the rest once training runs. Where runs ask
 * by task: `ensure` before each task what it needs with what memories hold, and before each evaluation what it needs,
 * then `keepOnly` the same.
 */
export class PreparedSource implements DataSource {
  readonly byTask: boolean;
  readonly #name: PreparedName;
  readonly #baseUrl: URL;
  readonly #cache: DataCache;
  readonly #patience: number;
  readonly #held: number;
  readonly #room: Room;
  #begun: Promise<Begun> | null = null;
  /** By file name: images that have been put in place, or are on their way. */
  readonly #arrivals = new Map<string, Promise<void>>();
  /** Names of files that the browser's storage has. */
  readonly #stored = new Set<string>();
  /** By file name: bytes so far. */
  readonly #loaded = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  /**
   * @param name which dataset
   * @param baseUrl absolute address of the folder that holds manifest.json, ending in "/"
   */
  constructor(
    name: PreparedName,
    baseUrl: string | URL,
    { onNotice, patience = 30_000, held = mostHeld, byTask = name === 'cifar10' }: PreparedSourceOptions,
  ) {
    this.byTask = byTask;
    this.#name = name;
    this.#baseUrl = new URL(baseUrl);
    this.#cache = new DataCache(name, onNotice);
    this.#patience = patience;
    this.#held = held;
    this.#room = new Room(held);
  }

  /**
   * The labels of both halves: enough to split the scenario into tasks.
   *
   * @throws DataError if manifest or labels cannot be had; the signal's reason once it aborts
   */
  async labels(signal?: AbortSignal): Promise<{ readonly train: Uint8Array; readonly test: Uint8Array }> {
    const { prepared } = await untilAborted(this.#begin(), signal);
    return prepared.labels;
  }

  /**
   * Makes sure that these images are there.
   *
   * @param onProgress is told how many bytes have come of all files that the request needs
   * @returns the dataset, the same object each time; images that were never asked for may be missing
   * @throws DataError if a file cannot be had; RangeError for an index outside the dataset; the signal's reason once it
   *   aborts (downloads that have begun go on, for the next request that needs them)
   */
  async ensure(wanted: ImageChoice, onProgress: OnProgress, signal?: AbortSignal): Promise<Dataset> {
    const begun = await untilAborted(this.#begin(), signal);
    const { manifest, images, dataset } = begun;
    const lacking = halves.flatMap((half) => {
      const samples = wanted[half] ?? new Int32Array();
      const last = dataset[half].count - 1;
      const outside = samples.find((sample) => sample < 0 || sample > last);
      if (outside !== undefined)
        throw new RangeError(`Image ${outside} of half "${half}" was asked for; indices go from 0 to ${last}.`);
      const chunks = images[half].missing(samples);
      return imageFiles(manifest, half).filter((_, chunk) => chunks.has(chunk));
    });
    // In the middle of a run, what came before it is no news.
    const isNews = lacking.length === 0 || this.#arrivals.size === 0;
    const stopReporting = this.#report(isNews ? [labelsFile(manifest), ...lacking] : lacking, onProgress);
    try {
      await untilAborted(this.#fetchAll(begun, lacking, signal), signal);
    } finally {
      stopReporting();
    }
    return dataset;
  }

  /** Call it when all of these are in place. A half that is one file stays whole. */
  keepOnly(wanted: ImageChoice): void {
    void this.#begin().then(({ manifest, images }) => {
      for (const half of halves) {
        const files = imageFiles(manifest, half);
        const samples = wanted[half];
        if (samples === undefined || files.length === 1) continue;
        const gone = images[half].keepOnly(samples, (chunk) => this.#stored.has(files[chunk].name));
        for (const [chunk, pixels] of gone) {
          freeBytes(pixels);
          this.#arrivals.delete(files[chunk].name);
          this.#loaded.delete(files[chunk].name);
        }
      }
    });
  }

  /** Gets the remaining files one by one, at low priority; ends quietly at the first failure. */
  async prefetch(signal?: AbortSignal, onProgress: OnProgress = () => undefined): Promise<void> {
    let stopReporting = () => {};
    try {
      const begun = await this.#begin();
      const files = halves.flatMap((half) => imageFiles(begun.manifest, half));
      const kept = this.byTask ? await this.#cache.kept() : new Set<IDBValidKey>();
      const lacking = files.filter(({ sha256 }) => !kept.has(sha256));
      if (lacking.length > 0) stopReporting = this.#report(lacking, onProgress);
      for (const listed of lacking) {
        if (signal?.aborted || (this.byTask && !this.#cache.writable)) return;
        if (this.byTask) await this.#store(listed);
        else await this.#arrive(begun, listed, 'low');
      }
    } catch {
      // Nothing is lost: the next request that needs the file tries again, and reports what is wrong.
    } finally {
      stopReporting();
    }
  }

  /** Downloads a file for the browser's storage alone. */
  async #store(listed: ImageFile): Promise<void> {
    const leave = await this.#room.enter(Math.max(this.#held, listed.bytes));
    try {
      // It may have come while others had the room.
      if (this.#stored.has(listed.name)) return;
      const { bytes, kept } = await this.#fetched(listed, 'low');
      await kept;
      freeBytes(bytes);
    } finally {
      leave();
    }
  }

  #reference(file: string): FileReference {
    const { script, otherwise }: PreparedData = preparedData[this.#name];
    const remedy = `Reload the page. If that does not help, whoever runs this site should prepare its data again with "npm run ${script} -- --force". ${otherwise}`;
    return { name: `data/${this.#name}/${file}`, remedy: remedy.trim() };
  }

  #begin(): Promise<Begun> {
    this.#begun ??= this.#load().catch((error: unknown) => {
      this.#begun = null;
      throw error;
    });
    return this.#begun;
  }

  async #load(): Promise<Begun> {
    const file = this.#reference('manifest.json');
    const options = {
      limit: manifestLimit,
      expected: 0,
      priority: 'high',
      cache: 'no-cache',
      onBytes: () => {},
      patience: this.#patience,
    } as const;
    const manifest = await download(new URL('manifest.json', this.#baseUrl), file, options, (bytes) =>
      parseManifest(file, new TextDecoder().decode(bytes)),
    );
    void this.#cache.keepOnly(manifest.files.map(({ sha256 }) => sha256));
    const labels = labelsFile(manifest);
    const content = await this.#unpacked(labels, (await this.#fetched(labels, 'high')).bytes);
    const prepared = beginDataset(manifest, this.#reference(labels.name), content);
    const { name, imageShape, classNames, chunkOf } = prepared;
    const comingOf = (half: ImageFile['kind']) => new ComingImages(chunkOf[half], imageSize(prepared), half);
    const images = { train: comingOf('train'), test: comingOf('test') };
    const halfOf = (half: ImageFile['kind']): Begun['dataset']['test'] => {
      const of = prepared.labels[half];
      return { count: of.length, labels: of, pixels: images[half] };
    };
    const [train, test] = [halfOf('train'), halfOf('test')];
    return { manifest, prepared, images, dataset: { name, imageShape, classNames, train, test } };
  }

  async #fetchAll(begun: Begun, files: readonly ImageFile[], signal: AbortSignal | undefined): Promise<void> {
    const queue = [...files];
    const fetchNext = async () => {
      for (let next = queue.shift(); next && !signal?.aborted; next = queue.shift()) {
        await this.#arrive(begun, next, 'high');
      }
    };
    try {
      await Promise.all(Array.from({ length: parallel }, fetchNext));
    } finally {
      queue.length = 0;
    }
  }

  #arrive(begun: Begun, listed: ImageFile, priority: RequestPriority): Promise<void> {
    const underWay = this.#arrivals.get(listed.name);
    if (underWay) return underWay;
    const arrival = this.#place(begun, listed, priority);
    this.#arrivals.set(listed.name, arrival);
    arrival.catch(() => this.#arrivals.delete(listed.name));
    return arrival;
  }

  /** Fetches a file and puts its images in their places. It takes up room until the browser's storage has it. */
  async #place(begun: Begun, listed: ImageFile, priority: RequestPriority): Promise<void> {
    // What nobody waits for comes alone: memory is dearer then than time.
    const leave = await this.#room.enter(priority === 'low' ? Math.max(this.#held, listed.bytes) : listed.bytes);
    let settled: Promise<unknown> = Promise.resolve();
    try {
      const { bytes, kept } = await this.#fetched(listed, priority);
      settled = kept;
      const content = await this.#unpacked(listed, bytes);
      const files = imageFiles(begun.manifest, listed.kind);
      const number = files.indexOf(listed);
      const chunk = chunkOfDataset(begun.prepared, listed, number, this.#reference(listed.name), content);
      begun.images[listed.kind].take(number, chunk);
      // One file has all test images, and in their order: a graphics card takes them in one piece.
      if (listed.kind === 'test' && files.length === 1) begun.dataset.test.pixels = chunk.pixels;
      if (content !== bytes) settled = kept.then(() => freeBytes(bytes));
    } finally {
      void settled.then(leave);
    }
  }

  /** The checked bytes of a file, from the browser's storage or from the server. */
  async #fetched(listed: ManifestFile, priority: RequestPriority): Promise<Fetched> {
    const file = this.#reference(listed.name);
    const stored = await this.#kept(file, listed);
    const isKept = (kept: boolean) => {
      if (kept) this.#stored.add(listed.name);
      return kept;
    };
    if (stored) return { bytes: stored, kept: Promise.resolve(isKept(true)) };
    const bytes = await this.#downloaded(file, listed, priority);
    return { bytes, kept: this.#cache.keep(listed.sha256, bytes).then(isKept) };
  }

  async #unpacked(listed: ManifestFile, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (!isGzip(bytes)) return bytes;
    const content = await unpack(bytes, listed.contentBytes, listed.contentBytes).catch(() => null);
    if (!content)
      throw new DataError(
        this.#reference(listed.name),
        `does not unpack to the ${listed.contentBytes} bytes that its manifest says`,
        { kind: 'site' },
      );
    return content;
  }

  async #kept(file: FileReference, listed: ManifestFile): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = await this.#cache.read(listed.sha256, listed.bytes);
    if (!bytes) return null;
    try {
      await checkFile(file, listed, bytes, sha256InPlace);
    } catch {
      return null;
    }
    this.#setLoaded(listed, listed.bytes);
    return bytes;
  }

  async #downloaded(
    file: FileReference,
    listed: ManifestFile,
    priority: RequestPriority,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const options = {
      limit: Math.max(listed.bytes, listed.contentBytes),
      expected: listed.bytes,
      priority,
      cache: 'default',
      patience: this.#patience,
      onBytes: (loaded: number) => this.#setLoaded(listed, loaded),
    } as const;
    const bytes = await download(new URL(listed.name, this.#baseUrl), file, options, async (received) => {
      await checkFile(file, listed, received, sha256InPlace);
      return received;
    });
    this.#setLoaded(listed, listed.bytes);
    return bytes;
  }

  /** A server that unpacks on the way sends more bytes than the file has; the bar still ends at its end. */
  #setLoaded(listed: ManifestFile, bytes: number): void {
    this.#loaded.set(listed.name, Math.min(bytes, listed.bytes));
    for (const listener of this.#listeners) listener();
  }

  #report(files: readonly ManifestFile[], onProgress: OnProgress): () => void {
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const listener = () => {
      const loaded = files.reduce((sum, { name }) => sum + (this.#loaded.get(name) ?? 0), 0);
      onProgress({ what: preparedData[this.#name].title, loaded, total });
    };
    this.#listeners.add(listener);
    listener();
    return () => this.#listeners.delete(listener);
  }
}
