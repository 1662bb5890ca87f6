import * as tf from '@tensorflow/tfjs';
import { tidy } from '../../models/parameters.ts';
import { bufferOf, emptyTensor, submitHeldBack } from '../../programs/runProgram.ts';
import type { ImageRows } from '../../runner/step.ts';
import { rowsOfGroup, verdicts } from './classLosses.ts';
import { denseLayer } from './passes.ts';
import { type Layout, type Section, at, program, type Program, type Tiling } from './layout.ts';
import { bindGroupLayout, type Dispatch, dispatchesOf } from './network.ts';

/** The buffers of an evaluation, in the order of their bindings; only the first three are never written. */
const evaluationBuffers = ['labels', 'pixels', 'parameters', 'first', 'second', 'verdict'] as const;

/** A program, and the number of its workgroups for a number of images. */
interface EvaluationProgram<Made> {
  readonly program: Made;
  readonly groups: (count: number) => number;
}

/** One program for each layer, whatever the number of images; it shows in the size of the bound labels. */
function evaluationPrograms(layout: Layout, tiling: Tiling): EvaluationProgram<Program>[] {
  const { widths, weights } = layout;
  const declarations = `
@group(0) @binding(0) var<storage, read> labels: array<i32>;
@group(0) @binding(1) var<storage, read> pixels: array<vec4f>;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> second: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> verdict: array<u32>;`;
  const count = 'arrayLength(&labels)';
  const section = (buffer: (typeof evaluationBuffers)[number], width: number): Section => ({
    buffer,
    offset: 0,
    width,
  });
  const [pixels, first, second] = [
    section('pixels', widths[0]),
    section('first', widths[1]),
    section('second', widths[2]),
  ];
  const layer = (input: Section, weightsOfLayer: Section, output: Section): EvaluationProgram<Program> => {
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
      // With hundreds of rows there are enough threads without sharing sums.
      { ...tiling, splits: 1 },
    );
    return {
      program: program(declarations, tiling.threads, [part]),
      groups: (images) => part.groups * Math.ceil(images / tiling.rows),
    };
  };
  const part = verdicts(layout, { hidden: second, rows: count, label: 'u32(labels[row])' }, tiling);
  return [
    layer(pixels, weights[0], first),
    layer(first, weights[1], second),
    {
      program: program(declarations, tiling.threads, [part]),
      groups: (images) => Math.ceil(images / rowsOfGroup(tiling)),
    },
  ];
}

/** Buffers for the largest number of images so far. */
interface Room {
  readonly images: number;
  readonly first: GPUBuffer;
  readonly second: GPUBuffer;
  readonly verdict: GPUBuffer;
}

/** Evaluates a network in three dispatches. Images come to it by index: their source keeps them on the device. */
export class Evaluator {
  readonly #device: GPUDevice;
  readonly #layout: Layout;
  readonly #groupLayout: GPUBindGroupLayout;
  readonly #programs: readonly EvaluationProgram<Dispatch>[];
  #room: Room | null = null;

  constructor(device: GPUDevice, layout: Layout, tiling: Tiling) {
    this.#device = device;
    this.#layout = layout;
    this.#groupLayout = bindGroupLayout(device, 'evaluate', evaluationBuffers.length, 3);
    const programs = evaluationPrograms(layout, tiling);
    const compiled = dispatchesOf(
      device,
      this.#groupLayout,
      programs.map((one) => one.program),
    );
    this.#programs = programs.map(({ groups }, index) => ({ program: compiled[index], groups }));
  }

  /** The class that each image is taken for, int32 [n]; and the loss of each, in nats, [n]. */
  evaluate(
    parameters: GPUBuffer,
    { source, samples, tasks }: ImageRows,
  ): { readonly answers: tf.Tensor1D; readonly losses: tf.Tensor1D } {
    source.bring(samples);
    return tidy(() =>
      this.#judge(
        parameters,
        source.gathered(tf.tensor1d(samples, 'int32'), tf.tensor1d(tasks, 'int32')),
        tf.tensor1d(Int32Array.from(samples, source.labelOf), 'int32'),
      ),
    );
  }

  /**
   * The probability of each class, [n, classes], of images, [n, numbers in an image]. Each image is judged under every
   * label, because the loss under a label is −log of its probability.
   */
  answer(parameters: GPUBuffer, images: tf.Tensor2D): tf.Tensor2D {
    const count = images.shape[0];
    const classes = this.#layout.shape.layers[3];
    return tidy(() => {
      const labels = Int32Array.from({ length: classes * count }, (_, row) => Math.floor(row / count));
      const { losses } = this.#judge(parameters, tf.tile(images, [classes, 1]), tf.tensor1d(labels, 'int32'));
      return tf.transpose<tf.Tensor2D>(tf.exp(tf.neg(tf.reshape(losses, [classes, count]))));
    });
  }

  #judge(
    parameters: GPUBuffer,
    unpadded: tf.Tensor2D,
    labels: tf.Tensor1D,
  ): { readonly answers: tf.Tensor1D; readonly losses: tf.Tensor1D } {
    const count = labels.size;
    return tidy(() => {
      const images = this.#padded(unpadded);
      const answers = emptyTensor([count], 'int32') as tf.Tensor1D;
      const losses = emptyTensor([count], 'float32') as tf.Tensor1D;
      const room = this.#roomFor(count);
      const buffers: Readonly<Record<(typeof evaluationBuffers)[number], GPUBuffer>> = {
        ...room,
        labels: bufferOf(labels),
        pixels: bufferOf(images),
        parameters,
      };
      submitHeldBack();
      const encoder = this.#device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setBindGroup(
        0,
        this.#device.createBindGroup({
          layout: this.#groupLayout,
          entries: evaluationBuffers.map((name, binding) => ({
            binding,
            resource: { buffer: buffers[name], ...(name === 'labels' ? { size: 4 * count } : {}) },
          })),
        }),
      );
      for (const { program: one, groups } of this.#programs) {
        pass.setPipeline(one.pipeline);
        pass.dispatchWorkgroups(groups(count));
      }
      pass.end();
      encoder.copyBufferToBuffer(room.verdict, 0, bufferOf(answers), 0, 4 * count);
      encoder.copyBufferToBuffer(room.verdict, 4 * count, bufferOf(losses), 0, 4 * count);
      this.#device.queue.submit([encoder.finish()]);
      return { answers, losses };
    });
  }

  /** Destroys the buffers. */
  dispose(): void {
    const { first, second, verdict } = this.#room ?? {};
    for (const buffer of [first, second, verdict]) buffer?.destroy();
    this.#room = null;
  }

  /** Widths are whole vectors on the device. */
  #padded(images: tf.Tensor2D): tf.Tensor2D {
    const missing = 4 * this.#layout.widths[0] - images.shape[1];
    if (missing === 0) return images;
    return tf.pad2d(images, [
      [0, 0],
      [0, missing],
    ]);
  }

  #roomFor(images: number): Room {
    if (this.#room !== null && this.#room.images >= images) return this.#room;
    this.dispose();
    const buffer = (bytes: number, more = 0) =>
      this.#device.createBuffer({ size: bytes * images, usage: GPUBufferUsage.STORAGE | more });
    const [, hidden1, hidden2] = this.#layout.widths;
    this.#room = {
      images,
      first: buffer(16 * hidden1),
      second: buffer(16 * hidden2),
      verdict: buffer(8, GPUBufferUsage.COPY_SRC),
    };
    return this.#room;
  }
}
