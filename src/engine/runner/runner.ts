import * as tf from '@tensorflow/tfjs';
import type { Lasting, Saved } from '../../core/checkpoint.ts';
import { tidy } from '../models/parameters.ts';
import { onWebgpu } from '../programs/runProgram.ts';
import { tensorsOf, checkedTree, restoredTree, savedTree, type SavedValues } from './inputs.ts';
import { OutputReader } from './outbox.ts';
import { RecordedSteps } from './recordedSteps.ts';
import { distinct, isTensor, leavesOf, mapTree, type OutputsOf, type Step, type TensorsOf } from './step.ts';

/**
 * Holds a learner's state and runs its steps: hands in inputs, keeps the new state, frees the old one, and hands out
 * outputs. All tensors of a learner are its own. On WebGPU a step is recorded when it first runs and played from then
 * on (recordedSteps.ts); elsewhere steps run directly.
 */
export class Runner<State> implements Lasting {
  readonly #steps: DirectSteps<State> | RecordedSteps<State>;

  /**
   * @param initial makes the state at the start; other tensors that it makes are freed
   */
  constructor(initial: () => State) {
    this.#steps = recording && onWebgpu() ? new RecordedSteps(initial) : new DirectSteps(initial);
  }

  /** The state as it is now. Its tensors live until the next step. */
  get state(): State {
    return this.#steps.state;
  }

  /** Runs a step. Where it throws, the state stays. */
  run<Inputs, Outputs>(step: Step<State, Inputs, Outputs>, inputs: Inputs): OutputsOf<Outputs> {
    return this.#steps.run(step, inputs);
  }

  async save(): Promise<Saved> {
    const { state } = this;
    const tensors = [...leavesOf(state)];
    const read = await this.#steps.read(tensors);
    return savedTree(state, (tensor) => ({ shape: [...tensor.shape], values: read[tensors.indexOf(tensor)] }));
  }

  restore(saved: Saved | undefined, name: string): void {
    const checked = checkedTree(saved, this.state, name);
    this.#steps.replace(() => restoredTree(checked) as State);
  }

  /** Frees the state, and outputs that were not read. */
  dispose(): void {
    this.#steps.dispose();
  }
}

/** Whether steps are recorded where they can be. */
let recording = true;

/** Makes runners that run every step directly, for comparison; only while `make` runs. */
export function withoutRecordings<Result>(make: () => Result): Result {
  recording = false;
  try {
    return make();
  } finally {
    recording = true;
  }
}

/** A step that looks at the state and leaves it. */
export function look<State, Inputs, Outputs>(
  name: string,
  see: (state: State, inputs: TensorsOf<Inputs>) => Outputs,
): Step<State, Inputs, Outputs> {
  return { name, run: (state, inputs) => ({ state, outputs: see(state, inputs) }) };
}

/** Runs steps directly. */
class DirectSteps<State> {
  state: State;
  readonly #reader = new OutputReader();

  constructor(initial: () => State) {
    this.state = made(initial);
  }

  /** The numbers of tensors of the state, as they are now. */
  read(tensors: readonly tf.Tensor[]): Promise<SavedValues[]> {
    return Promise.all(
      tensors.map(async (tensor) => {
        // A tensor must not be freed while it is read.
        const clone = tf.clone(tensor);
        const values = await clone.data<'float32' | 'int32'>().finally(() => clone.dispose());
        // Alone the wasm backend gives a copy.
        return tf.getBackend() === 'wasm' ? values : values.slice();
      }),
    );
  }

  /** Takes another state instead. */
  replace(make: () => State): void {
    for (const tensor of leavesOf(this.state)) tensor.dispose();
    this.state = made(make);
  }

  run<Inputs, Outputs>(step: Step<State, Inputs, Outputs>, inputs: Inputs): OutputsOf<Outputs> {
    const before = this.state;
    const { state, outputs } = tidy(() => {
      const made = step.run(before, tensorsOf(inputs));
      return { state: made.state, outputs: distinct(made.outputs, leavesOf([before, made.state])) };
    });
    const kept = leavesOf(state);
    for (const tensor of kept) tf.keep(tensor);
    for (const tensor of leavesOf(before)) if (!kept.has(tensor)) tensor.dispose();
    this.state = state;
    return mapTree(outputs, (node) =>
      isTensor(node) ? this.#reader.output(tf.keep(node)) : undefined,
    ) as OutputsOf<Outputs>;
  }

  dispose(): void {
    this.#reader.dispose();
    for (const tensor of leavesOf(this.state)) tensor.dispose();
  }
}

function made<State>(make: () => State): State {
  const state = tidy(make);
  for (const tensor of leavesOf(state)) tf.keep(tensor);
  return state;
}
