import type { MethodName } from '../config.ts';
import { fusedLearner, type FusedLearnerInput } from '../fused/fusedLearner.ts';
import { tilingFor } from '../fused/tiling.ts';
import { webgpuDevice } from '../fused/webgpuBackend.ts';
import type { Learner, LearnerInput } from './learner.ts';
import { methods } from './methods.ts';

/** Methods that have a fused step. */
const fusedMethods: readonly MethodName[] = ['fine-tune', 'er', 'er-mir', 'iid-online', 'iid-offline'];

/**
 * The fastest learner of a method that there is on the current backend: on webgpu the fused one
 * (fused/fusedLearner.ts) where {@link fusedInput} allows, else the readable one, which learns the same.
 */
export function createLearner(input: LearnerInput): Learner {
  const fused = fusedInput(input);
  return fused === null ? methods[input.config.method].create(input) : fusedLearner(fused);
}

/**
 * What the fused learner takes; null where it does not fit: on a backend other than webgpu, for a method
 * other than fine-tuning, ER, ER-MIR and the i.i.d. bounds, for a network other than a perceptron of two
 * hidden layers, or without the training images as bytes.
 */
export function fusedInput(input: LearnerInput): FusedLearnerInput | null {
  const { config, classifier, training } = input;
  const device = webgpuDevice();
  if (device === null || training === undefined || !fusedMethods.includes(config.method)) return null;
  const [inputs, hidden1, hidden2, classes, ...deeper] = classifier.layers ?? [];
  if (classes === undefined || deeper.length > 0) return null;
  return { ...input, training, layers: [inputs, hidden1, hidden2, classes], device, tiling: tilingFor(device) };
}
