import type * as tf from '@tensorflow/tfjs';
import { batchSize, type Retrieval, type ScoreName } from '../../../core/config.ts';
import type { Batch } from '../../../core/stream.ts';
import { writeImage } from '../../data/imageSource.ts';
import type { Candidates, Insertion } from '../../retrieval/reservoir.ts';
import type { Evaluation } from '../../methods/learner.ts';
import { given, type HostTensor, type ImageRows, type Output } from '../../runner/step.ts';
import type { FormInput, FormState, PerceptronForm } from '../perceptron.ts';
import { CompiledNetwork } from './network.ts';

/** The candidates of an iteration. */
interface Seen {
  readonly candidates: Candidates;
  /** How many of them are passed through the network. */
  readonly count: number;
}

/**
 * A perceptron by compiled kernels, which carries out each operation at once. It never forms the virtual weights, and
 * leaves out zeros.
 */
export class CompiledForm implements PerceptronForm {
  readonly #input: Omit<FormInput, 'initial'>;
  readonly #network: CompiledNetwork;
  readonly #best: Float32Array;
  #incoming: Batch | null = null;
  #seen: Seen | null = null;
  /** Of the incoming images. */
  #losses = new Float32Array();
  /** l(θ), l(θ_v) and l* of the candidates. */
  #before = new Float32Array();
  #virtual = new Float32Array();
  #bestBefore = new Float32Array();
  #scores = new Float32Array();
  #highest = new Int32Array();
  /** Of the incoming images at θ_v, and of everything that was learnt after the step; only of a traced iteration. */
  #virtualIncoming = new Float32Array();
  #after = new Float32Array();
  /** The example at each place that is learnt from: incoming images first, then the chosen candidates. */
  #learnt: number[] = [];

  constructor({ initial, ...input }: FormInput) {
    const { layers: sizes, candidates, budget, capacity } = input;
    this.#input = input;
    this.#network = new CompiledNetwork({ sizes, incoming: batchSize, candidates, budget }, initial);
    this.#best = new Float32Array(capacity);
  }

