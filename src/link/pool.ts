import type { BackendName, RunConfig, ScenarioName } from '../core/config.ts';
import type { BackendReport } from '../core/events.ts';
import type { StoredRun } from '../core/storedRun.ts';
import { say } from '../texts/say.ts';
import { usefulWorkers, PoolWorker, type SweepWorkerPort, type WorkerLoss } from './poolWorker.ts';
import type { BackendChoice, Failure, LoadProgress, SweepReport, WorkerNotice } from './protocol.ts';
import { startWorker } from './client.ts';

const mostWorkers = 8;
/** Bytes of images that all workers of a sweep may hold together. */
const imageBudget = 450e6;

/** Bytes of a scenario's complete dataset; every worker holds a copy. */
function datasetBytes(scenario: ScenarioName): number {
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return 55e6;
    case 'split-cifar10':
      return 184e6;
    case 'split-miniimagenet':
      return 1_270e6;
    default:
      return scenario satisfies never;
  }
}

/**
 * The most workers that may carry a sweep. On a processor it is one fewer than its threads, so that the page stays
 * smooth, from 1 to 8, and only as many as have room for their images. On a graphics card it is one, which keeps the
 * card busy.
 */
export function mostWorkersFor(
  backend: BackendName,
  scenarios: readonly ScenarioName[],
  processorThreads: number,
): number {
  if (backend === 'webgpu' || backend === 'webgl') return 1;
  const largest = Math.max(0, ...scenarios.map(datasetBytes));
  const room = largest === 0 ? mostWorkers : Math.floor(imageBudget / largest);
  return Math.max(1, Math.min(processorThreads - 1, mostWorkers, room));
}

/** The reports of a pool on the runs that it was given. */
export type PoolEvent =
  | { readonly kind: 'workers'; readonly count: number }
  | { readonly kind: 'backend'; readonly backend: BackendReport }
  | { readonly kind: 'loading'; readonly progress: LoadProgress }
  /**
   * `preparing`: how much of its work on a whole task the method has done before the next step, 0 … 1; null while it
   * takes steps.
   */
  | {
      readonly kind: 'progress';
      readonly config: RunConfig;
      readonly step: number;
      readonly totalSteps: number;
      readonly preparing: number | null;
    }
  | { readonly kind: 'finished'; readonly run: StoredRun }
  /** One run failed; the others go on. */
  | { readonly kind: 'failed'; readonly config: RunConfig; readonly failure: Failure }
  /** No run can start, for a reason that all runs share; the pool is empty again. */
  | { readonly kind: 'blocked'; readonly failure: Failure }
  | WorkerNotice
  /** Every run has finished or failed. */
  | { readonly kind: 'done' };

function lossWords(loss: WorkerLoss): string {
  switch (loss.kind) {
    case 'stopped':
      return loss.detail
        ? say('failures.worker.stopped', { detail: loss.detail + loss.where })
        : say('failures.worker.unloadable', { where: loss.where });
    case 'unreadable':
      return say('failures.worker.unreadable');
    case 'ended':
      return say('failures.worker.ended');
    default:
      return loss satisfies never;
  }
}

const failureOf = (message: string): Failure => ({ name: 'WorkerLost', message, stack: '' });

/** The page's end of the lines to the workers of a sweep. */
export interface RunPool {
  /** Gives out these runs, in order, to as many workers as the machine carries. Ends earlier runs. */
  start(configs: readonly RunConfig[], backend: BackendChoice): void;
  /** Also gives out these runs, after the others; only while runs are under way. */
  add(configs: readonly RunConfig[]): void;
  /** Holds the runs in flight between two steps. */
  pause(): void;
  resume(): void;
  /** Ends the workers; runs in flight are lost. */
  stop(): void;
  onEvent(listener: (event: PoolEvent) => void): () => void;
}

interface RunPoolParts {
  readonly makeWorker: () => SweepWorkerPort;
  readonly processorThreads: number;
  /** How many workers get the most done, of at most `most`. */
  readonly usefulWorkers: (most: number) => Promise<number>;
}

/** The processor is measured once for as long as the page is open. */
let measured: Promise<number> | null = null;

async function measuredWorkers(most: number): Promise<number> {
  // If nothing can be measured, as many as are allowed.
  measured ??= usefulWorkers(most).catch(() => most);
  return Math.min(most, await measured);
}

function browserParts(): RunPoolParts {
  return {
    makeWorker: () => startWorker('sweep'),
    processorThreads: navigator.hardwareConcurrency,
    usefulWorkers: measuredWorkers,
  };
}

