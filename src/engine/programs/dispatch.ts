import * as tf from '@tensorflow/tfjs';
import { holdsFloats, isSoftware } from './runProgram.ts';

/** A tensor that a dispatch makes. */
export interface Output {
  readonly shape: readonly number[];
  /** Numbers in an element of its array in the code: 4 where whole vectors are written, which its size must allow. */
  readonly width?: 1 | 4;
  /** Set where it is of whole numbers, `i32` in the code; else floats are written. */
  readonly whole?: true;
}

/** A tensor that a dispatch reads. */
export interface Input {
  readonly tensor: tf.TensorInfo;
  readonly width?: 1 | 4;
  /** Set where it is of whole numbers, `i32` in the code; else it is read as floats. */
  readonly whole?: true;
}

/** One dispatch of WGSL that may make several tensors at once, which programs of TensorFlow.js cannot. */
export interface Dispatch {
  /** Covers all that changes the code, but for the names and widths of the tensors; its first line is a label. */
  readonly key: string;
  /** By their names in the code; at most eight tensors in all, because devices promise no more. */
  readonly outputs: Readonly<Record<string, Output>>;
  readonly inputs: Readonly<Record<string, Input>>;
  /** Workgroups, and threads in each. */
  readonly groups: number;
  readonly groupSize: number;
  /** Defines `fn run(group : u32, lane : u32)`, called in each thread with its workgroup and its place in it. */
  readonly code: () => string;
}

/** Threads in a workgroup that share nothing. */
export const flatGroupSize = 64;

/** Number and size of the groups for threads that share nothing; the code begins with {@link flatIndex}. */
export function flat(threads: number): Pick<Dispatch, 'groups' | 'groupSize'> {
  return { groups: Math.ceil(threads / flatGroupSize), groupSize: flatGroupSize };
}

/** Lines that define a thread's `index` and end threads beyond the last. */
export function flatIndex(threads: number): string {
  return `let index = group * ${flatGroupSize}u + lane;
  if (index >= ${threads}u) { return; }`;
}

/** What is used of the backend. */
interface DispatchingBackend {
  readonly device: GPUDevice;
  /** Programs of TensorFlow.js; promises of them while it only compiles. */
  readonly pipelineCache: Record<string, GPUComputePipeline | Promise<GPUComputePipeline>>;
  getBufferData(buffer: { readonly size: number }): Promise<ArrayBuffer>;
  makeTensorInfo(shape: readonly number[], dtype: 'float32' | 'int32'): tf.TensorInfo;
  uploadToGPU(dataId: object): void;
  recordAndSubmit(
    program: { readonly pipeline: GPUComputePipeline; readonly dispatch: readonly [number, number, number] },
    output: tf.TensorInfo,
    inputs: readonly tf.TensorInfo[],
    uniforms: readonly never[],
  ): void;
}

function backend(): DispatchingBackend {
  return tf.backend() as unknown as DispatchingBackend;
}

