import { isSoftware } from '../backend.ts';

/** How the work of a matrix product is cut into threads. */
export interface Tiling {
  /** Threads in a workgroup. */
  readonly threads: number;
  /** Rows that one thread computes; divides 10. */
  readonly rows: number;
  /** Groups of four columns that one thread computes. */
  readonly columns: number;
  /** Threads that share one sum, each a part of it; with more than one they meet at a barrier. */
  readonly splits: number;
  /** Threads that share one row of the last layer, whose softmax needs all of the row. */
  readonly lanes: number;
  /** Inputs and outputs, in fours, of the block of weights that one thread updates. */
  readonly weightBlock: readonly [number, number];
}

/**
 * For adapters that imitate a graphics card on the processor: few fat threads, because loads are dear there,
 * and no barriers, which stop the SIMD code of a workgroup.
 */
export const softwareTiling: Tiling = { threads: 32, rows: 10, columns: 2, splits: 1, lanes: 1, weightBlock: [4, 1] };

/** For graphics cards: enough threads to fill one, although a step has only tens of rows. */
export const hardwareTiling: Tiling = { threads: 128, rows: 5, columns: 1, splits: 8, lanes: 32, weightBlock: [1, 1] };

/** The tiling for a device's adapter. */
export function tilingFor(device: GPUDevice): Tiling {
  // Browsers from before 2025 do not tell; there a page has chosen WebGPU because it runs on hardware.
  const info = (device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
  return info !== undefined && isSoftware(info) ? softwareTiling : hardwareTiling;
}
