import * as tf from '@tensorflow/tfjs';
import type { MethodName } from '../core/methods.ts';
import { perceptron } from './fast/perceptron.ts';
import type { FormSettings, PerceptronForm } from './fast/perceptronForm.ts';
import { CompiledForm } from './fast/wasm/form.ts';
import { hasCompiledKernels } from './fast/wasm/kernels.ts';
import { FusedForm } from './fast/webgpu/form.ts';
import { ae } from './methods/ae.ts';
import { er } from './methods/er.ts';
import { fineTune } from './methods/fineTune.ts';
import { gem } from './methods/gem.ts';
import { gen } from './methods/gen.ts';
import { icarl } from './methods/icarl.ts';
import { type Learner, type LearnerInput, learnerOf, type Method } from './methods/learner.ts';
import { onWebgpu, webgpuBackend } from './programs/buffers.ts';

/** How a method takes its data: task after task, or all tasks shuffled together, so many times. */
export type Order = { readonly kind: 'sequential' } | { readonly kind: 'iid'; readonly passes: number };

/** A row of the paper's tables, ready to run. */
interface Row {
  readonly order: Order;
  readonly create: (input: LearnerInput) => Method;
}

/** Every method by name. */
export const methods: Readonly<Record<MethodName, Row>> = {
  'fine-tune': { order: { kind: 'sequential' }, create: fineTune },
  er: { order: { kind: 'sequential' }, create: er },
  'er-mir': { order: { kind: 'sequential' }, create: er },
  gem: { order: { kind: 'sequential' }, create: gem },
  icarl: { order: { kind: 'sequential' }, create: icarl },
  gen: { order: { kind: 'sequential' }, create: gen },
  'gen-mir': { order: { kind: 'sequential' }, create: gen },
  'ae-er': { order: { kind: 'sequential' }, create: ae },
  'ae-mir': { order: { kind: 'sequential' }, create: ae },
  'iid-online': { order: { kind: 'iid', passes: 1 }, create: fineTune },
  'iid-offline': { order: { kind: 'iid', passes: 5 }, create: fineTune },
};

/** Methods that there are in fast forms of a perceptron. */
const perceptronMethods: readonly MethodName[] = ['fine-tune', 'er', 'er-mir', 'iid-online', 'iid-offline'];

/**
 * The fastest learner of a method that there is: of a perceptron on webgpu and on wasm in one of the fast forms (fast/),
 * of everything else the readable one. All learn the same.
 */
export function createLearner(input: LearnerInput): Learner {
  const createForm = fastForm(input);
  const method = createForm === null ? methods[input.config.method].create(input) : perceptron(input, createForm);
  return learnerOf(method, input.config.iterations);
}

/**
 * Makes the fast form of a perceptron; null where there is none: on a backend other than webgpu and wasm, for a method
 * other than fine-tuning, ER, ER-MIR and the i.i.d. bounds, for another network (on webgpu it needs two hidden layers),
 * without the training images as bytes, or for wasm on a machine without vectors of 128 bits.
 */
export function fastForm({
  config,
  classifier: { layers },
  training,
}: LearnerInput): ((settings: FormSettings) => PerceptronForm) | null {
  if (layers === undefined || training === undefined || !perceptronMethods.includes(config.method)) return null;
  if (onWebgpu() && layers.length === 4)
    return (settings) => new FusedForm({ ...settings, training, layers }, webgpuBackend().device);
  if (tf.getBackend() === 'wasm' && hasCompiledKernels())
    return (settings) => new CompiledForm({ ...settings, training, layers });
  return null;
}
