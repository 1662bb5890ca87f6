import * as tf from '@tensorflow/tfjs';
import type { Retrieval, RunConfig } from '../../core/config.ts';
import { initialRetrieval } from '../../core/methods.ts';
import type { Dataset } from '../../core/dataset.ts';
import { randomStream, standardNormal } from '../../core/random.ts';
import { scenarios } from '../../core/scenarios.ts';
import { type Batch, sequentialStream } from '../../core/stream.ts';
import type { ContestantName } from '../../core/timing.ts';
import { createLearner } from '../createLearner.ts';
import { imageSource } from '../data/imageSource.ts';
import { ae } from '../methods/ae.ts';
import { gen } from '../methods/gen.ts';
import { type Learner, type LearnerInput, learnerOf, rowsOf } from '../methods/learner.ts';
import { drawVaeUpdates, type VaeDraws } from '../methods/vaeUpdates.ts';
import { initialMoments, tidy } from '../models/parameters.ts';
import { weightedImages } from '../models/losses.ts';
import { classifierFor } from '../models/networks.ts';
import { trainVae, vae, type VaeState } from '../models/vae.ts';
import { drawer, type ImageRows, type Step } from '../runner/step.ts';
import { Runner } from '../runner/runner.ts';
import { naiveAe } from './naive/ae.ts';
import { naiveEr, type NaiveLearner, variablesOf } from './naive/er.ts';
import { naiveGen, naiveMask, naiveVae, stockAdam, updateNaiveVae } from './naive/gen.ts';
import { type Contestant, type MakePeer, outputOf, type Prepared, whenDone } from './stopwatch.ts';

/** What contestants of one subject are made of, and learn. */
export interface BenchmarkInput {
  readonly learner: LearnerInput;
  /** Batches of the first task, to fill a memory with. */
  readonly first: readonly Batch[];
  /** Batches of the later tasks. */
  readonly later: readonly Batch[];
}

export function benchmarkInput(dataset: Dataset, config: RunConfig): BenchmarkInput {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const batches = sequentialStream(tasks, dataset.train.labels).flatMap((step) => step.batches);
  return {
    learner: {
      config,
      classifier: classifierFor(config, dataset),
      images: imageSource(dataset.train, view),
      training: { set: dataset.train, view, tasks },
      imageShape: dataset.imageShape,
      classCount: dataset.classNames.length,
      taskCount: scenario.taskCount,
    },
    first: batches.filter((batch) => batch.tasks[0] === 1),
    later: batches.filter((batch) => batch.tasks[0] !== 1),
  };
}

/** Batches around and around. */
export function* cycled(batches: readonly Batch[]): Generator<Batch, never> {
  for (;;) yield* batches;
}

/** The contestant that does the work, and how one of another library is made. */
export interface Doer {
  readonly name: ContestantName;
  readonly makePeer: MakePeer | null;
}

/** The contestant of a name. */
function chosen<Made>({ name }: Doer, make: Partial<Record<ContestantName, () => Made>>): Made {
  const own = make[name];
  if (own === undefined) throw new Error(`${name} does not do this.`);
  return own();
}

/** A learner of the engine in a contest; all that it returns beside the losses is given up. */
function engineContestant(learner: Learner, retrieval: Retrieval | null): Contestant {
  return {
    step(batch) {
      const { losses, replays, replacedLatents } = learner.observe(batch, retrieval, false);
      for (const output of [...replays.map(({ picks }) => picks), ...replacedLatents]) output.drop();
      return losses;
    },
    dispose: () => learner.dispose(),
  };
}

function stockContestant(learner: NaiveLearner): Contestant {
  return {
    step: async (batch) => outputOf(await learner.observe(batch)),
    dispose: () => learner.dispose(),
  };
}

/** Lets a contestant learn batches that are not timed. */
async function learnAll(contestant: Contestant, batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) (await contestant.step(batch)).drop();
}

/**
 * The step of fine-tuning, ER or ER-MIR from task 2 on, when there is something to replay.
 *
 * @param filling batches of the first task to begin with, enough for the memory to hold C images
 */
export async function erStep(
  { learner: input, first, later }: BenchmarkInput,
  doer: Doer,
  filling: number,
): Promise<Prepared> {
  const retrieval = initialRetrieval(input.config.method);
  const { makePeer } = doer;
  const contestant = chosen(doer, {
    engine: () => engineContestant(createLearner(input), retrieval),
    stock: () => stockContestant(naiveEr(input, retrieval)),
    ...(makePeer && { 'jax-js': () => makePeer(input, retrieval) }),
  });
  await learnAll(contestant, first.slice(0, filling));
  return { ...contestant, batches: cycled(later) };
}

