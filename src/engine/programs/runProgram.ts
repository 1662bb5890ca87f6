import * as tf from '@tensorflow/tfjs';
import type { GraphicsTrouble } from '../../core/events.ts';

/** A WGSL program as TensorFlow.js' webgpu backend takes it; a thread does one item of `threads`. */
export interface WebgpuProgram {
  /** Covers all that changes the code. */
  readonly key: string;
  /** Names of the inputs in the code. */
  readonly inputs: readonly string[];
  /** Numbers in an element of each input, and of the output: 1 or 4. */
  readonly components: readonly number[];
  readonly outputComponents: number;
  readonly outputShape: readonly number[];
  readonly threads: number;
  /** Further numbers, as `name : type, …`, and their values. */
  readonly uniforms: string;
  readonly values: readonly { readonly type: 'int32' | 'float32'; readonly data: readonly number[] }[];
  /** WGSL that defines `fn main(index : i32)` and writes `result`. */
  readonly code: string;
}

/** What is used of the backend. */
interface ProgramRunner {
  readonly tensorMap: { get(dataId: object): { readonly dtype: tf.DataType } };
  runWebGPUProgram(
    program: object,
    inputs: readonly tf.TensorInfo[],
    dtype: tf.DataType,
    uniforms: WebgpuProgram['values'],
  ): tf.TensorInfo;
}

const workgroupSize = 64;

/** Runs a program on TensorFlow.js' webgpu backend, which must be the current one, in its queue and with its buffers. */
export function runProgram(program: WebgpuProgram, inputs: readonly tf.TensorInfo[]): tf.TensorInfo {
  const { key, components, outputComponents, outputShape, threads, uniforms, values, code } = program;
  const described = {
    shaderKey: `mirLab_${key}`,
    variableNames: [...program.inputs],
    variableComponents: [...components],
    outputComponent: outputComponents,
    outputShape: [...outputShape],
    dispatchLayout: { x: outputShape.map((_, dimension) => dimension) },
    dispatch: [Math.ceil(threads / workgroupSize), 1, 1],
    workgroupSize: [workgroupSize, 1, 1],
    uniforms,
    getUserCode: () => code,
  };
  return backend().runWebGPUProgram(described, inputs, 'float32', values);
}

/** Whether what lies on the device is float32: a cast from whole numbers changes the tensor's type and not its buffer's. */
export function holdsFloats({ dataId, dtype }: tf.TensorInfo): boolean {
  return dtype === 'float32' && backend().tensorMap.get(dataId).dtype === 'float32';
}

function backend(): ProgramRunner {
  return tf.backend() as unknown as ProgramRunner;
}

/** What an adapter says of itself. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/** Names of renderers that imitate a graphics card on the processor. */
export const softwareRenderers = /swiftshader|llvmpipe|softpipe|basic render|software/i;

/** How an adapter is named on the page. */
export function deviceName({ vendor, architecture, description }: AdapterInfo): string {
  return [vendor, architecture].filter(Boolean).join(' ') || (description ?? '');
}

/** Whether an adapter imitates a graphics card on the processor. */
export function isSoftware(info: AdapterInfo): boolean {
  return info.isFallbackAdapter === true || softwareRenderers.test(deviceName(info));
}

/** What a kernel is called with. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** A kernel of our own; null where the stock one is to do it. */
export type OwnKernel = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | null;

/**
 * Puts a kernel of our own in the place of the stock one of that name on a backend.
 *
 * @returns puts the stock one back
 */
export function replaceKernel(backend: 'webgpu' | 'wasm', name: string, own: OwnKernel): () => void {
  const stock = tf.getKernel(name, backend);
  tf.unregisterKernel(name, backend);
  tf.registerKernel({ ...stock, kernelFunc: (call) => own(call as unknown as KernelCall) ?? stock.kernelFunc(call) });
  return () => {
    tf.unregisterKernel(name, backend);
    tf.registerKernel(stock);
  };
}

/** A graphics card cannot go on. The message is a sentence that says why. */
export class GraphicsFailure extends Error {
  readonly trouble: GraphicsTrouble;

  constructor(trouble: GraphicsTrouble, message: string) {
    super(message);
    this.name = 'GraphicsFailure';
    this.trouble = trouble;
  }
}

/** Messages of drivers go on for pages, with the code of the program in them. */
const longestMessage = 200;

/** A driver's message as a part of a sentence: its first line, in brackets; nothing if it is empty. */
export function driverWords(message: string): string {
  const [first] = message.trim().split('\n');
  if (first === '') return '';
  return ` (${first.length > longestMessage ? `${first.slice(0, longestMessage)}…` : first.replace(/\.$/, '')})`;
}

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
