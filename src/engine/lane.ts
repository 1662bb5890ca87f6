import { z } from 'zod';
import {
  type LaneCheckpoint,
  CheckpointError,
  type CheckpointFault,
  type Checkpoint,
  checkpointFormat,
  type Saved,
} from '../core/checkpoint.ts';
import { type Retrieval, type RunConfig, backendNames, retrievalNames } from '../core/config.ts';
import type { StreamOrder } from '../core/catalogue/methodEntry.ts';
import { initialRetrieval, isIdle, methods } from '../core/methods.ts';
import { type Dataset, type DataMark, dataMarkOf, dataMarkSchema, dataWords } from '../core/dataset.ts';
import type {
  EvaluationEvent,
  ExperimentEvent,
  LaneStop,
  NegativeElbo,
  ReplayCounts,
  RunResult,
  TestSet,
} from '../core/events.ts';
import { averageAccuracy, averageForgetting, mean } from '../core/metrics.ts';
import { iidStream, sequentialStream, type StreamStep } from '../core/stream.ts';
import { createLearner } from './createLearner.ts';
import type { ImageSource } from './data/imageSource.ts';
import type { Learner, Replay, TrainingImages } from './methods/learner.ts';
import type { Classifier } from './models/classifier.ts';
import { completed, engineVersion } from '../core/storedRun.ts';

/** How many test images of one task were right, on the subset and on the complete set. */
export interface TaskScore {
  readonly subset: { readonly right: number; readonly total: number };
  /** Null where only the subset was evaluated. */
  readonly complete: { readonly right: number; readonly total: number } | null;
  /** Means over the images evaluated; null for methods without a VAE. */
  readonly elbo: { readonly reconstruction: number; readonly kl: number } | null;
}

/** What a lane answered to the test images of the tasks that it has seen. */
export interface LaneAnswers {
  readonly scores: readonly TaskScore[];
  /** How often an image of the class of a row was taken for that of a column, row by row, [classes × classes]. */
  readonly confusion: Uint32Array<ArrayBuffer>;
}

/** What a memory holds. */
export type StoredCounts = Pick<ReplayCounts, 'storedByClass' | 'storedByTask'>;

/** Where an evaluation stands in the run. */
interface EvaluationPoint {
  readonly step: number;
  readonly task: number;
  readonly taskEnd: boolean;
}

/** One learner on its stream, with its measurements. */
export class Lane {
  readonly config: RunConfig;
  readonly learner: Learner;
  readonly stream: readonly StreamStep[];
  retrieval: Retrieval | null;
  /** Why the lane stopped; null while it trains. */
  stopped: string | null = null;
  /** Latents so far that were not finite and were replaced by draws from the prior. */
  replacedLatents = 0;
  private readonly order: StreamOrder;
  private readonly taskCount: number;
  private readonly rows: { subset: number[][]; complete: number[][] } = { subset: [], complete: [] };
  /** −ELBO of each task after the last complete evaluation; null for methods without a VAE. */
  private elboByTask: readonly NegativeElbo[] | null = null;
  /** Of the last complete evaluation. */
  private confusion = new Uint32Array(0);
  private readonly replayed: { byClass: number[]; byTask: number[] };

  constructor(
    config: RunConfig,
    dataset: Dataset,
    training: TrainingImages,
    classifier: Classifier,
    images: ImageSource,
  ) {
    const { tasks } = training;
    const { train, classNames } = dataset;
    this.config = config;
    this.order = methods[config.method].stream;
    this.taskCount = tasks.length;
    this.retrieval = initialRetrieval(config.method);
    this.learner = createLearner({
      config,
      classifier,
      images,
      training,
      imageShape: dataset.imageShape,
      classCount: classNames.length,
      taskCount: tasks.length,
    });
    this.stream =
      this.order.kind === 'sequential'
        ? sequentialStream(tasks, train.labels)
        : iidStream(tasks, train.labels, config.seed, this.order.passes);
    this.replayed = { byClass: classNames.map(() => 0), byTask: tasks.map(() => 0) };
  }

  /** How many tasks the lane has met when the sequential stream is at `task`. */
  tasksSeen(task: number): number {
    return this.order.kind === 'iid' ? this.taskCount : task;
  }

  /**
   * Whether the lane has a row of the accuracy matrix at the end of `task`: at the end of every task of a
   * sequential stream, and at the very end of one that has no order of tasks.
   */
  completes(task: number): boolean {
    return this.order.kind === 'sequential' || task === this.taskCount;
  }

