import * as tf from '@tensorflow/tfjs';

/** Side of the windows that are averaged. */
const windowSide = 4;

/** How many features an image of so many rows, columns and channels has. */
export function pooledFeatureCount(rows: number, columns: number, channels: number): number {
  return Math.floor(rows / windowSide) * Math.floor(columns / windowSide) * channels;
}

/**
 * Averages over windows of 4 × 4, side by side, and lays what each image has in a row: channel by channel, as
 * PyTorch flattens. Rows and columns that fill no window are left out.
 *
 * @param x [n, rows, columns, channels]
 * @returns [n, features]
 */
export function pooledFeatures(x: tf.Tensor4D): tf.Tensor2D {
  const [n, rows, columns, channels] = x.shape;
  const pooled = tf.avgPool(x, windowSide, windowSide, 'valid');
  return tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [n, pooledFeatureCount(rows, columns, channels)]);
}
