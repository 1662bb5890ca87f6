import { type BackendName, type RunConfig, backendNames } from '../core/config.ts';
import type { BackendReport, StepTime } from '../core/events.ts';
import { engineVersion } from '../core/storedRun.ts';
import { imageSize, type ImageSet } from '../core/dataset.ts';
import { initialRetrieval, methods } from '../core/methods.ts';
import { below, randomStream } from '../core/random.ts';
import { scenarios } from '../core/scenarios.ts';
import type { Batch, Task } from '../core/stream.ts';
import { createLearner } from './createLearner.ts';
import { imageSource } from './data/imageSource.ts';
import { evaluationPlan } from './evaluation.ts';
import { type Learner, type LearnerInput, rowsOf } from './methods/learner.ts';
import { classifierFor, widestLayer } from './models/networks.ts';
import { mapTree, numbers, type Output } from './runner/step.ts';

/** A piece of work of which the numbers have come back. */
export interface TrialPart {
  /** Learning the first task, the first step of the second, or steps that do nothing for the first time. */
  readonly kind: 'filling' | 'first' | 'steps';
  /** How many steps of all lanes it was. */
  readonly steps: number;
}

const batchLength = 10;
/** Batches of the first task; ER has C = 50 candidates after so many. */
const mostFilling = 5;
const secondTaskBatches = 4;

/** What a lane learns in a trial: noise in the shape of the scenario's images, in two tasks of two classes. */
function trialInput(config: RunConfig): {
  readonly input: LearnerInput;
  readonly batches: readonly (readonly Batch[])[];
} {
  const scenario = scenarios[config.scenario];
  const { imageShape, classCount, taskCount } = scenario;
  const classNames = Array.from({ length: classCount }, (_, index) => String(index));
  const lengths = [mostFilling, secondTaskBatches].map((count) => count * batchLength);
  const count = lengths[0] + lengths[1];
  const random = randomStream(0, 'data');
  const set: ImageSet = {
    count,
    labels: Uint8Array.from({ length: count }, (_, sample) => (sample % 2) + (sample < lengths[0] ? 0 : 2)),
    pixels: Uint8Array.from({ length: count * imageShape[0] * imageShape[1] * imageShape[2] }, () =>
      below(256, random),
    ),
  };
  const view = scenario.view(config, { imageShape });
  const tasks = lengths.map(
    (length, index): Task => ({
      number: index + 1,
      classes: [2 * index, 2 * index + 1],
      train: Int32Array.from({ length }, (_, place) => index * lengths[0] + place),
      validation: new Int32Array(0),
      test: new Int32Array(0),
    }),
  );
  const batches = tasks.map(({ number, train }) =>
    Array.from({ length: train.length / batchLength }, (_, index): Batch => {
      const samples = train.slice(index * batchLength, (index + 1) * batchLength);
      const labels = samples.map((sample) => set.labels[sample]);
      return { samples, labels, tasks: new Int32Array(batchLength).fill(number) };
    }),
  );
  return {
    input: {
      // Of an autoencoder's passes over a task each is like the first.
      config: { ...config, aeEpochs: 1 },
      classifier: classifierFor(config, { imageShape, classNames }),
      images: imageSource(set, view),
      training: { set, view, tasks },
      imageShape,
      classCount,
      taskCount,
    },
    batches,
  };
}

/** Learns a batch, and gives what can be waited for. */
function learnt(learner: Learner, config: RunConfig, batch: Batch): Output {
  const { losses, replays, replacedLatents } = learner.observe(batch, initialRetrieval(config.method), false);
  for (const output of [...replays.map(({ picks }) => picks), ...replacedLatents]) output.drop();
  return losses;
}

/** Reads every output of a tree, all together. */
async function readAll(outputs: unknown): Promise<void> {
  const reads: Promise<unknown>[] = [];
  mapTree(outputs, (node) => {
    if (!('read' in node)) return undefined;
    reads.push((node as Output).read());
    return node;
  });
  await Promise.all(reads);
}

/**
 * Does once what a run does with a learner besides plain steps: a traced step, evaluations of as many images as the run
 * takes at a time, an answer to images from elsewhere, a reconstruction. What it gives is read and thrown away.
 */
