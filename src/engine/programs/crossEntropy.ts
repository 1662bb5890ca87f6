import type * as tf from '@tensorflow/tfjs';
import { dispatch, flat, flatIndex } from './dispatch.ts';

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
export function crossEntropyProgram(logits: tf.Tensor2D, labels: tf.Tensor1D): CrossEntropy {
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
export function scaledRows(rows: tf.Tensor2D, by: tf.Tensor1D): tf.Tensor2D {
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
