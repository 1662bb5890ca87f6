import { laneConfigs, type RunConfig } from '../core/config.ts';
import type { WholeDataset } from '../core/dataset.ts';
import type { BackendReport } from '../core/events.ts';
import type { DatasetName } from '../core/scenarios.ts';
import { choiceKey } from '../engine/backendChoice.ts';
import type { GraphicsFailure } from '../engine/programs/runProgram.ts';
import type { BackendChoice, Command, Failure, LoadProgress, DataAmount, WorkerNotice } from '../link/protocol.ts';
import type { Sources } from './datasetSources.ts';
import type { OpenedFiles } from '../engine/data/openFiles.ts';
import { failureOf } from './recovery.ts';
import { type Post, Session } from './session.ts';

/** The surroundings of a player; in the browser they come from sessionPart.ts. */
export interface PlayerParts {
  readonly post: Post;
  readonly sources: Sources;
  /**
   * Starts a backend for some lanes; calls `onFailure` if its graphics card cannot go on later, and `onPreparing` when
   * programs of that card are about to be made.
   */
  readonly startBackend: (
    choice: BackendChoice,
    onFailure: (failure: GraphicsFailure) => void,
    lanes: readonly RunConfig[],
    onPreparing: () => void,
  ) => Promise<BackendReport>;
  readonly openFiles: (files: readonly File[], onProgress: (progress: LoadProgress) => void) => Promise<OpenedFiles>;
  /** Keeps a dataset in the browser; resolves with null, or a sentence that says why it could not be kept. */
  readonly keep: (name: DatasetName, dataset: WholeDataset) => Promise<WorkerNotice | null>;
}

/**
 * Carries out the page's commands. There is one session at a time: a start ends the session before, and waits until
 * that has freed everything. Commands to any other session than the current one do nothing.
 */
export class Player {
  readonly #parts: PlayerParts;
  #session: Session | null = null;
  /** Resolves when all sessions so far are over. */
  #over: Promise<void> = Promise.resolve();
  /** Resolves when all files so far have been opened or refused. */
  #opened: Promise<void> = Promise.resolve();
  readonly #openings = new Set<AbortController>();
  /** Data that is not whole, until the viewer says whether to use it. */
  #partial: { readonly name: DatasetName; readonly dataset: WholeDataset } | null = null;
  #backend: { readonly choice: BackendChoice; readonly key: string; readonly report: BackendReport } | null = null;
  /** A backend that `auto` no longer takes, and why. */
  #distrusted: BackendReport['passedOver'][number] | null = null;

  constructor(parts: PlayerParts) {
    this.#parts = parts;
  }

  /** Carries out one command. */
  handle(command: Command): void {
    switch (command.kind) {
      case 'start':
        this.#begin(command);
        break;
      case 'play':
        this.#current(command.run)?.play(command.until);
        break;
      case 'pause':
        this.#current(command.run)?.pause();
        break;
      case 'step':
        this.#current(command.run)?.step();
        break;
      case 'retrieval':
        this.#current(command.run)?.setRetrieval(command.lane, command.retrieval);
        break;
      case 'speed':
        this.#session?.setSpeed(command.speed);
        break;
      case 'ask':
        this.#current(command.run)?.ask(command.own);
        break;
      case 'openData':
        this.#open(command.files, command.usePartial ?? false);
        break;
      case 'stopOpening':
        for (const opening of this.#openings) opening.abort();
        break;
      case 'usePartialData': {
        const partial = this.#partial;
        this.#partial = null;
        if (partial !== null && command.use)
          this.#opened = this.#opened.then(() => this.#use(partial.name, partial.dataset));
        break;
      }
      case 'ping':
        this.#parts.post({ kind: 'pong', id: command.id }, []);
        break;
      default:
        command satisfies never;
    }
  }

  /** Reports an error that nothing has caught, as the end of the current run. */
  fail(error: unknown): void {
    this.#session?.fail(error);
  }

  /** Ends the current session; resolves once what it held is free. */
  async close(): Promise<void> {
    this.#session?.end();
    await this.#over;
  }

  #current(run: number): Session | null {
    return this.#session?.run === run ? this.#session : null;
  }

