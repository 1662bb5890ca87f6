import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../core/random.ts';
import { tidy } from '../models/parameters.ts';
import { Reservoir } from './reservoir.ts';

/** Latents that are written together. */
const largestGroup = 100;

/**
 * A reservoir of latents. Which slot holds what is known on this side; the latents live on the backend, because
 * waiting for them to be read back would stall training.
 */
export class LatentMemory {
  /** Samples, labels and tasks of the slots. A slot that it gives away has no latent until one is written. */
  readonly slots: Reservoir;
  private readonly latentSize: number;
  private values: tf.Tensor2D;

  /** @param capacity latents in all */
  constructor(capacity: number, latentSize: number, random: Random) {
    this.slots = new Reservoir(capacity, random);
    this.latentSize = latentSize;
    this.values = tf.zeros([capacity, latentSize]);
  }

  /** The latents of slots, [n, latent size]. */
  of(slots: Int32Array): tf.Tensor2D {
    return tf.gather(this.values, tf.tensor1d(slots, 'int32'));
  }

  /**
   * Writes the latents of slots, which are distinct, group by group; yields after each.
   *
   * @param latentsOf the latents of a group, [n, latent size]. Groups are of one size, so that the backend can use
   *   its buffers again: the last one is filled up with slots that it holds already.
   */
  *write(slots: Int32Array, latentsOf: (group: Int32Array) => tf.Tensor2D): Generator<void, void> {
    const size = Math.min(largestGroup, this.slots.capacity);
    for (let from = 0; from < slots.length; from += size) {
      const group = slots.slice(from, from + size);
      const full = Int32Array.from({ length: size }, (_, position) => group[position % group.length]);
      const values = tidy(() => {
        const latents = tf.slice(latentsOf(full), [0, 0], [group.length, this.latentSize]);
        return tf.keep<tf.Tensor2D>(
          tf.tensorScatterUpdate(this.values, tf.tensor2d(group, [group.length, 1], 'int32'), latents),
        );
      });
      this.values.dispose();
      this.values = values;
      yield;
    }
  }

  dispose(): void {
    this.values.dispose();
  }
}
