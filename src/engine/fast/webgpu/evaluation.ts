import type * as tf from '@tensorflow/tfjs';
import type { ImageSource } from '../../data/imageSource.ts';
import type { ImageRows } from '../../runner/step.ts';
import { rowsOfGroup, verdicts } from './classLosses.ts';
import { emptyTensor } from './device.ts';
import { denseLayer } from './forward.ts';
import type { Layout, Section } from './layout.ts';
import { bindGroupLayout, type Dispatch, dispatchesOf } from './network.ts';
import { at, type Part, program, type Program, type Tiling } from './program.ts';
import { residentSource } from './residentImages.ts';

/** The buffers of an evaluation, in the order of their bindings; only the first three are never written. */
const evaluationBuffers = ['rows', 'images', 'parameters', 'pixels', 'first', 'second', 'verdict'] as const;

/**
 * What `rows` begins with, in words: how many images, what byte 0 becomes and how far the next byte is from it, where
 * the labels begin. Then for each image which it is, and where in `rows` its permutation stands, or 0.
 */
const header = { count: 0, low: 1, step: 2, labelsFrom: 3, size: 4 };

/** Fetches images and turns bytes into numbers; zeros pad them. */
function gatherRows({ widths, shape }: Layout, pixels: Section, threads: number): Part {
  return {
    name: 'gather_rows',
    groups: 1,
    code: `
fn gather_rows(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = item / ${widths[0]}u;
  let k = item % ${widths[0]}u;
  if (row >= rows[${header.count}]) { return; }
  let image = rows[${header.size}u + 2u * row] * ${shape.layers[0]}u;
  let permutation = rows[${header.size}u + 2u * row + 1u];
  var numbers = vec4f();
  for (var j = 0u; j < 4u && 4u * k + j < ${shape.layers[0]}u; j++) {
    var place = 4u * k + j;
    if (permutation != 0u) { place = rows[permutation + place]; }
    numbers[j] = bitcast<f32>(rows[${header.low}]) + f32(byte_at(image + place)) * bitcast<f32>(rows[${header.step}]);
  }
  ${at(pixels, 'row', 'k')} = numbers;
}`,
  };
}

/** Programs with what one workgroup of them does. */
interface EvaluationProgram {
  readonly program: Program;
  /** Workgroups for so many images; a program names those of as many as one of its threads does. */
  readonly groups: (count: number) => number;
}

function evaluationPrograms(layout: Layout, tiling: Tiling): EvaluationProgram[] {
  const { widths, weights } = layout;
  const declarations = `
@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> pixels: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> second: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> verdict: array<u32>;
fn byte_at(place: u32) -> u32 { return (images[place / 4u] >> (8u * (place % 4u))) & 0xffu; }`;
  const section = (buffer: string, width: number): Section => ({ buffer, offset: 0, width });
  const [pixels, first, second] = [
    section('pixels', widths[0]),
    section('first', widths[1]),
    section('second', widths[2]),
  ];
  const count = `rows[${header.count}]`;
  const layer = (input: Section, weightsOfLayer: Section, output: Section): EvaluationProgram => {
    const part = denseLayer(
      {
        name: 'layer',
        input,
        weights: weightsOfLayer,
        inputWidth: input.width,
        rows: tiling.rows,
        store: (row, column, z) => `${at(output, row, column)} = max(${z}, vec4f());`,
        rowCount: count,
      },
      // With hundreds of rows there are threads enough without sharing sums.
      { ...tiling, splits: 1 },
    );
    return {
      program: program(declarations, tiling.threads, [part]),
      groups: (images) => part.groups * Math.ceil(images / tiling.rows),
    };
  };
  const label = `byte_at(rows[${header.labelsFrom}] + rows[${header.size}u + 2u * row])`;
  return [
    {
      program: program(declarations, tiling.threads, [gatherRows(layout, pixels, tiling.threads)]),
      groups: (images) => Math.ceil((images * widths[0]) / tiling.threads),
    },
    layer(pixels, weights[0], first),
    layer(first, weights[1], second),
    {
      program: program(declarations, tiling.threads, [
        verdicts(layout, { hidden: second, rows: count, label }, tiling),
      ]),
      groups: (images) => Math.ceil(images / rowsOfGroup(tiling)),
    },
  ];
}

/** Buffers for as many images as came at most. */
interface Room {
  readonly images: number;
  readonly pixels: GPUBuffer;
  readonly first: GPUBuffer;
  readonly second: GPUBuffer;
  readonly verdict: GPUBuffer;
}

/**
 * Evaluates a network in four dispatches and one submit. The images of a source stay on the device as bytes, shared by
 * all learners; an evaluation uploads which of them it takes, and a permutation where their task has one.
 */
export class Evaluator {
  readonly #device: GPUDevice;
  readonly #layout: Layout;
  readonly #groupLayout: GPUBindGroupLayout;
  readonly #dispatches: readonly { readonly dispatch: Dispatch; readonly groups: (count: number) => number }[];
  readonly #sources = new Map<ImageSource, ReturnType<typeof residentSource>>();
  #rows: GPUBuffer | null = null;
  #room: Room | null = null;

