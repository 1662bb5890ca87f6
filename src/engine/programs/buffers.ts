import * as tf from '@tensorflow/tfjs';

/** What is used of TensorFlow.js' webgpu backend beside its operations. */
interface WebgpuBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  readonly tensorMap: { get(dataId: object): { readonly resource?: GPUBuffer | null } };
  bufferManager: BufferManager;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  uploadToGPU(dataId: object): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** Where the backend gets buffers from and gives them back to. */
export interface BufferManager {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
  dispose(): void;
}

/** Whether the current backend is webgpu. */
export function onWebgpu(): boolean {
  return tf.getBackend() === 'webgpu';
}

/** TensorFlow.js' webgpu backend, which must be the current one. */
export function webgpuBackend(): WebgpuBackend {
  return tf.backend() as unknown as WebgpuBackend;
}

/** The buffer of a tensor, which is brought to the device if it is not there yet. */
export function bufferOf({ dataId }: tf.TensorInfo): GPUBuffer {
  webgpuBackend().uploadToGPU(dataId);
  const { resource } = webgpuBackend().tensorMap.get(dataId);
  if (resource === undefined || resource === null)
    throw new Error('A tensor has no buffer on the graphics device. Start again, or choose the wasm backend.');
  return resource;
}

/** A tensor without content, on the device. Its buffer comes from TensorFlow.js' pool and goes back there. */
export function emptyTensor(shape: readonly number[], dtype: tf.DataType): tf.Tensor {
  const info = webgpuBackend().makeTensorInfo([...shape], dtype);
  webgpuBackend().uploadToGPU(info.dataId);
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** Submits what TensorFlow.js has recorded and holds back, so that what is submitted next sees it done. */
export function submitHeldBack(): void {
  const backend = webgpuBackend();
  if (backend.commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/**
 * Reads buffers back as they are now; what is submitted later does not change what comes.
 *
 * @returns their first bytes, as many as each was asked for
 */
export async function readBuffers(
  device: GPUDevice,
  wanted: readonly { readonly buffer: GPUBuffer; readonly bytes: number }[],
): Promise<ArrayBuffer[]> {
  const size = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  if (size === 0) return wanted.map(() => new ArrayBuffer(0));
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  let end = 0;
  const ends = wanted.map(({ buffer, bytes }) => {
    encoder.copyBufferToBuffer(buffer, 0, staging, end, bytes);
    return (end += bytes);
  });
  device.queue.submit([encoder.finish()]);
  try {
    await staging.mapAsync(GPUMapMode.READ);
    const mapped = staging.getMappedRange();
    return wanted.map(({ bytes }, index) => mapped.slice(ends[index] - bytes, ends[index]));
  } finally {
    staging.destroy();
  }
}
