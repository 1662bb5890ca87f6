import type { DataMark } from '../core/dataset.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import { type ExperimentConfig, laneConfigs, type Retrieval, type RunConfig } from '../core/config.ts';
import { initialRetrieval, type MethodName } from '../core/methods.ts';
import type {
  BackendReport,
  EvaluationEvent,
  ReconstructionEvent,
  ReplayCounts,
  TaskReport,
  TracedStep,
  StartingPoint,
  LaneStop,
} from '../core/events.ts';
import { type Asked, askedAnew, type OnceRight } from './asked.ts';
import type { BackendChoice, Failure, LoadProgress, RunId, Speed, Thumbnails } from '../link/protocol.ts';

/**
 * A run that goes on from the end of a task: of what was shown before, it keeps what happened up to there.
 *
 * @param run as it is before its first step
 * @param shown the same run as it was shown; null if nothing was
 */
export function wentBack(run: ShownRun, { step, task, lanes }: StartingPoint, shown: ShownRun | null): ShownRun {
  return {
    ...run,
    step,
    task,
    // A change at this very step was made after it.
    changes: shown?.changes.filter((change) => change.step < step) ?? [],
    lanes: run.lanes.map((lane, index): LaneState => {
      const before = shown?.lanes[index];
      const sameMethod = before?.method === lane.method ? before : lane;
      return {
        ...lane,
        evaluations: sameMethod.evaluations.filter((evaluation) => evaluation.step <= step),
        losses: sameMethod.losses.slice(0, step),
        trace: upTo(step, sameMethod.trace),
        reconstructions: upTo(step, sameMethod.reconstructions),
        ...lanes[index],
        ...(sameMethod.stop && { stop: sameMethod.stop }),
      };
    }),
  };
}

function upTo<Dated extends { readonly step: number }>(step: number, made: Dated | null): Dated | null {
  return made !== null && made.step <= step ? made : null;
}

/** A lane's latest traced step, as the page shows it. */
export type LaneTrace = Omit<TracedStep, 'kind' | 'lane'> & { readonly thumbnails: Thumbnails };

/** Test images, and the reconstructions by a lane's decoder at its latest evaluation. */
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
  /** The same as facts, where it is known. */
  readonly stop?: LaneStop;
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
  /** Null in a run of an older file. */
  readonly data: DataMark | null;
  readonly changes: readonly RetrievalChange[];
  /** An evaluation in progress, as a fraction of 0 … 1; null between evaluations. */
  readonly evaluating: number | null;
  /**
   * The lane that works on a whole task before its first batch, with the share that is done, 0 … 1; null if none does.
   */
  readonly preparing: { readonly lane: number; readonly done: number } | null;
  readonly backend: BackendReport | null;
  readonly engineVersion: string;
}

/** Where the current run stands. */
export type Phase =
  /** `playWhenReady`: Play was pressed already. `preparesCard`: the programs of the graphics card are being made. */
  | {
      readonly kind: 'loading';
      readonly progress: LoadProgress | null;
      readonly playWhenReady: boolean;
      readonly preparesCard?: boolean;
    }
  | { readonly kind: 'paused' }
  /** `fetching`: it waits for the images of a task. */
  | { readonly kind: 'playing'; readonly fetching?: LoadProgress }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The worker no longer answers; everything shown stays. `before` comes back if it answers after all. */
  | { readonly kind: 'lost'; readonly failure: Failure; readonly before: Phase }
  /** A run file is shown; nothing trains. */
  | { readonly kind: 'imported'; readonly fileName: string }
  /** A run that was left before its end is shown as it was; nothing trains. */
  | { readonly kind: 'kept' };

/** What a notice offers to do about it. */
export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** A sentence for the viewer, until dismissed. */
export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly action: NoticeAction | null;
}

/** Everything the page shows. */
export interface LabState {
  readonly run: RunId;
  /** Names the run among all that this browser keeps; it stays when the run is shown again. */
  readonly id: string;
  /** The end of a task from which the shown run can go on; null before the first, and where there is none. */
  readonly checkpoint: Checkpoint | null;
  /** The configuration of the next start; equal to `shown.config` unless a run file is shown. */
  readonly config: ExperimentConfig;
  readonly backendChoice: BackendChoice;
  readonly speed: Speed;
  /** Whether the steps after a first boundary are taken slowly. */
  readonly lingers?: boolean;
  readonly phase: Phase;
  /** Null until the first run has started. */
  readonly shown: ShownRun | null;
  readonly stepsPerSecond: number;
  /** Example images for the timeline: for each task one image of each of a few of its classes, in one array. */
  readonly taskImages: readonly Uint8Array[];
  /** What the networks are asked, and what they answer. A run file holds none of it. */
  readonly asked: Asked;
  readonly notices: readonly Notice[];
  /** The viewer's own files being read; null when none are. */
  readonly opening: LoadProgress | null;
  /** The viewer's own data that is faulty in part, until they say whether to use the rest. */
  readonly partialData: { readonly description: string; readonly problems: readonly string[] } | null;
}

/** A lane before its first step, with its method's own retrieval. */
export function newLane(method: MethodName): LaneState {
  return {
    method,
    retrieval: initialRetrieval(method),
    evaluations: [],
    losses: [],
    counts: null,
    trace: null,
    reconstructions: null,
    replacedLatents: 0,
    stopped: null,
  };
}

