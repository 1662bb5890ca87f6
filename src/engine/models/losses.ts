import * as tf from '@tensorflow/tfjs';
import { runsOnWebgpu, dispatch, flat, flatIndex } from '../programs/dispatch.ts';

/** What {@link crossEntropyProgram} gives. */
interface CrossEntropy {
  /** [n] */
  readonly losses: tf.Tensor1D;
  /** Gradient of each loss with respect to its logits, [n, classes]. */
  readonly errors: tf.Tensor2D;
}

/**
 * −log softmax(logits)[label] of each example, in nats, and its gradient, on the webgpu backend by one dispatch.
 *
 * @param logits [n, classes]
 * @param labels class indices, int32 [n]
 */
function crossEntropyProgram(logits: tf.Tensor2D, labels: tf.Tensor1D): CrossEntropy {
  const [count, classes] = logits.shape;
  const [losses, errors] = dispatch({
    key: `crossEntropy_${count}_${classes}`,
    outputs: { losses: { shape: [count] }, errors: { shape: [count, classes] } },
    inputs: { logits: { tensor: logits }, labels: { tensor: labels, whole: true } },
    ...flat(count),
    // A thread has an example.
    code: () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(count)}
  let row = index * ${classes}u;
  var highest = logits[row];
  for (var answer = 1u; answer < ${classes}u; answer++) { highest = max(highest, logits[row + answer]); }
  var total = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) { total += exp(logits[row + answer] - highest); }
  var right = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) {
    let shifted = logits[row + answer] - highest;
    let hit = select(0.0, 1.0, i32(answer) == labels[index]);
    // A product, because a logit that is not a number must make a loss that is none.
    right += shifted * hit;
    errors[row + answer] = exp(shifted) / total - hit;
  }
  losses[index] = log(total) - right;
}`,
  });
  return { losses: losses as tf.Tensor1D, errors: errors as tf.Tensor2D };
}

/** Rows of a matrix, [n, columns], each by a number, [n]; by one dispatch. */
function scaledRows(rows: tf.Tensor2D, by: tf.Tensor1D): tf.Tensor2D {
  const { shape, size } = rows;
  const [scaled] = dispatch({
    key: `scaledRows_${shape.join('_')}`,
    outputs: { scaled: { shape } },
    inputs: { rows: { tensor: rows }, by: { tensor: by } },
    ...flat(size),
    code: () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(size)}
  scaled[index] = rows[index] * by[index / ${shape[1]}u];
}`,
  });
  return scaled as tf.Tensor2D;
}

/**
 * Cross-entropy of each example, −log softmax(logits)[label], in nats; not averaged.
 *
 * @param logits [n, classes]
 * @param labels class indices, int32 [n]
 * @returns [n]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  if (runsOnWebgpu()) return crossEntropyByProgram(logits, labels);
  const oneHot = tf.oneHot(labels, logits.shape[1]).toFloat();
  const losses = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const shifted = tf.sub(z, tf.max(z, 1, true));
    const exponentials = tf.exp(shifted);
    const total = tf.sum(exponentials, 1, true);
    save([tf.sub(tf.div(exponentials, total), oneHot)]);
    const value = tf.sub(tf.log(tf.squeeze(total, [1])), tf.sum(tf.mul(shifted, oneHot), 1));
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0], tf.expandDims(dy, 1)),
    };
  });
  return losses(logits) as tf.Tensor1D;
}

/** The same on the webgpu backend, by one dispatch and one for the gradient. */
function crossEntropyByProgram(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const losses = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const made = crossEntropyProgram(z, labels);
    save([made.errors]);
    return {
      value: made.losses,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => scaledRows(saved[0] as tf.Tensor2D, dy as tf.Tensor1D),
    };
  });
  return losses(logits);
}

/**
 * Cross-entropy between the class probabilities of one network and of another, −Σ softmax(reference) · log
 * softmax(logits), in nats; not averaged. With the same logits twice it is their entropy. Gradients flow into both.
 *
 * @param logits [n, classes]
 * @param reference logits of the network that serves as the target, [n, classes]
 * @returns [n]
 */
