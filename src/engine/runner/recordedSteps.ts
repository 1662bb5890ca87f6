import * as tf from '@tensorflow/tfjs';
import { tidy } from '../models/parameters.ts';
import {
  bufferOf,
  emptyTensor,
  readBuffers,
  submitHeldBack,
  webgpuBackend,
  driverWords,
  GraphicsFailure,
} from '../programs/runProgram.ts';
import { type Arena, capture, type Command, play, release } from './capture.ts';
import {
  forgetDirectSteps,
  noteDirectStep,
  distinct,
  type HostTensor,
  isTensor,
  leavesOf,
  mapTree,
  type OutputsOf,
  type Step,
} from './step.ts';
import { assembled, numbersOf, type SavedValues } from './inputs.ts';
import { Outbox } from './outbox.ts';

/** A step as it was recorded. */
interface Recording {
  readonly commands: readonly Command[];
  /** Copies the new state to the place of the old one. */
  readonly settle: readonly Command[];
  readonly state: unknown;
  /** The tree of output tensors. */
  readonly outputs: unknown;
  readonly arena: Arena;
  /** All tensors whose buffers come from the arena. */
  readonly tensors: readonly tf.Tensor[];
  readonly inbox: Inbox;
  /** Buffers between two homes. */
  readonly between: readonly GPUBuffer[];
}

/**
 * The most recordings that a learner keeps, and that it makes of one step. Without limits, a step with ever new shapes
 * would fill the device, and be recorded in vain.
 */
const [mostRecordings, mostOfStep] = [40, 30];

/**
 * Runs steps on WebGPU by recordings (ARCHITECTURE.md, "Recordings on WebGPU"). The commands that a step gives the
 * device when it first runs are noted. From then on they are given again in one submit, with new inputs; no bind group,
 * uniform or buffer is made. A recording is known by its step's name and by the shapes of state and inputs.
 *
 * Each tensor of the state has its home on the device and stays there; after a step the new state is copied home.
 */
export class RecordedSteps<State> {
  state: State;
  readonly #device = webgpuBackend().device;
  readonly #outbox = new Outbox(this.#device);
  readonly #recordings = new Map<string, Recording>();
  readonly #homes = new Map<string, tf.Tensor>();
  /** How many recordings were made of each step. */
  readonly #made = new Map<string, number>();
  /** Why a recording is not what it should be; null while all are. */
  #failure: GraphicsFailure | null = null;

  constructor(initial: () => State) {
    this.state = this.#brought(initial);
  }

  /** The numbers of tensors of the state, as they are now. TensorFlow.js itself would remember them, and they change. */
  async read(tensors: readonly tf.Tensor[]): Promise<SavedValues[]> {
    submitHeldBack();
    const wanted = tensors.map((tensor) => ({ buffer: bufferOf(tensor), bytes: 4 * tensor.size }));
    const read = await readBuffers(this.#device, wanted);
    return read.map((bytes, index) =>
      tensors[index].dtype === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes),
    );
  }

  /** Takes another state instead. */
  replace(make: () => State): void {
    this.state = this.#brought(make);
  }