/**
 * The step in the last task, when there are most past tasks, of a method that learns from how things were; so many batches of each have been learnt.
 */
export async function lastTaskStep(
  { learner: input, first, later }: BenchmarkInput,
  doer: Doer,
  filling: number,
): Promise<Prepared> {
  const learner = chosen(doer, { engine: () => createLearner(input) });
  const contestant = engineContestant(learner, null);
  const { taskCount } = input;
  for (let task = 1; task < taskCount; task++) {
    const batches = [...first, ...later].filter(({ tasks }) => tasks[0] === task);
    await learnAll(contestant, batches.slice(0, filling));
    await learner.finishTask?.();
  }
  return { ...contestant, batches: cycled(later.filter(({ tasks }) => tasks[0] === taskCount)) };
}

/** Batches that the networks learn before they are frozen as the previous ones. */
const firstBatches = 2;

/** The step of GEN or GEN-MIR from task 2 on, when there are previous networks to replay from. */
export async function genStep({ learner: input, first, later }: BenchmarkInput, doer: Doer): Promise<Prepared> {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const { contestant, learner } = chosen<{
    readonly contestant: Contestant;
    readonly learner: Pick<Learner, 'finishTask'>;
  }>(doer, {
    engine: () => {
      const own = learnerOf(gen(input), input.config.iterations);
      return { contestant: engineContestant(own, retrieval), learner: own };
    },
    stock: () => {
      const naive = naiveGen(input, retrieval);
      return { contestant: stockContestant(naive), learner: naive };
    },
  });
  await learnAll(contestant, first.slice(0, firstBatches));
  await learner.finishTask?.();
  return { ...contestant, batches: cycled(later) };
}

/** A learner of a hybrid method, with latents of `filling` batches of the first task in its memory. */
function begun({ learner: input, first }: BenchmarkInput, doer: Doer, filling: number) {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const made = chosen(doer, {
    engine: () => {
      const learner = learnerOf(ae(input), input.config.iterations);
      return {
        contestant: engineContestant(learner, retrieval),
        start: (batches: readonly Batch[]) => engineUpdates(learner, batches),
      };
    },
    stock: () => {
      const naive = naiveAe(input, retrieval);
      return {
        contestant: stockContestant(naive),
        start: (batches: readonly Batch[]): Generator<unknown, void> => naive.startTask(batches),
      };
    },
  });
  for (const _ of made.start(first.slice(0, filling))) continue;
  return made;
}

/** The updates of a learner of the engine on a whole task; their losses are given up. */
function* engineUpdates(learner: Learner, batches: readonly Batch[]): Generator<unknown, void> {
  for (const { loss } of learner.startTask?.(batches) ?? []) {
    loss?.drop();
    yield;
  }
}

/**
 * The classifier's step of AE-ER or AE-MIR in task 2, when there are latents to replay.
 *
 * @param filling batches of the first task whose latents the memory holds
 */
export function aeStep(input: BenchmarkInput, doer: Doer, filling: number): Prepared {
  const { start, contestant } = begun(input, doer, filling);
  const second = secondTask(input);
  for (const _ of start(second.slice(0, 1))) continue;
  return { ...contestant, batches: cycled(second) };
}

/** The autoencoder's update in task 2 on an incoming batch and as many decoded latents as are replayed. */
export function aeUpdate(input: BenchmarkInput, doer: Doer, filling: number): Prepared {
  const { start, contestant } = begun(input, doer, filling);
  const second = secondTask(input);
  // Enough passes that none is the last of the task, in which the memory takes it up.
  const updates = start(Array.from({ length: mostPasses }, () => second).flat());
  return {
    step() {
      if (updates.next().done === true)
        throw new RangeError(`The task has only ${mostPasses * second.length} batches; time fewer steps.`);
      return whenDone;
    },
    dispose() {
      updates.return();
      return contestant.dispose();
    },
    batches: cycled(second),
  };
}

/** Passes over a task that the autoencoder never gets through. */
const mostPasses = 20;

function secondTask({ later }: BenchmarkInput): readonly Batch[] {
  return later.filter(({ tasks }) => tasks[0] === 2);
}