export function softCrossEntropy(logits: tf.Tensor2D, reference: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sum(tf.mul(tf.softmax(reference), tf.logSoftmax(logits)), 1));
}

/** Far below every logit: softmax gives a class to which it is added a probability of exactly 0. */
const absent = -1e9;

/** The probabilities of some of the classes at a temperature; the others get 0. See {@link distillation}. */
export function softened(logits: tf.Tensor2D, among: tf.Tensor1D, temperature: number): tf.Tensor2D {
  return tf.softmax(softenedLogits(logits, among, temperature));
}

function softenedLogits(logits: tf.Tensor2D, among: tf.Tensor1D, temperature: number): tf.Tensor2D {
  return tf.add(tf.div(logits, temperature), tf.mul(tf.sub(1, among), absent));
}

/**
 * Distillation of a frozen network's answers at a temperature, −Σ q log p over some of the classes, where q =
 * softmax(reference / T) and p = softmax(logits / T) there (Li & Hoiem 2016, equations 2 and 3), in nats; not averaged,
 * and without a factor T².
 *
 * @param logits [n, classes]
 * @param reference logits of the frozen network, [n, classes]; no gradient flows into them
 * @param among 1 for each class that takes part, 0 for the others, [classes]
 * @returns [n]
 */
export function distillation(
  logits: tf.Tensor2D,
  reference: tf.Tensor2D,
  among: tf.Tensor1D,
  temperature: number,
): tf.Tensor1D {
  return softCrossEntropy(softenedLogits(logits, among, temperature), softenedLogits(reference, among, temperature));
}

/**
 * Binary cross-entropy of each example between sigmoid(logits) and targets in [0, 1], summed over classes,
 * in nats.
 *
 * @param logits [n, classes]
 * @param targets [n, classes]; no gradient flows into them
 * @returns [n]
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  const losses = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    save([tf.sub(tf.sigmoid(z), targets)]);
    return {
      value: tf.sum(binaryCrossEntropies(z, targets), 1),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0], tf.expandDims(dy, 1)),
    };
  });
  return losses(logits) as tf.Tensor1D;
}

/** The same of each class, without a gradient, [n, classes]. */
export function binaryCrossEntropies(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor2D {
  // max(z, 0) − z t + ln(1 + e^−|z|) stays finite for logits of any size.
  const excess = tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(logits)))));
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), excess);
}

/** Mean squared difference of each image from another, over its numbers, [n]. */
export function squaredError(images: tf.Tensor2D, others: tf.Tensor2D): tf.Tensor1D {
  return tf.mean(tf.square(tf.sub(images, others)), 1);
}

/**
 * Images that a network is trained on together, each with a weight in the loss. Both layouts are kept: one forward
 * and one backward product take each of them as it is, in every iteration on the same images.
 */
export interface WeightedImages {
  /** [n, numbers in an image] */
  readonly rows: tf.Tensor2D;
  /** [numbers in an image, n] */
  readonly columns: tf.Tensor2D;
  /** [1, n] */
  readonly weights: tf.Tensor2D;
}

/**
 * Weights that make the weighted sum of losses the mean over the incoming plus `coefficient` times the mean over the
 * replayed.
 *
 * @param replayed [m, numbers in an image]; null if there are none
 */
export function weightedImages(
  incoming: tf.Tensor2D,
  replayed: tf.Tensor2D | null,
  coefficient: number,
): WeightedImages {
  const rows = replayed === null ? incoming : tf.concat([incoming, replayed], 0);
  const [count, old] = [incoming.shape[0], replayed?.shape[0] ?? 0];
  const weights = Float32Array.from({ length: count + old }, (_, row) => (row < count ? 1 / count : coefficient / old));
  return { rows, columns: tf.transpose(rows), weights: tf.tensor2d(weights, [1, count + old]) };
}
