import * as tf from '@tensorflow/tfjs';

/** The parts of TensorFlow.js' webgpu backend that the fused form uses. */
interface WebgpuBackend {
  readonly device: GPUDevice;
  readonly tensorMap: { get(dataId: object): { readonly resource?: GPUBuffer | null } };
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  uploadToGPU(dataId: object): void;
}

function backend(): WebgpuBackend {
  return tf.backend() as unknown as WebgpuBackend;
}

/** The device that TensorFlow.js computes on; null if its current backend is another than webgpu. */
export function webgpuDevice(): GPUDevice | null {
  return tf.getBackend() === 'webgpu' ? backend().device : null;
}

/** A tensor without content, and the buffer to write it to. It comes from TensorFlow.js' pool and goes back there. */
export function emptyTensor<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  dtype: 'float32' | 'int32',
): { tensor: tf.Tensor<R>; buffer: GPUBuffer } {
  const info = backend().makeTensorInfo([...shape], dtype);
  backend().uploadToGPU(info.dataId);
  const { resource } = backend().tensorMap.get(info.dataId);
  if (resource === undefined || resource === null)
    throw new Error('A tensor has no buffer on the graphics device. Start again, or choose the wasm backend.');
  return { tensor: tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor<R>, buffer: resource };
}