  #begin(command: Extract<Command, { kind: 'start' }>): void {
    this.#session?.end();
    const session = new Session(command, {
      post: this.#parts.post,
      sourceOf: (name) => this.#opened.then(() => this.#parts.sources.of(name)),
      startBackend: (onPreparing, instead) =>
        this.#startBackend(instead ?? command.backend, laneConfigs(command.experiment), onPreparing),
    });
    this.#session = session;
    this.#over = this.#over.then(() => session.live());
  }

  /** Starts a backend, or keeps the one that the same choice has started for the like of these lanes. */
  async #startBackend(
    choice: BackendChoice,
    lanes: readonly RunConfig[],
    onPreparing: () => void,
  ): Promise<BackendReport> {
    const key = choiceKey('', '', lanes);
    const kept = this.#backend;
    // Without a graphics card there is nothing to choose or to prepare.
    if (kept?.choice === choice && (kept.key === key || !usesCard(kept.report))) return kept.report;
    this.#backend = null;
    const distrusted = choice === 'auto' ? this.#distrusted : null;
    const onFailure = (failure: GraphicsFailure) => {
      this.#backend = null;
      // A lost device is asked for anew with the next start; one that reports errors is not.
      if (failure.trouble === 'error') this.#distrusted = { name: 'webgpu', reason: failure.message };
      this.#session?.breakOff(failure);
    };
    const started = distrusted === null ? choice : 'wasm';
    const report = await this.#parts.startBackend(started, onFailure, lanes, onPreparing);
    this.#backend = {
      choice,
      key,
      report: distrusted === null ? report : { ...report, passedOver: [...report.passedOver, distrusted] },
    };
    return this.#backend.report;
  }

  #open(files: readonly File[], usePartial: boolean): void {
    const opening = new AbortController();
    this.#openings.add(opening);
    this.#opened = this.#opened
      .then(() => this.#openUnless(opening.signal, files, usePartial))
      .finally(() => this.#openings.delete(opening));
  }

  async #openUnless(stopped: AbortSignal, files: readonly File[], usePartial: boolean): Promise<void> {
    try {
      const { name, opened } = await this.#parts.openFiles(files, (progress) => {
        stopped.throwIfAborted();
        this.#parts.post({ kind: 'openingData', progress }, []);
      });
      stopped.throwIfAborted();
      const { dataset } = opened;
      switch (opened.kind) {
        case 'whole':
          await this.#use(name, dataset);
          break;
        case 'partial': {
          if (usePartial) {
            await this.#use(name, dataset);
            break;
          }
          this.#partial = { name, dataset };
          const problems = opened.problems.map(({ text }) => text);
          this.#parts.post({ kind: 'dataPartial', amount: amountOf(dataset), problems }, []);
          break;
        }
        default:
          opened satisfies never;
      }
    } catch (error) {
      if (stopped.aborted) this.#parts.post({ kind: 'openingStopped' }, []);
      else this.#parts.post({ kind: 'dataRefused', failure: keptAsItWas(failureOf(error)) }, []);
    }
  }

  async #use(name: DatasetName, dataset: WholeDataset): Promise<void> {
    this.#parts.sources.use(name, dataset);
    this.#parts.post({ kind: 'dataOpened', dataset: name, amount: amountOf(dataset) }, []);
    const notKept = await this.#parts.keep(name, dataset);
    if (notKept !== null) this.#parts.post(notKept, []);
  }
}

/** Whether a graphics card computes, or could have been chosen for other lanes. */
function usesCard({ hardware, measured }: BackendReport): boolean {
  return hardware || measured !== undefined;
}

function amountOf({ name, train, test }: WholeDataset): DataAmount {
  return { name, training: train.count, test: test.count };
}

function keptAsItWas(failure: Failure): Failure {
  return { ...failure, message: `${failure.message} The data in use stays as it was.` };
}