/** The VAE's updates on one incoming batch and as many images as are replayed with it, for which images of the first task stand. */
export function vaeUpdates({ learner: input, first, later }: BenchmarkInput, doer: Doer): Prepared {
  const samples = Int32Array.from(first.flatMap((batch) => [...batch.samples])).slice(
    0,
    10 * input.config.replayBatches,
  );
  const replayed = rowsOf(input.images, { samples, tasks: new Int32Array(samples.length).fill(1) });
  const contestant = chosen(doer, {
    engine: () => engineVae(input, replayed),
    stock: () => stockVae(input, replayed),
  });
  return { ...contestant, batches: cycled(later), updatesPerStep: input.config.genIterations };
}

/** Made of equal parameters, and with the same numbers drawn. */
function beginningOf({ config, imageShape }: LearnerInput) {
  const inputs = imageShape[0] * imageShape[1] * imageShape[2];
  const generator = vae({ inputs, hidden: config.vaeHidden, depth: config.vaeDepth, latents: config.vaeLatents });
  return {
    generator,
    parameters: generator.init(randomStream(config.seed, 'init')),
    latentRandom: randomStream(config.seed, 'latent'),
    dropoutRandom: randomStream(config.seed, 'dropout'),
  };
}

function engineVae(input: LearnerInput, { samples, tasks }: ImageRows): Contestant {
  const { config, images } = input;
  const { generator, parameters, latentRandom, dropoutRandom } = beginningOf(input);
  const runner = new Runner(
    (): EngineVaeState => ({
      trained: { parameters, moments: initialMoments(parameters) },
      replayed: images.tensors(samples, tasks).images,
    }),
  );
  const step: Step<EngineVaeState, { readonly incoming: ImageRows; readonly updates: VaeDraws }, tf.Tensor1D> = {
    name: 'vae updates',
    run({ trained, replayed }, { incoming, updates }) {
      const seen = weightedImages(incoming.images, replayed, config.memoryCoefficient);
      const next = trainVae(generator, trained, seen, updates);
      return { state: { trained: next, replayed }, outputs: next.parameters['mean.bias'] as tf.Tensor1D };
    },
  };
  const drawsOf = drawer(config.seed, 'latent');
  let [done, drawsDone] = [0, 0];
  return {
    step(batch) {
      const updates = drawVaeUpdates(generator, {
        iterations: config.genIterations,
        beta: config.betaMax,
        count: batch.samples.length + samples.length,
        random: latentRandom,
        dropout: config.vaeDropout,
        dropoutRandom,
        done,
        nextDraws: () => drawsOf(drawsDone++),
      });
      done += config.genIterations;
      return runner.run(step, { incoming: rowsOf(images, batch), updates });
    },
    dispose: () => runner.dispose(),
  };
}

interface EngineVaeState {
  readonly trained: VaeState;
  readonly replayed: tf.Tensor2D;
}

function stockVae(input: LearnerInput, { samples, tasks }: ImageRows): Contestant {
  const { config } = input;
  const replayed = tidy(() => input.images.tensors(samples, tasks).images);
  const { parameters, latentRandom, dropoutRandom } = beginningOf(input);
  const generator = naiveVae(config.vaeDepth);
  const weights = variablesOf(parameters);
  const optimizer = stockAdam();
  return {
    step(batch) {
      tf.tidy(() => {
        const { images: incoming } = input.images.tensors(batch.samples, batch.tasks);
        const [fresh, old] = [incoming.shape[0], replayed.shape[0]];
        const images = tf.concat2d([incoming, replayed], 0);
        const imageWeights = tf.concat1d([tf.fill([fresh], 1 / fresh), tf.fill([old], config.memoryCoefficient / old)]);
        const count = fresh + old;
        for (let iteration = 0; iteration < config.genIterations; iteration++) {
          tf.tidy(() => {
            const epsilon: tf.Tensor2D = tf.transpose(
              tf.tensor2d(standardNormal(config.vaeLatents * count, latentRandom), [config.vaeLatents, count]),
            );
            const hiddenMasks = () =>
              Array.from({ length: config.vaeDepth }, () =>
                naiveMask(config.vaeHidden, count, config.vaeDropout, dropoutRandom),
              );
            const masks = config.vaeDropout === 0 ? null : { encoder: hiddenMasks(), decoder: hiddenMasks() };
            updateNaiveVae(generator, {
              weights,
              optimizer,
              images,
              imageWeights,
              epsilon,
              beta: config.betaMax,
              masks,
            });
          });
        }
      });
      return outputOf(tf.clone(weights['mean.bias'] as tf.Tensor1D));
    },
    dispose() {
      optimizer.dispose();
      tf.dispose(Object.values(weights));
      replayed.dispose();
    },
  };
}
