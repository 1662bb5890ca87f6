import * as tf from '@tensorflow/tfjs';
import type { MethodName } from '../core/methods.ts';
import { perceptron, type FormSettings, type PerceptronForm } from './fast/perceptron.ts';
import { CompiledForm } from './fast/wasm/form.ts';
import { hasCompiledKernels } from './fast/wasm/kernels.ts';
import { FusedForm } from './fast/webgpu/form.ts';
import { aGem } from './methods/aGem.ts';
import { ae } from './methods/ae.ts';
import { der, derPp } from './methods/der.ts';
import { er } from './methods/er.ts';
import { erAce } from './methods/erAce.ts';
import { ewc } from './methods/ewc.ts';
import { fineTune } from './methods/fineTune.ts';
import { gem } from './methods/gem.ts';
import { gen } from './methods/gen.ts';
import { icarl } from './methods/icarl.ts';
import { type Learner, type LearnerInput, learnerOf, type Method } from './methods/learner.ts';
import { lwf } from './methods/lwf.ts';
import { onWebgpu, webgpuBackend } from './programs/runProgram.ts';

/** What makes each method; everything else about it stands in the catalogue (core/catalogue/). */
export const methodMakers: Readonly<Record<MethodName, (input: LearnerInput) => Method>> = {
  'fine-tune': fineTune,
  er,
  'er-mir': er,
  der,
  'der-pp': derPp,
  'der-pp-mir': derPp,
  'er-ace': erAce,
  'er-ace-mir': erAce,
  gem,
  'a-gem': aGem,
  ewc,
  lwf,
  icarl,
  gen,
  'gen-mir': gen,
  'ae-er': ae,
  'ae-mir': ae,
  'iid-online': fineTune,
  'iid-offline': fineTune,
};

/** The methods that the fast forms of a perceptron can run. */
const perceptronMethods: readonly MethodName[] = ['fine-tune', 'er', 'er-mir', 'iid-online', 'iid-offline'];

/**
 * The fastest learner of a method: a fast form (fast/) where there is one, for a perceptron on webgpu or wasm, and
 * otherwise the readable step. All learn the same.
 */
export function createLearner(input: LearnerInput): Learner {
  const createForm = fastForm(input);
  const method = createForm === null ? methodMakers[input.config.method](input) : perceptron(input, createForm);
  return learnerOf(method, input.config.iterations);
}

/**
 * What makes the fast form of a perceptron, or null where there is none. A fast form needs the backend webgpu (and two
 * hidden layers) or wasm (on a machine with vectors of 128 bits); fine-tuning, ER, ER-MIR or an i.i.d. bound; and the
 * training images as bytes.
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
