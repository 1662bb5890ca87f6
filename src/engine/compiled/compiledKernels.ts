import { kernelsBinary } from './kernelsBinary.ts';
import { webAssembly } from './webAssembly.ts';

/** What kernels.assembly.ts exports. Addresses are of bytes. */
export interface Kernels {
  list(matrix: number, stride: number, rows: number, width: number, positive: boolean, places: number, values: number, counts: number): void;
  accumulate(
    places: number, values: number, counts: number, capacity: number, rows: number,
    matrix: number, base: number, baseStride: number, out: number, stride: number, columns: number,
  ): void;
  dotListed(row: number, places: number, count: number, matrix: number, columns: number, out: number, width: number): void;
}

/** Gives out memory that kernels see. What it gives lies at its `byteOffset`. */
export interface KernelMemory {
  floats(count: number): Float32Array;
  ints(count: number): Int32Array;
  bytes(count: number): Uint8Array;
}

/** Kernels with memory of their own. */
export interface CompiledKernels<Buffers> {
  readonly kernels: Kernels;
  readonly buffers: Buffers;
}

const pageBytes = 65_536;
/** Every buffer begins where a vector may. */
const alignment = 16;

let compiled: object | null = null;

/** Whether this machine runs the kernels: they need vectors of 128 bits, which every browser since 2023 has. */
export function hasCompiledKernels(): boolean {
  return webAssembly.validate(kernelsBinary);
}

/**
 * Starts the kernels with just the memory that they need.
 *
 * @param lay takes all buffers from the memory, in the same order each time: it is called once to count and once to take
 */
export function compiledKernels<Buffers>(lay: (memory: KernelMemory) => Buffers): CompiledKernels<Buffers> {
  let next = 0;
  const place = (bytes: number) => {
    const at = next;
    next += Math.ceil(bytes / alignment) * alignment;
    return at;
  };
  const counting: KernelMemory = {
    floats: (count) => (place(4 * count), new Float32Array()),
    ints: (count) => (place(4 * count), new Int32Array()),
    bytes: (count) => (place(count), new Uint8Array()),
  };
  lay(counting);
  const memory = new webAssembly.Memory({ initial: Math.ceil(next / pageBytes) });
  next = 0;
  const buffers = lay({
    floats: (count) => new Float32Array(memory.buffer, place(4 * count), count),
    ints: (count) => new Int32Array(memory.buffer, place(4 * count), count),
    bytes: (count) => new Uint8Array(memory.buffer, place(count), count),
  });
  compiled ??= new webAssembly.Module(kernelsBinary);
  const { exports } = new webAssembly.Instance(compiled, { env: { memory } });
  return { kernels: exports as unknown as Kernels, buffers };
}