  /** Counts what a retrieval replayed. */
  countReplay(replay: Replay, picks: ArrayLike<number>): void {
    for (const position of Array.from(picks)) {
      this.replayed.byClass[replay.candidates.labels[position]] += 1;
      this.replayed.byTask[replay.candidates.tasks[position] - 1] += 1;
    }
  }

  /** What the memory holds after the last step. */
  stored(): StoredCounts {
    const storedByClass = this.replayed.byClass.map(() => 0);
    const storedByTask = this.replayed.byTask.map(() => 0);
    const { labels, tasks } = this.learner.stored();
    for (let slot = 0; slot < labels.length; slot++) {
      storedByClass[labels[slot]] += 1;
      storedByTask[tasks[slot] - 1] += 1;
    }
    return { storedByClass, storedByTask };
  }

  /** What was replayed up to the last picks read back, beside what the memory held then. */
  counts(stored = this.stored()): ReplayCounts {
    return { replayedByClass: [...this.replayed.byClass], replayedByTask: [...this.replayed.byTask], ...stored };
  }

  /**
   * Enters an evaluation of the tasks seen. Subset is compared with subset and complete with complete, so
   * that forgetting never mixes the two.
   */
  enter(
    lane: number,
    { scores, confusion }: LaneAnswers,
    point: EvaluationPoint,
    retrieval: Retrieval | null,
  ): EvaluationEvent {
    const complete = scores.flatMap((score) => score.complete ?? []);
    const set: TestSet = complete.length === scores.length ? 'complete' : 'subset';
    const subsetRow = scores.map(({ subset }) => subset.right / subset.total);
    const row = set === 'complete' ? complete.map(({ right, total }) => right / total) : subsetRow;
    const forgetting =
      this.order.kind === 'iid' ? null : averageForgetting([...this.earlierRows(set, point.task), row]);
    const elbos = elbosOf(scores);
    if (set === 'complete') {
      this.elboByTask = elbos;
      this.confusion = confusion;
      this.rows.subset.push(subsetRow);
      this.rows.complete.push(row);
    }
    const counted = set === 'complete' ? complete : scores.map(({ subset }) => subset);
    return {
      kind: 'evaluated',
      lane,
      method: this.config.method,
      retrieval,
      seed: this.config.seed,
      step: point.step,
      task: point.task,
      taskEnd: set === 'complete',
      set,
      testImages: counted.reduce((sum, { total }) => sum + total, 0),
      accuracyByTask: this.byTask(row),
      ...(set === 'complete' &&
        this.config.boundaryEvaluations > 0 && { accuracyByTaskOnSubset: this.byTask(subsetRow) }),
      averageAccuracy: mean(row),
      averageForgetting: forgetting,
      elboByTask: elbos && Array.from({ length: this.taskCount }, (_, task) => elbos[task] ?? null),
      elbo: elbos && meanElbo(elbos),
      confusion,
    };
  }

  /** A value for each task; null for those not seen yet. */
  private byTask(row: readonly number[]): (number | null)[] {
    return Array.from({ length: this.taskCount }, (_, task) => row[task] ?? null);
  }

  private earlierRows(set: TestSet, task: number): readonly number[][] {
    return this.rows[set].slice(0, task - 1);
  }

  /** What a checkpoint keeps of it beside its learner. */
  measured(): Omit<LaneCheckpoint, 'learner'> {
    const { config, retrieval, stopped, rows, elboByTask, confusion, replayed, replacedLatents } = this;
    return structuredClone({ config, retrieval, stopped, rows, elboByTask, confusion, replayed, replacedLatents });
  }

