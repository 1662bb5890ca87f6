import * as tf from '@tensorflow/tfjs';

/** What the fused step touches of TensorFlow.js' webgpu backend. */
interface WebgpuBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  readonly tensorMap: { get(dataId: object): { readonly resource?: GPUBuffer | null } };
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  uploadToGPU(dataId: object): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

function backend(): WebgpuBackend {
  return tf.backend() as unknown as WebgpuBackend;
}

/** The device that TensorFlow.js computes on; null if its current backend is another than webgpu. */
export function webgpuDevice(): GPUDevice | null {
  return tf.getBackend() === 'webgpu' ? backend().device : null;
}

/** A tensor without content, and the buffer to write it to. It comes from TensorFlow.js' pool and goes back there. */
export function emptyTensor<R extends tf.Rank>(shape: tf.ShapeMap[R], dtype: 'float32' | 'int32'): { tensor: tf.Tensor<R>; buffer: GPUBuffer } {
  const info = backend().makeTensorInfo([...shape], dtype);
  const buffer = bufferOf(info);
  return { tensor: tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor<R>, buffer };
}

/** The buffer of a tensor, which is brought to the device if it is not there yet. */
export function bufferOf({ dataId }: tf.TensorInfo): GPUBuffer {
  backend().uploadToGPU(dataId);
  const { resource } = backend().tensorMap.get(dataId);
  if (resource === undefined || resource === null) throw new Error('A tensor has no buffer on the graphics device. Start again, or choose the wasm backend.');
  return resource;
}

/** Submits what TensorFlow.js has recorded and holds back, so that what is submitted next sees it done. */
export function submitRecorded(): void {
  if (backend().commandEncoder === null) return;
  backend().endComputePassEncoder();
  backend().submitQueue();
}
