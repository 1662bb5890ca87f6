import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { dispatchCounter } from '../../../../src/engine/benchmark/stopwatch.ts';
import { useOwnKernels, useStockKernels, withStockKernels } from '../../../../src/engine/programs/ownKernels.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

describe.runIf(webgpu !== null)('kernels of our own', () => {
  afterAll(() => useOwnKernels('webgpu'));

  it('stand aside for a while where stock ones are to be measured', async () => {
    useStockKernels();
    const kernel = () => tf.getKernel('Conv2DBackpropFilter', 'webgpu').kernelFunc;
    const stock = kernel();
    const inside = () => Promise.resolve(kernel());
    expect(await withStockKernels(inside)).toBe(stock);
    expect(kernel()).toBe(stock);
    useOwnKernels('webgpu');
    expect(kernel()).not.toBe(stock);
    expect(await withStockKernels(inside)).toBe(stock);
    expect(kernel()).not.toBe(stock);
    await expect(withStockKernels(() => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    expect(kernel()).not.toBe(stock);
  });

  it.each([
    ['one number', [3], 1],
    ['equals, of which the first comes first', [1, 2, 2, -1, 2, 1], 4],
    ['what is not finite', [0, NaN, Infinity, -Infinity, 5], 5],
    ['many numbers', Array.from({ length: 500 }, (_, at) => Math.sin(at * at)), 12],
  ])('find the highest of %s by one dispatch', async (_name, numbers, k) => {
    const x = tf.tensor1d(numbers);
    const counter = dispatchCounter();
    const { values, indices } = tf.topk(x, k);
    const [read, positions] = [await values.data(), await indices.data()];
    counter?.stop();
    expect(counter?.dispatches).toBe(1);
    const key = (at: number) => (Number.isNaN(numbers[at]) ? -Infinity : numbers[at]);
    const expected = [...numbers.keys()].sort((a, b) => key(b) - key(a) || a - b).slice(0, k);
    expect(indices.dtype).toBe('int32');
    expect([...positions]).toEqual(expected);
    expect([...read]).toEqual(expected.map((at) => Math.fround(numbers[at])));
    tf.dispose([x, values, indices]);
  });
});
