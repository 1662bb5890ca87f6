import * as tf from '@tensorflow/tfjs';
import { initialRetrieval, type Retrieval, type RunConfig } from '../../core/config.ts';
import type { Dataset } from '../../core/dataset.ts';
import { randomStream, standardNormal } from '../../core/random.ts';
import { scenarios } from '../../core/scenarios.ts';
import { type Batch, sequentialStream } from '../../core/stream.ts';
import { createLearner } from '../createLearner.ts';
import { imageSource } from '../data/imageSource.ts';
import { ae } from '../methods/ae.ts';
import { gen } from '../methods/gen.ts';
import type { Learner, LearnerInput } from '../methods/learner.ts';
import { initialMoments } from '../models/adam.ts';
import { weightedImages } from '../models/losses.ts';
import { classifierFor } from '../models/mlp.ts';
import { tidy } from '../models/parameters.ts';
import { disposeVaeState, trainVae, vae, type VaeState } from '../models/vae.ts';
import type { Contest, Contestant, MakePeer } from './contest.ts';
import { naiveAe } from './naive/ae.ts';
import { naiveEr } from './naive/er.ts';
import { naiveGen, naiveMask } from './naive/gen.ts';
import { variablesOf } from './naive/network.ts';
import { naiveVae, stockAdam, updateNaiveVae } from './naive/vae.ts';

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

/** A learner of the engine in a contest; all that it returns beside the losses is freed. */
function engineContestant(learner: Learner, retrieval: Retrieval | null): Contestant {
  return {
    name: 'engine',
    async step(batch) {
      const { losses, replays, replacedLatents } = await learner.observe(batch, retrieval, false);
      tf.dispose([replays.map(({ picks }) => picks), replacedLatents ?? []]);
      return losses;
    },
    dispose: () => learner.dispose(),
  };
}

/**
 * The step of fine-tuning, ER or ER-MIR from task 2 on, when there is something to replay.
 *
 * @param filling batches of the first task to begin with, enough for the memory to hold C images
 */
export async function erContest(
  { learner: input, first, later }: BenchmarkInput,
  filling: number,
  makePeers: readonly MakePeer[],
): Promise<Contest> {
  const retrieval = initialRetrieval(input.config.method);
  const naive = naiveEr(input, retrieval);
  const contestants: Contestant[] = [
    engineContestant(createLearner(input), retrieval),
    { name: 'stock', step: (batch) => naive.observe(batch), dispose: () => naive.dispose() },
    ...makePeers.map((makePeer) => makePeer(input, retrieval)),
  ];
  for (const contestant of contestants) {
    for (const batch of first.slice(0, filling)) (await contestant.step(batch)).dispose();
  }
  return { contestants, batches: cycled(later) };
}

/** Batches that the networks learn before they are frozen as the previous ones. */
const firstBatches = 2;

/** The step of GEN or GEN-MIR from task 2 on, when there are previous networks to replay from. */
export async function genContest({ learner: input, first, later }: BenchmarkInput): Promise<Contest> {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const [learner, naive] = [gen(input), naiveGen(input, retrieval)];
  const contestants = [
    engineContestant(learner, retrieval),
    { name: 'stock' as const, step: naive.observe.bind(naive), dispose: naive.dispose.bind(naive) },
  ];
  for (const contestant of contestants) {
    for (const batch of first.slice(0, firstBatches)) (await contestant.step(batch)).dispose();
  }
  await learner.finishTask?.();
  naive.finishTask();
  return { contestants, batches: cycled(later) };
}

/** Both learners of a hybrid method, with latents of so many batches of the first task in their memories. */
async function begun({ learner: input, first }: BenchmarkInput, filling: number) {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const [learner, naive] = [ae(input), naiveAe(input, retrieval)];
  const stock: Contestant = { name: 'stock', step: naive.observe.bind(naive), dispose: naive.dispose.bind(naive) };
  const start = (batches: readonly Batch[]) => [learner.startTask?.(batches) ?? [], naive.startTask(batches)] as const;
  for (const updates of start(first.slice(0, filling))) {
    for await (const _ of updates) continue;
  }
  return { learner, naive, start, contestants: [engineContestant(learner, retrieval), stock] as const };
}

/**
 * The classifier's step of AE-ER or AE-MIR in task 2, when there are latents to replay.
 *
 * @param filling batches of the first task whose latents the memory holds
 */