  forward(incoming: Batch, candidates: Candidates | null, count: number): void {
    const offset = incoming.samples.length;
    // The images of a batch stay in place over its iterations.
    if (this.#incoming !== incoming) this.#show(incoming, 0, offset);
    if (candidates !== null) this.#show(candidates, offset, count);
    this.#incoming = incoming;
    this.#seen = candidates && { candidates, count };
    this.#learnt = [];
    this.#network.forward(offset + count);
    this.#losses = this.#lossesOf(incoming.labels, offset, (example) => this.#network.logits(example));
  }

  backwardIncoming(): void {
    const { labels } = this.#batch;
    for (let example = 0; example < labels.length; example++) this.#backward(example, labels[example], labels.length);
  }

  virtualForward(): void {
    this.#network.virtualForward(this.#batch.samples.length, this.#replayable.count);
  }

  score(): void {
    const { candidates, count } = this.#replayable;
    const offset = this.#batch.samples.length;
    this.#before = this.#lossesOf(candidates.labels, count, (candidate) => this.#network.logits(offset + candidate));
    this.#virtual = this.#lossesOf(candidates.labels, count, (candidate) => this.#network.virtualLogits(candidate));
    this.#scores = this.#virtual.map(
      (loss, candidate) =>
        loss - reference(this.#input.score, this.#before[candidate], this.#best[candidates.slots[candidate]]),
    );
  }

  rank(): void {
    this.#highest = highest(this.#scores, this.#input.budget);
  }

  lowerBestLosses(): void {
    const { candidates, count } = this.#replayable;
    for (let candidate = 0; candidate < count; candidate++) {
      const slot = candidates.slots[candidate];
      this.#best[slot] = Math.min(this.#best[slot], this.#before[candidate]);
    }
  }

  backwardReplayed(retrieval: Retrieval): void {
    const { candidates, count } = this.#replayable;
    const offset = this.#batch.samples.length;
    const replayed = Math.min(this.#input.budget, count);
    for (let index = 0; index < replayed; index++) {
      const pick = retrieval === 'mir' ? this.#highest[index] : index;
      this.#backward(offset + pick, candidates.labels[pick], replayed);
    }
  }

  update(): void {
    this.#network.update(this.#learnt);
  }

  noteBestLosses(): void {
    const { candidates, count } = this.#replayable;
    this.#bestBefore = Float32Array.from(candidates.slots.subarray(0, count), (slot) => this.#best[slot]);
  }

  virtualIncoming(): void {
    const { labels } = this.#batch;
    this.#network.virtualForward(0, labels.length);
    this.#virtualIncoming = this.#lossesOf(labels, labels.length, (example) => this.#network.virtualLogits(example));
  }

  lookAgain(): void {
    const { labels } = this.#batch;
    const labelOf = (example: number) =>
      example < labels.length ? labels[example] : this.#replayable.candidates.labels[example - labels.length];
    this.#after = Float32Array.from(this.#learnt, (example) => {
      this.#network.forward(1, example);
      return crossEntropyOf(this.#network.logits(example), labelOf(example));
    });
  }

  finishBatch(insertions: readonly Insertion[]): void {
    for (const { slot, position } of insertions) this.#best[slot] = this.#losses[position];
    this.#incoming = null;
    this.#seen = null;
  }

  losses(): Output {
    return given(this.#losses);
  }

  scores(): Output {
    return given(this.#scores);
  }

  highest(): Output {
    return given(this.#highest);
  }

  candidateLosses() {
    return {
      losses: given(this.#before),
      virtualLosses: given(this.#virtual),
      bestLosses: given(this.#bestBefore),
    };
  }

  virtualIncomingLosses(): Output {
    return given(this.#virtualIncoming);
  }

  incomingAfter(): Output {
    return given(this.#after.subarray(0, this.#batch.samples.length));
  }

  replayedAround() {
    const offset = this.#batch.samples.length;
    const before = this.#learnt.slice(offset).map((example) => this.#before[example - offset]);
    return { before: given(before), after: given(this.#after.subarray(offset)) };
  }

  evaluate({ source, samples, tasks }: ImageRows): Evaluation {
    const network = this.#network;
    const answers = new Int32Array(samples.length);
    let loss = 0;
    for (let from = 0; from < samples.length; from += network.examples) {
      const together = Math.min(network.examples, samples.length - from);
      for (let example = 0; example < together; example++)
        source.write(samples[from + example], tasks[from + example], network.image(example));
      network.forward(together);
      for (let example = 0; example < together; example++) {
        const [logits, label] = [network.logits(example), source.labelOf(samples[from + example])];
        answers[from + example] = highest(logits, 1)[0];
        loss += crossEntropyOf(logits, label) / samples.length;
      }
    }
    return { answers: given(answers), loss: given([loss]), elbo: null };
  }

  save(): Promise<FormState> {
    return Promise.resolve({ parameters: this.#network.parameters(), best: this.#best.slice() });
  }

  restore({ parameters, best }: FormState): void {
    this.#network.take((name) => parameters[name]);
    this.#best.set(best);
  }

  answer({ values, shape: [count, size] }: HostTensor<tf.Rank.R2>): Output {
    const network = this.#network;
    const answers: Float64Array[] = [];
    for (let from = 0; from < count; from += network.examples) {
      const together = Math.min(network.examples, count - from);
      for (let example = 0; example < together; example++)
        network.image(example).set(values.subarray((from + example) * size, (from + example + 1) * size));
      network.forward(together);
      for (let example = 0; example < together; example++) answers.push(softmax(network.logits(example)));
    }
    return given(answers.flatMap((answer) => Array.from(answer)));
  }

  dispose(): void {
    // Its memory is ordinary memory, which the garbage collector frees.
  }

  get #batch(): Batch {
    if (this.#incoming === null) throw new Error('An iteration begins with a forward pass.');
    return this.#incoming;
  }

  get #replayable(): Seen {
    if (this.#seen === null) throw new Error('There are no candidates in this iteration.');
    return this.#seen;
  }

  #show({ samples, tasks }: Pick<Batch, 'samples' | 'tasks'>, offset: number, count: number): void {
    const { set, view } = this.#input.training;
    for (let row = 0; row < count; row++)
      writeImage(set, view, samples[row], tasks[row], this.#network.image(offset + row));
  }

  #lossesOf(labels: Int32Array, count: number, logitsOf: (example: number) => Float32Array): Float32Array<ArrayBuffer> {
    const losses = new Float32Array(count);
    for (let example = 0; example < count; example++)
      losses[example] = crossEntropyOf(logitsOf(example), labels[example]);
    return losses;
  }

  /** −α times the gradient of one example's share in a mean over `count`. */
  #backward(example: number, label: number, count: number): void {
    const slope = crossEntropySlope(this.#network.logits(example), label, -this.#input.learningRate / count);
    this.#network.backward(this.#learnt.length, example, slope);
    this.#learnt.push(example);
  }
}

/** The loss that a candidate's loss after the virtual step is compared with. */
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

/**
 * Positions of the `count` highest scores, highest first; among equal scores the first comes first. Scores that are not
 * numbers come last.
 */
function highest(scores: Float32Array, count: number): Int32Array<ArrayBuffer> {
  const value = (position: number) => (Number.isNaN(scores[position]) ? -Infinity : scores[position]);
  return Int32Array.from(scores.keys())
    .sort((one, other) => value(other) - value(one) || one - other)
    .slice(0, count);
}

/** Cross-entropy of one example, −log softmax(logits)[label], in nats. */
function crossEntropyOf(logits: ArrayLike<number>, label: number): number {
  const highest = highestOf(logits);
  let total = 0;
  for (let index = 0; index < logits.length; index++) total += Math.exp(logits[index] - highest);
  return Math.log(total) - (logits[label] - highest);
}

/** Its gradient, softmax(logits) − one-hot, times a factor. */
function crossEntropySlope(logits: ArrayLike<number>, label: number, factor: number): Float64Array {
  return softmax(logits).map((probability, index) => factor * (probability - (index === label ? 1 : 0)));
}

function softmax(logits: ArrayLike<number>): Float64Array {
  const highest = highestOf(logits);
  const shares = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = shares.reduce((sum, value) => sum + value, 0);
  return shares.map((share) => share / total);
}

function highestOf(logits: ArrayLike<number>): number {
  let highest = -Infinity;
  for (let index = 0; index < logits.length; index++) highest = Math.max(highest, logits[index]);
  return highest;
}
