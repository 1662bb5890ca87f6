import * as tf from '@tensorflow/tfjs';
import { tidy } from '../models/parameters.ts';
import { OutputReader } from './outputReader.ts';
import { type HostTensor, type ImageRows, mapTree, type OutputsOf, type Step, type TensorsOf } from './step.ts';

/**
 * Holds a learner's state and runs its steps: hands in inputs, keeps the new state, frees what is old, and hands out
 * outputs. All tensors of a learner are its own.
 */
export class Runner<State> {
  #state: State;
  readonly #reader = new OutputReader();

  /** @param initial makes the state at the start; what else it makes is freed */
  constructor(initial: () => State) {
    this.#state = tidy(initial);
    for (const tensor of leavesOf(this.#state)) tf.keep(tensor);
  }

  /** The state as it is now. Its tensors live until the next step. */
  get state(): State {
    return this.#state;
  }

  /** Runs a step. Where it throws, the state stays. */
  run<Inputs, Outputs>(step: Step<State, Inputs, Outputs>, inputs: Inputs): OutputsOf<Outputs> {
    const before = this.#state;
    const { state, outputs } = tidy(() => {
      const made = step.run(before, tensorsOf(inputs));
      return { state: made.state, outputs: distinct(made.outputs, leavesOf([before, made.state])) };
    });
    const kept = leavesOf(state);
    for (const tensor of kept) tf.keep(tensor);
    for (const tensor of leavesOf(before)) if (!kept.has(tensor)) tensor.dispose();
    this.#state = state;
    return mapTree(outputs, (node) =>
      node instanceof tf.Tensor ? this.#reader.output(tf.keep(node)) : undefined,
    ) as OutputsOf<Outputs>;
  }

  /** Frees the state, and outputs that were not read. */
  dispose(): void {
    this.#reader.dispose();
    for (const tensor of leavesOf(this.#state)) tensor.dispose();
  }
}

/** A step that looks at the state and leaves it. */
export function look<State, Inputs, Outputs>(
  name: string,
  see: (state: State, inputs: TensorsOf<Inputs>) => Outputs,
): Step<State, Inputs, Outputs> {
  return { name, run: (state, inputs) => ({ state, outputs: see(state, inputs) }) };
}

/** The tensors of a tree, each once. */
function leavesOf(tree: unknown): Set<tf.Tensor> {
  const leaves = new Set<tf.Tensor>();
  mapTree(tree, (node) => (node instanceof tf.Tensor ? leaves.add(node) : undefined));
  return leaves;
}

function tensorsOf<Inputs>(inputs: Inputs): TensorsOf<Inputs> {
  return mapTree(inputs, (node) => {
    const input = node as HostTensor | ImageRows | { readonly kind?: undefined };
    switch (input.kind) {
      case 'numbers':
        return tf.tensor(input.values, input.shape, input.values instanceof Int32Array ? 'int32' : 'float32');
      case 'images':
        return input.source.tensors(input.samples, input.tasks);
      case undefined:
        return undefined;
      default:
        return input satisfies never;
    }
  }) as TensorsOf<Inputs>;
}

/** Outputs of which no two are one tensor, and none is one of those taken. */
function distinct<Outputs>(outputs: Outputs, taken: Set<tf.Tensor>): Outputs {
  return mapTree(outputs, (node) => {
    if (!(node instanceof tf.Tensor)) return undefined;
    const own = taken.has(node) ? tf.clone(node) : node;
    taken.add(own);
    return own;
  }) as Outputs;
}
