import * as tf from '@tensorflow/tfjs';
import type { Output } from './step.ts';
import { tidy } from '../models/parameters.ts';

/** A buffer on the device that collects outputs of steps until they are read. */
interface Page {
  readonly buffer: GPUBuffer;
  used: number;
  /** The number of outputs in it that have been neither read nor given up. */
  live: number;
}

/** Where an output lies. */
interface Place {
  readonly page: Page;
  readonly offset: number;
  readonly bytes: number;
  readonly dtype: 'float32' | 'int32';
}

interface Reading extends Place {
  readonly resolve: (values: ArrayLike<number>) => void;
  readonly reject: (error: unknown) => void;
}

const pageBytes = 2 ** 18;

/**
 * Outputs of recorded steps. A recording writes to the same buffers each time it is played, so each output is copied
 * here at once. Outputs that are asked for in one turn come back together. Buffers are used again.
 */
export class Outbox {
  readonly #device: GPUDevice;
  readonly #pages: Page[] = [];
  readonly #free: Page[] = [];
  readonly #idle: GPUBuffer[] = [];
  #disposed = false;
  #current: Page | null = null;
  #asked: Reading[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Makes room for an output; `encoder` copies it there. */
  take(encoder: GPUCommandEncoder, from: GPUBuffer, size: number, dtype: 'float32' | 'int32'): Output {
    const bytes = 4 * size;
    const page = this.#pageFor(bytes);
    const place: Place = { page, offset: page.used, bytes, dtype };
    encoder.copyBufferToBuffer(from, 0, page.buffer, place.offset, bytes);
    // Copies must begin at multiples of four bytes; these do.
    page.used += bytes;
    page.live += 1;
    let reading: Promise<ArrayLike<number>> | null = null;
    let dropped = false;
    return {
      size,
      read: () => {
        if (dropped) throw new Error('An output was read after it was given up.');
        return (reading ??= this.#read(place));
      },
      drop: () => {
        if (reading === null && !dropped) this.#leave(page, 1);
        dropped = true;
      },
    };
  }

  /** Frees everything. What has been asked for still comes. */
  dispose(): void {
    this.#disposed = true;
    this.#readAsked();
    for (const { buffer } of this.#pages) buffer.destroy();
    for (const buffer of this.#idle) buffer.destroy();
  }

  #pageFor(bytes: number): Page {
    if (this.#current !== null && this.#current.used + bytes <= this.#current.buffer.size) return this.#current;
    const left = this.#current;
    const known = this.#free.findIndex(({ buffer }) => buffer.size >= bytes);
    const page = known === -1 ? this.#newPage(Math.max(bytes, pageBytes)) : this.#free.splice(known, 1)[0];
    this.#current = page;
    if (left !== null && left.live === 0) this.#recycle(left);
    return page;
  }

  #newPage(size: number): Page {
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const page = { buffer: this.#device.createBuffer({ size, usage }), used: 0, live: 0 };
    this.#pages.push(page);
    return page;
  }

  #leave(page: Page, count: number): void {
    page.live -= count;
    if (page.live === 0 && page !== this.#current) this.#recycle(page);
  }

  #recycle(page: Page): void {
    page.used = 0;
    this.#free.push(page);
  }

  #read(place: Place): Promise<ArrayLike<number>> {
    if (this.#disposed) return Promise.reject(new Error('An output was read after its learner was let go.'));
    if (this.#asked.length === 0) queueMicrotask(() => this.#readAsked());
    return new Promise((resolve, reject) => this.#asked.push({ ...place, resolve, reject }));
  }

  #readAsked(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (const page of new Set(asked.map((reading) => reading.page))) {
      void this.#readPage(
        page,
        asked.filter((reading) => reading.page === page),
      );
    }
  }

  async #readPage(page: Page, readings: readonly Reading[]): Promise<void> {
    try {
      const from = Math.min(...readings.map(({ offset }) => offset));
      const size = Math.max(...readings.map(({ offset, bytes }) => offset + bytes)) - from;
      const staging = this.#stagingFor(size);
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(page.buffer, from, staging, 0, size);
      this.#device.queue.submit([encoder.finish()]);
      this.#leave(page, readings.length);
      await staging.mapAsync(GPUMapMode.READ, 0, size);
      const content = staging.getMappedRange(0, size).slice(0);
      staging.unmap();
      if (this.#disposed) staging.destroy();
      else this.#idle.push(staging);
      for (const { offset, bytes, dtype, resolve } of readings) {
        const Values = dtype === 'float32' ? Float32Array : Int32Array;
        resolve(new Values(content, offset - from, bytes / 4));
      }
    } catch (error) {
      for (const { reject } of readings) reject(error);
    }
  }

  #stagingFor(size: number): GPUBuffer {
    const known = this.#idle.findIndex((buffer) => buffer.size >= size);
    if (known !== -1) return this.#idle.splice(known, 1)[0];
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = this.#device.createBuffer({ size: Math.max(size, pageBytes), usage });
    return buffer;
  }
}

/** A caller that waits for a tensor's numbers. */
interface OutputReading {
  readonly tensor: tf.Tensor;
  readonly resolve: (values: ArrayLike<number>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads outputs back. Outputs that are asked for in one turn come back together, because each way back costs a wait.
 */
export class OutputReader {
  readonly #unread = new Set<tf.Tensor>();
  #asked: OutputReading[] = [];

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

async function readTogether(readings: readonly OutputReading[]): Promise<void> {
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
