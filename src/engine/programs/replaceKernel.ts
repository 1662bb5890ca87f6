import * as tf from '@tensorflow/tfjs';

/** What a kernel is called with. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** A kernel of our own; null where the stock one is to do it. */
export type OwnKernel = (call: KernelCall) => tf.TensorInfo | null;

/**
 * Puts a kernel of our own in the place of the stock one of that name on the webgpu backend.
 *
 * @returns puts the stock one back
 */
export function replaceKernel(name: string, own: OwnKernel): () => void {
  const stock = tf.getKernel(name, 'webgpu');
  tf.unregisterKernel(name, 'webgpu');
  tf.registerKernel({ ...stock, kernelFunc: (call) => own(call as unknown as KernelCall) ?? stock.kernelFunc(call) });
  return () => {
    tf.unregisterKernel(name, 'webgpu');
    tf.registerKernel(stock);
  };
}
