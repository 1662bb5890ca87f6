import { buffersOf, type Checkpoint } from '../core/checkpoint.ts';
import { laneConfigs, type Retrieval, type RunConfig } from '../core/config.ts';
import { firstBoundary, type Task } from '../core/stream.ts';
import { initialRetrieval } from '../core/methods.ts';
import type { Dataset } from '../core/dataset.ts';
import type { BackendReport } from '../core/events.ts';
import { type DatasetName, type Scenario, scenarios } from '../core/scenarios.ts';
import { engineVersion } from '../core/storedRun.ts';
import { runExperiment } from '../engine/experiment.ts';
import { GraphicsFailure } from '../engine/programs/runProgram.ts';
import type { Command, LoadProgress, OwnImage, Report, Speed, WorkerNotice } from '../link/protocol.ts';
import type { DataSource } from './preparedSource.ts';
import { RunImages } from './datasetSources.ts';
import { EventGroup, taskExamples, thumbnailsOf } from './eventGroup.ts';
import {
  failureOf,
  brokenBy,
  recoveryNotice,
  SecondChance,
  startAnew,
  startOrWasm,
  usesCard,
  waitingNotice,
} from './recovery.ts';
import { Alarm, nextTurn, Pace, StepRate } from './pace.ts';
import { Questions } from './questions.ts';

/** Sends a report to the page; the buffers in `transfer` move there. */
export type Post = (report: Report, transfer: Transferable[]) => void;

/** What a session gets from outside. */
interface SessionParts {
  readonly post: Post;
  readonly sourceOf: (dataset: DatasetName) => Promise<DataSource>;
  /**
   * Starts the backend that the page chose, or another instead of it; calls `onPreparing` when programs of a graphics
   * card are about to be made.
   */
  readonly startBackend: (onPreparing: () => void, instead?: 'wasm') => Promise<BackendReport>;
}

/** Milliseconds of training between two turns of the event loop. */
const turnInterval = 8;
const examplesPerTask = 2;
/** Milliseconds in which a graphics device that is lost says so. */
const patience = 200;

/**
 * One run, from loading its data to its last step. It does what the page asks between two steps, and
 * reports what happens in order. Once ended it reports nothing more.
 */
export class Session {
  readonly #start: Extract<Command, { kind: 'start' }>;
  readonly #lanes: readonly RunConfig[];
  readonly #parts: SessionParts;
  readonly #pace: Pace;
  readonly #retrievals: (Retrieval | null)[];
  readonly #ended = new AbortController();
  readonly #rate = new StepRate();
  readonly #questions = new Questions(
    (told, transfer) => this.#report({ ...told, run: this.run }, transfer),
    // Of a graphics card that cannot go on training hears as well.
    (error) => (this.#onGraphics ? undefined : this.fail(error)),
  );
  /** Wakes the session from a pause or from the wait for its next step. */
  readonly #alarm = new Alarm();
  #playingReported: boolean | null = null;
  #tasks: readonly Task[] = [];
  #taskImages: readonly Uint8Array<ArrayBuffer>[] = [];
  /** Null until the labels are there. */
  #images: RunImages | null = null;
  /** Whether a graphics card computes. */
  #onGraphics = false;
  /** Why the graphics card cannot go on; null while it can. */
  #broken: GraphicsFailure | null = null;
  #step = 0;
  /** The latest checkpoint that the page has, with everything before it; null before the first. Only a card needs it. */
  #checkpoint: Checkpoint | null;
  /** A later one, as long as events that come before it are still on their way to the page. */
  #unsent: Checkpoint | null = null;
  /** Whether everything up to the last step has been read back. */
  #settled = false;
  /** Whether a pause may stand at the present step: what it shows is traced, or the viewer held it there before. */
  #canRest = false;

