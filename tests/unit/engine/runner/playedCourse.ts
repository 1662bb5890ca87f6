import { expect, vi } from 'vitest';
import { defaultSettings, type Retrieval, type RunConfig, scenarioSettings } from '../../../../src/core/config.ts';
import { type Dataset, imageSize } from '../../../../src/core/dataset.ts';
import { type MethodName, methodNames, methods } from '../../../../src/core/methods.ts';
import { scenarios } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { methodMakers } from '../../../../src/engine/createLearner.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import {
  type Learner,
  type LearnerInput,
  learnerOf,
  type Observation,
} from '../../../../src/engine/methods/learner.ts';
import { classifierFor, mlp } from '../../../../src/engine/models/networks.ts';
import * as capturing from '../../../../src/engine/runner/capture.ts';
import { RecordedSteps } from '../../../../src/engine/runner/recordedSteps.ts';
import { withoutRecordings } from '../../../../src/engine/runner/runner.ts';
import { type Output, numbers } from '../../../../src/engine/runner/step.ts';
import { expectSame } from '../expectSame.ts';
import { everyTerm, smallGenerative } from '../smallGenerative.ts';
import { syntheticDataset } from '../syntheticDataset.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

const small: RunConfig = {
  ...defaultSettings,
  ...smallGenerative,
  ...everyTerm,
  method: 'er',
  samplesPerTask: 50,
  memoryPerClass: 3,
  candidates: 12,
  budget: 4,
  vaeDropout: 0.2,
};
/**
 * A ResNet or an autoencoder, as small as they may be. A ResNet has as many candidates as there are images in a
 * batch, for which the programs are there: they take longer to compile than to run.
 */
export const pictures: RunConfig = {
  ...scenarioSettings('split-cifar10'),
  method: 'ae-mir',
  filters: 1,
  samplesPerTask: 10,
  memoryPerClass: 2,
  candidates: 10,
  budget: 5,
  learningRate: 0.05,
  seed: 4,
  aeFilters: 2,
  aeEpochs: 1,
  aeReplays: 4,
  aeCandidates: 8,
};

function inputOf(config: RunConfig, dataset: Dataset): LearnerInput {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  return {
    config,
    // The autoencoder has convolutions enough: a perceptron stands behind it.
    classifier:
      methods[config.method].family === 'hybrid' ? mlp([imageSize(dataset), 12, 10]) : classifierFor(config, dataset),
    images: imageSource(dataset.train, view),
    training: { set: dataset.train, view, tasks },
    imageShape: dataset.imageShape,
    classCount: 10,
    taskCount: tasks.length,
  };
}

/** The numbers of everything that an observation holds. */
async function numbersIn(tree: unknown): Promise<unknown> {
  if (typeof tree !== 'object' || tree === null) return tree;
  if ('read' in tree) return Array.from(await (tree as Output).read());
  if (ArrayBuffer.isView(tree)) return Array.from(tree as Int32Array);
  const entries = await Promise.all(
    Object.entries(tree).map(async ([name, child]) => [name, await numbersIn(child)] as const),
  );
  return Object.fromEntries(entries);
}

/** Takes down what is made on the graphics device from now on; command encoders, which do not last, are left out. */
function watchCreations(): readonly string[] {
  const { GPUDevice: device } = globalThis as unknown as {
    readonly GPUDevice: { readonly prototype: Record<string, (...given: unknown[]) => unknown> };
  };
  const names = Object.getOwnPropertyNames(device.prototype).filter(
    (name) => name.startsWith('create') && name !== 'createCommandEncoder',
  );
  expect(names).toEqual(
    expect.arrayContaining([
      'createBuffer',
      'createBindGroup',
      'createComputePipeline',
      'createShaderModule',
      'createTexture',
      'createQuerySet',
    ]),
  );
  const made: string[] = [];
  for (const name of names) {
    const create = device.prototype[name];
    vi.spyOn(device.prototype, name).mockImplementation(function (this: unknown, ...given) {
      made.push(name);
      return create.apply(this, given);
    });
  }
  return made;
}

/**
 * The names of the steps that run on WebGPU and are recorded, of those that are also played, and what is made on the
 * device while they are played.
 */
function watchRecordings(): {
  readonly names: Set<string>;
  readonly played: Set<string>;
  readonly madeInPlay: string[];
} {
  const [names, played, madeInPlay] = [new Set<string>(), new Set<string>(), new Array<string>()];
  const made = watchCreations();
  const recorded = vi.spyOn(capturing, 'capture');
  // It is called with the object it was taken from.
  // oxlint-disable-next-line typescript/unbound-method
  const { run } = RecordedSteps.prototype;
  vi.spyOn(RecordedSteps.prototype, 'run').mockImplementation(function (this: RecordedSteps<unknown>, step, inputs) {
    const [before, madeBefore] = [recorded.mock.calls.length, made.length];
    const outputs = run.call(this, step, inputs);
    if (step.once !== true) names.add(step.name);
    if (recorded.mock.calls.length > before) return outputs;
    played.add(step.name);
    madeInPlay.push(...made.slice(madeBefore).map((name) => `${name} in ${step.name}`));
    return outputs;
  });
  return { names, played, madeInPlay };
}

/** How to learn one batch. */
export interface Kind {
  readonly retrieval: Retrieval;
  readonly traced: boolean;
}

/** A run whose steps take the kinds in turn. */
export interface Course {
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly steps: number;
  readonly kinds: readonly Kind[];
}

