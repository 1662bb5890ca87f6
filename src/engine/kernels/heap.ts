import * as tf from '@tensorflow/tfjs';
import { kernelsBinary } from './kernelsBinary.ts';

/** A kernel takes addresses, counts and flags. */
type Kernel = (...operands: readonly (number | boolean)[]) => number;

/** The kernels that are called from here; each *.assembly.ts says what its own take. */
const kernelNames = [
  'winogradScratch',
  'winogradFilter',
  'turn',
  'winograd',
  'winogradFilterGradient',
  'windowScratch',
  'convolve',
  'filterGradient',
  'imageGradient',
  'batchNorm',
  'batchNormBack',
  'runningNorm',
  'runningNormBack',
  'affine',
  'affineBack',
  'clear',
  'shut',
  'sigmoid',
  'sigmoidBack',
  'gated',
  'gatedBack',
  'answersBack',
  'sample',
  'posteriorBack',
  'bernoulliBack',
  'moveLatents',
] as const;

type Kernels = Readonly<Record<(typeof kernelNames)[number], Kernel>>;

/** Kernels of our own in the memory in which the wasm backend keeps its tensors. */
export interface Heap {
  readonly kernels: Kernels;
  /** Where a tensor's numbers are, which must be float32; until it is freed. */
  readonly address: (tensor: tf.TensorInfo) => number;
  /** A tensor that a kernel is about to fill. */
  readonly tensor: <Rank extends tf.Rank>(shape: tf.ShapeMap[Rank]) => tf.Tensor<Rank>;
  /** Lends memory of so many numbers to some work. */
  readonly lend: <Result>(numbers: number, work: (address: number) => Result) => Result;
}

/** What is used of TensorFlow.js' wasm backend; its memory is missing where threads share it. */
interface WasmBackend {
  readonly wasm: {
    readonly asm?: { readonly memory?: object };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  makeOutput(shape: readonly number[], dtype: 'float32'): tf.TensorInfo;
  getMemoryOffset(dataId: object): number;
}

/** What the engine uses of WebAssembly, which both browsers and Node have and TypeScript declares for browsers only. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

/** Of each backend that was asked for; null where it cannot be had. */
const heaps = new WeakMap<object, Heap | null>();

/**
 * Our kernels on the current backend; null unless it is wasm with a single thread, on a machine with vectors of 128
 * bits. With several threads the stock ones are used, which share the work.
 */
export function ownHeap(): Heap | null {
  if (tf.getBackend() !== 'wasm') return null;
  const backend = tf.backend();
  let heap = heaps.get(backend);
  if (heap === undefined) {
    heap = startKernels(backend as unknown as WasmBackend);
    heaps.set(backend, heap);
  }
  return heap;
}

function startKernels(backend: WasmBackend): Heap | null {
  const memory = backend.wasm.asm?.memory;
  if (memory === undefined || !webAssembly.validate(kernelsBinary)) return null;
  const { exports } = new webAssembly.Instance(new webAssembly.Module(kernelsBinary), { env: { memory } });
  return {
    kernels: Object.fromEntries(kernelNames.map((name) => [name, exports[name] as Kernel])) as Kernels,
    address({ dataId, dtype }) {
      if (dtype !== 'float32') throw new TypeError(`A kernel computes with float32; it was given ${dtype}.`);
      return backend.getMemoryOffset(dataId);
    },
    tensor: <Rank extends tf.Rank>(shape: tf.ShapeMap[Rank]) =>
      tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32')) as tf.Tensor<Rank>,
    lend(numbers, work) {
      const address = backend.wasm._malloc(Float32Array.BYTES_PER_ELEMENT * numbers) >>> 0;
      if (address === 0)
        throw new RangeError('The memory of the wasm backend is full; use smaller networks or images.');
      try {
        return work(address);
      } finally {
        backend.wasm._free(address);
      }
    },
  };
}
