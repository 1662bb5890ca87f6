import type { BackendReport, EvaluationEvent, ReconstructionEvent, ReplayCounts, TaskReport, TracedStep } from '../engine/events.ts';
import type { ExperimentConfig, MethodName, Retrieval, RunConfig } from '../engine/config.ts';
import type { BackendChoice, Failure, LoadProgress, RunId, Speed, Thumbnails } from '../worker/protocol.ts';

/** What the page shows of one lane's latest traced step. */
export type LaneTrace = Omit<TracedStep, 'kind' | 'lane'> & { readonly thumbnails: Thumbnails };

/** Test images, and what a lane's decoder gave back for them at its latest evaluation. */
export type LaneReconstructions = Omit<ReconstructionEvent, 'kind' | 'lane'>;

/** A switch between random and MIR in mid-run. */
export interface RetrievalChange {
  readonly lane: number;
  /** The last step that still used the earlier retrieval. */
  readonly step: number;
  readonly retrieval: Retrieval;
}

/** One lane of the current run. */
export interface LaneState {
  readonly method: MethodName;
  /** In force from the next step on, as the viewer last chose it; null if the method replays nothing. */
  readonly retrieval: Retrieval | null;
  /** In order of steps; a subset and a complete evaluation may share a step. */
  readonly evaluations: readonly EvaluationEvent[];
  /** Mean incoming loss of every step so far, in nats. */
  readonly losses: readonly number[];
  readonly counts: ReplayCounts | null;
  readonly trace: LaneTrace | null;
  /** Null for methods without a decoder, and before the first evaluation after step 0. */
  readonly reconstructions: LaneReconstructions | null;
  /** Latents so far that were not finite and were replaced by draws from the prior. */
  readonly replacedLatents: number;
  /** Why the lane stopped, as a sentence; null while it trains. */
  readonly stopped: string | null;
}

/** A run as it is shown: live, or imported from a file. */
export interface ShownRun {
  readonly config: ExperimentConfig;
  readonly lanes: readonly LaneState[];
  readonly runConfigs: readonly RunConfig[];
  readonly tasks: readonly TaskReport[];
  readonly totalSteps: number;
  readonly step: number;
  readonly task: number;
  readonly evaluation: { readonly interval: number; readonly size: number } | null;
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly changes: readonly RetrievalChange[];
  /** An evaluation in progress, as a fraction of 0 … 1; null between evaluations. */
  readonly evaluating: number | null;
  /** The lane that works on a whole task before its first batch, and how far, as a fraction of 0 … 1; null while none does. */
  readonly preparing: { readonly lane: number; readonly done: number } | null;
  readonly backend: BackendReport | null;
  readonly engineVersion: string;
}

/** Where the current run stands. */
export type Phase =
  /** `playWhenReady`: Play was pressed already. */
  | { readonly kind: 'loading'; readonly progress: LoadProgress | null; readonly playWhenReady: boolean }
  | { readonly kind: 'paused' }
  | { readonly kind: 'playing' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The worker no longer answers; what was shown stays. `before` comes back if it answers after all. */
  | { readonly kind: 'lost'; readonly failure: Failure; readonly before: Phase }
  /** A run file is shown; nothing trains. */
  | { readonly kind: 'imported'; readonly fileName: string };

/** A sentence for the viewer, until dismissed. */
export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
}

/** Everything the page shows. */
export interface LabState {
  readonly run: RunId;
  /** What the next start will use; equal to `shown.config` unless a run file is shown. */
  readonly config: ExperimentConfig;
  readonly backendChoice: BackendChoice;
  readonly speed: Speed;
  readonly phase: Phase;
  /** Null until the first run has started. */
  readonly shown: ShownRun | null;
  readonly stepsPerSecond: number;
  /** Example images for the timeline, one array per task: one image of each of a few of its classes. */
  readonly taskImages: readonly Uint8Array[];
  readonly notices: readonly Notice[];
  /** The viewer's own files being read; null when none are. */
  readonly opening: LoadProgress | null;
  /** The viewer's own data, of which not all is as it should be, until they say whether to use the rest. */
  readonly partialData: { readonly description: string; readonly problems: readonly string[] } | null;
}