async function lookAt(
  learner: Learner,
  config: RunConfig,
  { images, imageShape, taskCount }: LearnerInput,
  batch: Batch,
  report: BackendReport,
): Promise<void> {
  await readAll(learner.observe(batch, initialRetrieval(config.method), true));
  const { size, chunk } = evaluationPlan(config, report, widestLayer(config, { imageShape }));
  const share = Math.max(1, Math.floor(size / taskCount));
  for (const count of new Set([Math.min(share, chunk), share % chunk || chunk, chunk])) {
    const samples = Int32Array.from({ length: count }, (_, index) => batch.samples[index % batch.samples.length]);
    await readAll(learner.evaluate(rowsOf(images, { samples, tasks: new Int32Array(count).fill(1) })));
  }
  const width = imageSize({ imageShape });
  await readAll(learner.answer(numbers(new Float32Array(10 * width), [10, width])));
  await readAll(learner.reconstruct?.(rowsOf(images, batch)));
}

/** Tasks whose steps are gone through beforehand; with more past tasks than that a step does little that is new. */
const mostTasksAhead = 5;

/** Learns a batch, and traces another, in each task after the second, where a method's step grows with the number of past tasks. */
async function laterTasks(
  learner: Learner,
  config: RunConfig,
  { taskCount }: LearnerInput,
  batch: Batch,
): Promise<void> {
  if (methods[config.method].family !== 'constrained') return;
  for (let task = 3; task <= Math.min(taskCount, mostTasksAhead); task++) {
    await learner.finishTask?.();
    const relabelled = { ...batch, tasks: new Int32Array(batch.tasks.length).fill(task) };
    await learnt(learner, config, relabelled).read();
    await readAll(learner.observe(relabelled, initialRetrieval(config.method), true));
  }
}

/**
 * Takes steps like those of some lanes, on the current backend, with learners that nobody sees: a few of a first task,
 * so that there is something to replay, and then, for as long as it is asked, steps of a second one.
 *
 * @param blockSteps asked before each of the last parts: how many steps to take together
 * @param looks where given, whatever else a run on this backend does belongs to the first step of the second task
 */
export async function* trialSteps(
  lanes: readonly RunConfig[],
  blockSteps: () => number,
  looks: BackendReport | null = null,
): AsyncGenerator<TrialPart, void, void> {
  const open: { dispose(): void }[] = [];
  try {
    const learners = lanes.map((config) => {
      const { input, batches } = trialInput(config);
      open.push(input.images);
      const learner = createLearner(input);
      open.push(learner);
      return { learner, config, batches, input };
    });
    const all = async (task: number, index: number, steps: number) => {
      const last = learners.map(({ learner, config, batches }) => {
        const own = batches[task];
        for (let step = 1; step < steps; step++) learnt(learner, config, own[(index + step) % own.length]).drop();
        return learnt(learner, config, own[index % own.length]);
      });
      await Promise.all(last.map((output) => output.read()));
    };
    const begin = (task: number) => {
      for (const { learner, batches } of learners)
        for (const { loss } of learner.startTask?.(batches[task].slice(0, 2)) ?? []) loss?.drop();
    };

    const filling = Math.max(...lanes.map(fillingOf));
    begin(0);
    for (let index = 0; index < filling; index++) {
      await all(0, index, 1);
      yield { kind: 'filling', steps: 1 };
    }
    for (const { learner } of learners) await learner.finishTask?.();
    begin(1);
    await all(1, 0, 1);
    if (looks !== null)
      for (const { learner, config, input, batches: own } of learners) {
        await lookAt(learner, config, input, own[1][1], looks);
        await laterTasks(learner, config, input, own[1][1]);
      }
    yield { kind: 'first', steps: 1 };
    for (let index = 1; ; index++) {
      const steps = blockSteps();
      await all(1, index, steps);
      yield { kind: 'steps', steps };
    }
  } finally {
    for (const held of open.reverse()) held.dispose();
  }
}

/** Batches of the first task that a lane must have learnt to have its usual number of candidates, or a few. */
function fillingOf({ method, candidates }: RunConfig): number {
  return methods[method].family === 'replay' ? Math.min(mostFilling, Math.ceil(candidates / batchLength)) : 2;
}

/** Where what was measured is kept from one visit to the next. Neither fails. */
export interface ChoiceStore {
  get(key: string): Promise<unknown>;
  set(key: string, times: readonly StepTime[]): Promise<void>;
}

/** What it takes to choose between backends for some lanes. */
export interface Choosing {
  readonly lanes: readonly RunConfig[];
  readonly store: ChoiceStore;
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Called when programs of a graphics card are about to be made. */
  readonly onPreparing: () => void;
}

