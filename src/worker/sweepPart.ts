import type { RunConfig } from '../core/config.ts';
import { type DataError, dataMarkOf, type Dataset } from '../core/dataset.ts';
import type { BackendReport, EvaluationEvent, ExperimentEvent } from '../core/events.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import { engineVersion, storedRun } from '../core/storedRun.ts';
import { runExperiment } from '../engine/experiment.ts';
import { GraphicsFailure } from '../engine/programs/runProgram.ts';
import type { BackendChoice, FailureStage, JobId, LoadProgress, SweepCommand, SweepReport } from '../link/protocol.ts';
import type { DataSource } from './preparedSource.ts';
import { failureOf, usesCard, wasmFiles } from './recovery.ts';
import { nextTurn } from './pace.ts';
import { startBackend } from '../engine/backends.ts';
import { datasetSources, RunImages } from './datasetSources.ts';

/**
 * Holds the lock of this name for as long as this thread lives (poolWorker.ts watches it). Resolves once it is held; at
 * once where there are no locks, outside secure contexts, or they are refused, as where storage is forbidden.
 */
function holdLifeline(name: string): Promise<void> {
  const { locks } = navigator as Partial<Navigator>;
  if (locks === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    locks
      .request(name, () => {
        resolve();
        return new Promise(() => {});
      })
      .catch(() => resolve());
  });
}

/** How much of its work before a task's first batch a method has done, 0 … 1; null if none is left. */
function preparedShare(event: Extract<ExperimentEvent, { kind: 'stepped' | 'preparing' }>): number | null {
  return event.kind === 'preparing' && event.done < event.total ? event.done / event.total : null;
}

/** The surroundings of a runner; in the browser they come from sweepPart.ts. */
export interface SweepRunnerParts {
  /** Resolves once the lock of this name is held, for as long as the worker lives. */
  readonly holdLifeline: (name: string) => Promise<void>;
  readonly post: (report: SweepReport) => void;
  /** The source of a dataset. Asked before every run, so that data that the viewer has opened meanwhile counts. */
  readonly sourceOf: (dataset: DatasetName) => Promise<DataSource>;
  readonly startBackend: (
    choice: BackendChoice,
    onFailure: (failure: GraphicsFailure) => void,
  ) => Promise<BackendReport>;
}

/** The images of a run. */
interface Loaded {
  readonly dataset: Dataset;
  readonly fetching: ReturnType<RunImages['fetching']>;
}

/** Milliseconds of training between two turns of the event loop: how long a pause may take to hold. */
const turnInterval = 50;
const reportInterval = 250;
/** Milliseconds in which a graphics device that is lost says so. */
const patience = 200;

/**
 * Trains one run after the other, each from its first step to its last, as a pool gives them out. Backend and data are
 * kept for the next run.
 */
export class SweepRunner {
  readonly #parts: SweepRunnerParts;
  #backend: { readonly choice: BackendChoice; readonly report: BackendReport } | null = null;
  /** Why the graphics card cannot go on; null while it can. */
  #broken: GraphicsFailure | null = null;
  /** Whether `auto` takes no graphics card any more. */
  #distrusted = false;
  #paused = false;
  #resume: () => void = () => {};
  #pausedFor = 0;

  constructor(parts: SweepRunnerParts) {
    this.#parts = parts;
  }

  /** Carries out one command. */
  handle(command: SweepCommand): void {
    switch (command.kind) {
      case 'begin':
        void this.#parts.holdLifeline(command.lifeline).then(() => this.#parts.post({ kind: 'alive' }));
        break;
      case 'run':
        void this.#run(command.job, command.config, command.backend);
        break;
      case 'pause':
        this.#paused = true;
        break;
      case 'resume':
        this.#paused = false;
        this.#resume();
        break;
      default:
        command satisfies never;
    }
  }

  /** Trains a run and reports its progress; resolves at its end. Never rejects. */
  async #run(job: JobId, config: RunConfig, choice: BackendChoice): Promise<void> {
    let stage: FailureStage = 'setup';
    const run = async (chosen: BackendChoice, lost: GraphicsFailure | null) => {
      const [backend, loaded] = await Promise.all([this.#startBackend(chosen), this.#load(job, config)]);
      if (lost !== null) {
        const on = usesCard(backend) ? 'on the graphics card, asked for anew' : 'with WASM';
        const text = `${lost.message} The run starts again ${on}.`;
        const facts = { trouble: lost.trouble, step: 0, from: null, on: usesCard(backend) ? 'card' : 'wasm' } as const;
        this.#parts.post({ kind: 'notice', text, facts: { kind: 'recovered', ...facts } });
      }
      await this.#train(job, config, backend, loaded, () => (stage = 'training'));
    };
    try {
      await this.#runAnywhere(choice, run);
    } catch (error) {
      this.#parts.post({ kind: 'failed', job, stage, failure: failureOf(this.#broken ?? error) });
    }
  }

  /** Makes a run; a second time on a device asked for anew where one is lost, and on wasm where that may be chosen. */
  async #runAnywhere(
    choice: BackendChoice,
    run: (chosen: BackendChoice, lost: GraphicsFailure | null) => Promise<void>,
  ): Promise<void> {
    const attempt = (lost: GraphicsFailure | null) =>
      run(choice === 'auto' && this.#distrusted ? 'wasm' : choice, lost).then(
        () => null,
        async (error: unknown) => {
          const failure = await this.#graphicsFailure(error);
          if (failure === null) throw error;
          return failure;
        },
      );
    let failure = await attempt(null);
    if (failure?.trouble === 'lost') failure = await attempt(failure);
    if (failure === null) return;
    // Who named a backend wants no runs of another among the results.
    if (choice !== 'auto') throw failure;
    this.#distrusted = true;
    await run('wasm', failure);
  }

