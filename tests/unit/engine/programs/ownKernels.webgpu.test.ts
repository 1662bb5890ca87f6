import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { useOwnKernels, useStockKernels, withStockKernels } from '../../../../src/engine/programs/filterGradient.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

describe.runIf(webgpu !== null)('kernels of our own', () => {
  afterAll(useOwnKernels);

  it('stand aside for a while where stock ones are to be measured', async () => {
    useStockKernels();
    const kernel = () => tf.getKernel('Conv2DBackpropFilter', 'webgpu').kernelFunc;
    const stock = kernel();
    const inside = () => Promise.resolve(kernel());
    expect(await withStockKernels(inside)).toBe(stock);
    expect(kernel()).toBe(stock);
    useOwnKernels();
    expect(kernel()).not.toBe(stock);
    expect(await withStockKernels(inside)).toBe(stock);
    expect(kernel()).not.toBe(stock);
    await expect(withStockKernels(() => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    expect(kernel()).not.toBe(stock);
  });
});
