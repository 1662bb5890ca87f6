import { defaultDevice, init, type Array as JaxArray, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { Retrieval } from '../core/config.ts';
import { randomStream, symmetricUniform } from '../core/random.ts';
import type { Contestant, MakePeer } from '../engine/benchmark/stopwatch.ts';
import { imageBytes } from '../engine/data/imageSource.ts';
import { drawCandidates, Reservoir } from '../engine/retrieval/reservoir.ts';
import type { LearnerInput } from '../engine/methods/learner.ts';
import { linearLimit } from '../engine/models/layers.ts';
import { type NodeBackendName, UsageError } from './configFlags.ts';

// jax-js frees an array that is passed to a function, unless it is passed as `.ref`.
type Layer = { weight: JaxArray; bias: JaxArray };
type Examples = { images: JaxArray; labels: JaxArray };
type Learnt = { theta: Layer[]; best: JaxArray; losses: JaxArray };

const held = (layers: readonly Layer[]): Layer[] =>
  layers.map(({ weight, bias }) => ({ weight: weight.ref, bias: bias.ref }));
const heldExamples = ({ images, labels }: Examples): Examples => ({ images: images.ref, labels: labels.ref });

/** Cross-entropy of each image, [n]. */
function lossesOf(theta: readonly Layer[], { images, labels }: Examples): JaxArray {
  const logits = theta.reduce((x, { weight, bias }, index) => {
    const z = np.matmul(x, weight).add(bias);
    return index === theta.length - 1 ? z : nn.relu(z);
  }, images);
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(labels, theta[theta.length - 1].bias.shape[0]))
    .sum(1)
    .neg();
}

/** The gradient of the mean loss, and the losses. */
function lossGradientOf(theta: Layer[], examples: Examples): { losses: JaxArray; gradient: Layer[] } {
  const both = valueAndGrad(
    (at: Layer[], seen: Examples): [JaxArray, JaxArray] => {
      const losses = lossesOf(at, seen);
      return [losses.ref.mean(), losses];
    },
    { hasAux: true },
  );
  const [[mean, losses], gradient] = both(theta, examples) as [[JaxArray, JaxArray], Layer[]];
  mean.dispose();
  return { losses, gradient };
}

/** θ − α g. */
function descended(theta: readonly Layer[], gradient: readonly Layer[], rate: number): Layer[] {
  return theta.map(({ weight, bias }, index) => ({
    weight: weight.sub(gradient[index].weight.mul(rate)),
    bias: bias.sub(gradient[index].bias.mul(rate)),
  }));
}

function added(one: readonly Layer[], other: readonly Layer[]): Layer[] {
  return one.map(({ weight, bias }, index) => ({
    weight: weight.add(other[index].weight),
    bias: bias.add(other[index].bias),
  }));
}

/** Writes values into slots, which are distinct except for the one after the last; values to discard go there. */
function written(best: JaxArray, slots: JaxArray, values: JaxArray): JaxArray {
  const [size] = best.shape;
  const hot = np.equal(slots.reshape([-1, 1]), np.arange(size).reshape([1, size])).astype(np.float32);
  const kept = best.mul(np.subtract(1, hot.ref.sum(0)));
  return kept.add(np.matmul(values.reshape([1, -1]), hot).reshape([size]));
}

/** The whole step of each rule, compiled as one. The first step with new shapes is slow. */
function compiled(rate: number, budget: number, score: 'mi1' | 'mi2') {
  return {
    alone: jit((theta: Layer[], incoming: Examples, best: JaxArray, inserted: JaxArray): Learnt => {
      const { losses, gradient } = lossGradientOf(held(theta), incoming);
      return { theta: descended(theta, gradient, rate), best: written(best, inserted, losses.ref), losses };
    }),
    random: jit(
      (theta: Layer[], incoming: Examples, replayed: Examples, best: JaxArray, inserted: JaxArray): Learnt => {
        const { losses, gradient } = lossGradientOf(held(theta), incoming);
        const replay = lossGradientOf(held(theta), replayed);
        replay.losses.dispose();
        return {
          theta: descended(theta, added(gradient, replay.gradient), rate),
          best: written(best, inserted, losses.ref),
          losses,
        };
      },
    ),
    mir: jit(
      (
        theta: Layer[],
        incoming: Examples,
        candidates: Examples,
        best: JaxArray,
        slots: JaxArray,
        inserted: JaxArray,
      ): Learnt => {
        const { losses, gradient } = lossGradientOf(held(theta), incoming);
        const before = lossesOf(held(theta), heldExamples(candidates));
        const after = lossesOf(descended(held(theta), held(gradient), rate), heldExamples(candidates));
        const lowest = np.minimum(before.ref, np.take(best.ref, slots.ref));
        const [scores, picks] = lax.topK(
          after.sub(score === 'mi1' ? before.ref : lowest.ref),
          Math.min(budget, before.shape[0]),
        );
        scores.dispose();
        before.dispose();
        const retrieved = {
          images: np.take(candidates.images, picks.ref, 0),
          labels: np.take(candidates.labels, picks, 0),
        };
        const replay = lossGradientOf(held(theta), retrieved);
        replay.losses.dispose();
        const lowered = written(best, slots, lowest);
        return {
          theta: descended(theta, added(gradient, replay.gradient), rate),
          best: written(lowered, inserted, losses.ref),
          losses,
        };
      },
    ),
  };
}