/** Whether the current backend is webgpu, where operations of our own take the place of chains of stock ones. */
export function runsOnWebgpu(): boolean {
  return tf.getBackend() === 'webgpu';
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** Pipelines on their way while programs are compiled ahead, by their keys; null while work is done. */
let ahead: Map<string, Promise<void>> | null = null;

/**
 * Compiles the programs that some work on the webgpu backend needs, all at once and in the background. The work itself is
 * gone through without computing: what it reads back means nothing, and must not be kept. A program that cannot be
 * compiled is left to the real work, which says so.
 */
export async function compileAhead(work: () => Promise<void>): Promise<void> {
  const runner = backend();
  const { pipelineCache: stock } = runner;
  const own = new Map<string, Promise<void>>();
  const only = 'WEBGPU_ENGINE_COMPILE_ONLY';
  ahead = own;
  tf.env().set(only, true);
  // It would warn, and give null.
  runner.getBufferData = ({ size }) => Promise.resolve(new ArrayBuffer(size));
  try {
    await work();
  } finally {
    ahead = null;
    tf.env().set(only, false);
    Reflect.deleteProperty(runner, 'getBufferData');
    const arrived = Object.entries(stock).map(async ([key, pipeline]) => {
      try {
        stock[key] = await pipeline;
      } catch {
        Reflect.deleteProperty(stock, key);
      }
    });
    await Promise.all([...own.values(), ...arrived]);
  }
}

/**
 * Dispatches on TensorFlow.js' webgpu backend, which must be the current one, in its queue and with its buffers.
 *
 * @returns the outputs in their order
 */
export function dispatch(work: Dispatch): tf.Tensor[] {
  const infos = dispatchInfos(work);
  return infos.map((info) => tf.engine().makeTensorFromTensorInfo(info));
}

/** As {@link dispatch}, for kernels, whose results TensorFlow.js makes into tensors itself. */
export function dispatchInfos(work: Dispatch): tf.TensorInfo[] {
  const runner = backend();
  const pipeline = pipelineOf(work, runner.device);
  const made = Object.values(work.outputs).map(({ shape, whole }) =>
    runner.makeTensorInfo(shape, whole === true ? 'int32' : 'float32'),
  );
  for (const { dataId } of made) runner.uploadToGPU(dataId);
  // A cast from whole numbers leaves whole numbers on the device; a product is made of floats.
  const cast: tf.Tensor[] = [];
  const read = Object.values(work.inputs).map(({ tensor, whole }): tf.TensorInfo => {
    if (holdsFloats(tensor) !== (whole === true)) return tensor;
    if (whole === true) throw new TypeError(`Floats were given to ${work.key}, where it reads whole numbers.`);
    if (!(tensor instanceof tf.Tensor)) throw new TypeError(`A kernel gave whole numbers to ${work.key}.`);
    const floats = tf.mul(tensor, 1);
    cast.push(floats);
    return floats;
  });
  for (const { dataId } of read) runner.uploadToGPU(dataId);
  // Its shapes would only fill a uniform buffer that no code looks at.
  const bound = ({ dataId }: tf.TensorInfo): tf.TensorInfo => ({ dataId, shape: [1], dtype: 'float32' });
  const [first, ...others] = [...made, ...read].map(bound);
  if (pipeline !== null) runner.recordAndSubmit({ pipeline, dispatch: grid(work.groups) }, first, others, []);
  tf.dispose(cast);
  return made;
}

/** Workgroups in a row, as many as every device takes, and rows of them. */
const widestGrid = 65_535;

function grid(groups: number): [number, number, number] {
  return [Math.min(groups, widestGrid), Math.ceil(groups / widestGrid), 1];
}

/** Null while programs are compiled ahead. */
function pipelineOf(work: Dispatch, device: GPUDevice): GPUComputePipeline | null {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  const widths = [...Object.values(work.outputs), ...Object.values(work.inputs)].map(({ width }) => width ?? 1);
  const key = `${work.key}_${work.groupSize}_${work.groups}_${widths.join('')}`;
  const found = known.get(key);
  if (ahead !== null) {
    if (found !== undefined || ahead.has(key)) return null;
    const made = device.createComputePipelineAsync(described(work, device));
    ahead.set(
      key,
      made.then(
        (pipeline) => void known.set(key, pipeline),
        () => undefined,
      ),
    );
    return null;
  }
  if (found !== undefined) return found;
  const made = device.createComputePipeline(described(work, device));
  known.set(key, made);
  return made;
}

function described(
  { key, outputs, inputs, groups, groupSize, code }: Dispatch,
  device: GPUDevice,
): GPUComputePipelineDescriptor {
  const tensors = [
    ...Object.entries(outputs).map(([name, { width, whole }]) => ({
      name,
      type: whole === true ? 'i32' : typeOf(width ?? 1),
      access: 'read_write' as const,
    })),
    ...Object.entries(inputs).map(([name, { width, whole }]) => ({
      name,
      type: whole === true ? 'i32' : typeOf(width ?? 1),
      access: 'read' as const,
    })),
  ];
  const declarations = tensors.map(
    ({ name, type, access }, binding) =>
      `@group(0) @binding(${binding}) var<storage, ${access}> ${name} : array<${type}>;`,
  );
  const label = `mirLab_${key.split('\n', 1)[0]}`;
  const module = device.createShaderModule({
    label,
    code: `${declarations.join('\n')}
${code()}
@compute @workgroup_size(${groupSize})
fn start(
  @builtin(workgroup_id) at : vec3u,
  @builtin(num_workgroups) all : vec3u,
  @builtin(local_invocation_index) lane : u32,
) {
  let group = at.y * all.x + at.x;
  if (group < ${groups}u) { run(group, lane); }
}`,
  });
  // The backend binds a uniform buffer last, which a layout derived from the code would not have.
  const layout = device.createBindGroupLayout({
    entries: [
      ...tensors.map(({ access }, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
      })),
      { binding: tensors.length, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' as const } },
    ],
  });
  return {
    label,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: 'start' },
  };
}

/** How the work on one sum is shared out. */
export interface Sharing {
  /** Threads of a workgroup that work on the same sums and meet at a barrier; 1 for no barrier. */
  readonly lanes: number;
  /** Threads that keep the device busy. */
  readonly threads: number;
}

/** For adapters that imitate a graphics card on the processor: few threads, and no barriers, which stop its SIMD code. */
export const softwareSharing: Sharing = { lanes: 1, threads: 64 };

/** For graphics cards. */
export const hardwareSharing: Sharing = { lanes: 256, threads: 32_768 };

/** What suits the current backend's device. */
export function deviceSharing(): Sharing {
  // Browsers from before 2025 do not tell; there a page has chosen WebGPU because it runs on hardware.
  const info = (backend().device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
  return info !== undefined && isSoftware(info) ? softwareSharing : hardwareSharing;
}

/** 4 if a row of this many numbers can be read and written as whole vectors, else 1. */
export function widthOf(count: number): 1 | 4 {
  return count % 4 === 0 ? 4 : 1;
}

/** A WGSL type: numbers or vectors of four. */
export function typeOf(width: 1 | 4): 'f32' | 'vec4f' {
  return width === 4 ? 'vec4f' : 'f32';
}