/**
 * A run at step 0. Until it reports its own tasks it has those of the run shown before, if that was in the same
 * scenario.
 */
function atStepZero(config: ExperimentConfig, before: ShownRun): ShownRun {
  const elsewhere = config.scenario !== before.config.scenario;
  return {
    ...before,
    ...(elsewhere ? { tasks: [], totalSteps: 0, classNames: [] } : {}),
    config,
    runConfigs: laneConfigs(config),
    lanes: config.lanes.map(newLane),
    step: 0,
    task: 1,
    evaluation: null,
    changes: [],
    evaluating: null,
    preparing: null,
  };
}

/** A run as it was shown, and a checkpoint of it. */
export interface RunToContinue {
  readonly shown: ShownRun;
  readonly checkpoint: Checkpoint;
  /** What its networks had answered right once by then, as far as is known. */
  readonly onceRight: OnceRight;
}

/** A run at its checkpoint: what came after it is no longer shown. */
function atCheckpoint({ shown, checkpoint }: Pick<RunToContinue, 'shown' | 'checkpoint'>): ShownRun {
  const { step, task, lanes } = checkpoint;
  const point = lanes.map(({ replacedLatents, stopped }, index) => ({
    // The worker reports those of the checkpoint soon.
    counts: shown.lanes[index].counts ?? noCounts,
    replacedLatents,
    stopped,
  }));
  const before = shown.lanes.map((lane, index) => ({ ...lane, retrieval: lanes[index].retrieval }));
  const run = { ...shown, lanes: before, evaluating: null, preparing: null };
  return wentBack(run, { step, task, lanes: point }, shown);
}

const noCounts: ReplayCounts = { replayedByClass: [], replayedByTask: [], storedByClass: [], storedByTask: [] };

/**
 * The state right after a new run was asked for: it has a fresh run number, so that later reports of an earlier run are
 * stale, and the page is at step 0, or where the run goes on.
 */
export function newRun(
  state: LabState,
  wanted: Pick<LabState, 'id' | 'config' | 'backendChoice'> & {
    readonly play: boolean;
    readonly from?: RunToContinue;
  },
): LabState {
  return {
    ...state,
    run: state.run + 1,
    id: wanted.id,
    config: wanted.config,
    backendChoice: wanted.backendChoice,
    phase: { kind: 'loading', progress: null, playWhenReady: wanted.play },
    taskImages: state.shown?.config.scenario === wanted.config.scenario ? state.taskImages : [],
    asked: askedAnew(state.asked, state.config.scenario === wanted.config.scenario, wanted.from?.onceRight),
    checkpoint: wanted.from?.checkpoint ?? null,
    shown: wanted.from ? atCheckpoint(wanted.from) : state.shown && atStepZero(wanted.config, state.shown),
    stepsPerSecond: 0,
  };
}

/** Shows a run from a file. The run number moves on, so that the worker's run can no longer change what is shown. */
export function importedRun(state: LabState, id: string, fileName: string, shown: ShownRun): LabState {
  const asked = askedAnew(state.asked, state.config.scenario === shown.config.scenario);
  const phase: Phase = { kind: 'imported', fileName };
  return { ...state, run: state.run + 1, id, checkpoint: null, asked, shown, phase, stepsPerSecond: 0 };
}

/** All that is shown of one run, to be shown again. */
export type RunView = Pick<LabState, 'id' | 'config' | 'backendChoice' | 'taskImages' | 'checkpoint'> & {
  readonly phase: Extract<Phase, { kind: 'finished' | 'failed' | 'imported' | 'kept' }>;
  readonly shown: ShownRun;
  /** Left out where the answers are not known any more. */
  readonly asked?: Asked;
  /** What was right once at its checkpoint; left out where `asked` has it, and where nobody knows. */
  readonly onceRight?: OnceRight;
};

/** Shows a run again. As with an imported one, the worker's run can no longer change what is shown. */
export function runShownAgain(state: LabState, { onceRight, ...view }: RunView): LabState {
  const shown = { ...view.shown, evaluating: null, preparing: null };
  const { lastOwn } = state.asked;
  const asked = view.asked
    ? { ...view.asked, lastOwn }
    : askedAnew(state.asked, state.config.scenario === view.config.scenario, onceRight);
  return { ...state, ...view, asked, shown, run: state.run + 1, stepsPerSecond: 0 };
}

/** A name for a run that no other run has. */
export function freshRunName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36).padStart(7, '0')).join('');
}

/** Adds a sentence for the viewer. The same sentence is not shown twice. */
export function withNotice(
  state: LabState,
  tone: Notice['tone'],
  text: string,
  action: NoticeAction | null = null,
): LabState {
  if (state.notices.some((notice) => notice.text === text)) return state;
  const id = (state.notices.at(-1)?.id ?? 0) + 1;
  return { ...state, notices: [...state.notices, { id, tone, text, action }] };
}

/**
 * The state once the viewer has chosen a lane's retrieval. The mark in the curves comes with the first step that uses
 * it.
 */
export function withRetrieval(state: LabState, lane: number, retrieval: Retrieval): LabState {
  const { shown } = state;
  if (shown === null) return state;
  const lanes = shown.lanes.map((old, index) => (index === lane ? { ...old, retrieval } : old));
  return { ...state, shown: { ...shown, lanes } };
}
