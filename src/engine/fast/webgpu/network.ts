import type { Parameters } from '../../models/parameters.ts';
import { readBuffers } from '../../programs/runProgram.ts';
import type { FormState } from '../perceptron.ts';
import type { Layout, Program, Tiling } from './layout.ts';
import { stepBuffers, type StepKind, stepPrograms } from './stepPrograms.ts';

/** A program on a device. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly groups: number;
}

const compiled = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** Compiles programs for a device; the same text is compiled once for all learners. */
export function dispatchesOf(
  device: GPUDevice,
  groupLayout: GPUBindGroupLayout,
  programs: readonly Program[],
): Dispatch[] {
  const known = compiled.get(device) ?? new Map<string, GPUComputePipeline>();
  compiled.set(device, known);
  const layout = device.createPipelineLayout({ bindGroupLayouts: [groupLayout] });
  return programs.map(({ code, groups }) => {
    const pipeline =
      known.get(code) ??
      device.createComputePipeline({ layout, compute: { module: device.createShaderModule({ code }) } });
    known.set(code, pipeline);
    return { pipeline, groups };
  });
}

const layouts = new WeakMap<GPUDevice, Map<string, GPUBindGroupLayout>>();

/** The layout of storage buffers in order, of which the first `readOnly` are never written; one for each name and device. */
export function bindGroupLayout(device: GPUDevice, name: string, count: number, readOnly: number): GPUBindGroupLayout {
  const known = layouts.get(device) ?? new Map<string, GPUBindGroupLayout>();
  layouts.set(device, known);
  const layout =
    known.get(name) ??
    device.createBindGroupLayout({
      label: name,
      entries: Array.from({ length: count }, (_, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: binding < readOnly ? 'read-only-storage' : 'storage' },
      })),
    });
  known.set(name, layout);
  return layout;
}

/** Names of a layer's parameters in a network of three (models/mlp.ts). */
const names = ['0', '2', '4'] as const;

/** A network's weights and biases as the fused step keeps them. */
function packParameters(layout: Layout, values: (name: string) => Float32Array): Float32Array<ArrayBuffer> {
  const packed = new Float32Array(4 * layout.parametersSize);
  eachLayer(layout, ({ name, inputs, outputs, place }) => {
    const [weight, bias] = [values(`${name}.weight`), values(`${name}.bias`)];
    for (let out = 0; out < outputs; out++) {
      for (let i = 0; i < inputs; i++) packed[place(i, out)] = weight[out * inputs + i];
      packed[place('bias', out)] = bias[out];
    }
  });
  return packed;
}

/** The reverse of {@link packParameters}. */
function unpackParameters(layout: Layout, packed: Float32Array): Record<string, Float32Array> {
  const all: Record<string, Float32Array> = {};
  eachLayer(layout, ({ name, inputs, outputs, place }) => {
    const [weight, bias] = [new Float32Array(inputs * outputs), new Float32Array(outputs)];
    for (let out = 0; out < outputs; out++) {
      for (let i = 0; i < inputs; i++) weight[out * inputs + i] = packed[place(i, out)];
      bias[out] = packed[place('bias', out)];
    }
    all[`${name}.weight`] = weight;
    all[`${name}.bias`] = bias;
  });
  return all;
}

interface LayerPlaces {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Where the weight of an input, or the bias, to an output lies among the packed numbers. */
  readonly place: (input: number | 'bias', output: number) => number;
}

function eachLayer({ shape, widths, weights }: Layout, visit: (layer: LayerPlaces) => void): void {
  names.forEach((name, index) => {
    const { offset, width } = weights[index];
    visit({
      name,
      inputs: shape.layers[index],
      outputs: shape.layers[index + 1],
      place: (input, output) => 4 * (offset + (input === 'bias' ? 4 * widths[index] : input) * width) + output,
    });
  });
}

/** What a network is made of. */
interface FusedNetworkInput {
  readonly device: GPUDevice;
  readonly layout: Layout;
  readonly tiling: Tiling;
  /** θ at the start, as the classifier names it. */
  readonly initial: Parameters;
  /** The training images. */
  readonly images: GPUBuffer;
  /** The numbers that bytes 0 and 255 become. */
  readonly range: readonly [number, number];
  /** Slots of the memory. */
  readonly capacity: number;
  /** Most iterations on one batch. */
  readonly iterations: number;
}

/** Copies of parts of the report, for those who asked for them. */
export interface ReportCopy {
  readonly buffer: GPUBuffer;
  /** In 32-bit words. */
  readonly from: number;
  readonly count: number;
}

/** One iteration as the device sees it. */
export interface Iteration {
  readonly kind: StepKind;
  readonly copies: readonly ReportCopy[];
}

/** The parameters of a network and everything else that training needs, on the graphics device. */
export class FusedNetwork {
  readonly #input: FusedNetworkInput;
  readonly #buffers: Readonly<Record<(typeof stepBuffers)[number], GPUBuffer>>;
  readonly #bindGroups: readonly GPUBindGroup[];
  readonly #dispatches = new Map<StepKind, readonly Dispatch[]>();
  #fault: string | null = null;

