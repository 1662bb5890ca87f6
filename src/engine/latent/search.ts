import * as tf from '@tensorflow/tfjs';
import type { GatedClassifier } from '../models/gatedClassifier.ts';
import { climbForClassifier, climbForGenerator } from '../models/latentClimbs.ts';
import { freeze, frozenLayers } from '../models/layers.ts';
import { weightedImages } from '../models/losses.ts';
import { type Parameters, sgdStep } from '../models/parameters.ts';
import { type ElboParts, type Vae, vaeGradient } from '../models/vae.ts';
import { type FoundLatents, searchLatents, searchRounds, stepSize, type TracedClimb } from './ascent.ts';
import {
  type ClassifierCoefficients,
  classifierInterference,
  classifierObjective,
  classifierTerms,
  type GeneratorCoefficients,
  generatorObjective,
  generatorTerms,
  klInterference,
  reconstructionInterference,
  type Terms,
} from './objectives.ts';

/** A classifier whose parameters stay as they are. */
export interface FrozenClassifier {
  /** In evaluation mode, [n, classes], with the gradient of the images. */
  readonly logits: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly tensors: Parameters;
}

/** A VAE whose parameters stay as they are. */
export interface FrozenVae {
  /** Latents to images, with the gradient of the latents. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
  /** With the gradient of the images. */
  readonly elboParts: (images: tf.Tensor2D, epsilon: tf.Tensor2D) => ElboParts;
  readonly vae: Vae;
  readonly tensors: Parameters;
}

/** @param tensors the classifier's, frozen (models/linear.ts) */
export function frozenClassifier(classifier: GatedClassifier, tensors: Parameters): FrozenClassifier {
  const layers = frozenLayers(tensors);
  return { logits: (images) => classifier.logits(layers, images), tensors };
}

/** @param tensors the VAE's, frozen (models/linear.ts) */
export function frozenVae(vae: Vae, tensors: Parameters): FrozenVae {
  const layers = frozenLayers(tensors);
  return {
    decode: (latents) => vae.decode(layers, latents),
    elboParts: (images, epsilon) => vae.elboParts(layers, images, epsilon),
    vae,
    tensors,
  };
}

interface ClassifierSearchInput {
  /** The current classifier after the virtual step. */
  readonly virtual: FrozenClassifier;
  readonly previous: { readonly vae: FrozenVae; readonly classifier: FrozenClassifier };
  /** Draws from the prior, [rounds · 10, dimensions]. */
  readonly starts: tf.Tensor2D;
  readonly coefficients: ClassifierCoefficients;
  readonly steps: number;
}

/** MIR on the classifier (paper, equation 1): latents whose images the coming update makes it contradict. */
export function searchForClassifier({
  virtual,
  previous,
  starts,
  coefficients,
  steps,
}: ClassifierSearchInput): FoundLatents {
  const search = { decode: previous.vae.decode, previous: previous.classifier.logits, virtual: virtual.logits };
  const { clsInterference, clsEntropy, clsDiversity, clsShell } = coefficients;
  const climb = climbForClassifier(
    {
      vae: previous.vae,
      previous: previous.classifier.tensors,
      virtual: virtual.tensors,
      coefficients: {
        interference: clsInterference,
        entropy: -clsEntropy,
        diversity: clsDiversity,
        shell: -clsShell,
      },
    },
    { steps, size: stepSize },
  );
  const found =
    climb === null
      ? searchLatents(starts, (earlier) => classifierObjective(search, coefficients, earlier), steps)
      : searchRounds(starts, climb, steps);
  const along = () => {
    const images = search.decode(found.path);
    const interference = classifierInterference(search.virtual(images), search.previous(images));
    return { interference, terms: termsAlong(classifierTerms(search, coefficients, null), found.path) };
  };
  return { ...found, along };
}

/** The terms of the first round's objective at each point of a path. */
function termsAlong(terms: Terms | null, path: tf.Tensor2D): TracedClimb['terms'] {
  return (terms?.(path) ?? []).map(({ name, coefficient, value }) => ({ name, weight: coefficient, values: value() }));
}

/**
 * Learning rate of the VAE's virtual step, which is plain gradient descent. The loss is a sum over pixels, so its
 * gradient is long. On the second task of Split MNIST this rate moves the parameters about as far as one real step of
 * Adam (0.12 against 0.19) and lowers the loss on the incoming batch; the classifier's 0.01 already raises it, and 0.1
 * makes it explode.
 */
export const virtualVaeRate = 1e-3;

interface GeneratorSearchInput {
  readonly vae: Vae;
  readonly parameters: Parameters;
  /** Images of the incoming batch, [n, numbers in an image]. */
  readonly incoming: tf.Tensor2D;
  readonly beta: tf.Scalar;
  readonly previous: { readonly vae: FrozenVae; readonly classifier: FrozenClassifier };
  /** Draws from the prior, [rounds · 10, dimensions]. */
  readonly starts: tf.Tensor2D;
  readonly coefficients: GeneratorCoefficients;
  readonly steps: number;
  /** ε of the virtual step, [latents, n], and of the comparison, [10, latents]. */
  readonly epsilons: { readonly virtual: tf.Tensor2D; readonly comparison: tf.Tensor2D };
}

/** MIR on the generator (paper, equation 2): latents whose images the coming update makes the VAE explain worse. */
export function searchForGenerator(input: GeneratorSearchInput): FoundLatents {
  const { vae, parameters, incoming, previous, coefficients, epsilons } = input;

  // θ_v ← θ − α ∇L(θ; incoming), with the gradient of the current batch.
  const batch = weightedImages(incoming, null, 0);
  const gradient = vaeGradient(vae, parameters, batch, epsilons.virtual, input.beta);
  const virtual = frozenVae(vae, freeze(sgdStep(parameters, gradient, virtualVaeRate)));

  // Both VAEs sample with the same ε.
  const epsilon = epsilons.comparison;
  const searchWith = (noise: tf.Tensor2D) => ({
    decode: previous.vae.decode,
    previous: (images: tf.Tensor2D) => previous.vae.elboParts(images, noise),
    virtual: (images: tf.Tensor2D) => virtual.elboParts(images, noise),
    classify: previous.classifier.logits,
  });
  const { genReconstruction, genKl, genEntropy, genDiversity, genShell } = coefficients;
  const climb = climbForGenerator(
    {
      vae: previous.vae,
      virtual: virtual.tensors,
      classifier: previous.classifier.tensors,
      epsilon,
      coefficients: {
        reconstruction: genReconstruction,
        kl: genKl,
        entropy: -genEntropy,
        diversity: genDiversity,
        shell: -genShell,
      },
    },
    { steps: input.steps, size: stepSize },
  );
  const found =
    climb === null
      ? searchLatents(
          input.starts,
          (earlier) => generatorObjective(searchWith(epsilon), coefficients, earlier),
          input.steps,
        )
      : searchRounds(input.starts, climb, input.steps);
  return { ...found, along: () => along(found.path) };

  /** Both interferences of one latent, and its objective, at each point of its path, with the ε of its row. */
  function along(path: tf.Tensor2D): TracedClimb {
    const images = previous.vae.decode(path);
    const search = searchWith(tf.tile(tf.slice2d(epsilon, [0, 0], [1, vae.latents]), [path.shape[0], 1]));
    const [after, before] = [search.virtual(images), search.previous(images)];
    return {
      interference: tf.add(reconstructionInterference(after, before), klInterference(after, before)),
      terms: termsAlong(generatorTerms(search, coefficients, null), path),
    };
  }
}