  /** What a graphics card says of an error; null where it has nothing to do with it. */
  async #graphicsFailure(error: unknown): Promise<GraphicsFailure | null> {
    if (error instanceof GraphicsFailure) return error;
    const name = this.#backend?.report.name;
    if (name !== 'webgpu' && name !== 'webgl') return null;
    // What reads from a lost device may hear of it before we do.
    if (this.#broken === null) await new Promise((resolve) => setTimeout(resolve, patience));
    return this.#broken;
  }

  async #load(job: JobId, config: RunConfig): Promise<Loaded> {
    const onProgress = (progress: LoadProgress) => this.#parts.post({ kind: 'loading', job, progress });
    const source = await this.#parts.sourceOf(scenarios[config.scenario].dataset);
    const images = await RunImages.of(source, [config]);
    // What comes by task is brought near first: a run that is nobody's to watch had better not wait in its middle.
    if (source.byTask) await images.prefetch(onProgress);
    const dataset = await images.begin(onProgress);
    const onFailure = (error: DataError) => Promise.reject(error);
    return { dataset, fetching: images.fetching({ onProgress, onFailure }) };
  }

  async #startBackend(choice: BackendChoice): Promise<BackendReport> {
    if (this.#backend?.choice === choice && this.#broken === null) return this.#backend.report;
    this.#broken = null;
    const report = await this.#parts.startBackend(choice, (failure) => (this.#broken = failure));
    this.#backend = { choice, report };
    return report;
  }

  async #train(
    job: JobId,
    config: RunConfig,
    backend: BackendReport,
    { dataset, fetching }: Loaded,
    onStarted: () => void,
  ): Promise<void> {
    const start = performance.now();
    this.#pausedFor = 0;
    const evaluations: EvaluationEvent[] = [];
    let [turnAt, reportAt] = [start, start];
    for await (const event of runExperiment({ dataset, lanes: [config], backend, ...fetching })) {
      if (this.#broken !== null) throw this.#broken;
      switch (event.kind) {
        case 'started':
          onStarted();
          this.#parts.post({ kind: 'started', job, backend, totalSteps: event.totalSteps });
          break;
        case 'stepped':
        case 'preparing':
          if (performance.now() - reportAt < reportInterval) break;
          reportAt = performance.now();
          this.#parts.post({ kind: 'progress', job, step: event.step, preparing: preparedShare(event) });
          break;
        case 'evaluated':
          evaluations.push(event);
          break;
        case 'laneStopped':
          throw new Error(event.reason);
        case 'finished': {
          const [result] = event.results;
          if (result === null) throw new Error('The run ended without a result.');
          const seconds = Math.round(performance.now() - start - this.#pausedFor) / 1_000;
          const origin = { backend: backend.name, version: engineVersion, data: dataMarkOf(dataset) };
          const run = storedRun(result, evaluations, { ...origin, seconds });
          this.#parts.post({ kind: 'finished', job, run });
          break;
        }
        case 'evaluating':
        case 'traced':
        case 'reconstructed':
        case 'progress':
        case 'retrievalChanged':
          break;
        default:
          event satisfies never;
      }
      if (performance.now() - turnAt >= turnInterval) {
        await nextTurn();
        turnAt = performance.now();
      }
      if (this.#paused && event.kind !== 'finished') await this.#whilePaused();
    }
  }

  async #whilePaused(): Promise<void> {
    const since = performance.now();
    while (this.#paused) await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#pausedFor += performance.now() - since;
  }
}

const post = (report: SweepReport) => self.postMessage(report);

/** Trains the runs of a sweep, one after the other. */
export function begin(page: string): (command: SweepCommand) => void {
  const sources = datasetSources(page, post);

  const runner = new SweepRunner({
    post,
    holdLifeline,
    sourceOf: (dataset) => sources.of(dataset),
    // The workers share the processor's threads, one each.
    startBackend: (choice, onFailure) => startBackend(choice, wasmFiles, onFailure, 'one'),
  });

  return (command) => runner.handle(command);
}