  constructor(device: GPUDevice, layout: Layout, tiling: Tiling) {
    this.#device = device;
    this.#layout = layout;
    this.#groupLayout = bindGroupLayout(device, 'evaluate', evaluationBuffers.length, 3);
    const programs = evaluationPrograms(layout, tiling);
    const compiled = dispatchesOf(
      device,
      this.#groupLayout,
      programs.map(({ program: one }) => one),
    );
    this.#dispatches = programs.map(({ groups }, index) => ({ dispatch: compiled[index], groups }));
  }

  /** 1 for each image that is named right, else 0, int32 [n], and the loss of each, in nats, [n]. */
  evaluate(parameters: GPUBuffer, rows: ImageRows): { readonly right: tf.Tensor1D; readonly losses: tf.Tensor1D } {
    const count = rows.samples.length;
    const right = emptyTensor<tf.Rank.R1>([count], 'int32');
    const losses = emptyTensor<tf.Rank.R1>([count], 'float32');
    const source = this.#sources.get(rows.source) ?? residentSource(this.#device, rows.source);
    this.#sources.set(rows.source, source);
    const words = this.#wordsOf(rows, source.value.labelsFrom);
    const room = this.#roomFor(count);
    const buffers: Readonly<Record<(typeof evaluationBuffers)[number], GPUBuffer>> = {
      ...room,
      rows: this.#rowsFor(words),
      images: source.value.buffer,
      parameters,
    };
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setBindGroup(
      0,
      this.#device.createBindGroup({
        layout: this.#groupLayout,
        entries: evaluationBuffers.map((name, binding) => ({ binding, resource: { buffer: buffers[name] } })),
      }),
    );
    for (const { dispatch, groups } of this.#dispatches) {
      pass.setPipeline(dispatch.pipeline);
      pass.dispatchWorkgroups(groups(count));
    }
    pass.end();
    encoder.copyBufferToBuffer(room.verdict, 0, right.buffer, 0, 4 * count);
    encoder.copyBufferToBuffer(room.verdict, 4 * count, losses.buffer, 0, 4 * count);
    this.#device.queue.submit([encoder.finish()]);
    return { right: right.tensor, losses: losses.tensor };
  }

  /** Destroys the buffers, and lets go of the images. */
  dispose(): void {
    const { pixels, first, second, verdict } = this.#room ?? {};
    for (const buffer of [this.#rows, pixels, first, second, verdict]) buffer?.destroy();
    for (const { release } of this.#sources.values()) release();
    this.#sources.clear();
  }

  #wordsOf({ source, samples, tasks }: ImageRows, labelsFrom: number): Uint32Array<ArrayBuffer> {
    const { view } = source.bytes;
    const [low, high] = view.range;
    const permutations = [...new Set(tasks)].flatMap((task) => {
      const places = view.permutation(task);
      return places === null ? [] : { task, places };
    });
    const size = this.#layout.shape.layers[0];
    const permutationsFrom = header.size + 2 * samples.length;
    const words = new Uint32Array(permutationsFrom + size * permutations.length);
    words[header.count] = samples.length;
    new Float32Array(words.buffer).set([low, (high - low) / 255], header.low);
    words[header.labelsFrom] = labelsFrom;
    const begins = new Map(permutations.map(({ task }, index) => [task, permutationsFrom + size * index]));
    for (const { task, places } of permutations) words.set(places, begins.get(task));
    samples.forEach((sample, row) => {
      words[header.size + 2 * row] = sample;
      words[header.size + 2 * row + 1] = begins.get(tasks[row]) ?? 0;
    });
    return words;
  }

  #rowsFor(words: Uint32Array<ArrayBuffer>): GPUBuffer {
    if (this.#rows === null || this.#rows.size < words.byteLength) {
      this.#rows?.destroy();
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      this.#rows = this.#device.createBuffer({ size: words.byteLength, usage });
    }
    this.#device.queue.writeBuffer(this.#rows, 0, words);
    return this.#rows;
  }

  #roomFor(images: number): Room {
    if (this.#room !== null && this.#room.images >= images) return this.#room;
    const { pixels, first, second, verdict } = this.#room ?? {};
    for (const buffer of [pixels, first, second, verdict]) buffer?.destroy();
    const buffer = (bytes: number, more = 0) =>
      this.#device.createBuffer({ size: bytes * images, usage: GPUBufferUsage.STORAGE | more });
    const [inputs, hidden1, hidden2] = this.#layout.widths;
    this.#room = {
      images,
      pixels: buffer(16 * inputs),
      first: buffer(16 * hidden1),
      second: buffer(16 * hidden2),
      verdict: buffer(8, GPUBufferUsage.COPY_SRC),
    };
    return this.#room;
  }
}
