import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutputReader } from '../../../../src/engine/runner/outbox.ts';
import { read } from '../outputs.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

describe.each(testBackends)('OutputReader on %s', (backend) => {
  let before = 0;
  beforeAll(() => startTestBackend(backend));
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    vi.restoreAllMocks();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('brings back together what is asked for in one turn, in order, of both types', async () => {
    const reader = new OutputReader();
    const outputs = [
      reader.output(tf.tensor2d([1.5, 2, 3, 4], [2, 2])),
      reader.output(tf.tensor1d([7, 8], 'int32')),
      reader.output(tf.scalar(-0.25)),
      reader.output(tf.tensor1d([], 'float32')),
      reader.output(tf.scalar(2 ** 24 + 1, 'int32')),
    ];
    const data = vi.spyOn(tf.Tensor.prototype, 'data');
    expect(outputs.map(({ size }) => size)).toEqual([4, 2, 1, 0, 1]);
    const asked = Promise.all(outputs.map(read));
    const order: number[] = [];
    outputs.forEach((output, index) => void output.read().then(() => order.push(index)));
    expect(await asked).toEqual([[1.5, 2, 3, 4], [7, 8], [-0.25], [], [2 ** 24 + 1]]);
    // One way back for each type.
    expect(data).toHaveBeenCalledTimes(2);
    expect(order.filter((index) => index !== 1 && index !== 4)).toEqual([0, 2, 3]);
    expect(order.filter((index) => index === 1 || index === 4)).toEqual([1, 4]);
  });

  it('brings back one alone, and the same numbers to whoever asks again', async () => {
    const reader = new OutputReader();
    const output = reader.output(tf.tensor1d([3, 1, 2]));
    expect(await read(output)).toEqual([3, 1, 2]);
    expect(tf.memory().numTensors).toBe(before);
    expect(await output.read()).toBe(await output.read());
    output.drop();
    expect(await read(output)).toEqual([3, 1, 2]);
  });

  it('frees what is given up, once, and does not read it', async () => {
    const reader = new OutputReader();
    const [dropped, other] = [reader.output(tf.tensor1d([1])), reader.output(tf.tensor1d([2]))];
    dropped.drop();
    expect(tf.memory().numTensors).toBe(before + 1);
    dropped.drop();
    expect(() => dropped.read()).toThrow('An output was read after it was given up.');
    expect(await read(other)).toEqual([2]);
  });

  it('frees at the end what was not read, and brings back what was asked for before', async () => {
    const reader = new OutputReader();
    const [asked, unread] = [reader.output(tf.tensor1d([1])), reader.output(tf.tensor1d([2]))];
    const reading = read(asked);
    reader.dispose();
    expect(() => unread.read()).toThrow('after it was given up');
    expect(await reading).toEqual([1]);
  });

  it('tells all who wait when the way back fails', async () => {
    const reader = new OutputReader();
    const outputs = [reader.output(tf.tensor1d([1])), reader.output(tf.tensor1d([2]))];
    vi.spyOn(tf.Tensor.prototype, 'data').mockRejectedValue(new Error('The device is lost.'));
    const settled = await Promise.allSettled(outputs.map(read));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