const mir: Kind = { retrieval: 'mir', traced: false };
const random: Kind = { retrieval: 'random', traced: false };
const tracedMir: Kind = { ...mir, traced: true };
const tracedRandom: Kind = { ...random, traced: true };

/** Learns the first steps of a course and tells all that the learner gave; the last two steps are also evaluated. */
async function* followed(learner: Learner, { steps, kinds }: Course, { images, training, imageShape }: LearnerInput) {
  const stream = sequentialStream(training?.tasks ?? [], training?.set.labels ?? new Uint8Array());
  for (const [index, { task, batches }] of stream.slice(0, steps).entries()) {
    if (index === 0 || stream[index - 1].task !== task) {
      const taskBatches = stream.filter((other) => other.task === task).flatMap((other) => other.batches);
      for (const { loss } of learner.startTask?.(taskBatches) ?? []) yield numbersIn(loss);
    }
    const { retrieval, traced } = kinds[index % kinds.length];
    const observation: Observation = learner.observe(batches[0], retrieval, traced);
    yield numbersIn(observation);
    if (stream[index + 1]?.task !== task) await learner.finishTask?.();
    if (index >= steps - 2) {
      // As many images as are learnt, for which most programs are there.
      const { samples, tasks } = batches[0];
      const rows = { kind: 'images' as const, source: images, samples, tasks };
      const size = imageSize({ imageShape });
      const shown = Float32Array.from({ length: samples.length * size }, (_, pixel) => (pixel % 7) / (7 + index));
      const answer = learner.answer(numbers(shown, [samples.length, size]));
      yield numbersIn([learner.evaluate(rows), answer, learner.reconstruct?.(rows) ?? null]);
    }
  }
  learner.dispose();
}

/** Every way to learn a batch, in turn. */
const kindsOf = (method: MethodName): readonly Kind[] =>
  methods[method].retrieval === null ? [random, tracedRandom] : [mir, random, tracedMir, tracedRandom];

/**
 * Whether courses on pictures are as long as those on digits, of every method with the ResNet, too: `npm run
 * test:recordings`, which takes minutes where graphics are imitated.
 */
export const wholeCourses = process.env.npm_lifecycle_event === 'test:recordings';

/** A course on pictures, of five tasks of four steps, or as short as plays every recording. */
function courseOnPictures(
  method: MethodName,
  side: number,
  few: { readonly steps: number; readonly samplesPerTask: number; readonly kinds: readonly Kind[] },
): Course {
  const { steps, samplesPerTask, kinds } = wholeCourses
    ? { steps: 20, samplesPerTask: 40, kinds: kindsOf(method) }
    : few;
  return {
    config: { ...pictures, method, samplesPerTask },
    // Some are held out of training.
    dataset: syntheticPictures(side, wholeCourses ? 25 : 10, 2),
    steps,
    kinds,
  };
}

/** A method with the ResNet, on the smallest pictures that this takes. */
export const courseOnResnet = (method: MethodName): Course =>
  courseOnPictures(method, 25, { steps: 3, samplesPerTask: 10, kinds: [mir] });

/** Settings of a method of the catalogue, as small as they may be, and enough steps to play what was recorded. */
export function courseOf(method: MethodName): Course {
  if (methods[method].scenarios.includes('split-mnist'))
    return {
      config: { ...small, method },
      dataset: syntheticDataset(100, 5),
      // Four tasks of five steps: each of four kinds comes five times.
      steps: 20,
      kinds: kindsOf(method),
    };
  // Two steps without a memory, and two with a trace, which does all that a step without one does.
  return courseOnPictures(method, 8, { steps: 4, samplesPerTask: 20, kinds: [tracedMir] });
}

/** One method of the catalogue for each function that makes methods: with MIR where there is a choice. */
const made = methodNames.filter(
  (method) =>
    methodNames.find(
      (other) =>
        methodMakers[other] === methodMakers[method] &&
        methods[other].retrieval === (methods[method].retrieval === null ? null : 'mir'),
    ) === method,
);
const hasDecoder = (method: MethodName) => ['generative', 'hybrid'].includes(methods[method].family);
/** Of them those that learn pictures again from a decoder, and those that do not. */
export const [decoded, undecoded] = [made.filter(hasDecoder), made.filter((method) => !hasDecoder(method))];

/** They run over groups of stored latents; a memory as small as this one seldom has two of one size. */
const groupSteps = ['autoencoder latents', 'autoencoder pictures'];

/**
 * Asks of two lanes that are recorded, one a step behind the other, for bit for bit what the steps give directly, and
 * that nothing is made on the device while recordings are played. Spies have to be restored after it.
 */
export async function expectPlayedAsDirect(course: Course): Promise<void> {
  const input = inputOf(course.config, course.dataset);
  const create = () => learnerOf(methodMakers[course.config.method](input), course.config.iterations);
  const direct: unknown[] = [];
  for await (const given of followed(withoutRecordings(create), course, input)) direct.push(given);
  expect(direct.length).toBeGreaterThanOrEqual(course.steps);

  const { names, played, madeInPlay } = watchRecordings();
  const [ahead, behind] = [followed(create(), course, input), followed(create(), course, input)];
  for (let at = 0; at <= direct.length; at++) {
    if (at < direct.length) expectSame((await ahead.next()).value, direct[at], `ahead, ${at}`);
    if (at > 0) expectSame((await behind.next()).value, direct[at - 1], `behind, ${at - 1}`);
  }
  // A recording that is never played would agree whatever it holds.
  expect([...names].filter((name) => !played.has(name) && !groupSteps.includes(name))).toEqual([]);
  expect(madeInPlay).toEqual([]);
}
