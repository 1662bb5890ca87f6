import * as tf from '@tensorflow/tfjs';
import { type Heap, ownHeap } from '../kernels/heap.ts';
import {
  climb,
  type FrozenGated,
  type FrozenLayer,
  type FrozenVaeLayers,
  type KernelClimb,
} from '../kernels/latentClimb.ts';
import { classifierPull, type GatedStack, climbStep, type ImagePull } from '../programs/latentClimb.ts';
import type { Layer } from '../programs/columnLayers.ts';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { type VaePair, vaePull, type VaeTerms } from '../programs/vaePull.ts';
import { type Parameters, tidy } from './parameters.ts';
import { layersFor, probabilityFloor, type Vae } from './vae.ts';

/**
 * A round of gradient ascent: from latents, [n, dimensions], and what earlier rounds found, [m, dimensions] (null in the
 * first), to the latents at the start and after each step; null if there is nothing to climb.
 */
type ClimbRound = (start: tf.Tensor2D, earlier: tf.Tensor2D | null) => tf.Tensor2D[] | null;

/** How a climb goes. */
interface Pace {
  readonly steps: number;
  /** Step size, by which the gradient of the mean over the latents is taken. */
  readonly size: number;
}

/** Coefficients of the terms that look at the latent alone; each is raised. */
interface OwnTerms {
  readonly diversity: number;
  readonly shell: number;
}

/** @param pull from images, [numbers in an image, n]; null if no term looks at them */
function climbRound(
  decoder: readonly Layer[],
  pull: ((images: tf.Tensor) => ImagePull) | null,
  { diversity, shell }: OwnTerms,
  { steps, size }: Pace,
): ClimbRound {
  return (start, earlier) => {
    const far = earlier !== null && diversity !== 0;
    if (pull === null && shell === 0 && !far) return null;
    const terms = { diversity, shell, centre: far ? tf.mean(earlier, 0) : null };
    const climb = { decoder, pull, terms, rate: size / start.shape[0] };
    const points = [start];
    for (let step = 0; step < steps; step++) points.push(tidy(() => climbStep(points[step], climb) as tf.Tensor2D));
    return points;
  };
}

/** The same by kernels of our own on wasm. */
function kernelClimbRound(
  heap: Heap,
  by: Pick<KernelClimb, 'decoder' | 'answers' | 'vaes'>,
  { diversity, shell }: OwnTerms,
  { steps, size }: Pace,
): ClimbRound {
  return (start, earlier) => {
    const far = earlier !== null && diversity !== 0;
    if (by.answers === null && by.vaes === null && shell === 0 && !far) return null;
    const terms = { diversity, shell, centre: far ? tf.mean(earlier, 0) : null };
    return climb(heap, start, { ...by, terms, rate: size / start.shape[0] }, steps);
  };
}

function frozenLayer(tensors: Parameters, name: string): FrozenLayer {
  return {
    weight: tensors[`${name}.weight`],
    transposed: tensors[`${name}.weight.transposed`],
    bias: tensors[`${name}.bias`],
  };
}

function frozenGated(tensors: Parameters): FrozenGated {
  return { first: frozenLayer(tensors, '0'), output: frozenLayer(tensors, '1') };
}

function frozenVaeLayers({ encoderNames, decoderNames }: Vae, tensors: Parameters): FrozenVaeLayers {
  const layer = (name: string) => frozenLayer(tensors, name);
  return {
    encoder: encoderNames.map(layer),
    mean: layer('mean'),
    variance: layer('variance.0'),
    decoder: decoderNames.map(layer),
  };
}

/** Layers one below another. */
function stacked(layers: readonly Layer[]): Layer {
  if (layers.length === 1) return layers[0];
  const [weights, biases] = [layers.map(({ weight }) => weight), layers.map(({ bias }) => bias)];
  return { weight: tf.concat(weights, 0), bias: tf.concat(biases, 0) };
}

function stackedClassifiers(networks: readonly [Parameters] | readonly [Parameters, Parameters]): GatedStack {
  const layer = (name: string) =>
    stacked(networks.map((tensors) => ({ weight: tensors[`${name}.weight`], bias: tensors[`${name}.bias`] })));
  return { networks: networks.length, first: layer('0'), output: layer('1') };
}

/** A VAE and its parameters. */
interface VaeTensors {
  readonly vae: Vae;
  readonly tensors: Parameters;
}

interface ClassifierClimb {
  /** Through whose decoder the latents are seen. */
  readonly vae: VaeTensors;
  /** Classifiers as they stand before the task and after the virtual step. */
  readonly previous: Parameters;
  readonly virtual: Parameters;
  /** Of each term of `classifierObjective` (latent/objectives.ts), which is raised by it. */
  readonly coefficients: OwnTerms & { readonly interference: number; readonly entropy: number };
}

