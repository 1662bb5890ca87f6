import type { Checkpoint, Saved } from '../core/checkpoint.ts';
import { batchSize, type Retrieval, type RunConfig, sharedSettingNames } from '../core/config.ts';
import { methodsOf } from '../core/methods.ts';
import { dataMarkOf, type Dataset } from '../core/dataset.ts';
import type { BackendReport, ExperimentEvent, StartingPoint } from '../core/events.ts';
import { scenarios } from '../core/scenarios.ts';
import { sequentialStream, type Task } from '../core/stream.ts';
import {
  type Ask,
  asking,
  evaluate,
  type EvaluationPlan,
  evaluationPlan,
  type TaskTest,
  testSets,
} from './evaluation.ts';
import { checkCheckpoint, checkpointOf, restoreLanes, Lane, stopLane } from './lane.ts';
import { type ImageSource, imageSource } from './data/imageSource.ts';
import { CannotLearn, type TrainingImages } from './methods/learner.ts';
import { classifierFor, widestLayer } from './models/networks.ts';
import { onWebgpu } from './programs/runProgram.ts';
import { LaneRecorder, type Arrival, ReadBacks, together } from './recorder.ts';

/** What an experiment needs. The backend must have been started. */
export interface ExperimentOptions {
  readonly dataset: Dataset;
  /** One or more; they share stream, evaluations and classifier (`sharedSettingNames`). The page shows four at most. */
  readonly lanes: readonly RunConfig[];
  readonly backend: BackendReport;
  /** The complete test set, or the images held out of training, by which hyper-parameters are chosen. */
  readonly evaluateOn?: 'test' | 'validation';
  /** Whether a subset is also evaluated between the ends of tasks, for a curve. The default is yes. */
  readonly evaluatesBetween?: boolean;
  /** Polled before every step: the retrieval each lane should use from that step on; null to leave it as it is. */
  readonly retrievalOf?: (lane: number) => Retrieval | null;
  /** Polled before every step: whether to read back its picks, scores and incoming batch. */
  readonly wantsTrace?: () => boolean;
  /** Polled after every step: whether everything must be read back before `stepped`, as before a pause. */
  readonly settles?: () => boolean;
  /**
   * Called before the first batch of each task, also of the one that it goes on with, with the training images that the
   * lanes may need before the next task: their batches', and what their memories hold. It resolves once these are in
   * memory. Without it all images are there from the start.
   */
  readonly beforeTask?: (samples: Int32Array) => Promise<void>;
  /**
   * Called before test images are classified, and after a complete evaluation, with all test images that are needed until
   * the next call. It resolves once these are in memory. Without it all are there from the start.
   */
  readonly beforeTest?: (samples: Int32Array) => Promise<void>;
  /** A checkpoint of this run, from which it goes on; on this backend or another. */
  readonly from?: Checkpoint;
  /** Given a checkpoint at the end of each task, before that step's `stepped`. Without it none is made. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  /**
   * Called before the first event, with what asks the lanes about images. It may be used while nothing pulls, until the
   * generator returns.
   */
  readonly onAskable?: (ask: Ask) => void;
}

/** Steps whose losses and picks are read back together. */
const groupSize = 10;
/** Test images that a decoder shows with each evaluation. */
const reconstructionCount = 10;

/**
 * Trains lanes in lockstep over one stream, from one initialisation, and reports what happens. It pauses while
 * nothing pulls; `return()` ends it and frees its tensors. The same options on the same backend give the same numbers,
 * whatever is traced, and also where it goes on from a checkpoint.
 *
 * @throws RangeError if the lanes do not share what they must
 * @throws CheckpointError if `from` is not of this run, or not whole
 */