  /**
   * Takes the measurements of a checkpoint.
   *
   * @param task at whose end it was made
   * @param name of the lane, for messages
   * @throws CheckpointError if some of them are missing
   */
  restore(saved: LaneCheckpoint, task: number, name: string): void {
    const { retrieval, stopped, rows, elboByTask, confusion, replayed, replacedLatents } = structuredClone(saved);
    const wanted = this.order.kind === 'sequential' ? task : Number(this.completes(task));
    for (const set of ['subset', 'complete'] as const) {
      if (stopped === null && rows[set].length !== wanted)
        throw new CheckpointError(`${name} has ${rows[set].length} rows of accuracies where ${wanted} are needed`);
    }
    for (const by of ['byClass', 'byTask'] as const) {
      const [found, needed] = [replayed[by].length, this.replayed[by].length];
      if (found !== needed) throw new CheckpointError(`${name} has ${found} replay counts where ${needed} are needed`);
    }
    if ((retrieval === null) !== (this.retrieval === null))
      throw new CheckpointError(`${name} has a retrieval that its method does not have`);
    const entries = rows.complete.length > 0 ? this.replayed.byClass.length ** 2 : 0;
    if (confusion.length !== entries)
      throw new CheckpointError(`${name} has ${confusion.length} counts of answers where ${entries} are needed`);
    Object.assign(this, { retrieval, stopped, rows, elboByTask, confusion, replayed, replacedLatents });
  }

  /** The run's outcome; null if the lane stopped or is not at its end. */
  result(): RunResult | null {
    const matrix = this.rows.complete;
    if (this.stopped !== null || matrix.length < (this.order.kind === 'iid' ? 1 : this.taskCount)) return null;
    return {
      config: this.config,
      accuracyMatrix: matrix,
      averageAccuracy: averageAccuracy(matrix),
      averageForgetting: this.order.kind === 'iid' ? null : averageForgetting(matrix),
      negativeElbo: this.elboByTask && meanElbo(this.elboByTask).total,
      elboByTask: this.elboByTask,
      confusion: rowsOfConfusion(this.confusion),
      steps: this.stream.reduce((sum, { batches }) => sum + batches.length, 0),
    };
  }
}

/** Counts of answers, one row of columns for each true class. */
function rowsOfConfusion(counts: Uint32Array): number[][] {
  const classes = Math.sqrt(counts.length);
  return Array.from({ length: classes }, (_, label) =>
    Array.from(counts.subarray(label * classes, (label + 1) * classes)),
  );
}

function elbosOf(scores: readonly TaskScore[]): NegativeElbo[] | null {
  const parts = scores.flatMap(({ elbo }) => elbo ?? []);
  if (parts.length < scores.length) return null;
  return parts.map(({ reconstruction, kl }) => ({ total: reconstruction + kl, reconstruction, kl }));
}

function meanElbo(elbos: readonly NegativeElbo[]): NegativeElbo {
  const reconstruction = mean(elbos.map((elbo) => elbo.reconstruction));
  const kl = mean(elbos.map((elbo) => elbo.kl));
  return { total: reconstruction + kl, reconstruction, kl };
}

const count = z.int().min(0);
const matrix = z.array(z.array(z.number()));
const elbo = z.strictObject({ total: z.number(), reconstruction: z.number(), kl: z.number() });

/** Everything but what the methods keep, which they check themselves. */
const checkpointSchema = z.strictObject({
  format: z.literal(checkpointFormat),
  engineVersion: z.string(),
  data: dataMarkSchema,
  evaluateOn: z.enum(['test', 'validation']),
  evaluation: z.strictObject({ interval: z.int().min(1), size: z.int().min(1) }),
  backend: z.enum(backendNames),
  step: z.int().min(1),
  task: z.int().min(1),
  lanes: z.array(
    z.strictObject({
      // Compared with the run's own.
      config: z.looseObject({}),
      retrieval: z.enum(retrievalNames).nullable(),
      stopped: z.string().nullable(),
      rows: z.strictObject({ subset: matrix, complete: matrix }),
      elboByTask: z.array(elbo).nullable(),
      confusion: z.instanceof(Uint32Array),
      replayed: z.strictObject({ byClass: z.array(count), byTask: z.array(count) }),
      replacedLatents: count,
      learner: z.unknown(),
    }),
  ),
});

/** What a checkpoint must agree with. */
interface Run {
  readonly lanes: readonly RunConfig[];
  readonly dataset: Dataset;
  readonly evaluateOn: 'test' | 'validation';
  readonly stream: readonly StreamStep[];
}

/**
 * Checks that a run can go on from a checkpoint.
 *
 * @throws CheckpointError that names what differs, or is missing
 */
