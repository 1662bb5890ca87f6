import { batchSize } from '../../../core/config.ts';
import { isSoftware } from '../../programs/runProgram.ts';

/** Sizes of a network with two hidden layers, and of its retrieval. */
interface FusedShape {
  /** Widths from the input to the logits. */
  readonly layers: readonly [number, number, number, number];
  /** C; 0 for a method that replays nothing. */
  readonly candidates: number;
  /** B */
  readonly budget: number;
}

/** A matrix inside a buffer of four-component vectors. */
export interface Section {
  /** Name of the buffer in WGSL. */
  readonly buffer: string;
  /** Where it begins, in vectors. */
  readonly offset: number;
  /** Vectors in a row. */
  readonly width: number;
}

/** The buffers of a fused step. Widths are padded to multiples of four with zeros, which training leaves at zero. */
export interface Layout {
  readonly shape: FusedShape;
  /** Rows of activations: ten for the incoming batch, then the candidates, in whole tens. */
  readonly rows: number;
  /** Rows in use when B of the candidates are replayed and none is scored. */
  readonly randomRows: number;
  /** Widths in vectors. */
  readonly widths: readonly [number, number, number, number];
  /** Weights of each layer, [in, out], and below them a row of biases. */
  readonly weights: readonly [Section, Section, Section];
  /** Size of the buffer of weights, in vectors. */
  readonly parametersSize: number;
  readonly work: WorkSections;
  /** Size of the buffer of intermediate values, in vectors. */
  readonly workSize: number;
  readonly record: RecordOffsets;
  readonly report: ReportOffsets;
}

/** The intermediate values of one step. Names end in V where they belong to the virtual step. */
interface WorkSections {
  readonly images: Section;
  readonly z1: Section;
  readonly h1: Section;
  readonly h2: Section;
  /** Gradients of the loss with respect to each layer's sums. */
  readonly d1: Section;
  readonly d2: Section;
  readonly d3: Section;
  /** Products of candidates and incoming images. */
  readonly gram: Section;
  readonly h1V: Section;
  readonly h2V: Section;
  readonly weights2V: Section;
  readonly weights3V: Section;
}

/** The record that the host writes for one iteration: offsets in 32-bit words. */
interface RecordOffsets {
  /** Images in the incoming batch. */
  readonly incoming: number;
  /** Candidates in use. */
  readonly candidates: number;
  /** How many are replayed. */
  readonly replayed: number;
  /** 1 if the replayed are those of highest score, 0 if they are the first. */
  readonly byScore: number;
  /** 1 for MI-2, 0 for MI-1. */
  readonly againstBest: number;
  /** 1 if scoring lowers l*. */
  readonly lowers: number;
  /** α, the bits of a float. */
  readonly rate: number;
  /** How many of the batch have been stored in the memory. */
  readonly insertions: number;
  /** For each row of activations the image that it starts from. */
  readonly imageOf: number;
  /** Memory slot of each candidate. */
  readonly slots: number;
  /** Slot and position in the batch of each insertion. */
  readonly insertedSlots: number;
  readonly insertedPositions: number;
  /** Distance between the records of two iterations; a multiple of 64, as bindings demand. */
  readonly stride: number;
}

/** The report that comes back: offsets in 32-bit words. */
interface ReportOffsets {
  /** Loss of each row, in nats, the bits of a float. */
  readonly losses: number;
  /** Score of each candidate, the bits of a float. */
  readonly scores: number;
  /** Positions of the highest scores among the candidates, highest first. */
  readonly picks: number;
  /** Only of a traced iteration: loss of each row at θ_v, and l* of each candidate. */
  readonly virtualLosses: number;
  readonly bestLosses: number;
  /** Only of a traced iteration: loss of each incoming row after the step, and of each replayed row around it. */
  readonly incomingAfter: number;
  readonly replayedBefore: number;
  readonly replayedAfter: number;
  readonly size: number;
}

