import type { RunConfig } from '../core/config.ts';
import { DataError, type Dataset, type WholeDataset } from '../core/dataset.ts';
import { methods } from '../core/methods.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import { neededSamples, type Task } from '../core/stream.ts';
import type { ExperimentOptions } from '../engine/experiment.ts';
import type { LoadProgress, WorkerNotice } from '../link/protocol.ts';
import { toldIfSlow } from './pace.ts';
import { type DataSource, type ImageChoice, wholeDataset, PreparedSource } from './preparedSource.ts';
import { readKeptDataset } from './keptDataset.ts';

/** Where the images of each dataset come from. */
export interface Sources {
  /** @throws DataError if the dataset can neither be fetched nor has been opened */
  of(name: DatasetName): Promise<DataSource>;
  /** From now on, this dataset is used. */
  use(name: DatasetName, dataset: WholeDataset): void;
}

/**
 * Data that the viewer has opened comes first, then data that an earlier visit kept in the browser, then the site's.
 *
 * @param page address of the page, beside which `data/` lies
 * @param onNotice takes a notice for the viewer
 */
export function datasetSources(page: string, onNotice: (notice: WorkerNotice) => void): Sources {
  const sources = new Map<DatasetName, DataSource>();

  async function find(name: DatasetName): Promise<DataSource> {
    if (name === 'mnist') return new PreparedSource(name, new URL('data/mnist/', page), { onNotice });
    const kept = await readKeptDataset(name);
    if (kept !== null) return wholeDataset(kept);
    if (name === 'cifar10') return new PreparedSource(name, new URL('data/cifar10/', page), { onNotice });
    const remedy =
      'Open a folder or zip of its images, with train.csv, val.csv and test.csv, under Settings; nobody may hand it on.';
    throw new DataError({ name: 'MiniImagenet', remedy }, 'is not in this browser', { kind: 'absent' });
  }

  return {
    async of(name) {
      const found = sources.get(name) ?? (await find(name));
      // Two calls may have looked at the same time. The first source found counts, with everything that it has fetched
      // already.
      const source = sources.get(name) ?? found;
      sources.set(name, source);
      return source;
    },
    use(name, dataset) {
      sources.set(name, wholeDataset(dataset));
    },
  };
}

/** All test images of some tasks. */
export function testImages(tasks: readonly Task[]): Int32Array {
  return Int32Array.from(tasks.flatMap(({ test }) => Array.from(test)));
}

/** Milliseconds of waiting for images that need no words. */
const quietWait = 500;

/** What a run does while it waits for images in its middle. */
interface WhileWaiting {
  /** How far they are; only where that takes a while. */
  readonly onProgress: (progress: LoadProgress) => void;
  /** They cannot be had: resolves when it is to be tried again. */
  readonly onFailure: (error: DataError) => Promise<void>;
}

/**
 * The images of a run: all that it needs before its first step; or, where their source gives them by task, those of each
 * task before its first batch, while those of the task before go, and those of each evaluation before it.
 */
export class RunImages {
  readonly tasks: readonly Task[];
  readonly #source: DataSource;
  readonly #byTask: boolean;
  readonly #signal: AbortSignal | undefined;

  /**
   * @param lanes of the run, of one scenario
   * @throws DataError if the labels cannot be had; the signal's reason once it aborts
   */
  static async of(source: DataSource, lanes: readonly RunConfig[], signal?: AbortSignal): Promise<RunImages> {
    const [first] = lanes;
    return new RunImages(source, scenarios[first.scenario].tasks(await source.labels(signal), first), lanes, signal);
  }

  private constructor(
    source: DataSource,
    tasks: readonly Task[],
    lanes: readonly RunConfig[],
    signal: AbortSignal | undefined,
  ) {
    this.tasks = tasks;
    this.#source = source;
    // A stream without an order of tasks needs all images all the time.
    this.#byTask = source.byTask && lanes.every(({ method }) => methods[method].stream.kind === 'sequential');
    this.#signal = signal;
  }

  /**
   * Gets what must be there before the first step.
   *
   * @param done tasks that the run has behind it
   * @throws DataError if they cannot be had; the signal's reason once it aborts
   */
  begin(onProgress: (progress: LoadProgress) => void, done = 0): Promise<Dataset> {
    const first = this.#byTask ? this.tasks.slice(done, done + 1) : this.tasks;
    return this.#source.ensure({ train: neededSamples(first), test: testImages(this.tasks) }, onProgress, this.#signal);
  }

  /** Gets what other runs and later tasks need, at low priority; only into the browser's storage by task. */
  prefetch(onProgress?: (progress: LoadProgress) => void): Promise<void> {
    return this.#source.prefetch(this.#signal, onProgress);
  }

  /** What `runExperiment` is to do before tasks and evaluations; nothing where all images are there from the start. */
  fetching(waiting: WhileWaiting): Pick<ExperimentOptions, 'beforeTask' | 'beforeTest'> {
    if (!this.#byTask) return {};
    const fetch = async (images: ImageChoice) => {
      for (;;) {
        try {
          await this.#ensure(images, waiting.onProgress);
          break;
        } catch (error) {
          if (this.#signal?.aborted === true || !(error instanceof DataError)) throw error;
          await waiting.onFailure(error);
          this.#signal?.throwIfAborted();
        }
      }
      this.#source.keepOnly(images);
    };
    return { beforeTask: (train) => fetch({ train }), beforeTest: (test) => fetch({ test }) };
  }

  #ensure(images: ImageChoice, onProgress: (progress: LoadProgress) => void): Promise<Dataset> {
    let last: LoadProgress | null = null;
    let waits = false;
    const tell = () => {
      if (waits && last !== null) onProgress(last);
    };
    return toldIfSlow(
      (onSlowPart) => {
        onSlowPart();
        return this.#source.ensure(
          images,
          (progress) => {
            last = progress;
            tell();
          },
          this.#signal,
        );
      },
      quietWait,
      (waiting) => {
        waits = waiting;
        tell();
      },
    );
  }
}
