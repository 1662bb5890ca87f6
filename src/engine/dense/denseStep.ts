import * as tf from '@tensorflow/tfjs';
import type { Retrieval, ScoreName } from '../../core/config.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import type { Parameters } from '../models/parameters.ts';
import { interference } from '../retrieval/mir.ts';
import { retrieveRandom } from '../retrieval/random.ts';
import { denseDeltas, denseUpdate } from './denseBackward.ts';
import { denseForward, denseLayers } from './denseForward.ts';
import { denseLosses } from './denseLosses.ts';
import { virtualLogits } from './virtualLogits.ts';

/** What the candidates of one step are chosen by. */
export interface DenseRetrieval {
  readonly used: Retrieval;
  /** Whether to score the candidates even where the choice is random. */
  readonly traced: boolean;
  /** l* of each candidate, [C]; needed where candidates are scored. */
  readonly bestLosses: tf.Tensor1D;
  readonly score: ScoreName;
  /** B */
  readonly budget: number;
}

export interface DenseStepInput {
  readonly parameters: Parameters;
  /** The incoming batch, and behind it the candidates, if there are any. */
  readonly examples: LabelledTensors;
  /** Images in the incoming batch. */
  readonly incoming: number;
  /** α */
  readonly learningRate: number;
  /** Null where nothing is replayed. */
  readonly retrieval: DenseRetrieval | null;
}

export interface DenseStep {
  readonly parameters: Parameters;
  /** Loss of each incoming image before the step, in nats, [incoming]. */
  readonly losses: tf.Tensor1D;
  /** Positions of the replayed among the candidates, int32 [min(B, C)]; null where nothing is replayed. */
  readonly picks: tf.Tensor1D | null;
  /** Scores, [C], and l(θ), [C], where candidates were scored. */
  readonly scored: {
    readonly scores: tf.Tensor1D;
    readonly losses: tf.Tensor1D;
    readonly mirPicks: tf.Tensor1D;
  } | null;
}

/**
 * One iteration of fine-tuning, ER or ER-MIR for a perceptron: what methods/fineTune.ts and methods/er.ts say, with
 * less work. One forward pass takes incoming images and candidates together, the incoming gradient serves the virtual
 * and the real step, the virtual weights are never formed, and of the candidates only the chosen go backward.
 */
export function denseStep({ parameters, examples, incoming, learningRate, retrieval }: DenseStepInput): DenseStep {
  const layers = denseLayers(parameters);
  const { inputs, outputs } = denseForward(layers, examples.images);
  const logits = outputs[outputs.length - 1];
  const oneHot = tf.cast(tf.oneHot(examples.labels, logits.shape[1]) as tf.Tensor2D, 'float32');
  const all = denseLosses(logits, oneHot);
  const count = examples.labels.size - incoming;
  const ofCandidates = (tensor: tf.Tensor2D) => rows(tensor, incoming, count);

  // The incoming batch backward: α ∇L(θ; incoming) as deltas and inputs of each layer.
  const incomingInputs = inputs.map((tensor) => rows(tensor, 0, incoming));
  const step = {
    inputs: incomingInputs,
    deltas: denseDeltas(
      layers,
      incomingInputs,
      tf.mul<tf.Tensor2D>(rows(all.deltas, 0, incoming), learningRate / incoming),
    ),
  };
  const losses = tf.slice1d(all.losses, 0, incoming);
  if (retrieval === null || count === 0) {
    return { parameters: denseUpdate(layers, step.deltas, step.inputs), losses, picks: null, scored: null };
  }

  // l(θ_v) − min(l(θ), l*) of every candidate, and the B highest.
  const randomPicks = retrieveRandom(count, retrieval.budget);
  const scored = retrieval.used === 'mir' || retrieval.traced ? score(retrieval) : null;
  const picks = retrieval.used === 'mir' && scored !== null ? scored.mirPicks : randomPicks;

  // The chosen backward, and one step on both: θ ← θ − α (g_in + g_mem).
  const place = selection(picks, incoming, count);
  const ofChosen = (tensor: tf.Tensor2D): tf.Tensor2D => tf.matMul(place, tensor);
  const chosenInputs = inputs.map(ofChosen);
  const chosen = {
    inputs: chosenInputs,
    deltas: denseDeltas(layers, chosenInputs, tf.mul<tf.Tensor2D>(ofChosen(all.deltas), learningRate / picks.size)),
  };
  const together = (one: readonly tf.Tensor2D[], other: readonly tf.Tensor2D[]) =>
    one.map((tensor, index) => tf.concat([tensor, other[index]], 0));
  const next = denseUpdate(layers, together(step.deltas, chosen.deltas), together(step.inputs, chosen.inputs));
  return { parameters: next, losses, picks, scored };

  function score({ bestLosses, score: name, budget }: DenseRetrieval) {
    const before = tf.slice1d(all.losses, incoming, count);
    const virtual = virtualLogits(layers, step, ofCandidates(inputs[0]), ofCandidates(outputs[0]));
    const after = denseLosses(virtual, ofCandidates(oneHot)).losses;
    const scores = interference(name, before, after, bestLosses);
    return { scores, losses: before, mirPicks: tf.topk(scores, Math.min(budget, count)).indices };
  }
}

function rows(tensor: tf.Tensor2D, from: number, count: number): tf.Tensor2D {
  return tf.slice2d(tensor, [from, 0], [count, tensor.shape[1]]);
}

/**
 * One row for each pick, with a 1 where the picked candidate stands among all examples: a product with it takes out the
 * picked rows. On wasm that is many times faster than gathering them, number by number.
 */
function selection(picks: tf.Tensor1D, incoming: number, count: number): tf.Tensor2D {
  const places: tf.Tensor1D = tf.add(picks, tf.scalar(incoming, 'int32'));
  return tf.cast(tf.oneHot(places, incoming + count) as tf.Tensor2D, 'float32');
}