  /** Throws GraphicsFailure once a step before could not be recorded: the device says so only later. */
  run<Inputs, Outputs>(step: Step<State, Inputs, Outputs>, inputs: Inputs): OutputsOf<Outputs> {
    if (this.#failure !== null) throw this.#failure;
    const given = numbersOf(inputs);
    const key = [step.name, shapesOf(given), shapeOfTree(this.state)].join(' | ');
    const known = this.#recordings.get(key);
    if (known !== undefined) {
      submitHeldBack();
      known.inbox.write(given);
      // The latest is last.
      this.#recordings.delete(key);
      this.#recordings.set(key, known);
      return this.#finish(known, (encoder) => {
        known.inbox.deliver(encoder);
        play(encoder, known.commands);
      }) as OutputsOf<Outputs>;
    }
    const recording = this.#watched(`do the step "${step.name}"`, () => this.#record(step, inputs, given));
    const lasting = step.once !== true && this.#mayKeep(step.name);
    if (lasting) this.#keep(key, recording);
    const outputs = this.#finish(recording) as OutputsOf<Outputs>;
    if (!lasting) this.#drop(recording);
    return outputs;
  }

  dispose(): void {
    for (const recording of this.#recordings.values()) this.#drop(recording);
    for (const home of this.#homes.values()) home.dispose();
    this.#outbox.dispose();
    forgetDirectSteps(this);
  }

  /** Whether one more recording of a step is worth keeping; counts it. */
  #mayKeep(name: string): boolean {
    const made = (this.#made.get(name) ?? 0) + 1;
    this.#made.set(name, made);
    if (made === mostOfStep + 1)
      noteDirectStep(this, {
        step: name,
        why: `its inputs have had more than ${mostOfStep} shapes, so that recording it again would not pay`,
      });
    return made <= mostOfStep;
  }

  /** Keeps a recording, in the place of the one that was played longest ago if there are too many. */
  #keep(key: string, recording: Recording): void {
    this.#recordings.set(key, recording);
    if (this.#recordings.size <= mostRecordings) return;
    const [[oldest, dropped]] = this.#recordings;
    this.#recordings.delete(oldest);
    this.#drop(dropped);
  }

  /** A state whose tensors are all at home. */
  #brought(make: () => State): State {
    return this.#watched('hold the networks', () => {
      const made = tidy(make);
      for (const tensor of leavesOf(made)) tf.keep(tensor);
      const { state, commands, between } = this.#settled(made);
      submitHeldBack();
      this.#submit((encoder) => play(encoder, commands));
      for (const tensor of leavesOf(made)) tensor.dispose();
      for (const buffer of between) buffer.destroy();
      return state;
    });
  }

  /**
   * Has the device watch for memory or limits that some work asks too much of.
   *
   * @param what the card is to do
   */
  #watched<Result>(what: string, work: () => Result): Result {
    this.#device.pushErrorScope('out-of-memory');
    this.#device.pushErrorScope('validation');
    try {
      return work();
    } finally {
      const scopes = [this.#device.popErrorScope(), this.#device.popErrorScope()];
      void Promise.all(scopes).then(
        ([refused, full]) => {
          // What does not fit is refused later, too, wherever it is used.
          if (full !== null) this.#failure ??= tooLittleMemory(what);
          else if (refused !== null) this.#failure ??= cannotDo(what, refused.message);
        },
        // Of a lost device whoever started it hears.
        () => undefined,
      );
    }
  }

  /** Runs a step while its commands are noted. */
  #record<Inputs, Outputs>(
    step: Step<State, Inputs, Outputs>,
    inputs: Inputs,
    given: readonly HostTensor[],
  ): Recording {
    const inbox = new Inbox(this.#device, given);
    inbox.write(given);
    this.#submit((encoder) => inbox.deliver(encoder));
    const { result, commands, arena } = capture(() => {
      const made = tidy(() => {
        const { state, outputs } = step.run(this.state, assembled(inputs, inbox.tensors));
        const apart = { state, outputs: distinct(outputs, leavesOf([this.state, state])) };
        for (const tensor of leavesOf(apart)) bufferOf(tensor);
        return apart;
      });
      for (const tensor of leavesOf(made)) tf.keep(tensor);
      return made;
    });
    const homes = new Set(this.#homes.values());
    const tensors = [...leavesOf(result)].filter((tensor) => !homes.has(tensor));
    const { state, commands: settle, between } = this.#settled(result.state);
    return { commands, settle, state, outputs: result.outputs, arena, tensors, inbox, between };
  }

  /** Submits the rest of a recording: the outputs go to the outbox, and the state goes home. */
  #finish(recording: Recording, before: (encoder: GPUCommandEncoder) => void = () => undefined): unknown {
    const outputs = this.#submit((encoder) => {
      before(encoder);
      const taken = mapTree(recording.outputs, (node) =>
        isTensor(node)
          ? this.#outbox.take(encoder, bufferOf(node), node.size, node.dtype === 'int32' ? 'int32' : 'float32')
          : undefined,
      );
      play(encoder, recording.settle);
      return taken;
    });
    this.state = recording.state as State;
    return outputs;
  }

  /**
   * A state whose tensors are all at home, and the commands that bring it there. A tensor that still lies in the home
   * of another one goes by a buffer between, which whoever plays the commands frees.
   */
  #settled(made: unknown): { state: State; commands: Command[]; between: readonly GPUBuffer[] } {
    const copies: { readonly from: GPUBuffer; readonly to: GPUBuffer }[] = [];
    const state = mapTree(named(made), (node) => {
      if (!(node instanceof Leaf)) return undefined;
      const { tensor } = node;
      const key = `${node.path} ${tensor.dtype} ${tensor.shape.join()}`;
      const home = this.#homes.get(key) ?? tf.keep(emptyTensor(tensor.shape, tensor.dtype));
      this.#homes.set(key, home);
      if (home !== tensor) copies.push({ from: bufferOf(tensor), to: bufferOf(home) });
      return home;
    }) as State;
    const targets = new Set(copies.map(({ to }) => to));
    const crossing = copies.filter(({ from }) => targets.has(from));
    const between = new Map(
      crossing.map(({ from }) => [from, this.#device.createBuffer({ size: from.size, usage: from.usage })]),
    );
    const copy = (from: GPUBuffer, to: GPUBuffer): Command => ({
      kind: 'copy',
      from,
      fromOffset: 0,
      to,
      toOffset: 0,
      size: from.size,
    });
    return {
      state,
      commands: [
        ...[...between].map(([from, to]) => copy(from, to)),
        ...copies.filter(({ from, to }) => from !== to).map(({ from, to }) => copy(between.get(from) ?? from, to)),
      ],
      between: [...between.values()],
    };
  }

  #drop({ arena, tensors, inbox, between }: Recording): void {
    release(arena, tensors);
    inbox.dispose();
    for (const buffer of between) buffer.destroy();
  }

  #submit<Result>(encode: (encoder: GPUCommandEncoder) => Result): Result {
    const encoder = this.#device.createCommandEncoder();
    const result = encode(encoder);
    this.#device.queue.submit([encoder.finish()]);
    return result;
  }
}