export async function* runExperiment(options: ExperimentOptions): AsyncGenerator<ExperimentEvent, void, void> {
  const { dataset, backend, from, onCheckpoint, evaluateOn = 'test' } = options;
  const config = sharedConfig(options.lanes);
  const scenario = scenarios[config.scenario];
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  if (from !== undefined) {
    const stream = sequentialStream(tasks, dataset.train.labels);
    checkCheckpoint(from, { lanes: options.lanes, dataset, evaluateOn, stream });
  }
  const plan = { ...evaluationPlan(config, backend, widestLayer(config, dataset)), ...from?.evaluation };
  const classifier = classifierFor(config, dataset);
  const view = scenario.view(config, dataset);
  const images = imageSource(dataset.train, view);
  const heldOut =
    evaluateOn === 'validation'
      ? { images, samples: tasks.map((task) => task.validation) }
      : { images: imageSource(dataset.test, view), samples: tasks.map((task) => task.test) };
  const trainingImages: TrainingImages = { set: dataset.train, view, tasks };
  const lanes = options.lanes.map((lane) => new Lane(lane, dataset, trainingImages, classifier, images));
  const recorders = lanes.map((lane, index) => new LaneRecorder(lane, index));
  // Software graphics are so slow that one step in flight keeps them busy.
  const software = (backend.name === 'webgpu' || backend.name === 'webgl') && !backend.hardware;
  const readBacks = new ReadBacks(software ? 2 : Math.max(8, 2 * lanes.length));
  const tests = testSets(heldOut.samples, plan.size);
  const always = alwaysNeeded(tests);
  const course: Course = {
    lanes,
    recorders,
    readBacks,
    plan,
    testImages: heldOut.images,
    tests,
    ready: async (samples) => {
      if (evaluateOn === 'test') await options.beforeTest?.(Int32Array.from(new Set([...always, ...samples])));
    },
    classCount: dataset.classNames.length,
  };
  const totalSteps = lanes[0].stream.length;

  options.onAskable?.(asking(lanes, view, dataset));

  try {
    if (from !== undefined) restoreLanes(from, lanes);
    yield { ...started(options, tasks, totalSteps, plan), ...(from && { from: startingPoint(from, lanes) }) };
    const evaluatesBetween = options.evaluatesBetween ?? true;
    if (evaluatesBetween && from === undefined) yield* evaluateLanes(course, { step: 0, task: 1, taskEnd: false });
    yield* await readBacks.all();

    let firstOfTask = 1;
    for (let step = (from?.step ?? 0) + 1; step <= totalSteps && training(lanes).length > 0; step++) {
      const { task } = lanes[0].stream[step - 1];
      yield* changeRetrievals(lanes, step, options.retrievalOf);
      const taskStart = step === 1 || lanes[0].stream[step - 2].task !== task;
      if (taskStart) {
        firstOfTask = step;
        if (options.beforeTask !== undefined) {
          const samples = samplesOf(training(lanes), task);
          await options.beforeTask(samples);
          if (onWebgpu()) images.bring(samples);
        }
        yield* prepareLanes(course, step, task);
      }
      const traced = options.wantsTrace?.() ?? false;
      yield* trainLanes(course, step, traced);

      const taskEnd = step === totalSteps || lanes[0].stream[step].task !== task;
      const afterBoundary = task > 1 && step - firstOfTask < config.boundaryEvaluations;
      const evaluated = taskEnd || (evaluatesBetween && (afterBoundary || step % plan.interval === 0));
      if (taskEnd) for (const lane of training(lanes)) await lane.learner.finishTask?.();
      if (evaluated || software || step % groupSize === 0) flush(course);
      if (evaluated) yield* evaluateLanes(course, { step, task, taskEnd });
      if (evaluated && options.wantsTrace !== undefined) reconstruct(course, step, task);
      const settled = (options.settles?.() ?? false) || taskEnd;
      if (settled) flush(course);
      const saving = taskEnd && onCheckpoint !== undefined ? save(lanes) : null;
      const arrived = settled ? await readBacks.all() : await readBacks.arrived();
      if (saving !== null) {
        const run = { dataset, evaluateOn, evaluation: plan, backend: backend.name, step, task };
        onCheckpoint?.(checkpointOf(run, lanes, await saving));
      }
      yield* arrived;
      yield { kind: 'stepped', step, task };
    }
    yield { kind: 'finished', results: lanes.map((lane) => lane.result()) };
  } finally {
    for (const lane of lanes) lane.learner.dispose();
    images.dispose();
    heldOut.images.dispose();
  }
}