/**
 * Fine-tuning, ER and ER-MIR of a perceptron written in jax-js the way its documentation advises: pure functions,
 * `valueAndGrad`, and `jit` around the whole step. It draws the same numbers as the engine's learner, so that both do
 * the same work on the same images. One iteration a batch.
 *
 * @param retrieval what to retrieve by; null replays nothing
 * @throws Error for another network than a perceptron
 */
function jaxEr({ config, classifier, training, classCount }: LearnerInput, retrieval: Retrieval | null): Contestant {
  const { layers } = classifier;
  if (layers === undefined || training === undefined)
    throw new Error('jaxEr learns a perceptron, from images as bytes.');
  const { set, view } = training;
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const random = randomStream(config.seed, 'retrieval');
  const initRandom = randomStream(config.seed, 'init');
  const steps = compiled(config.learningRate, config.budget, config.retrievalScore);
  let theta: Layer[] = layers.slice(1).map((out, index) => {
    const fanIn = layers[index];
    const uniform = (count: number) =>
      symmetricUniform(count, linearLimit(fanIn), initRandom) as Float32Array<ArrayBuffer>;
    return {
      weight: np
        .array(uniform(out * fanIn))
        .reshape([out, fanIn])
        .transpose(),
      bias: np.array(uniform(out)),
    };
  });
  // One entry more than there are slots, for values that are not stored.
  let best = np.zeros([memory.capacity + 1]);

  const ints = (values: Int32Array) => np.array(Int32Array.from(values));
  function examplesOf(samples: Int32Array, tasks: Int32Array): Examples {
    const [low, high] = view.range;
    const size = set.pixels.length / set.count;
    const values = new Float32Array(samples.length * size);
    samples.forEach((sample, row) =>
      imageBytes(set, view, sample, tasks[row]).forEach(
        (byte, index) => (values[row * size + index] = low + (byte * (high - low)) / 255),
      ),
    );
    return {
      images: np.array(values).reshape([samples.length, size]),
      labels: ints(samples.map((sample) => set.labels[sample])),
    };
  }

  return {
    step(batch) {
      const drawn = retrieval === null ? null : drawCandidates(memory, batch.tasks[0], config.candidates, random);
      const incoming = examplesOf(batch.samples, batch.tasks);
      const slots = new Int32Array(batch.samples.length).fill(memory.capacity);
      for (const { position, slot } of memory.add(batch)) slots[position] = slot;
      const inserted = ints(slots);
      let learnt: Learnt;
      if (drawn === null) learnt = steps.alone(theta, incoming, best, inserted);
      else if (retrieval === 'random')
        learnt = steps.random(
          theta,
          incoming,
          examplesOf(drawn.samples.slice(0, config.budget), drawn.tasks),
          best,
          inserted,
        );
      else
        learnt = steps.mir(theta, incoming, examplesOf(drawn.samples, drawn.tasks), best, ints(drawn.slots), inserted);
      const { losses } = learnt;
      ({ theta, best } = learnt);
      // Reading frees them.
      return { size: batch.samples.length, read: () => losses.data(), drop: () => losses.dispose() };
    },
    dispose() {
      for (const { weight, bias } of theta) {
        weight.dispose();
        bias.dispose();
      }
      best.dispose();
      for (const step of Object.values(steps)) step.dispose();
    },
  };
}

/**
 * Starts jax-js on the backend of the same name. On wasm both libraries have one thread in Node.
 *
 * @throws UsageError if jax-js has no such backend, or it does not start
 */
export async function startJax(backend: NodeBackendName): Promise<MakePeer> {
  const started = await init(backend);
  if (!started.includes(backend))
    throw new UsageError(`--peers is given, but @jax-js/jax does not start on ${backend} here; leave --peers out.`);
  defaultDevice(backend);
  return jaxEr;
}
