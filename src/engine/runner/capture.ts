import * as tf from '@tensorflow/tfjs';
import { type BufferManager, submitHeldBack, webgpuBackend } from '../programs/runProgram.ts';

/** One command of a recording. */
export type Command =
  | {
      readonly kind: 'dispatch';
      readonly pipeline: GPUComputePipeline;
      readonly group: GPUBindGroup;
      /** Workgroups. */
      readonly x: number;
      readonly y: number;
      readonly z: number;
    }
  | {
      readonly kind: 'copy';
      readonly from: GPUBuffer;
      readonly fromOffset: number;
      readonly to: GPUBuffer;
      readonly toOffset: number;
      readonly size: number;
    };

/** The result of some work, and the commands that led to it. */
export interface Captured<Result> {
  readonly result: Result;
  readonly commands: Command[];
  readonly arena: Arena;
}

/**
 * After this many dispatches captured work is submitted, so that buffers that are no longer needed can be used again.
 */
const submitInterval = 8;

/**
 * The buffers of one recording. No other code gets them. A buffer that was filled from the host is given out only once,
 * because nothing fills it again when the recording is played. Buffers of others go back to where they came from.
 */
export class Arena implements BufferManager {
  readonly numBytesUsed = 0;
  numBytesAllocated = 0;
  readonly #device: GPUDevice;
  readonly #outer: BufferManager;
  readonly #own = new Set<GPUBuffer>();
  readonly #pinned = new Set<GPUBuffer>();
  readonly #free = new Map<string, GPUBuffer[]>();

  constructor(device: GPUDevice, outer: BufferManager) {
    this.#device = device;
    this.#outer = outer;
  }

  acquireBuffer(size: number, usage: number, mappedAtCreation = false, reuse = true): GPUBuffer {
    const known = reuse && !mappedAtCreation ? this.#free.get(`${size} ${usage}`)?.pop() : undefined;
    if (known !== undefined) return known;
    const buffer = this.#device.createBuffer({ size, usage, mappedAtCreation });
    this.numBytesAllocated += size;
    this.#own.add(buffer);
    if (mappedAtCreation || (usage & GPUBufferUsage.UNIFORM) !== 0) this.#pinned.add(buffer);
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    if (!this.#own.has(buffer)) {
      this.#outer.releaseBuffer(buffer, reuse);
      return;
    }
    if (this.#pinned.has(buffer)) return;
    const key = `${buffer.size} ${buffer.usage}`;
    this.#free.set(key, [...(this.#free.get(key) ?? []), buffer]);
  }

  /** Keeps a buffer from being given out again. */
  pin(buffer: GPUBuffer): void {
    this.#pinned.add(buffer);
  }

  dispose(): void {
    for (const buffer of this.#own) buffer.destroy();
    this.#own.clear();
  }
}

/** Does some work on the webgpu backend, and notes every command that it gives the device. */
export function capture<Result>(work: () => Result): Captured<Result> {
  const backend = webgpuBackend();
  submitHeldBack();
  const [commands, arena]: [Command[], Arena] = [[], new Arena(backend.device, backend.bufferManager)];
  const restore = [noteDispatches(commands), noteCopies(commands, arena), giveBuffers(arena), submitOften()];
  try {
    const result = work();
    submitHeldBack();
    return { result, commands, arena };
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}

/** Gives the tensors of a recording back to its arena, and destroys the arena. */
export function release(arena: Arena, tensors: readonly tf.Tensor[]): void {
  submitHeldBack();
  const undo = giveBuffers(arena);
  tf.dispose([...tensors]);
  submitHeldBack();
  undo();
  arena.dispose();
}

function noteDispatches(commands: Command[]): () => void {
  const pass = GPUComputePassEncoder.prototype;
  // The methods are called with their pass as `this`.
  // oxlint-disable-next-line typescript/unbound-method
  const { setPipeline, setBindGroup, dispatchWorkgroups } = pass;
  let pipeline: GPUComputePipeline | null = null;
  let group: GPUBindGroup | null = null;
  pass.setPipeline = function (this: GPUComputePassEncoder, next: GPUComputePipeline) {
    pipeline = next;
    setPipeline.call(this, next);
  };
  pass.setBindGroup = function (this: GPUComputePassEncoder, index: number, next: GPUBindGroup | null) {
    group = next;
    Reflect.apply(setBindGroup, this, [index, next]);
  } as typeof setBindGroup;
  pass.dispatchWorkgroups = function (this: GPUComputePassEncoder, x: number, y = 1, z = 1) {
    if (pipeline !== null && group !== null) commands.push({ kind: 'dispatch', pipeline, group, x, y, z });
    dispatchWorkgroups.call(this, x, y, z);
  };
  return () => {
    Object.assign(pass, { setPipeline, setBindGroup, dispatchWorkgroups });
  };
}

/**
 * Copies from the host are not repeated when a recording is played: the buffers that they filled keep their content.
 */
function noteCopies(commands: Command[], arena: Arena): () => void {
  const encoder = GPUCommandEncoder.prototype;
  // oxlint-disable-next-line typescript/unbound-method
  const { copyBufferToBuffer } = encoder;
  encoder.copyBufferToBuffer = function (
    this: GPUCommandEncoder,
    from: GPUBuffer,
    fromOffset: number,
    to: GPUBuffer,
    toOffset: number,
    size: number,
  ) {
    if ((from.usage & GPUBufferUsage.MAP_WRITE) !== 0) arena.pin(to);
    else commands.push({ kind: 'copy', from, fromOffset, to, toOffset, size });
    copyBufferToBuffer.call(this, from, fromOffset, to, toOffset, size);
  } as typeof copyBufferToBuffer;
  return () => {
    Object.assign(encoder, { copyBufferToBuffer });
  };
}

function giveBuffers(arena: Arena): () => void {
  const backend = webgpuBackend();
  const { bufferManager } = backend;
  backend.bufferManager = arena;
  return () => {
    backend.bufferManager = bufferManager;
  };
}

function submitOften(): () => void {
  const name = 'WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE';
  const usual = tf.env().getNumber(name);
  tf.env().set(name, submitInterval);
  return () => tf.env().set(name, usual);
}

/** Plays commands again. */
export function play(encoder: GPUCommandEncoder, commands: readonly Command[]): void {
  let pass: GPUComputePassEncoder | null = null;
  let latest: GPUComputePipeline | null = null;
  for (const command of commands) {
    switch (command.kind) {
      case 'dispatch':
        if (pass === null) {
          pass = encoder.beginComputePass();
          latest = null;
        }
        if (command.pipeline !== latest) {
          latest = command.pipeline;
          pass.setPipeline(latest);
        }
        pass.setBindGroup(0, command.group);
        pass.dispatchWorkgroups(command.x, command.y, command.z);
        break;
      case 'copy':
        pass?.end();
        pass = null;
        encoder.copyBufferToBuffer(command.from, command.fromOffset, command.to, command.toOffset, command.size);
        break;
      default:
        command satisfies never;
    }
  }
  pass?.end();
}