  constructor(start: Extract<Command, { kind: 'start' }>, parts: SessionParts) {
    this.#start = start;
    this.#lanes = laneConfigs(start.experiment);
    this.#parts = parts;
    this.#pace = new Pace(start.speed);
    if (start.play) this.#pace.play();
    this.#checkpoint = start.from ?? null;
    this.#retrievals = start.experiment.lanes.map(
      (method, lane) => start.from?.lanes[lane]?.retrieval ?? initialRetrieval(method),
    );
  }

  get run(): number {
    return this.#start.run;
  }

  play(until?: number): void {
    this.#pace.play(until);
    this.#alarm.ring();
  }

  pause(): void {
    this.#pace.pause();
    this.#alarm.ring();
  }

  step(): void {
    this.#pace.step();
    this.#alarm.ring();
  }

  setSpeed(speed: Speed): void {
    this.#pace.lingersIn = null;
    this.#pace.speed = speed;
    this.#alarm.ring();
  }

  /** The retrieval of a lane from its next step on; ignored where the lane's method replays nothing. */
  setRetrieval(lane: number, retrieval: Retrieval): void {
    if ((this.#retrievals[lane] ?? null) !== null) this.#retrievals[lane] = retrieval;
  }

  /** Asks the lanes about an image of the viewer's own, also while paused and after the last step. */
  ask(own: OwnImage | null): void {
    this.#questions.setOwn(own);
  }

  /** Ends the session as soon as it can be; {@link live} resolves then. */
  end(): void {
    this.#questions.end();
    this.#ended.abort();
    this.#alarm.ring();
  }

  /** Reports an error and ends the session. */
  fail(error: unknown): void {
    if (this.#hasEnded()) return;
    this.#parts.post({ kind: 'failed', run: this.run, failure: failureOf(error) }, []);
    this.end();
  }

  /** The graphics card cannot go on: the run goes on with another device. */
  breakOff(failure: GraphicsFailure): void {
    if (!this.#onGraphics) return;
    this.#broken ??= failure;
    this.#alarm.ring();
  }

  /** Loads, trains and reports; resolves once the run is over and everything that it held is free. Never rejects. */
  async live(): Promise<void> {
    try {
      const [backend, dataset] = await Promise.all([this.#startBackend(), this.#load()]);
      if (!this.#hasEnded()) await this.#trainAnywhere(backend, dataset);
    } catch (error) {
      this.fail(error);
    } finally {
      this.end();
    }
  }

  get #scenario(): Scenario {
    return scenarios[this.#start.experiment.scenario];
  }

  #throwIfBroken(): void {
    if (this.#broken !== null) throw this.#broken;
  }

  #hasEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  readonly #onLoading = (progress: LoadProgress) => this.#report({ kind: 'loading', run: this.run, progress });

  async #load(): Promise<Dataset> {
    const source = await this.#parts.sourceOf(this.#scenario.dataset);
    this.#images = await RunImages.of(source, this.#lanes, this.#ended.signal);
    this.#tasks = this.#images.tasks;
    if (this.#start.lingers === true) this.#pace.lingersIn = firstBoundary(this.#start.experiment.lanes, this.#tasks);
    const dataset = await this.#images.begin(this.#onLoading, this.#start.from?.task);
    // Before the run begins: during it, not all test images are in memory.
    const view = this.#scenario.view(this.#start.experiment, dataset);
    this.#taskImages = taskExamples(dataset, view, this.#tasks, examplesPerTask);
    this.#questions.show(dataset, this.#tasks);
    return dataset;
  }

  async #startBackend(): Promise<BackendReport> {
    const preparing = (busy: boolean) => this.#report({ kind: 'preparingCard', run: this.run, preparing: busy });
    const backend = await startOrWasm(this.#parts.startBackend, preparing, (notice) => this.#notify(notice));
    this.#onGraphics = usesCard(backend);
    return backend;
  }

  /** Trains; where the graphics card cannot go on, from the last checkpoint on, on the card asked for anew or on wasm. */
  async #trainAnywhere(first: BackendReport, dataset: Dataset): Promise<void> {
    const chance = new SecondChance();
    let backend = first;
    for (;;) {
      try {
        await this.#train(backend, dataset);
        return;
      } catch (error) {
        if (!this.#onGraphics || this.#hasEnded()) throw error;
        // What reads from a lost device may hear of it before we do.
        if (this.#broken === null && !(error instanceof GraphicsFailure)) await this.#alarm.wait(patience);
        const { failure, reason } = brokenBy(this.#broken ?? error);
        this.#onGraphics = false;
        const stop = { reason, failure, step: this.#step, checkpoint: this.#checkpoint };
        const shown = this.#step > 0 && this.#pace.paused;
        if (shown) {
          this.#notify(recoveryNotice(stop, 'paused'));
          await this.#whilePaused();
          if (this.#hasEnded()) return;
        }
        const lost = { name: backend.name, reason };
        backend = await startAnew(this.#parts.startBackend, lost, chance.take(failure, this.#checkpoint));
        this.#onGraphics = usesCard(backend);
        if (!shown) this.#notify(recoveryNotice(stop, this.#onGraphics ? 'card' : 'wasm'));
        if (this.#hasEnded()) return;
        this.#rate.restart();
        this.#step = 0;
        this.#broken = null;
        this.#unsent = null;
      }
    }
  }

  async #whilePaused(): Promise<void> {
    while (this.#pace.paused && !this.#hasEnded()) await this.#alarm.wait(Number.POSITIVE_INFINITY);
  }

  #notify(notice: WorkerNotice): void {
    if (!this.#hasEnded()) this.#parts.post(notice, []);
  }

  async #train(backend: BackendReport, dataset: Dataset): Promise<void> {
    const view = this.#scenario.view(this.#start.experiment, dataset);
    const group = new EventGroup(
      (step) => thumbnailsOf(dataset, view, step),
      (events, transfer) =>
        this.#report({ kind: 'events', run: this.run, events, stepsPerSecond: this.#rate.perSecond }, transfer),
    );
    const fetching = this.#images?.fetching({
      onProgress: (progress) => {
        group.sendAll(performance.now());
        this.#onLoading(progress);
      },
      onFailure: async (error) => {
        this.#pace.pause();
        this.#notify(waitingNotice(error));
        await this.#holdWhilePaused(group);
        this.#throwIfBroken();
      },
    });
    const events = runExperiment({
      dataset,
      lanes: this.#lanes,
      backend,
      retrievalOf: (lane) => this.#retrievals[lane] ?? null,
      wantsTrace: () => (this.#canRest = this.#pace.beginStep(performance.now())),
      settles: () => (this.#settled = this.#pace.watched && this.#canRest),
      ...(this.#checkpoint && { from: this.#checkpoint }),
      ...fetching,
      onAskable: (ask) => this.#questions.begin(ask),
      onCheckpoint: (checkpoint) => (this.#unsent = checkpoint),
    });
    let lanesToEvaluate = this.#lanes.length;
    let taskEnded = false;
    let turnAt = performance.now();
    for await (const event of events) {
      if (this.#hasEnded()) return;
      // Once a task has its checkpoint, the rest of it is on this side already and needs no card.
      if (this.#unsent === null) this.#throwIfBroken();
      group.add(event);
      switch (event.kind) {
        case 'started':
          group.sendAll(performance.now());
          this.#report({ kind: 'ready', run: this.run, backend, engineVersion, taskImages: this.#taskImages });
          this.#questions.tell();
          if (event.from === undefined) break;
          this.#step = event.from.step;
          this.#settled = true;
          this.#questions.stepped(event.from.step, true, performance.now());
          await this.#gate(group);
          break;
        case 'evaluating':
          await nextTurn();
          if (event.step > 0) await this.#holdWhilePaused(group);
          break;
        case 'preparing':
          await nextTurn();
          await this.#holdWhilePaused(group);
          break;
        case 'evaluated':
        case 'laneStopped':
          taskEnded ||= event.kind === 'evaluated' && event.taskEnd;
          if (event.step === 0) lanesToEvaluate -= 1;
          if (event.step > 0 || lanesToEvaluate > 0) break;
          this.#settled = true;
          this.#questions.stepped(0, true, performance.now());
          await this.#gate(group);
          break;
        case 'stepped':
          this.#step = event.step;
          this.#pace.stepped(event.step);
          this.#rate.count(performance.now());
          this.#questions.stepped(event.step, taskEnded || this.#pace.watched, performance.now());
          taskEnded = false;
          this.#handCheckpoint(group);
          if (performance.now() - turnAt >= turnInterval) {
            await nextTurn();
            turnAt = performance.now();
          }
          await this.#gate(group);
          break;
        case 'traced':
        case 'progress':
        case 'retrievalChanged':
        case 'reconstructed':
          break;
        case 'finished':
          group.sendAll(performance.now());
          // The lanes stay until the session ends, so that they can still be asked.
          while (!this.#hasEnded()) await this.#alarm.wait(Number.POSITIVE_INFINITY);
          break;
        default:
          event satisfies never;
      }
      if (this.#hasEnded()) return;
      group.sendIfDue(performance.now());
    }
    group.sendAll(performance.now());
  }

  /** Sends the page a checkpoint, after everything that came before it. Where a card may be lost it stays here, too. */
  #handCheckpoint(group: EventGroup): void {
    if (this.#unsent === null) return;
    group.sendAll(performance.now());
    const checkpoint = this.#onGraphics ? structuredClone(this.#unsent) : this.#unsent;
    this.#checkpoint = this.#onGraphics ? this.#unsent : null;
    this.#unsent = null;
    this.#report({ kind: 'checkpoint', run: this.run, checkpoint }, buffersOf(checkpoint));
  }

  /** Between two steps: waits while paused, and for the time of the next step. */
  async #gate(group: EventGroup): Promise<void> {
    while (!this.#hasEnded() && this.#broken === null) {
      const now = performance.now();
      if (this.#pace.paused && this.#settled) {
        group.sendAll(now);
        this.#reportPlaying(false);
        this.#rate.restart();
        await this.#alarm.wait(Number.POSITIVE_INFINITY);
        continue;
      }
      // One step more reads back everything, so that a pause hides nothing.
      if (this.#pace.paused) this.#pace.step();
      if (this.#pace.playing) this.#reportPlaying(true);
      const remaining = this.#pace.nextStepIn(now);
      if (remaining === 0) return;
      group.sendIfDue(now);
      await this.#alarm.wait(Math.min(remaining, group.dueIn(now)));
    }
  }

  /** In the middle of an evaluation, or of work on a whole task: waits while paused. What is left of it comes with the step that it belongs to. */
  async #holdWhilePaused(group: EventGroup): Promise<void> {
    while (this.#pace.paused && !this.#hasEnded() && this.#broken === null) {
      this.#canRest = true;
      group.sendAll(performance.now());
      this.#reportPlaying(false);
      this.#rate.restart();
      await this.#alarm.wait(Number.POSITIVE_INFINITY);
    }
    if (this.#pace.playing) this.#reportPlaying(true);
  }

  #report(report: Report, transfer: Transferable[] = []): void {
    if (!this.#hasEnded()) this.#parts.post(report, transfer);
  }

  #reportPlaying(playing: boolean): void {
    if (playing === this.#playingReported) return;
    this.#playingReported = playing;
    // What a fresh seed and later tasks need, now that this run has what it needs and trains.
    if (playing) void this.#images?.prefetch();
    this.#report({ kind: 'playing', run: this.run, playing });
  }
}
