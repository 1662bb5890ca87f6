import { isSoftware } from '../../programs/runProgram.ts';
import type { Section } from './layout.ts';

/** A piece of work that some workgroups of a dispatch do: a WGSL function of the group and the thread in it. */
export interface Part {
  /** Name of the function. */
  readonly name: string;
  readonly groups: number;
  /** The function `fn name(group: u32, thread: u32)`. */
  readonly code: string;
  /** Vectors of workgroup memory that it uses, under the name `shared_sums`. */
  readonly shared?: number;
}

/** One dispatch: WGSL and the number of workgroups. */
export interface Program {
  readonly code: string;
  readonly groups: number;
}

/** A vector of a section, in WGSL; row and column are expressions of type u32. */
export function at({ buffer, offset, width }: Section, row: string, column: string): string {
  return `${buffer}[${offset}u + (${row}) * ${width}u + ${column}]`;
}

/** The lines that a function gives for 0 … count − 1. */
export function unrolled(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/**
 * Joins parts that do not depend on each other into one dispatch; each has its own workgroups.
 *
 * @param declarations bindings and functions that the parts use
 */
export function program(declarations: string, threads: number, parts: readonly Part[]): Program {
  const shared = Math.max(0, ...parts.map((part) => part.shared ?? 0));
  let first = 0;
  const calls = parts.map(({ name, groups }, index) => {
    const begin = first;
    first += groups;
    const call = `${name}(id.x - ${begin}u, thread);`;
    return index === parts.length - 1 ? `{ ${call} }` : `if (id.x < ${first}u) { ${call} } else `;
  });
  return {
    groups: first,
    code: `${declarations}
${shared > 0 ? `var<workgroup> shared_sums: array<vec4f, ${shared}>;` : ''}
${parts.map(({ code }) => code).join('\n')}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${calls.join('')}
}`,
  };
}

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
 * For adapters that imitate a graphics card on the processor: few threads that each do much, because loads are
 * expensive there, and no barriers, which stop the SIMD code of a workgroup.
 */
export const softwareTiling: Tiling = { threads: 32, rows: 10, columns: 2, splits: 1, lanes: 1, weightBlock: [4, 1] };

/** For graphics cards: enough threads to fill one, although a step has only tens of rows. */
export const hardwareTiling: Tiling = { threads: 128, rows: 5, columns: 1, splits: 8, lanes: 32, weightBlock: [1, 1] };

/** The tiling for a device's adapter. */
export function tilingFor(device: GPUDevice): Tiling {
  // Browsers from before 2025 do not say; on those, a page has chosen WebGPU because it runs on hardware.
  const info = (device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
  return info !== undefined && isSoftware(info) ? softwareTiling : hardwareTiling;
}
