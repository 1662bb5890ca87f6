import type { Checkpoint, CheckpointFault } from '../core/checkpoint.ts';
import type { BackendName, ExperimentConfig, Retrieval, RunConfig } from '../core/config.ts';
import type { DataFault } from '../core/dataset.ts';
import type { BackendReport, ExperimentEvent, GraphicsTrouble, TracedStep } from '../core/events.ts';
import type { DatasetName } from '../core/scenarios.ts';
import type { StoredRun } from '../core/storedRun.ts';
import type { BenchmarkTiming, SubjectName } from '../core/timing.ts';

/** Numbers runs from 1; reports of an earlier run than the current one are stale. */
export type RunId = number;

/** Which backend to run on: `auto` takes the best that works. */
export type BackendChoice = BackendName | 'auto';

/** Steps per second, or null for as fast as the machine goes. */
export type Speed = number | null;

/** An image of the viewer's own, in the shape of the dataset's images, 0 … 255. Every change gets a new number. */
export interface OwnImage {
  readonly id: number;
  readonly pixels: Uint8Array;
}

/** What one lane takes images for: the probability of each class. */
export interface LaneAnswers {
  /** [images, classes], image by image; null where only the viewer's own image was asked about. */
  readonly tests: Float32Array | null;
  /** [classes]; null without an own image. */
  readonly own: Float32Array | null;
}

/** What the page asks of the worker. */
export type Command =
  /**
   * Ends whatever runs, and gets a new run ready before its first step, or before the step after a checkpoint of the
   * same experiment. `play`: go on at once.
   */
  | {
      readonly kind: 'start';
      readonly run: RunId;
      readonly experiment: ExperimentConfig;
      readonly backend: BackendChoice;
      readonly play: boolean;
      readonly speed: Speed;
      /** Whether to take the steps after the first boundary slowly, until the speed is set again. */
      readonly lingers?: boolean;
      readonly from?: Checkpoint;
    }
  /** `until`: the step after which to pause again. */
  | { readonly kind: 'play'; readonly run: RunId; readonly until?: number }
  | { readonly kind: 'pause'; readonly run: RunId }
  /** One step, then pause. */
  | { readonly kind: 'step'; readonly run: RunId }
  | { readonly kind: 'retrieval'; readonly run: RunId; readonly lane: number; readonly retrieval: Retrieval }
  | { readonly kind: 'speed'; readonly speed: Speed }
  /** Asks all lanes about an image of the viewer's own, at once and with every later step; null to leave it. */
  | { readonly kind: 'ask'; readonly run: RunId; readonly own: OwnImage | null }
  /**
   * The user's own files: MNIST as IDX, CIFAR-10's binary archive, or MiniImagenet as a folder or zip. Used from the
   * next start on. `usePartial`: use what is whole without asking.
   */
  | { readonly kind: 'openData'; readonly files: readonly File[]; readonly usePartial?: boolean }
  /** Gives up opening files. */
  | { readonly kind: 'stopOpening' }
  /** Whether to use what is whole of data that `dataPartial` has described. */
  | { readonly kind: 'usePartialData'; readonly use: boolean }
  /** Asks for a `pong`, so that the page notices if the worker is gone. */
  | { readonly kind: 'ping'; readonly id: number };

/**
 * Thumbnails of one traced step: images of `imageShape` one after another, 0 … 255. If a decoder made the picks, these
 * are the pictures of `retrieval.pictures` themselves, not copies.
 */
export interface Thumbnails {
  readonly incoming: Uint8Array;
  /** In the order of `retrieval.candidates`; empty unless the retrieval is from a memory of images. */
  readonly candidates: Uint8Array;
  /** In the order of `retrieval.mirPicks`; empty if there was no retrieval. */
  readonly mirPicks: Uint8Array;
  /** In the order of `retrieval.randomPicks`; empty if there was no retrieval. */
  readonly randomPicks: Uint8Array;
}

/** An engine event on its way to the page: a traced step comes with its thumbnails. Pictures are moved. */
export type PageEvent = Exclude<ExperimentEvent, TracedStep> | (TracedStep & { readonly thumbnails: Thumbnails });

/** What goes wrong most often, as facts that the page can say in its own language; the English beside them says more. */
export type Facts =
  | { readonly kind: 'data'; readonly file: string; readonly fault: DataFault }
  /** The same, where a run waits before a task until it is played. */
  | { readonly kind: 'waits'; readonly file: string; readonly fault: DataFault }
  | { readonly kind: 'card'; readonly trouble: GraphicsTrouble | null }
  /** Why a run cannot go on from where it stood. */
  | { readonly kind: 'checkpoint'; readonly fault: CheckpointFault }
  /** The run stopped after a step, and goes on after the end of a task, or starts again; paused: when it is played. */
  | {
      readonly kind: 'recovered';
      readonly trouble: GraphicsTrouble | null;
      readonly step: number;
      readonly from: { readonly task: number; readonly step: number } | null;
      readonly on: 'card' | 'wasm' | 'paused';
    }
  /** Files that the browser did not keep, so that the next visit gets them anew. */
  | { readonly kind: 'notKept'; readonly fault: 'full' | 'silent' | 'forbidden'; readonly anew: 'download' | 'open' };

/** A dataset, and how many images it has. */
export interface DataAmount {
  readonly name: string;
  readonly training: number;
  readonly test: number;
}

/** A sentence for the page. */
export interface WorkerNotice {
  readonly kind: 'notice';
  readonly text: string;
  readonly facts?: Facts;
}