  constructor(input: FusedNetworkInput) {
    const { device, layout, capacity, iterations } = input;
    this.#input = input;
    this.#openScopes();
    const storage = (words: number, more = 0) =>
      device.createBuffer({ size: 4 * words, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | more });
    this.#buffers = {
      record: storage(layout.record.stride * iterations),
      images: input.images,
      parameters: storage(4 * layout.parametersSize, GPUBufferUsage.COPY_SRC),
      work: storage(4 * layout.workSize),
      report: storage(layout.report.size, GPUBufferUsage.COPY_SRC),
      best: storage(Math.max(1, capacity), GPUBufferUsage.COPY_SRC),
    };
    // Tensors that were made from values return them without waiting for a device.
    const initial = (name: string) => input.initial[name].dataSync<'float32'>();
    device.queue.writeBuffer(this.#buffers.parameters, 0, packParameters(layout, initial));
    const groupLayout = this.#groupLayout;
    this.#bindGroups = Array.from({ length: iterations }, (_, iteration) =>
      device.createBindGroup({
        layout: groupLayout,
        entries: stepBuffers.map((name, binding) => ({
          binding,
          resource:
            name === 'record'
              ? {
                  buffer: this.#buffers.record,
                  offset: 4 * layout.record.stride * iteration,
                  size: 4 * layout.record.stride,
                }
              : { buffer: this.#buffers[name] },
        })),
      }),
    );
    const kinds: readonly StepKind[] = layout.shape.candidates === 0 ? ['incoming'] : ['incoming', 'random', 'scored'];
    for (const kind of kinds) this.#dispatchesOf(kind);
    this.#watchScopes();
  }

  /** Takes back the two error scopes of {@link FusedNetwork}, and notes what they caught. */
  #watchScopes(): void {
    const { device } = this.#input;
    for (const scope of ['memory', 'programs']) {
      device.popErrorScope().then(
        (error) => {
          if (error !== null)
            this.#fault = `The graphics device refused the ${scope} of the training step (${error.message}). Choose the wasm backend.`;
        },
        () => undefined,
      );
    }
  }

  #openScopes(): void {
    this.#input.device.pushErrorScope('validation');
    this.#input.device.pushErrorScope('out-of-memory');
  }

  get #groupLayout(): GPUBindGroupLayout {
    return bindGroupLayout(this.#input.device, 'step', stepBuffers.length, 2);
  }

  /** The programs of a kind of step; those of a traced one are made when it first runs. */
  #dispatchesOf(kind: StepKind): readonly Dispatch[] {
    const { device, layout, range, tiling } = this.#input;
    const known = this.#dispatches.get(kind);
    if (known !== undefined) return known;
    const made = dispatchesOf(device, this.#groupLayout, stepPrograms(kind, layout, range, tiling));
    this.#dispatches.set(kind, made);
    return made;
  }

  /** θ, as {@link Layout} lays it out. */
  get parameters(): GPUBuffer {
    return this.#buffers.parameters;
  }

  /**
   * Trains: one submit for all iterations on a batch. Waits for nothing.
   *
   * @param records the records of the iterations, one after another
   * @throws Error if the device has refused the programs
   */
  step(records: Uint32Array<ArrayBuffer>, iterations: readonly Iteration[]): void {
    if (this.#fault !== null) throw new Error(this.#fault);
    const { device } = this.#input;
    if (iterations.some(({ kind }) => !this.#dispatches.has(kind))) {
      this.#openScopes();
      for (const { kind } of iterations) this.#dispatchesOf(kind);
      this.#watchScopes();
    }
    device.queue.writeBuffer(this.#buffers.record, 0, records);
    const encoder = device.createCommandEncoder();
    iterations.forEach(({ kind, copies }, iteration) => {
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, this.#bindGroups[iteration]);
      for (const { pipeline, groups } of this.#dispatchesOf(kind)) {
        pass.setPipeline(pipeline);
        pass.dispatchWorkgroups(groups);
      }
      pass.end();
      for (const { buffer, from, count } of copies)
        encoder.copyBufferToBuffer(this.#buffers.report, 4 * from, buffer, 0, 4 * count);
    });
    device.queue.submit([encoder.finish()]);
  }

  /** What it has learnt so far. Waits only for the numbers. */
  async save(): Promise<FormState> {
    const { device, layout, capacity } = this.#input;
    const [packed, best] = await readBuffers(device, [
      { buffer: this.#buffers.parameters, bytes: 16 * layout.parametersSize },
      { buffer: this.#buffers.best, bytes: 4 * capacity },
    ]);
    return { parameters: unpackParameters(layout, new Float32Array(packed)), best: new Float32Array(best) };
  }

  restore({ parameters, best }: FormState): void {
    const { device, layout } = this.#input;
    device.queue.writeBuffer(
      this.#buffers.parameters,
      0,
      packParameters(layout, (name) => parameters[name]),
    );
    device.queue.writeBuffer(this.#buffers.best, 0, Float32Array.from(best));
  }

  /** Destroys the buffers; the images belong to others. */
  dispose(): void {
    const { record, parameters, work, report, best } = this.#buffers;
    for (const buffer of [record, parameters, work, report, best]) buffer.destroy();
  }
}