/**
 * Makes a pool. Its workers start with the first runs and end with the last. The first worker goes ahead alone until it
 * trains: by then the backend is known, and the data is in the browser's storage for the others.
 */
export function createRunPool(
  { makeWorker, processorThreads, usefulWorkers: useful }: RunPoolParts = browserParts(),
): RunPool {
  const listeners = new Set<(event: PoolEvent) => void>();
  let workers: PoolWorker[] = [];
  let queue: RunConfig[] = [];
  let choice: BackendChoice = 'auto';
  let paused = false;
  let capacity = 1;
  let backend: BackendReport | null = null;
  /** Counts the starts, so that a measurement from an earlier one is ignored. */
  let starts = 0;

  function tell(event: PoolEvent): void {
    for (const listener of listeners) listener(event);
  }

  function clear(): void {
    for (const worker of workers) worker.end();
    workers = [];
    queue = [];
    capacity = 1;
    backend = null;
  }

  function addWorker(): PoolWorker {
    const worker = new PoolWorker(makeWorker(), {
      onReport: (report, config) => hear(worker, report, config),
      onLost: (loss, config) => lose(worker, lossWords(loss), config),
    });
    if (paused) worker.send({ kind: 'pause' });
    workers.push(worker);
    tell({ kind: 'workers', count: workers.length });
    return worker;
  }

  /** Gives every free place a run; reports when nothing is left to do. */
  function giveOut(): void {
    while (queue.length > 0) {
      const worker = workers.find(({ free }) => free) ?? (workers.length < capacity ? addWorker() : null);
      const config = worker === null ? undefined : queue.shift();
      if (worker === null || config === undefined) return;
      worker.run(config, choice);
    }
    if (workers.some(({ free }) => !free)) return;
    clear();
    tell({ kind: 'done' });
  }

  /** Adds as many workers as are of use. This is measured while the first one is paused. */
  async function widen(most: number): Promise<void> {
    if (most === 1 || queue.length === 0) return;
    const begun = starts;
    for (const worker of workers) worker.send({ kind: 'pause' });
    const count = await useful(most);
    if (begun !== starts || workers.length === 0) return;
    capacity = count;
    if (!paused) for (const worker of workers) worker.send({ kind: 'resume' });
    giveOut();
  }

  function block(failure: Failure): void {
    clear();
    tell({ kind: 'blocked', failure });
  }

  function hear(worker: PoolWorker, report: SweepReport, config: RunConfig): void {
    switch (report.kind) {
      case 'loading':
        tell({ kind: 'loading', progress: report.progress });
        break;
      case 'started':
        if (backend === null) {
          backend = report.backend;
          tell({ kind: 'backend', backend });
          const scenarios = [config, ...queue].map(({ scenario }) => scenario);
          void widen(mostWorkersFor(backend.name, scenarios, processorThreads));
        }
        tell({ kind: 'progress', config, step: 0, totalSteps: report.totalSteps, preparing: null });
        giveOut();
        break;
      case 'progress':
        tell({
          kind: 'progress',
          config,
          step: report.step,
          totalSteps: worker.totalSteps,
          preparing: report.preparing,
        });
        break;
      case 'finished':
        tell({ kind: 'finished', run: report.run });
        giveOut();
        break;
      case 'failed':
        if (report.stage === 'setup') {
          block(report.failure);
          break;
        }
        tell({ kind: 'failed', config, failure: report.failure });
        giveOut();
        break;
      case 'notice':
        tell(report);
        break;
      case 'alive':
        break;
      default:
        report satisfies never;
    }
  }

  function lose(worker: PoolWorker, words: string, config: RunConfig | null): void {
    workers = workers.filter((other) => other !== worker);
    worker.end();
    if (worker.neverAnswered) {
      block(failureOf(words));
      return;
    }
    tell({ kind: 'workers', count: workers.length });
    const failure = failureOf(say('failures.worker.replaced', { sentence: words }));
    if (config !== null) tell({ kind: 'failed', config, failure });
    giveOut();
  }

  return {
    start(configs, wanted) {
      clear();
      starts += 1;
      queue = [...configs];
      choice = wanted;
      paused = false;
      giveOut();
    },
    add(configs) {
      queue.push(...configs);
      giveOut();
    },
    pause() {
      paused = true;
      for (const worker of workers) worker.send({ kind: 'pause' });
    },
    resume() {
      paused = false;
      for (const worker of workers) worker.send({ kind: 'resume' });
    },
    stop: clear,
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