/** An error as plain data. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly facts?: Facts;
}

/** Progress of a download, or of a step of preparing data, in bytes. */
export interface LoadProgress {
  readonly what: string;
  readonly loaded: number;
  readonly total: number;
}

/** What the worker tells the page. */
export type Report =
  /**
   * For the task timeline: images of a few classes of each task, one of each class, one after another, as the task
   * shows them.
   */
  | {
      readonly kind: 'ready';
      readonly run: RunId;
      readonly backend: BackendReport;
      readonly engineVersion: string;
      readonly taskImages: readonly Uint8Array[];
    }
  /**
   * The test images that the lanes are asked about, one after another, and of each its class and the task that first
   * teaches it. They are shown as the first task shows its own.
   */
  | {
      readonly kind: 'questions';
      readonly run: RunId;
      readonly images: Uint8Array;
      readonly samples: readonly { readonly label: number; readonly task: number }[];
    }
  /** What the lanes answer after a step; null for a lane that has stopped. `own`: the own image's number. */
  | {
      readonly kind: 'answers';
      readonly run: RunId;
      readonly step: number;
      readonly own: number | null;
      readonly lanes: readonly (LaneAnswers | null)[];
    }
  /** Before the first step, or, of images by task, before a task. */
  | { readonly kind: 'loading'; readonly run: RunId; readonly progress: LoadProgress }
  /** Whether the programs of the graphics card are being made; only where that takes a while. */
  | { readonly kind: 'preparingCard'; readonly run: RunId; readonly preparing: boolean }
  /** Events since the last report, at most 20 reports a second; lanes' steps per second over the last second. */
  | {
      readonly kind: 'events';
      readonly run: RunId;
      readonly events: readonly PageEvent[];
      readonly stepsPerSecond: number;
    }
  /** At the end of each task, after the events of its last step and before those of the next. Its buffers are moved. */
  | { readonly kind: 'checkpoint'; readonly run: RunId; readonly checkpoint: Checkpoint }
  | { readonly kind: 'playing'; readonly run: RunId; readonly playing: boolean }
  | { readonly kind: 'failed'; readonly run: RunId; readonly failure: Failure }
  /** The source of the data, and what could not be kept: sentences for the page. */
  | WorkerNotice
  | { readonly kind: 'openingData'; readonly progress: LoadProgress }
  /** The viewer has given up opening files; nothing has changed. */
  | { readonly kind: 'openingStopped' }
  | { readonly kind: 'dataOpened'; readonly dataset: DatasetName; readonly amount: DataAmount }
  /** Some of the user's data is faulty; the worker waits for `usePartialData`. */
  | { readonly kind: 'dataPartial'; readonly amount: DataAmount; readonly problems: readonly string[] }
  | { readonly kind: 'dataRefused'; readonly failure: Failure }
  | { readonly kind: 'pong'; readonly id: number };

/** Numbers the runs that a pool gives out, from 1. */
export type JobId = number;

/** What the pool asks of one of its workers. */
export type SweepCommand =
  /** The first command: `lifeline` names the lock that the worker holds for as long as it lives. */
  | { readonly kind: 'begin'; readonly lifeline: string }
  /** Trains one run to its end; the worker must be free. */
  | { readonly kind: 'run'; readonly job: JobId; readonly config: RunConfig; readonly backend: BackendChoice }
  /** Holds the run between two steps, or in mid-evaluation, until `resume`. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' };

/** The stage at which a run failed: before its first step, as every other run would here, or while it trained. */
export type FailureStage = 'setup' | 'training';

/** What a worker tells the pool. */
export type SweepReport =
  /** It holds its lifeline. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'loading'; readonly job: JobId; readonly progress: LoadProgress }
  /** Backend and data are there; training begins. */
  | { readonly kind: 'started'; readonly job: JobId; readonly backend: BackendReport; readonly totalSteps: number }
  /** At most four a second. `preparing`: see PoolEvent. */
  | { readonly kind: 'progress'; readonly job: JobId; readonly step: number; readonly preparing: number | null }
  | { readonly kind: 'finished'; readonly job: JobId; readonly run: StoredRun }
  | { readonly kind: 'failed'; readonly job: JobId; readonly stage: FailureStage; readonly failure: Failure }
  /** What could not be kept: a sentence for the page. */
  | WorkerNotice;

/** What the page asks of a benchmark's worker, once; to cancel, it ends the worker. */
export interface BenchmarkCommand {
  readonly kind: 'run';
  readonly subjects: readonly SubjectName[];
  /** Steps to time in a row of each; null for as many as give a good figure. */
  readonly steps: number | null;
  /** Whether the rivals are left out. */
  readonly engineOnly: boolean;
  readonly backend: BackendChoice;
}

/** What the worker tells the page. */
export type BenchmarkReport =
  | { readonly kind: 'loading'; readonly progress: LoadProgress }
  /** The backend is there. */
  | { readonly kind: 'started'; readonly backend: BackendReport }
  /** A subject is being timed: rounds done, of all; null while everything warms up. */
  | {
      readonly kind: 'progress';
      readonly subject: SubjectName;
      readonly rounds: { readonly done: number; readonly total: number } | null;
    }
  | { readonly kind: 'timed'; readonly timing: BenchmarkTiming }
  | { readonly kind: 'finished' }
  /** What was timed before stays. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** What could not be kept: a sentence for the page. */
  | WorkerNotice;