/** Begins to read back what the learners hold. */
function save(lanes: readonly Lane[]): Promise<Saved[]> {
  const saving = Promise.all(
    lanes.map((lane) => Promise.resolve(lane.stopped === null ? lane.learner.lasting.save() : null)),
  );
  // Whoever waits for it is told of an error; if another one comes first, nobody waits.
  saving.catch(() => undefined);
  return saving;
}

function startingPoint({ step, task }: Checkpoint, lanes: readonly Lane[]): StartingPoint {
  return {
    step,
    task,
    lanes: lanes.map((lane) => ({
      counts: lane.counts(),
      replacedLatents: lane.replacedLatents,
      stopped: lane.stopped,
    })),
  };
}

/** The parts of an experiment under way. */
interface Course {
  readonly lanes: readonly Lane[];
  readonly recorders: readonly LaneRecorder[];
  readonly readBacks: ReadBacks;
  readonly plan: EvaluationPlan;
  readonly testImages: ImageSource;
  readonly tests: readonly TaskTest[];
  /** Resolves once these test images are in memory, with those that are always needed. */
  readonly ready: (samples: Int32Array) => Promise<void>;
  readonly classCount: number;
}

/** The test images of the subset, and those that decoders show. */
function alwaysNeeded(tests: readonly TaskTest[]): number[] {
  return tests.flatMap(({ samples, subset }, index) =>
    Array.from(samples.subarray(0, Math.max(subset, Math.ceil(reconstructionCount / (index + 1))))),
  );
}

function training(lanes: readonly Lane[]): Lane[] {
  return lanes.filter((lane) => lane.stopped === null);
}

/** The training images that lanes may need in a task, each once: what they learn, and what they remember. */
function samplesOf(lanes: readonly Lane[], task: number): Int32Array {
  const samples = new Set<number>();
  for (const { stream, learner } of lanes) {
    for (const step of stream)
      if (step.task === task) for (const batch of step.batches) for (const sample of batch.samples) samples.add(sample);
    for (const sample of Array.from(learner.stored().samples)) samples.add(sample);
  }
  return Int32Array.from(samples);
}

/** Trains all lanes on one step. What is traced of it arrives together, so that all lanes are seen at one step. */
function* trainLanes(
  { lanes, recorders, readBacks }: Course,
  step: number,
  traced: boolean,
): Generator<ExperimentEvent, void> {
  const traces: Promise<Arrival>[] = [];
  for (const lane of training(lanes)) {
    const { task, batches } = lane.stream[step - 1];
    const index = lanes.indexOf(lane);
    try {
      const observations = batches.map((batch, place) =>
        lane.learner.observe(batch, lane.retrieval, traced && place === 0),
      );
      if (traced) traces.push(recorders[index].trace(step, task, batches[0], observations[0]));
      recorders[index].record(step, observations);
    } catch (error) {
      if (!(error instanceof CannotLearn)) throw error;
      yield stopLane(lane, index, step, 'method', error.message);
    }
  }
  if (traces.length > 0) readBacks.push(together(traces));
}

/** Lets the lanes that learn a task as a whole do so, before its first batch. */
async function* prepareLanes(
  { lanes, readBacks }: Course,
  step: number,
  task: number,
): AsyncGenerator<ExperimentEvent, void, void> {
  for (const [index, lane] of lanes.entries()) {
    if (lane.stopped !== null || lane.learner.startTask === undefined) continue;
    const batches = lane.stream.filter((other) => other.task === task).flatMap((other) => other.batches);
    for (const { done, total, loss } of lane.learner.startTask(batches)) {
      // Reading the loss keeps a slow device from falling far behind.
      if (loss !== null) readBacks.push(loss.read().then(() => () => []));
      yield* await readBacks.arrived();
      yield { kind: 'preparing', lane: index, step: step - 1, done, total };
    }
  }
}

function flush({ recorders, readBacks }: Course): void {
  for (const recorder of recorders) {
    const reading = recorder.flush();
    if (reading !== null) readBacks.push(reading);
  }
}