export function checkCheckpoint(from: Checkpoint, { lanes, dataset, evaluateOn, stream }: Run): void {
  const unfit = (fault: CheckpointFault, why: string) => new CheckpointError(why, fault);
  const { format, engineVersion: madeBy } = from as Partial<Record<keyof Checkpoint, unknown>>;
  if (format !== checkpointFormat)
    throw unfit('version', `its format is ${words(format)} where ${checkpointFormat} is needed`);
  if (madeBy !== engineVersion)
    throw unfit('version', `version ${words(madeBy)} of the engine made it, and this is ${engineVersion}`);
  const { error } = checkpointSchema.safeParse(from);
  if (error !== undefined) {
    const [{ path, message }] = error.issues;
    throw new CheckpointError(`${path.join('/') || 'it'} is not what it should be (${message})`);
  }
  if (from.lanes.length !== lanes.length)
    throw unfit('settings', `it has ${from.lanes.length} lanes, and this run has ${lanes.length}`);
  lanes.forEach((config, index) => {
    const names = Object.keys(config) as (keyof RunConfig)[];
    const saved = completed(from.lanes[index].config) as RunConfig;
    const other = names.find((name) => saved[name] !== config[name]);
    if (other === undefined) return;
    const [made, wanted] = [saved[other], config[other]];
    throw unfit('settings', `its lane ${index + 1} has ${other} = ${made}, and this run's has ${wanted}`);
  });
  if (from.evaluateOn !== evaluateOn)
    throw unfit('settings', `it was evaluated on ${from.evaluateOn} images, and this run is on ${evaluateOn} images`);
  const mark = dataMarkOf(dataset);
  const differs = (Object.keys(mark) as (keyof DataMark)[]).some((name) => mark[name] !== from.data[name]);
  if (differs) throw unfit('data', `it was made with other data (${dataWords(from.data)}; here ${dataWords(mark)})`);
  const isEnd = stream.at(from.step - 1)?.task === from.task && stream.at(from.step)?.task !== from.task;
  if (!isEnd || from.step > stream.length)
    throw new CheckpointError(`its step ${from.step} is not the last of task ${from.task}`);
}

/** The checkpoint of a run whose lanes have all been read back. */
export function checkpointOf(
  run: Pick<Checkpoint, 'evaluateOn' | 'evaluation' | 'backend' | 'step' | 'task'> & { readonly dataset: Dataset },
  lanes: readonly Lane[],
  learners: readonly Saved[],
): Checkpoint {
  const { dataset, evaluateOn, evaluation, backend, step, task } = run;
  return {
    format: checkpointFormat,
    engineVersion,
    data: dataMarkOf(dataset),
    evaluateOn,
    evaluation: { interval: evaluation.interval, size: evaluation.size },
    backend,
    step,
    task,
    lanes: lanes.map(
      (lane, index): LaneCheckpoint => ({
        ...lane.measured(),
        // A lane that has stopped does not go on.
        learner: lane.stopped === null ? learners[index] : null,
      }),
    ),
  };
}

/** Puts lanes, as they are before the first step, to where a checkpoint was made. */
export function restoreLanes({ lanes: saved, task }: Checkpoint, lanes: readonly Lane[]): void {
  lanes.forEach((lane, index) => {
    const name = `lane ${index + 1}`;
    lane.restore(saved[index], task, name);
    if (lane.stopped === null) lane.learner.lasting.restore(saved[index].learner, name);
  });
}

/** Stops a lane; says why, and what to do. `said` is of a method: why it cannot go on. */
export function stopLane(lane: Lane, index: number, step: number, what: LaneStop['what'], said = ''): ExperimentEvent {
  // Where α λ Ω is above 2 for some weight, descent on EWC's penalty grows without end.
  const [setting, named] = isIdle('learningRate', lane.config.method)
    ? (['genLearningRate', 'learning rate of its classifier (genLearningRate'] as const)
    : isIdle('ewcLambda', lane.config.method)
      ? (['learningRate', 'learning rate (α'] as const)
      : (['ewcLambda', 'pull back to the old weights (ewcLambda'] as const);
  const value = lane.config[setting];
  const smaller = Number((value / 10).toPrecision(1));
  const lost = `The ${what === 'loss' ? 'loss of' : 'test loss after'} step ${step} is not a finite number`;
  lane.stopped = `${what === 'method' ? said : lost}, so this lane has stopped. The ${named} = ${value}) is probably too large; set a smaller one, such as ${smaller}, and reset.`;
  return {
    kind: 'laneStopped',
    lane: index,
    step,
    reason: lane.stopped,
    stop: { what, step, setting, value, smaller },
  };
}

function words(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}
