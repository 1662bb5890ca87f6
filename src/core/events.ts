import type { DataMark } from './dataset.ts';
import type { BackendName, Retrieval, RunConfig, ScoreName } from './config.ts';
import type { MethodName } from './methods.ts';
import type { StepFigures } from './stepFigures.ts';

/** The backend that runs, and why no better one does. */
export interface BackendReport {
  readonly name: BackendName;
  /** The GPU or processor as the backend names it, for example "apple m3" or "swiftshader"; may be empty. */
  readonly device: string;
  /** Whether the arithmetic is done by graphics hardware. */
  readonly hardware: boolean;
  /** Each better backend that was passed over, with the reason as a sentence. */
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
  /** What steps of the lanes took on this machine, where that decided. */
  readonly measured?: readonly StepTime[];
  /** Sentences: the steps that run directly on the graphics card, though recordings would be quicker, and why. */
  readonly directSteps?: readonly string[];
}

/** What a step of all lanes took on a backend. */
export interface StepTime {
  readonly name: BackendName;
  readonly milliseconds: number;
  /** Whether it takes longer still: it was clear early that the backend is not the best. */
  readonly atLeast: boolean;
}

/** A time as the page says it: "0.4 ms", "more than 30 ms". */
export function stepTimeWords({ milliseconds, atLeast }: StepTime): string {
  return `${atLeast ? 'more than ' : ''}${Number(milliseconds.toPrecision(2))} ms`;
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

/** One candidate, with its losses in nats and its score by the rule that the run is configured to use. */
export interface CandidateReport extends SampleReport {
  readonly slot: number;
  /** l(θ) */
  readonly loss: number;
  /** l(θ_v) */
  readonly virtualLoss: number;
  /** l*: the lowest loss that the slot's image had before this step. */
  readonly bestLoss: number;
  /** Loss increase under the virtual step, in nats: MI-1 or MI-2 as configured. */
  readonly score: number;
}

/** One retrieval from a memory of images, read back for display; only where the memory has candidates. */
export interface RetrievalReport {
  readonly kind: 'memory';
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

/** One image that a decoder made for replay. */
export interface DecodedSample {
  /** Its class: the answer of the previous classifier, or the label that the memory keeps with the latent. */
  readonly label: number;
  /** Probability that the previous classifier gives that class; null where the label comes from the memory. */
  readonly confidence: number | null;
  /** Number of the task whose image the latent was; null for what a generator made up. */
  readonly task: number | null;
  /** Cross-entropy against its label before and after the virtual step, in nats: their difference is the interference. */
  readonly lossBefore: number;
  readonly lossAfter: number;
}

/**
 * A term of the objective that latents climb. `disagreement`: cross-entropy of the copy's answer against the old one's;
 * `divergence`: the KL divergence between the two; `reconstruction`, `kl`: how much worse the copy's VAE explains the
 * image; `uncertainty`, `virtualUncertainty`: entropy of the old answer and of the copy's; `diversity`: distance to what
 * was found before; `shell`: distance from the shell of the prior.
 */
export type ClimbTermName =
  | 'disagreement'
  | 'divergence'
  | 'reconstruction'
  | 'kl'
  | 'uncertainty'
  | 'virtualUncertainty'
  | 'diversity'
  | 'shell';

/** One latent on its ascent: what is told of each point, the start first. */
export interface ClimbReport {
  /** Difference that the virtual step makes to the answer, in nats. It is a part of what is raised, not all of it. */
  readonly interference: readonly number[];
  /** What is raised: Σ weight · value of the terms. */
  readonly objective: readonly number[];
  /** Those of weight 0 are left out; a term to lower has a negative weight. */
  readonly terms: readonly {
    readonly name: ClimbTermName;
    readonly weight: number;
    readonly values: readonly number[];
  }[];
}

/** Images as bytes, `imageShape` numbers each, one after another. */
export type Pictures = Uint8Array;

/**
 * One retrieval of a method with a decoder, read back for display: images that a VAE generated (`generated`),
 * or stored latents as the autoencoder decodes them (`latents`). At most ten of each retrieval.
 */
export interface DecodedRetrievalReport {
  readonly kind: 'generated' | 'latents';
  /** The rule whose picks were replayed. */
  readonly used: Retrieval;
  /** Empty while there is nothing to replay: in the first task. */
  readonly mirPicks: readonly DecodedSample[];
  readonly randomPicks: readonly DecodedSample[];
  /** One latent on its ascent; null without one. */
  readonly path: ClimbReport | null;
  readonly pictures: {
    readonly mirPicks: Pictures;
    readonly randomPicks: Pictures;
    /** The latent of `path`, decoded at each point. */
    readonly path: Pictures;
    /** Fresh draws from the VAE's prior, decoded now; empty for latents. */
    readonly dreams: Pictures;
    /** The incoming batch after encoding and decoding. */
    readonly reconstructions: Pictures;
  };
}

/** Parts of a negative evidence lower bound at β = 1, in nats per image. */
export interface NegativeElbo {
  /** reconstruction + kl */
  readonly total: number;
  readonly reconstruction: number;
  readonly kl: number;
}

/**
 * Cross-entropies of the images that a traced step learns from, in nats, one for each image. They are those of the
 * first iteration on the batch, without dropout.
 */
export interface StepLosses {
  /** At θ, on the copy after the virtual step (null where the step needs none), and after the real step. */
  readonly incoming: {
    readonly before: readonly number[];
    readonly virtual: readonly number[] | null;
    readonly after: readonly number[];
  };
  /** Of the replayed images that the trace shows, in the order of their picks; null where nothing was replayed. */
  readonly replayed: { readonly before: readonly number[]; readonly after: readonly number[] } | null;
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
  /** α of the classifier's step. */
  readonly learningRate: number;
  /** Of iCaRL the binary cross-entropies, summed over classes, with its targets. */
  readonly losses: StepLosses | null;
  readonly retrieval: RetrievalReport | DecodedRetrievalReport | null;
  /** Null for methods that compute nothing else. */
  readonly figures: StepFigures | null;
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
interface ProgressEvent {
  readonly kind: 'progress';
  readonly lane: number;
  /** The step of the last loss. */
  readonly step: number;
  /** Mean cross-entropy of each incoming batch, in nats, one per step. */
  readonly losses: readonly number[];
  readonly counts: ReplayCounts;
  /** Latents of the run so far that were not finite and were replaced by draws from the prior. */
  readonly replacedLatents: number;
  /** As in {@link BackendReport}; left out where there are none. */
  readonly directSteps?: readonly string[];
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
  /** Fraction of right answers on each task, in task order; null for tasks not seen yet. */
  readonly accuracyByTask: readonly (number | null)[];
  /**
   * The same on the subset, at the end of a task of a run with `boundaryEvaluations`: what the evaluations before and
   * after are compared with.
   */
  readonly accuracyByTaskOnSubset?: readonly (number | null)[];
  /** Mean over the tasks seen. */
  readonly averageAccuracy: number;
  /** Mean over the tasks before the current one; null where nothing can have been forgotten yet. */
  readonly averageForgetting: number | null;
  /** −ELBO of each task's test images, null for tasks not seen yet; null for methods without a VAE. */
  readonly elboByTask: readonly (NegativeElbo | null)[] | null;
  /** Mean over the tasks seen; null for methods without a VAE. */
  readonly elbo: NegativeElbo | null;
  /**
   * How often an image of the class of a row was taken for that of a column, row by row, [classes × classes]; not in
   * run files.
   */
  readonly confusion?: Uint32Array;
}

/** The outcome of one lane's run. */
export interface RunResult {
  readonly config: RunConfig;
  /** Row k: fraction of right answers on tasks 1 … k+1 after training on task k+1, on the complete test set. */
  readonly accuracyMatrix: readonly (readonly number[])[];
  readonly averageAccuracy: number;
  /** Null for methods whose stream has no order of tasks (the i.i.d. bounds). */
  readonly averageForgetting: number | null;
  /** Mean over the tasks at the end, at β = 1, in nats per image; null for methods without a VAE. */
  readonly negativeElbo: number | null;
  /** The same of each task, with its parts. */
  readonly elboByTask: readonly NegativeElbo[] | null;
  /** Counts on the complete test set at the end: a row for each true class, a column for each answer. */
  readonly confusion: readonly (readonly number[])[];
  readonly steps: number;
}

/** A few test images and their reconstructions by a lane's decoder. Comes with evaluations where traces are wanted. */
export interface ReconstructionEvent {
  readonly kind: 'reconstructed';
  readonly lane: number;
  readonly step: number;
  readonly samples: readonly Pick<SampleReport, 'label' | 'task'>[];
  readonly pictures: { readonly originals: Pictures; readonly reconstructions: Pictures };
}

/** Why a lane stopped, and the setting that is probably too large. */
export interface LaneStop {
  /** A loss that is not a finite number, of the batch or of the test images; or what its method cannot do. */
  readonly what: 'loss' | 'testLoss' | 'method';
  readonly step: number;
  readonly setting: 'learningRate' | 'genLearningRate' | 'ewcLambda';
  readonly value: number;
  /** A value to try. */
  readonly smaller: number;
}

/**
 * What went wrong with a graphics card: its device is gone, it reported an error, it has too little memory or too small
 * a limit for what it was asked, or it computes something else than other backends.
 */
export type GraphicsTrouble = 'lost' | 'error' | 'memory' | 'numbers';

/** The end of a task, from which a run goes on: what came after it no longer counts. */
export interface StartingPoint {
  readonly step: number;
  readonly task: number;
  /** What the lanes have come to by then. */
  readonly lanes: readonly {
    readonly counts: ReplayCounts;
    readonly replacedLatents: number;
    readonly stopped: string | null;
  }[];
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
      readonly data: DataMark;
      /** Where the run goes on from a checkpoint; left out where it begins with its first step. */
      readonly from?: StartingPoint;
    }
  /** The last event of every step: between it and the next pull nothing is half done. */
  | { readonly kind: 'stepped'; readonly step: number; readonly task: number }
  | TracedStep
  | ProgressEvent
  | { readonly kind: 'retrievalChanged'; readonly lane: number; readonly step: number; readonly retrieval: Retrieval }
  /** An evaluation of all lanes is under way: how many test images are done, and how many there are in all. */
  | { readonly kind: 'evaluating'; readonly step: number; readonly done: number; readonly total: number }
  | EvaluationEvent
  /**
   * A lane learns a whole task before the task's first batch, for example to train its autoencoder: updates done, and
   * updates in all.
   */
  | {
      readonly kind: 'preparing';
      readonly lane: number;
      readonly step: number;
      readonly done: number;
      readonly total: number;
    }
  | ReconstructionEvent
  /** A lane whose loss is no longer finite; it trains no further. `reason` says in English what `stop` is. */
  | {
      readonly kind: 'laneStopped';
      readonly lane: number;
      readonly step: number;
      readonly reason: string;
      readonly stop: LaneStop;
    }
  /** Results in lane order; null for lanes that were stopped. */
  | { readonly kind: 'finished'; readonly results: readonly (RunResult | null)[] };
