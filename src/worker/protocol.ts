import type { BackendName, ExperimentConfig, Retrieval } from '../engine/config.ts';
import type { BackendReport, ExperimentEvent, TracedStep } from '../engine/events.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';

/** Numbers runs from 1; reports of an earlier run than the current one are stale. */
export type RunId = number;

/** Which backend to run on: `auto` takes the best that works. */
export type BackendChoice = BackendName | 'auto';

/** Steps per second, or null for as fast as the machine goes. */
export type Speed = number | null;

/** What the page asks of the worker. */
export type Command =
  /** Ends whatever runs, and gets a new run ready before its first step. `play`: go on at once. */
  | {
      readonly kind: 'start';
      readonly run: RunId;
      readonly experiment: ExperimentConfig;
      readonly backend: BackendChoice;
      readonly play: boolean;
      readonly speed: Speed;
    }
  | { readonly kind: 'play'; readonly run: RunId }
  | { readonly kind: 'pause'; readonly run: RunId }
  /** One step, then pause. */
  | { readonly kind: 'step'; readonly run: RunId }
  | { readonly kind: 'retrieval'; readonly run: RunId; readonly lane: number; readonly retrieval: Retrieval }
  | { readonly kind: 'speed'; readonly speed: Speed }
  /**
   * Files of the user's own: MNIST as IDX, CIFAR-10's binary archive, or MiniImagenet as a folder or zip.
   * Used from the next start on. `usePartial`: what is whole of it is to be used without asking.
   */
  | { readonly kind: 'openData'; readonly files: readonly File[]; readonly usePartial?: boolean }
  /** Whether to use what is whole of data that `dataPartial` has described. */
  | { readonly kind: 'usePartialData'; readonly use: boolean }
  /** Asks for a `pong`, so that the page notices a worker that is gone. */
  | { readonly kind: 'ping'; readonly id: number };

/**
 * Thumbnails of one traced step: images of `imageShape` one after another, 0 … 255. Where a decoder made what was
 * picked these are the very pictures of `retrieval.pictures`, not copies.
 */
export interface Thumbnails {
  readonly incoming: Uint8Array;
  /** In the order of `retrieval.mirPicks`; empty if there was no retrieval. */
  readonly mirPicks: Uint8Array;
  /** In the order of `retrieval.randomPicks`; empty if there was no retrieval. */
  readonly randomPicks: Uint8Array;
}

/** An engine event as it crosses to the page: a traced step brings its thumbnails along. Pictures move there. */
export type PageEvent = Exclude<ExperimentEvent, TracedStep> | (TracedStep & { readonly thumbnails: Thumbnails });

/** An error as plain data. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Where a download, or a step of making data ready, stands. Bytes. */
export interface LoadProgress {
  readonly what: string;
  readonly loaded: number;
  readonly total: number;
}

/** What the worker tells the page. */
export type Report =
  /** For the task timeline: for each task one image of each of a few of its classes, one after another, as the task shows them. */
  | {
      readonly kind: 'ready';
      readonly run: RunId;
      readonly backend: BackendReport;
      readonly engineVersion: string;
      readonly taskImages: readonly Uint8Array[];
    }
  | { readonly kind: 'loading'; readonly run: RunId; readonly progress: LoadProgress }
  /** Events since the last report, at most 20 reports a second; lanes' steps per second over the last second. */
  | { readonly kind: 'events'; readonly run: RunId; readonly events: readonly PageEvent[]; readonly stepsPerSecond: number }
  | { readonly kind: 'playing'; readonly run: RunId; readonly playing: boolean }
  | { readonly kind: 'failed'; readonly run: RunId; readonly failure: Failure }
  /** Where the data came from, and what could not be kept: sentences for the page. */
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'openingData'; readonly progress: LoadProgress }
  | { readonly kind: 'dataOpened'; readonly dataset: DatasetName; readonly description: string }
  /** Some of the user's data is not as it should be; it waits for `usePartialData`. */
  | { readonly kind: 'dataPartial'; readonly description: string; readonly problems: readonly string[] }
  | { readonly kind: 'dataRefused'; readonly failure: Failure }
  | { readonly kind: 'pong'; readonly id: number };
