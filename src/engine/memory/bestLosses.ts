import * as tf from '@tensorflow/tfjs';

/*
 * The lowest loss seen so far of the sample in each slot: l* of MI-2 (paper, section 3.1), [capacity + 1]. The last
 * entry belongs to no slot. It is part of a learner's state, on the backend, because waiting for losses to be read back
 * would stall training.
 */

/** l* of an empty memory. */
export function noBestLosses(capacity: number): tf.Tensor1D {
  return tf.zeros([capacity + 1]);
}

/** Lowers l* of slots, [n], which are distinct, to the given losses, [n], where those are lower. */
export function lowerBestLosses(best: tf.Tensor1D, slots: tf.Tensor1D, losses: tf.Tensor1D): tf.Tensor1D {
  return tf.tensorScatterUpdate(best, tf.expandDims(slots, 1), tf.minimum(tf.gather(best, slots), losses));
}

/**
 * Starts l* of newly stored samples at their loss as incoming samples.
 *
 * @param slots where they are stored, int32 [n, 1]; distinct except for the entry after the last slot
 * @param positions their positions in the batch, int32 [n]
 * @param incomingLosses [batch]
 */
export function insertBestLosses(
  best: tf.Tensor1D,
  { slots, positions }: { readonly slots: tf.Tensor2D; readonly positions: tf.Tensor1D },
  incomingLosses: tf.Tensor1D,
): tf.Tensor1D {
  return tf.tensorScatterUpdate(best, slots, tf.gather(incomingLosses, positions));
}