/**
 * The ascent of MIR's objective on the classifier by its gradient written out, on webgpu in 2 · depth + 7 dispatches a
 * step. All networks are frozen (models/linear.ts).
 *
 * @returns null on backends that have no programs or kernels for it
 */
export function climbForClassifier(
  { vae: { vae, tensors }, previous, virtual, coefficients }: ClassifierClimb,
  pace: Pace,
): ClimbRound | null {
  const { interference, entropy } = coefficients;
  const heap = ownHeap();
  if (heap !== null) {
    const answers =
      interference === 0 && entropy === 0
        ? null
        : {
            previous: frozenGated(previous),
            virtual: interference === 0 ? null : frozenGated(virtual),
            interference,
            entropy,
          };
    return kernelClimbRound(
      heap,
      { decoder: frozenVaeLayers(vae, tensors).decoder, answers, vaes: null },
      coefficients,
      pace,
    );
  }
  if (!runsOnWebgpu()) return null;
  const looks = interference !== 0 || entropy !== 0;
  const stack = looks ? stackedClassifiers(interference === 0 ? [previous] : [previous, virtual]) : null;
  const pull =
    stack &&
    ((images: tf.Tensor): ImagePull => ({ through: [classifierPull(stack, images, coefficients)], direct: null }));
  return climbRound(layersFor(vae, tensors).decoder, pull, coefficients, pace);
}

function stackedVaes(vae: Vae, previous: Parameters, virtual: Parameters): VaePair {
  const both = [previous, virtual].map((tensors) => layersFor(vae, tensors));
  return {
    encoder: vae.encoderNames.map((_, layer) => stacked(both.map(({ encoder }) => encoder[layer]))),
    posterior: stacked(both.flatMap(({ mean, variance }) => [mean, variance])),
    decoder: vae.decoderNames.map((_, layer) => stacked(both.map(({ decoder }) => decoder[layer]))),
  };
}

interface GeneratorClimb {
  /** The previous VAE, through whose decoder the latents are seen. */
  readonly vae: VaeTensors;
  /** Its parameters after the virtual step. */
  readonly virtual: Parameters;
  /** The previous classifier. */
  readonly classifier: Parameters;
  /** ε of both VAEs, [n, latents]. */
  readonly epsilon: tf.Tensor2D;
  /** Of each term of `generatorObjective` (latent/objectives.ts), which is raised by it. */
  readonly coefficients: OwnTerms & Pick<VaeTerms, 'reconstruction' | 'kl'> & { readonly entropy: number };
}

/**
 * The ascent of MIR's objective on the generator by its gradient written out, on webgpu in 6 · depth + 10 dispatches a
 * step. All networks are frozen (models/linear.ts).
 *
 * @returns null on backends that have no programs or kernels for it
 */
export function climbForGenerator(
  { vae: { vae, tensors }, virtual, classifier, epsilon, coefficients }: GeneratorClimb,
  pace: Pace,
): ClimbRound | null {
  const { reconstruction, kl, entropy } = coefficients;
  const heap = ownHeap();
  if (heap !== null) {
    const before = frozenVaeLayers(vae, tensors);
    const vaes =
      reconstruction === 0 && kl === 0
        ? null
        : {
            previous: before,
            virtual: frozenVaeLayers(vae, virtual),
            reconstruction,
            kl,
            epsilon,
            floor: probabilityFloor,
          };
    const answers =
      entropy === 0 ? null : { previous: frozenGated(classifier), virtual: null, interference: 0, entropy };
    return kernelClimbRound(heap, { decoder: before.decoder, answers, vaes }, coefficients, pace);
  }
  if (!runsOnWebgpu()) return null;
  const pair = reconstruction === 0 && kl === 0 ? null : stackedVaes(vae, tensors, virtual);
  const sure = entropy === 0 ? null : stackedClassifiers([classifier]);
  const comparison = { reconstruction, kl, epsilon, floor: probabilityFloor };
  const pull = (images: tf.Tensor): ImagePull => {
    const compared = pair === null ? { through: [], direct: null } : vaePull(pair, images, comparison);
    const answers = sure === null ? [] : [classifierPull(sure, images, { interference: 0, entropy })];
    return { through: [...compared.through, ...answers], direct: compared.direct };
  };
  const looks = pair !== null || sure !== null;
  return climbRound(layersFor(vae, tensors).decoder, looks ? pull : null, coefficients, pace);
}
