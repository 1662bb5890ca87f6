import * as tf from '@tensorflow/tfjs';
import { hasCompiledKernels } from '../compiled/compiledKernels.ts';
import { compiledLearner, type CompiledLearnerInput } from '../compiled/compiledLearner.ts';
import { batchSize, type MethodName } from '../config.ts';
import { denseLearner } from '../dense/denseLearner.ts';
import { fusedLearner, type FusedLearnerInput } from '../fused/fusedLearner.ts';
import { tilingFor } from '../fused/tiling.ts';
import { webgpuDevice } from '../fused/webgpuBackend.ts';
import type { Learner, LearnerInput } from './learner.ts';
import { methods } from './methods.ts';

/** Methods whose step there is in shorter forms for a perceptron. */
const perceptronMethods: readonly MethodName[] = ['fine-tune', 'er', 'er-mir', 'iid-online', 'iid-offline'];

/**
 * The fastest learner of a method that there is: of a perceptron on webgpu the fused one (fused/fusedLearner.ts) where
 * {@link fusedInput} allows, on wasm the compiled one (compiled/compiledLearner.ts), elsewhere the shorter one
 * (dense/denseLearner.ts); of everything else the readable one. All learn the same.
 */
export function createLearner(input: LearnerInput): Learner {
  const fused = fusedInput(input);
  if (fused !== null) return fusedLearner(fused);
  const compiled = compiledInput(input);
  if (compiled !== null) return compiledLearner(compiled);
  if (isPerceptron(input) && perceptronMethods.includes(input.config.method)) return denseLearner(input);
  return methods[input.config.method].create(input);
}

function isPerceptron({ classifier }: LearnerInput): boolean {
  return classifier.layers !== undefined;
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
  const { config, classifier: { layers }, training } = input;
  if (tf.getBackend() !== 'wasm' || layers === undefined || training === undefined) return null;
  if (!perceptronMethods.includes(config.method) || !hasCompiledKernels()) return null;
  return { ...input, training, layers, batchSize };
}
