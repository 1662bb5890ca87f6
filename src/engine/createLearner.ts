import * as tf from '@tensorflow/tfjs';
import { batchSize, type MethodName } from '../core/config.ts';
import { hasCompiledKernels } from './fast/wasm/kernels.ts';
import { compiledLearner, type CompiledLearnerInput } from './fast/wasm/learner.ts';
import { webgpuDevice } from './fast/webgpu/device.ts';
import { fusedLearner, type FusedLearnerInput } from './fast/webgpu/learner.ts';
import { tilingFor } from './fast/webgpu/program.ts';
import { ae } from './methods/ae.ts';
import { er } from './methods/er.ts';
import { fineTune } from './methods/fineTune.ts';
import { gem } from './methods/gem.ts';
import { gen } from './methods/gen.ts';
import { icarl } from './methods/icarl.ts';
import { type Learner, type LearnerInput, learnerOf, type Method } from './methods/learner.ts';

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

/** Methods whose step there is in shorter forms for a perceptron. */
const perceptronMethods: readonly MethodName[] = ['fine-tune', 'er', 'er-mir', 'iid-online', 'iid-offline'];

/**
 * The fastest learner of a method that there is: of a perceptron on webgpu and on wasm one of the fast forms (fast/), of
 * everything else the readable one. All learn the same.
 */
export function createLearner(input: LearnerInput): Learner {
  const fused = fusedInput(input);
  if (fused !== null) return fusedLearner(fused);
  const compiled = compiledInput(input);
  if (compiled !== null) return compiledLearner(compiled);
  return learnerOf(methods[input.config.method].create(input), input.config.iterations);
}

/**
 * What the fused learner takes; null where it does not fit: on a backend other than webgpu, for a method
 * other than fine-tuning, ER, ER-MIR and the i.i.d. bounds, for a network other than a perceptron of two
 * hidden layers, or without the training images as bytes.
 */
export function fusedInput(input: LearnerInput): FusedLearnerInput | null {
  const { config, classifier, training } = input;
  const device = webgpuDevice();
  if (device === null || training === undefined || !perceptronMethods.includes(config.method)) return null;
  const { layers } = classifier;
  if (layers?.length !== 4) return null;
  const [inputs, hidden1, hidden2, classes] = layers;
  return { ...input, training, layers: [inputs, hidden1, hidden2, classes], device, tiling: tilingFor(device) };
}

/**
 * What the compiled learner takes; null where it does not fit: on a backend other than wasm, on a machine without
 * vectors of 128 bits, for other methods than the fused learner's, for a network other than a perceptron, or without
 * the training images as bytes.
 */
export function compiledInput(input: LearnerInput): CompiledLearnerInput | null {
  const {
    config,
    classifier: { layers },
    training,
  } = input;
  if (tf.getBackend() !== 'wasm' || layers === undefined || training === undefined) return null;
  if (!perceptronMethods.includes(config.method) || !hasCompiledKernels()) return null;
  return { ...input, training, layers, batchSize };
}
