import { initialRetrieval, type ScoreName } from '../../../core/config.ts';
import { randomStream } from '../../../core/random.ts';
import { writeImage } from '../../data/imageSource.ts';
import { drawCandidates, Reservoir } from '../../memory/reservoir.ts';
import type { Learner, LearnerInput, Replay, TrainingImages } from '../../methods/learner.ts';
import { tidy } from '../../models/parameters.ts';
import { given } from '../../runner/step.ts';
import { CompiledNetwork } from './network.ts';

/** Cross-entropy of one example, −log softmax(logits)[label], in nats. */
function crossEntropyOf(logits: ArrayLike<number>, label: number): number {
  const highest = highestOf(logits);
  let total = 0;
  for (let index = 0; index < logits.length; index++) total += Math.exp(logits[index] - highest);
  return Math.log(total) - (logits[label] - highest);
}

/** Its gradient, softmax(logits) − one-hot, times a factor. */
function crossEntropySlope(logits: ArrayLike<number>, label: number, factor: number): Float64Array {
  const highest = highestOf(logits);
  const slope = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = slope.reduce((sum, value) => sum + value, 0);
  return slope.map((value, index) => factor * (value / total - (index === label ? 1 : 0)));
}

function highestOf(logits: ArrayLike<number>): number {
  let highest = -Infinity;
  for (let index = 0; index < logits.length; index++) highest = Math.max(highest, logits[index]);
  return highest;
}

/** What the compiled learner needs beside what every learner gets. */
export interface CompiledLearnerInput extends LearnerInput {
  readonly training: TrainingImages;
  /** Widths from the input to the logits. */
  readonly layers: readonly number[];
  /** Images in an incoming batch. */
  readonly batchSize: number;
}

/** A learner whose parameters can be looked at. */
interface CompiledLearner extends Learner {
  parameters(): Readonly<Record<string, Float32Array>>;
}

/**
 * Fine-tuning, ER and ER-MIR of a perceptron by compiled kernels: what methods/fineTune.ts and methods/er.ts say, with
 * less work. One forward pass takes incoming images and candidates together, the incoming gradient serves the virtual
 * and the real step, the virtual weights are never formed, of the candidates only the chosen go backward, and what is 0
 * is left out. Draws the same numbers as they do.
 */
