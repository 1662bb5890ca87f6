import type { BackendName, MethodName, Retrieval, RunConfig, ScoreName } from './config.ts';

/** The backend that runs, and why it is not a better one. */
export interface BackendReport {
  readonly name: BackendName;
  /** The GPU or processor as the backend names it, for example "apple m3" or "swiftshader"; may be empty. */
  readonly device: string;
  /** Whether the arithmetic is done by graphics hardware. */
  readonly hardware: boolean;
  /** Each better backend that was passed over, with the reason as a sentence. */
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
}

/** One task of the scenario. */
export interface TaskReport {
  /** 1 for the first task. */
  readonly number: number;
  readonly classes: readonly number[];
  /** Steps that the task takes. */
  readonly steps: number;
  readonly trainingImages: number;
  readonly testImages: number;
}

/** Which test images an accuracy was counted on. */
export type TestSet = 'subset' | 'complete';

/** One image of the incoming batch or of the memory. */
export interface SampleReport {
  /** Index into the training images of the dataset. */
  readonly sample: number;
  readonly label: number;
  /** Number of the task that the image belongs to, 1 for the first. */
  readonly task: number;
}

/** One candidate, with both scores' winner: the one the run is configured to use. */
export interface CandidateReport extends SampleReport {
  readonly slot: number;
  /** Loss increase under the virtual step, in nats: MI-1 or MI-2 as configured. */
  readonly score: number;
}

/** One retrieval, read back for display. Only traced steps have one, and only where a memory has candidates. */
export interface RetrievalReport {
  readonly score: ScoreName;
  /** The rule whose picks were replayed. */
  readonly used: Retrieval;
  /** In the order they were drawn. */
  readonly candidates: readonly CandidateReport[];
  /** Positions in `candidates`, highest score first. */
  readonly mirPicks: readonly number[];
  /** Positions in `candidates`, in the order drawn. */
  readonly randomPicks: readonly number[];
}

/** What one lane did at one step, read back for display. */
export interface TracedStep {
  readonly kind: 'traced';
  readonly lane: number;
  readonly step: number;
  readonly task: number;
  readonly incoming: readonly SampleReport[];
  /** Mean cross-entropy of the incoming batch before the step, in nats. */
  readonly loss: number;
  readonly retrieval: RetrievalReport | null;
}

/** How many images of each class and task were replayed up to a step, and what the memory holds. */
export interface ReplayCounts {
  /** Cumulative picks, indexed by class. */
  readonly replayedByClass: readonly number[];
  /** Cumulative picks, indexed by task number − 1. */
  readonly replayedByTask: readonly number[];
  /** Slots in use now, indexed by class. */
  readonly storedByClass: readonly number[];
  /** Slots in use now, indexed by task number − 1. */
  readonly storedByTask: readonly number[];
}

/** Losses and picks of a group of steps, read back together, in order of the steps. */
export interface ProgressEvent {
  readonly kind: 'progress';
  readonly lane: number;
  /** The step of the last loss. */
  readonly step: number;
  /** Mean cross-entropy of each incoming batch, in nats, one per step. */
  readonly losses: readonly number[];
  readonly counts: ReplayCounts;
}

/** One evaluation of one lane. */
export interface EvaluationEvent {
  readonly kind: 'evaluated';
  readonly lane: number;
  readonly method: MethodName;
  /** The retrieval in force, null if the method replays nothing. */
  readonly retrieval: Retrieval | null;
  readonly seed: number;
  /** Steps trained so far; 0 before the first. */
  readonly step: number;
  /** Number of the task that the last step belonged to. */
  readonly task: number;
  readonly set: TestSet;
  /** How many test images were used. */
  readonly testImages: number;
  /** Whether this is the evaluation at the end of `task`: a row of the accuracy matrix. */
  readonly taskEnd: boolean;
  /** Fraction right on each task, in task order; null for tasks not seen yet. */
  readonly accuracyByTask: readonly (number | null)[];
  /** Mean over the tasks seen. */
  readonly averageAccuracy: number;
  /** Mean over the tasks before the current one; null where nothing can have been forgotten yet. */
  readonly averageForgetting: number | null;
}

/** The outcome of one lane's run. */
export interface RunResult {
  readonly config: RunConfig;
  /** Row k: fraction right on tasks 1 … k+1 after training on task k+1, on the complete test set. */
  readonly accuracyMatrix: readonly (readonly number[])[];
  readonly averageAccuracy: number;
  /** Null for methods whose stream has no order of tasks (the i.i.d. bounds). */
  readonly averageForgetting: number | null;
  readonly negativeElbo: number | null;
  readonly steps: number;
}

export type ExperimentEvent =
  | {
      readonly kind: 'started';
      readonly lanes: readonly RunConfig[];
      readonly tasks: readonly TaskReport[];
      readonly totalSteps: number;
      /** Evaluation interval in steps and subset size in test images, as chosen for the backend. */
      readonly evaluation: { readonly interval: number; readonly size: number };
      /** Height, width, channels of an image. */
      readonly imageShape: readonly [number, number, number];
      readonly classNames: readonly string[];
    }
  /** The last event of every step: between it and the next pull nothing is half done. */
  | { readonly kind: 'stepped'; readonly step: number; readonly task: number }
  | TracedStep
  | ProgressEvent
  | { readonly kind: 'retrievalChanged'; readonly lane: number; readonly step: number; readonly retrieval: Retrieval }
  /** An evaluation of all lanes is under way: test images done, of all that it takes. */
  | { readonly kind: 'evaluating'; readonly step: number; readonly done: number; readonly total: number }
  | EvaluationEvent
  /** A lane whose loss is no longer finite; it trains no further. */
  | { readonly kind: 'laneStopped'; readonly lane: number; readonly step: number; readonly reason: string }
  /** Results in lane order; null for lanes that were stopped. */
  | { readonly kind: 'finished'; readonly results: readonly (RunResult | null)[] };
