import * as tf from '@tensorflow/tfjs';
import { tidy } from '../models/parameters.ts';
import type { Insertion } from './reservoir.ts';

/**
 * The lowest loss seen so far of the sample in each slot: l* of MI-2 (paper, section 3.1). It lives on the
 * backend, because waiting for losses to be read back would stall training.
 */
export class BestLosses {
  private values: tf.Tensor1D;

  constructor(capacity: number) {
    this.values = tf.zeros([capacity]);
  }

  /** l* of the given slots, [n]. */
  of(slots: tf.Tensor1D): tf.Tensor1D {
    return tf.gather(this.values, slots);
  }

  /** Lowers l* of slots, which are distinct, to losses that were seen, where those are lower. */
  lower(slots: tf.Tensor1D, losses: tf.Tensor1D): void {
    this.replace(() =>
      tf.tensorScatterUpdate(this.values, tf.expandDims(slots, 1), tf.minimum(this.of(slots), losses)),
    );
  }

  /** Starts l* of newly stored samples at their loss as incoming samples, `incomingLosses` [batch]. */
  insert(insertions: readonly Insertion[], incomingLosses: tf.Tensor1D): void {
    if (insertions.length === 0) return;
    this.replace(() => {
      const slots = tf.tensor2d(
        insertions.map(({ slot }) => [slot]),
        [insertions.length, 1],
        'int32',
      );
      const positions = tf.tensor1d(
        insertions.map(({ position }) => position),
        'int32',
      );
      return tf.tensorScatterUpdate(this.values, slots, tf.gather(incomingLosses, positions));
    });
  }

  dispose(): void {
    this.values.dispose();
  }

  private replace(next: () => tf.Tensor): void {
    const values = tf.keep(tidy(next)) as tf.Tensor1D;
    this.values.dispose();
    this.values = values;
  }
}