function* changeRetrievals(
  lanes: readonly Lane[],
  step: number,
  retrievalOf: ExperimentOptions['retrievalOf'],
): Generator<ExperimentEvent, void> {
  for (const [index, lane] of lanes.entries()) {
    const wanted = retrievalOf?.(index) ?? null;
    if (lane.retrieval === null || wanted === null || wanted === lane.retrieval) continue;
    lane.retrieval = wanted;
    yield { kind: 'retrievalChanged', lane: index, step: step - 1, retrieval: wanted };
  }
}

async function* evaluateLanes(
  { lanes, readBacks, plan, testImages, tests, ready, classCount }: Course,
  point: { readonly step: number; readonly task: number; readonly taskEnd: boolean },
): AsyncGenerator<ExperimentEvent, void, void> {
  const { step, task } = point;
  const complete = training(lanes).filter((lane) => point.taskEnd && lane.completes(task));
  const subset = training(lanes).filter((lane) => !complete.includes(lane));
  const common = { images: testImages, tests, ready, step, task, chunk: plan.chunk, classCount };
  const ofComplete = yield* evaluate({ ...common, lanes: complete, complete: true });
  // Now the subset is enough, for this evaluation and the next.
  await ready(new Int32Array());
  const ofSubset = yield* evaluate({ ...common, lanes: subset, complete: false });
  const outputs = [...ofComplete, ...ofSubset];
  // All lanes' evaluations of a step arrive together, so that none is seen without the others.
  const arrivals = outputs.map(async ({ lane, answers, loss }): Promise<Arrival> => {
    const index = lanes.indexOf(lane);
    const { retrieval } = lane;
    const [counted, lossValue] = await Promise.all([answers, loss]);
    return () => {
      if (lane.stopped !== null) return [];
      if (!Number.isFinite(lossValue)) return [stopLane(lane, index, step, 'testLoss')];
      return [lane.enter(index, counted, point, retrieval)];
    };
  });
  readBacks.push(together(arrivals));
}

/** Starts to read back what the lanes' decoders make of a few test images of the tasks seen. */
function reconstruct({ lanes, recorders, readBacks, testImages, tests }: Course, step: number, task: number): void {
  const decoding = training(lanes).filter((lane) => lane.learner.reconstruct !== undefined);
  if (decoding.length === 0) return;
  const share = Math.ceil(reconstructionCount / task);
  const shown = tests
    .slice(0, task)
    .flatMap(({ samples }, index) =>
      Array.from(samples.slice(0, share), (sample) => ({ sample, task: index + 1, label: testImages.labelOf(sample) })),
    );
  for (const lane of decoding) {
    const reading = recorders[lanes.indexOf(lane)].reconstruct(step, shown.slice(0, reconstructionCount), testImages);
    if (reading !== null) readBacks.push(reading);
  }
}

function started(
  options: ExperimentOptions,
  tasks: readonly Task[],
  totalSteps: number,
  plan: EvaluationPlan,
): Extract<ExperimentEvent, { kind: 'started' }> {
  const { dataset, lanes } = options;
  return {
    kind: 'started',
    lanes,
    tasks: tasks.map((task) => ({
      number: task.number,
      classes: task.classes,
      steps: task.train.length / batchSize,
      trainingImages: task.train.length,
      testImages: task.test.length,
    })),
    totalSteps,
    evaluation: { interval: plan.interval, size: plan.size },
    imageShape: dataset.imageShape,
    classNames: dataset.classNames,
    data: dataMarkOf(dataset),
  };
}

/** The first lane's settings. All lanes must have one stream, one plan of evaluations and one classifier. */
function sharedConfig(lanes: readonly RunConfig[]): RunConfig {
  if (lanes.length === 0) throw new RangeError('An experiment has one lane or more; it was given none.');
  const [first, ...others] = lanes;
  for (const name of sharedSettingNames) {
    const other = others.find((lane) => lane[name] !== first[name]);
    if (other !== undefined) {
      throw new RangeError(`Lanes must agree in ${name}; found ${String(first[name])} and ${String(other[name])}.`);
    }
  }
  const impossible = lanes.find(({ method, scenario }) => !methodsOf(scenario).includes(method));
  if (impossible !== undefined) {
    throw new RangeError(
      `${impossible.method} cannot run in ${impossible.scenario}; choose one of ${methodsOf(impossible.scenario).join(', ')}.`,
    );
  }
  return first;
}