export function compiledLearner({
  config,
  classifier,
  classCount,
  training,
  layers,
  batchSize,
}: CompiledLearnerInput): CompiledLearner {
  const { iterations, budget, learningRate } = config;
  const replays = initialRetrieval(config.method) !== null;
  const memory = new Reservoir(replays ? config.memoryPerClass * classCount : 0, randomStream(config.seed, 'memory'));
  /** l*: the lowest loss so far of the sample in each slot. */
  const bestLosses = new Float32Array(memory.capacity);
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const shape = { sizes: layers, incoming: batchSize, candidates: replays ? config.candidates : 0, budget };
  const network = tidy(() => new CompiledNetwork(shape, classifier.init(randomStream(config.seed, 'init')).parameters));

  const show = (example: number, sample: number, task: number) =>
    writeImage(training.set, training.view, sample, task, network.image(example));

  return {
    stored: () => memory.contents(),
    observe(batch, retrieval, traced) {
      const used = retrieval ?? 'random';
      const replayed: Replay[] = [];
      const { length: incoming } = batch.samples;
      let firstLosses: Float32Array | null = null;
      let losses = new Float32Array(incoming);
      batch.samples.forEach((sample, example) => show(example, sample, batch.tasks[example]));
      for (let iteration = 0; iteration < iterations; iteration++) {
        // One forward pass of incoming images and candidates. Random retrieval takes the first B: no more are looked at.
        const drawn = replays ? drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom) : null;
        const scoring = used === 'mir' || (traced && iteration === 0);
        const seen = drawn === null ? 0 : scoring ? drawn.slots.length : Math.min(budget, drawn.slots.length);
        for (let candidate = 0; candidate < seen && drawn !== null; candidate++)
          show(incoming + candidate, drawn.samples[candidate], drawn.tasks[candidate]);
        network.forward(incoming + seen);

        // The incoming batch backward: α ∇L(θ; incoming).
        const learn = (example: number, label: number, place: number, count: number) =>
          network.backward(place, example, crossEntropySlope(network.logits(example), label, -learningRate / count));
        losses = Float32Array.from(batch.labels, (label, example) => crossEntropyOf(network.logits(example), label));
        firstLosses ??= losses;
        batch.labels.forEach((label, example) => learn(example, label, example, incoming));
        const learnt = Array.from(batch.labels, (_, example) => example);

        if (drawn !== null) {
          // l(θ_v) − min(l(θ), l*) of every candidate, and the B highest.
          let picks: Int32Array = Int32Array.from({ length: Math.min(budget, seen) }, (_, index) => index);
          let trace: Replay['traced'] = null;
          if (scoring) {
            network.virtualForward(seen);
            const before = Float32Array.from(drawn.labels, (label, candidate) =>
              crossEntropyOf(network.logits(incoming + candidate), label),
            );
            const after = Float32Array.from(drawn.labels, (label, candidate) =>
              crossEntropyOf(network.virtualLogits(candidate), label),
            );
            const scores = after.map(
              (loss, candidate) =>
                loss - reference(config.retrievalScore, before[candidate], bestLosses[drawn.slots[candidate]]),
            );
            const mirPicks = highest(scores, budget);
            if (used === 'mir') {
              picks = mirPicks;
              drawn.slots.forEach((slot, candidate) => {
                bestLosses[slot] = Math.min(bestLosses[slot], before[candidate]);
              });
            }
            if (traced && iteration === 0) trace = { scores: given(scores), mirPicks: given(mirPicks) };
          }
          // The chosen backward.
          picks.forEach((pick, index) => learn(incoming + pick, drawn.labels[pick], incoming + index, picks.length));
          learnt.push(...Array.from(picks, (pick) => incoming + pick));
          replayed.push({ candidates: drawn, used, picks: given(picks), traced: trace });
        }

        // One step on both: θ ← θ − α (g_in + g_mem).
        network.update(learnt);
      }
      if (replays) for (const { slot, position } of memory.add(batch)) bestLosses[slot] = losses[position];
      return { losses: given(firstLosses ?? losses), replays: replayed, decoded: null, replacedLatents: [] };
    },

    evaluate({ source, samples, tasks }) {
      const right = new Int32Array(samples.length);
      let loss = 0;
      for (let from = 0; from < samples.length; from += network.examples) {
        const together = Math.min(network.examples, samples.length - from);
        for (let example = 0; example < together; example++)
          source.write(samples[from + example], tasks[from + example], network.image(example));
        network.forward(together);
        for (let example = 0; example < together; example++) {
          const [logits, label] = [network.logits(example), source.labelOf(samples[from + example])];
          right[from + example] = Number(highest(logits, 1)[0] === label);
          loss += crossEntropyOf(logits, label) / samples.length;
        }
      }
      return { right: given(right), loss: given([loss]), elbo: null };
    },

    parameters: () => network.parameters(),
    dispose: () => undefined,
  };
}

/** What a candidate's loss after the virtual step is held against. */
function reference(score: ScoreName, before: number, best: number): number {
  switch (score) {
    case 'mi1':
      return before;
    case 'mi2':
      return Math.min(before, best);
    default:
      return score satisfies never;
  }
}

/** Positions of the so many highest scores, highest first; of equal ones the first. A score that is no number comes last. */
function highest(scores: Float32Array, count: number): Int32Array {
  const value = (position: number) => (Number.isNaN(scores[position]) ? -Infinity : scores[position]);
  return Int32Array.from(scores.keys())
    .sort((one, other) => value(other) - value(one) || one - other)
    .slice(0, count);
}
