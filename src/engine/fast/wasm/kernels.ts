import { kernelsBinary } from './kernelsBinary.ts';

/** What the engine uses of WebAssembly, which both browsers and Node have and TypeScript declares for browsers only. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

/** The exports of kernels.assembly.ts. Addresses count bytes. */
interface Kernels {
  list(
    matrix: number,
    stride: number,
    rows: number,
    width: number,
    positive: boolean,
    places: number,
    values: number,
    counts: number,
  ): void;
  accumulate(
    places: number,
    values: number,
    counts: number,
    capacity: number,
    rows: number,
    matrix: number,
    base: number,
    baseStride: number,
    out: number,
    stride: number,
    columns: number,
  ): void;
  dotListed(
    row: number,
    places: number,
    count: number,
    matrix: number,
    columns: number,
    out: number,
    width: number,
  ): void;
}

/** Gives out memory that kernels see; a piece starts at its `byteOffset`. */
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
/** Every buffer is aligned for vectors. */
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

/** Rows of numbers of which most may be 0: for each row, the places and values of the others. */
export interface SparseRows {
  readonly places: Int32Array;
  readonly values: Float32Array;
  /** How many entries of each row are listed. */
  readonly counts: Int32Array;
  /** The most entries of a row. */
  readonly capacity: number;
}

/** Rows of numbers. `stride` is the distance between rows, a multiple of four; entries beyond `width` are 0. */
export interface DenseRows {
  readonly data: Float32Array;
  readonly width: number;
  readonly stride: number;
}

/** Consecutive rows of something. */
export interface RowRange {
  readonly from: number;
  readonly count: number;
}

const bytes = Float32Array.BYTES_PER_ELEMENT;

export function sparseRows(memory: KernelMemory, rows: number, capacity: number): SparseRows {
  return {
    places: memory.ints(rows * capacity),
    values: memory.floats(rows * capacity),
    counts: memory.ints(rows),
    capacity,
  };
}

export function denseRows(memory: KernelMemory, rows: number, width: number): DenseRows {
  const stride = Math.ceil(width / 4) * 4;
  return { data: memory.floats(rows * stride), width, stride };
}

/** One row's numbers. */
export function rowOf({ data, width, stride }: DenseRows, row: number): Float32Array {
  return data.subarray(row * stride, row * stride + width);
}

/** Appends an entry to a row. */
export function append(
  { places, values, counts, capacity }: SparseRows,
  row: number,
  place: number,
  value: number,
): void {
  const at = row * capacity + counts[row];
  places[at] = place;
  values[at] = value;
  counts[row] += 1;
}

/** Lists the entries of some rows that are not 0; with `relu`, those that ReLU lets pass. */
export function list(
  kernels: Kernels,
  rows: DenseRows,
  { from, count }: RowRange,
  relu: boolean,
  out: SparseRows,
): void {
  const at = out.capacity * from;
  kernels.list(
    addressOf(rows, from),
    rows.stride,
    count,
    rows.width,
    relu,
    address(out.places, at),
    address(out.values, at),
    address(out.counts, from),
  );
}

/** The operands of {@link accumulate}. */
interface Accumulation {
  readonly sparse: SparseRows;
  readonly rows: RowRange;
  readonly matrix: DenseRows;
  /** The base: one row for each row of the result, or one row for all, such as a bias. */
  readonly base: { readonly rows: DenseRows; readonly from: number } | { readonly row: DenseRows };
  readonly out: DenseRows;
  /** Where its rows begin. */
  readonly outFrom: number;
}

/** out ← base + sparse · matrix, row by row; out may be base. */
export function accumulate(kernels: Kernels, { sparse, rows, matrix, base, out, outFrom }: Accumulation): void {
  const at = sparse.capacity * rows.from;
  const [start, baseStride] =
    'row' in base ? [addressOf(base.row, 0), 0] : [addressOf(base.rows, base.from), base.rows.stride];
  kernels.accumulate(
    address(sparse.places, at),
    address(sparse.values, at),
    address(sparse.counts, rows.from),
    sparse.capacity,
    rows.count,
    addressOf(matrix, 0),
    start,
    baseStride,
    addressOf(out, outFrom),
    out.stride,
    out.stride,
  );
}

/** out ← matrix · row at the places that are listed in a row of `sparse`, and 0 elsewhere. */
export function dotListed(
  kernels: Kernels,
  row: { readonly rows: DenseRows; readonly at: number },
  sparse: SparseRows,
  listed: number,
  matrix: DenseRows,
  out: { readonly rows: DenseRows; readonly at: number },
): void {
  kernels.dotListed(
    addressOf(row.rows, row.at),
    address(sparse.places, sparse.capacity * listed),
    sparse.counts[listed],
    addressOf(matrix, 0),
    matrix.stride,
    addressOf(out.rows, out.at),
    out.rows.stride,
  );
}

function address(view: Int32Array | Float32Array, index: number): number {
  return view.byteOffset + bytes * index;
}

function addressOf({ data, stride }: DenseRows, row: number): number {
  return address(data, stride * row);
}