export async function aeContest(input: BenchmarkInput, filling: number): Promise<Contest> {
  const { start, contestants } = await begun(input, filling);
  const second = secondTask(input);
  for (const updates of start(second.slice(0, 1))) {
    for await (const _ of updates) continue;
  }
  return { contestants, batches: cycled(second) };
}

/** The autoencoder's update in task 2 on an incoming batch and as many decoded latents as are replayed. */
export async function aeUpdateContest(input: BenchmarkInput, filling: number): Promise<Contest> {
  const { learner, naive, start, contestants } = await begun(input, filling);
  // So many batches that none is the last of the task.
  const second = secondTask(input);
  const [engineUpdates, stockUpdates] = start(second);
  const iterators = [iteratorOf(engineUpdates), iteratorOf(stockUpdates)];
  const reconstruct = [
    (images: tf.Tensor2D) => learner.reconstruct?.(images) ?? images,
    (images: tf.Tensor2D) => naive.reconstruct(images),
  ];
  return {
    contestants: contestants.map((contestant, index) => ({
      name: contestant.name,
      // The update's loss stays within; a reconstruction is what can be waited for.
      async step(batch) {
        const { done = false } = await iterators[index].next();
        if (done) throw new RangeError(`The task has only ${second.length} batches; time fewer steps.`);
        return { data: () => dataOf(input.learner, batch, reconstruct[index]), dispose: () => undefined };
      },
      async dispose() {
        await iterators[index].return?.();
        await contestant.dispose();
      },
    })),
    batches: cycled(second),
  };
}

function secondTask({ later }: BenchmarkInput): readonly Batch[] {
  return later.filter(({ tasks }) => tasks[0] === 2);
}

function iteratorOf(updates: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in updates ? updates[Symbol.asyncIterator]() : updates[Symbol.iterator]();
}

async function dataOf(
  { images }: LearnerInput,
  { samples, tasks }: Batch,
  reconstruct: (images: tf.Tensor2D) => tf.Tensor2D,
): Promise<void> {
  const made = tidy(() => reconstruct(images(samples.slice(0, 1), tasks).images));
  await made.data();
  made.dispose();
}

/** The VAE's updates on one incoming batch and as many images as are replayed with it, for which images of the first task stand. */
export function vaeContest({ learner: input, first, later }: BenchmarkInput): Contest {
  const old = Int32Array.from(first.flatMap(({ samples }) => [...samples])).slice(0, 10 * input.config.replayBatches);
  const replayed = input.images(old, new Int32Array(old.length).fill(1));
  replayed.labels.dispose();
  return {
    contestants: [engineVae(input, replayed.images), stockVae(input, tf.clone(replayed.images))],
    batches: cycled(later),
    updatesPerStep: input.config.genIterations,
  };
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

function engineVae(input: LearnerInput, replayed: tf.Tensor2D): Contestant {
  const { config } = input;
  const { generator, parameters, latentRandom, dropoutRandom } = beginningOf(input);
  let state: VaeState = { parameters, moments: tidy(() => initialMoments(parameters)) };
  return {
    name: 'engine',
    step(batch) {
      const next = tidy(() => {
        const { images } = input.images(batch.samples, batch.tasks);
        return trainVae(generator, state, weightedImages(images, replayed, config.memoryCoefficient), {
          iterations: config.genIterations,
          beta: config.betaMax,
          random: latentRandom,
          dropout: config.vaeDropout,
          dropoutRandom,
        });
      });
      disposeVaeState(state);
      state = next;
      return tf.clone(next.parameters['mean.bias']);
    },
    dispose() {
      disposeVaeState(state);
      replayed.dispose();
    },
  };
}

function stockVae(input: LearnerInput, replayed: tf.Tensor2D): Contestant {
  const { config } = input;
  const { parameters, latentRandom, dropoutRandom } = beginningOf(input);
  const generator = naiveVae(config.vaeDepth);
  const weights = variablesOf(parameters);
  const optimizer = stockAdam();
  return {
    name: 'stock',
    step(batch) {
      tf.tidy(() => {
        const { images: incoming } = input.images(batch.samples, batch.tasks);
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
      return tf.clone(weights['mean.bias']);
    },
    dispose() {
      optimizer.dispose();
      tf.dispose(Object.values(weights));
      replayed.dispose();
    },
  };
}