/** Lays out the buffers of a fused step. */
export function layoutOf(shape: FusedShape): Layout {
  const [inputs, hidden1, hidden2, classes] = shape.layers.map((width) => Math.ceil(width / 4));
  const candidateRows = tens(shape.candidates);
  const rows = batchSize + candidateRows;
  const parameters = new Cutter('parameters');
  const weights = [
    parameters.cut(4 * inputs + 1, hidden1),
    parameters.cut(4 * hidden1 + 1, hidden2),
    parameters.cut(4 * hidden2 + 1, classes),
  ] as const;
  const work = new Cutter('work');
  const sections: WorkSections = {
    images: work.cut(rows, inputs),
    z1: work.cut(rows, hidden1),
    h1: work.cut(rows, hidden1),
    h2: work.cut(rows, hidden2),
    d1: work.cut(rows, hidden1),
    d2: work.cut(rows, hidden2),
    d3: work.cut(rows, classes),
    gram: work.cut(rows, Math.ceil(batchSize / 4)),
    h1V: work.cut(rows, hidden1),
    h2V: work.cut(rows, hidden2),
    weights2V: work.cut(4 * hidden1 + 1, hidden2),
    weights3V: work.cut(4 * hidden2 + 1, classes),
  };
  const imageOf = 8;
  const slots = imageOf + rows;
  const insertedSlots = slots + candidateRows;
  const insertedPositions = insertedSlots + batchSize;
  const virtualLosses = rows + 2 * candidateRows;
  const bestLosses = virtualLosses + rows;
  const incomingAfter = bestLosses + candidateRows;
  const replayedBefore = incomingAfter + batchSize;
  const replayedAfter = replayedBefore + shape.budget;
  return {
    shape,
    rows,
    randomRows: batchSize + tens(Math.min(shape.budget, shape.candidates)),
    widths: [inputs, hidden1, hidden2, classes],
    weights,
    parametersSize: parameters.size,
    work: sections,
    workSize: work.size,
    record: {
      incoming: 0,
      candidates: 1,
      replayed: 2,
      byScore: 3,
      againstBest: 4,
      lowers: 5,
      rate: 6,
      insertions: 7,
      imageOf,
      slots,
      insertedSlots,
      insertedPositions,
      stride: 64 * Math.ceil((insertedPositions + batchSize) / 64),
    },
    report: {
      losses: 0,
      scores: rows,
      picks: rows + candidateRows,
      virtualLosses,
      bestLosses,
      incomingAfter,
      replayedBefore,
      replayedAfter,
      size: replayedAfter + shape.budget,
    },
  };
}

/** Hands out consecutive sections of a buffer. */
class Cutter {
  size = 0;
  private readonly buffer: string;

  constructor(buffer: string) {
    this.buffer = buffer;
  }

  cut(rows: number, width: number): Section {
    const offset = this.size;
    this.size += rows * width;
    return { buffer: this.buffer, offset, width };
  }
}

function tens(count: number): number {
  return 10 * Math.ceil(count / 10);
}

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

/**
 * For the same where layers are narrow: programs of the tiling above take 1.5 seconds longer to compile, which little
 * work in a step earns back only after thousands of them.
 */
export const narrowSoftwareTiling: Tiling = {
  threads: 32,
  rows: 5,
  columns: 1,
  splits: 1,
  lanes: 1,
  weightBlock: [1, 1],
};

/** For graphics cards: enough threads to fill one, although a step has only tens of rows. */
export const hardwareTiling: Tiling = { threads: 128, rows: 5, columns: 1, splits: 8, lanes: 32, weightBlock: [1, 1] };

/**
 * The tiling for a device's adapter and a network.
 *
 * @param layers widths from the input to the logits
 */
export function tilingFor(device: GPUDevice, layers: readonly number[]): Tiling {
  // Browsers from before 2025 do not say; on those, a page has chosen WebGPU because it runs on hardware.
  const info = (device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
  if (info === undefined || !isSoftware(info)) return hardwareTiling;
  return Math.max(...layers.slice(1)) > 32 ? softwareTiling : narrowSoftwareTiling;
}