/** Milliseconds after which no new step begins: of the first backend, of all, and for a third one to be tried at all. */
const firstLimit = 1_200;
const limit = 2_000;
const thirdLimit = 1_000;
/** A backend that takes so many times as long as another is not looked at any further. */
const hopeless = 3;
const blocks = 3;
/** Steps that take less, in milliseconds, are timed so many together: what comes back has a way to go. */
const quick = 20;
const blockSteps = 10;

/** Where the answer for some lanes on some machine is kept; what does not change the work of a step is left out. */
export function choiceKey(device: string, threads: string, lanes: readonly RunConfig[]): string {
  return JSON.stringify([engineVersion, device, threads, lanes.map(work)]);
}

function work(config: RunConfig): Partial<RunConfig> {
  const { seed: _seed, samplesPerTask: _samples, learningRate: _rate, ...rest } = config;
  const { evaluationInterval: _interval, evaluationSize: _size, boundaryEvaluations: _boundary, ...others } = rest;
  return others;
}

/** What was kept, if it is what {@link timeBackends} gives. */
export function keptTimes(kept: unknown): readonly StepTime[] | null {
  if (!Array.isArray(kept) || kept.length < 2) return null;
  const times = kept as readonly Partial<StepTime>[];
  const whole = times.every(
    (time) =>
      typeof time === 'object' &&
      backendNames.some((name) => name === time.name) &&
      Number.isFinite(time.milliseconds) &&
      typeof time.atLeast === 'boolean',
  );
  return whole ? (times as readonly StepTime[]) : null;
}

/** The backend of the shortest step. */
export function quickest(times: readonly StepTime[]): StepTime {
  return times.reduce((best, time) => (time.milliseconds < best.milliseconds ? time : best));
}

/** What is done on each backend. */
interface TrialParts {
  /** Makes a backend the current one. */
  readonly begin: (name: BackendName) => Promise<void>;
  readonly steps: (blockSteps: () => number) => AsyncGenerator<TrialPart, void, void>;
  readonly now: () => number;
}

/**
 * Times a few steps on each backend, for two seconds in all and the step that is then under way.
 *
 * @param first the backend that has started
 * @param others in the order in which they are tried; one that does not start or compute is left out
 * @returns null where the first was not ready in time, so that there is nothing to compare with
 * @throws what the first backend throws
 */
export async function timeBackends(
  first: BackendName,
  others: readonly BackendName[],
  parts: TrialParts,
): Promise<readonly StepTime[] | null> {
  const start = parts.now();
  const own = await timeOne(first, start + firstLimit, Infinity, parts);
  if (own === null) return null;
  const times = [own];
  for (const [index, name] of others.entries()) {
    const best = quickest(times).milliseconds;
    const clear = times.length > 1 && times.some(({ milliseconds }) => milliseconds > hopeless * best);
    if (index > 0 && (clear || parts.now() - start > thirdLimit)) continue;
    try {
      await parts.begin(name);
      const time = await timeOne(name, start + limit, hopeless * best, parts);
      if (time !== null) times.push(time);
    } catch {
      // It cannot be used here.
    }
  }
  return times;
}

async function timeOne(
  name: BackendName,
  deadline: number,
  tooLong: number,
  { steps, now }: TrialParts,
): Promise<StepTime | null> {
  // Graphics cards make a program when it is first used.
  const compiles = name === 'webgpu' || name === 'webgl';
  let best = Infinity;
  let timed = 0;
  let since = now();
  for await (const part of steps(() => (best < quick ? blockSteps : 1))) {
    const ended = now();
    const milliseconds = (ended - since) / part.steps;
    if (part.kind === 'steps') {
      best = Math.min(best, milliseconds);
      timed += 1;
      if (timed === blocks || best > tooLong) break;
    } else if (!compiles && milliseconds > tooLong) {
      // What comes later takes longer still.
      return { name, milliseconds, atLeast: true };
    }
    if (ended >= deadline) break;
    since = now();
  }
  return timed === 0 ? null : { name, milliseconds: best, atLeast: false };
}

/** Takes steps until all programs of some lanes have been made, or two seconds are over. */
export async function warmUp({ steps, now }: Omit<TrialParts, 'begin'>): Promise<void> {
  const start = now();
  for await (const { kind } of steps(() => 1)) if (kind !== 'filling' || now() - start >= limit) return;
}
