import * as tf from '@tensorflow/tfjs';
import { tidy } from '../models/parameters.ts';
import type { Output } from './step.ts';

/** A caller that waits for a tensor's numbers. */
interface Reading {
  readonly tensor: tf.Tensor;
  readonly resolve: (values: ArrayLike<number>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads outputs back. Outputs that are asked for in one turn come back together, because each way back costs a wait.
 */
export class OutputReader {
  readonly #unread = new Set<tf.Tensor>();
  #asked: Reading[] = [];

  /** A tensor as an output; it belongs to the reader from now on. */
  output(tensor: tf.Tensor): Output {
    this.#unread.add(tensor);
    let reading: Promise<ArrayLike<number>> | null = null;
    return {
      size: tensor.size,
      read: () => (reading ??= this.#read(tensor)),
      drop: () => {
        if (this.#unread.delete(tensor)) tensor.dispose();
      },
    };
  }

  /** Frees what was not read. */
  dispose(): void {
    for (const tensor of this.#unread) tensor.dispose();
    this.#unread.clear();
  }

  #read(tensor: tf.Tensor): Promise<ArrayLike<number>> {
    if (!this.#unread.delete(tensor)) throw new Error('An output was read after it was given up.');
    if (this.#asked.length === 0) queueMicrotask(() => this.#readAsked());
    return new Promise((resolve, reject) => this.#asked.push({ tensor, resolve, reject }));
  }

  #readAsked(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (const dtype of ['float32', 'int32']) {
      const alike = asked.filter(({ tensor }) => tensor.dtype === dtype);
      if (alike.length > 0) void readTogether(alike);
    }
  }
}

async function readTogether(readings: readonly Reading[]): Promise<void> {
  const together = tidy(() => tf.concat1d(readings.map(({ tensor }) => tf.reshape(tensor, [tensor.size]))));
  tf.dispose(readings.map(({ tensor }) => tensor));
  try {
    const values = await together.data<'float32' | 'int32'>();
    let from = 0;
    for (const { tensor, resolve } of readings) {
      resolve(values.subarray(from, from + tensor.size));
      from += tensor.size;
    }
  } catch (error) {
    for (const { reject } of readings) reject(error);
  } finally {
    together.dispose();
  }
}
