import * as tf from '@tensorflow/tfjs';
import type { Retrieval, RunConfig } from '../../core/config.ts';
import { initialRetrieval } from '../../core/methods.ts';
import type { Dataset } from '../../core/dataset.ts';
import { randomStream, standardNormal } from '../../core/random.ts';
import { scenarios } from '../../core/scenarios.ts';
import { type Batch, sequentialStream } from '../../core/stream.ts';
import { createLearner } from '../createLearner.ts';
import { imageSource } from '../data/imageSource.ts';
import { ae } from '../methods/ae.ts';
import { gen } from '../methods/gen.ts';
import { type Learner, type LearnerInput, learnerOf, rowsOf } from '../methods/learner.ts';
import { drawVaeUpdates, type VaeDraws } from '../methods/vaeUpdates.ts';
import { initialMoments } from '../models/adam.ts';
import { weightedImages } from '../models/losses.ts';
import { classifierFor } from '../models/mlp.ts';
import { tidy } from '../models/parameters.ts';
import { trainVae, vae, type VaeState } from '../models/vae.ts';
import { Runner } from '../runner/runner.ts';
import { given, type ImageRows, type Output, type Step } from '../runner/step.ts';
import { type Contest, type Contestant, type MakePeer, outputOf } from './contest.ts';
import { naiveAe } from './naive/ae.ts';
import { naiveEr, type NaiveLearner } from './naive/er.ts';
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

/** A learner of the engine in a contest; all that it returns beside the losses is given up. */
function engineContestant(learner: Learner, retrieval: Retrieval | null): Contestant {
  return {
    name: 'engine',
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
    name: 'stock',
    step: async (batch) => outputOf(await learner.observe(batch)),
    dispose: () => learner.dispose(),
  };
}

/** Lets each learn batches that are not timed. */
async function learnAll(contestants: readonly Contestant[], batches: readonly Batch[]): Promise<void> {
  for (const contestant of contestants) for (const batch of batches) (await contestant.step(batch)).drop();
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
  const contestants = [
    engineContestant(createLearner(input), retrieval),
    stockContestant(naiveEr(input, retrieval)),
    ...makePeers.map((makePeer) => makePeer(input, retrieval)),
  ];
  await learnAll(contestants, first.slice(0, filling));
  return { contestants, batches: cycled(later) };
}

/** Batches that the networks learn before they are frozen as the previous ones. */
const firstBatches = 2;

/** The step of GEN or GEN-MIR from task 2 on, when there are previous networks to replay from. */
export async function genContest({ learner: input, first, later }: BenchmarkInput): Promise<Contest> {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const learner = learnerOf(gen(input), input.config.iterations);
  const naive = naiveGen(input, retrieval);
  const contestants = [engineContestant(learner, retrieval), stockContestant(naive)];
  await learnAll(contestants, first.slice(0, firstBatches));
  await learner.finishTask?.();
  naive.finishTask();
  return { contestants, batches: cycled(later) };
}

/** Both learners of a hybrid method, with latents of `filling` batches of the first task in their memories. */
function begun({ learner: input, first }: BenchmarkInput, filling: number) {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const learner = learnerOf(ae(input), input.config.iterations);
  const naive = naiveAe(input, retrieval);
  /** Lets both learn a task update by update; the engine first. */
  const start = (batches: readonly Batch[]) => [engineUpdates(learner, batches), naive.startTask(batches)] as const;
  for (const updates of start(first.slice(0, filling))) for (const _ of updates) continue;
  return { learner, naive, start, contestants: [engineContestant(learner, retrieval), stockContestant(naive)] };
}

/** The updates of a learner of the engine on a whole task; their losses are given up. */
function* engineUpdates(learner: Learner, batches: readonly Batch[]): Generator<void, void> {
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
export function aeContest(input: BenchmarkInput, filling: number): Contest {
  const { start, contestants } = begun(input, filling);
  const second = secondTask(input);
  for (const updates of start(second.slice(0, 1))) for (const _ of updates) continue;
  return { contestants, batches: cycled(second) };
}

/** The autoencoder's update in task 2 on an incoming batch and as many decoded latents as are replayed. */
export function aeUpdateContest(input: BenchmarkInput, filling: number): Contest {
  const { images } = input.learner;
  const { learner, naive, start, contestants } = begun(input, filling);
  // Enough batches that none is the last of the task.
  const second = secondTask(input);
  const updates = start(second);
  // What can be waited for is a reconstruction, which comes after the update.
  const reconstruct = [
    (rows: ImageRows): Output => {
      const made = learner.reconstruct?.(rows);
      made?.originals.drop();
      return made?.reconstructions ?? given([]);
    },
    ({ samples, tasks }: ImageRows) =>
      outputOf(tidy(() => tf.reshape(naive.reconstruct(images.tensors(samples, tasks).images), [-1]))),
  ];
  return {
    contestants: contestants.map((contestant, index) => ({
      name: contestant.name,
      step({ samples, tasks }) {
        if (updates[index].next().done === true)
          throw new RangeError(`The task has only ${second.length} batches; time fewer steps.`);
        const rows = rowsOf(images, { samples: samples.slice(0, 1), tasks: tasks.slice(0, 1) });
        return { size: 1, read: () => reconstruct[index](rows).read(), drop: () => undefined };
      },
      dispose() {
        updates[index].return();
        return contestant.dispose();
      },
    })),
    batches: cycled(second),
  };
}

function secondTask({ later }: BenchmarkInput): readonly Batch[] {
  return later.filter(({ tasks }) => tasks[0] === 2);
}

/** The VAE's updates on one incoming batch and as many images as are replayed with it, for which images of the first task stand. */
export function vaeContest({ learner: input, first, later }: BenchmarkInput): Contest {
  const samples = Int32Array.from(first.flatMap((batch) => [...batch.samples])).slice(
    0,
    10 * input.config.replayBatches,
  );
  const replayed = rowsOf(input.images, { samples, tasks: new Int32Array(samples.length).fill(1) });
  return {
    contestants: [engineVae(input, replayed), stockVae(input, replayed)],
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

function engineVae(input: LearnerInput, { samples, tasks }: ImageRows): Contestant {
  const { config, images } = input;
  const { generator, parameters, latentRandom, dropoutRandom } = beginningOf(input);
  const runner = new Runner((): EngineVaeState => ({
    trained: { parameters, moments: initialMoments(parameters) },
    replayed: images.tensors(samples, tasks).images,
  }));
  const step: Step<EngineVaeState, { readonly incoming: ImageRows; readonly updates: VaeDraws }, tf.Tensor1D> = {
    name: 'vae updates',
    run({ trained, replayed }, { incoming, updates }) {
      const seen = weightedImages(incoming.images, replayed, config.memoryCoefficient);
      const next = trainVae(generator, trained, seen, updates);
      return { state: { trained: next, replayed }, outputs: next.parameters['mean.bias'] as tf.Tensor1D };
    },
  };
  let done = 0;
  return {
    name: 'engine',
    step(batch) {
      const updates = drawVaeUpdates(generator, {
        iterations: config.genIterations,
        beta: config.betaMax,
        count: batch.samples.length + samples.length,
        random: latentRandom,
        dropout: config.vaeDropout,
        dropoutRandom,
        done,
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
    name: 'stock',
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