/** The inputs of a recording on the device. All come in one upload, and each goes to its tensor. */
class Inbox {
  readonly tensors: readonly tf.Tensor[];
  readonly #device: GPUDevice;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #buffer: GPUBuffer;
  #deliveries: readonly Command[] | null = null;

  constructor(device: GPUDevice, given: readonly HostTensor[]) {
    this.#device = device;
    this.tensors = given.map(({ values, shape }) =>
      tf.keep(emptyTensor(shape as number[], values instanceof Int32Array ? 'int32' : 'float32')),
    );
    this.#words = new Uint32Array(
      Math.max(
        1,
        given.reduce((sum, { values }) => sum + values.length, 0),
      ),
    );
    this.#buffer = device.createBuffer({
      size: this.#words.byteLength,
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  write(given: readonly HostTensor[]): void {
    let from = 0;
    for (const { values } of given) {
      this.#words.set(new Uint32Array(values.buffer, values.byteOffset, values.length), from);
      from += values.length;
    }
    this.#device.queue.writeBuffer(this.#buffer, 0, this.#words);
  }

  deliver(encoder: GPUCommandEncoder): void {
    this.#deliveries ??= this.#deliver();
    play(encoder, this.#deliveries);
  }

  #deliver(): Command[] {
    let from = 0;
    return this.tensors.flatMap((tensor) => {
      const [fromOffset, size] = [from, 4 * tensor.size];
      from += size;
      return size === 0
        ? []
        : [{ kind: 'copy' as const, from: this.#buffer, fromOffset, to: bufferOf(tensor), toOffset: 0, size }];
    });
  }

  dispose(): void {
    tf.dispose([...this.tensors]);
    this.#buffer.destroy();
  }
}

function tooLittleMemory(what: string): GraphicsFailure {
  return new GraphicsFailure('memory', `The graphics card has too little free memory to ${what}.`);
}

/** @param message what the driver says: which limit, and how much was asked for */
function cannotDo(what: string, message: string): GraphicsFailure {
  return new GraphicsFailure('memory', `The graphics card cannot ${what}${driverWords(message)}.`);
}

/** A tensor of a tree, and its path. */
class Leaf {
  readonly path: string;
  readonly tensor: tf.Tensor;

  constructor(path: string, tensor: tf.Tensor) {
    this.path = path;
    this.tensor = tensor;
  }
}

/** A tree with the path of each tensor. */
function named(tree: unknown, path = ''): unknown {
  if (isTensor(tree)) return new Leaf(path, tree);
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((child, index) => named(child, `${path}/${index}`));
  return Object.fromEntries(Object.entries(tree).map(([name, child]) => [name, named(child, `${path}/${name}`)]));
}

function shapesOf(given: readonly HostTensor[]): string {
  return given
    .map(({ values, shape }) => `${values instanceof Int32Array ? 'i' : 'f'}${(shape as number[]).join('x')}`)
    .join(' ');
}

const shapes = new WeakMap<object, string>();

/** The names and shapes of a state. A settled state stays one object for as long as they do not change. */
function shapeOfTree(tree: unknown): string {
  if (typeof tree !== 'object' || tree === null) return '';
  const known = shapes.get(tree);
  if (known !== undefined) return known;
  const parts: string[] = [];
  mapTree(named(tree), (node) => {
    if (!(node instanceof Leaf)) return undefined;
    parts.push(`${node.path}:${node.tensor.shape.join('x')}`);
    return node;
  });
  const shape = parts.join(' ');
  shapes.set(tree, shape);
  return shape;
}
