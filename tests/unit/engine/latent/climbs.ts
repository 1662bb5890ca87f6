import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { randomStream, standardNormal } from '../../../../src/core/random.ts';
import type { ClassifierCoefficients, GeneratorCoefficients } from '../../../../src/engine/latent/objectives.ts';
import {
  frozenClassifier,
  frozenVae,
  searchForClassifier,
  searchForGenerator,
} from '../../../../src/engine/latent/search.ts';
import { gatedClassifier } from '../../../../src/engine/models/gatedClassifier.ts';
import { freeze } from '../../../../src/engine/models/layers.ts';
import { mapParameters, type Parameters, tidy } from '../../../../src/engine/models/parameters.ts';
import { vae } from '../../../../src/engine/models/vae.ts';
import { relativeError } from '../referenceFile.ts';

const [inputs, dimensions] = [25, 6];
const classifier = gatedClassifier({ inputs, hidden: 18, classes: 5 });

/** Weights several times as large as at the start of training: networks with opinions. */
const enlarge = (parameters: Parameters, factor: number) =>
  mapParameters((tensor) => tf.mul(tensor, factor), parameters);
const normal = (rows: number, columns: number, salt: number) =>
  tf.tensor2d(standardNormal(rows * columns, randomStream(salt, 'latent')), [rows, columns]);

function networks(depth: number) {
  const autoencoder = vae({ inputs, hidden: 14, depth, latents: dimensions });
  const [first, second] = [randomStream(1, 'init'), randomStream(2, 'init')];
  return {
    autoencoder,
    parameters: enlarge(autoencoder.init(second), 2),
    previous: {
      vae: frozenVae(autoencoder, freeze(enlarge(autoencoder.init(first), 2))),
      classifier: frozenClassifier(classifier, freeze(enlarge(classifier.init(first), 5))),
    },
    classifierParameters: enlarge(classifier.init(second), 5),
  };
}

const noClassifierTerms: ClassifierCoefficients = { clsInterference: 0, clsEntropy: 0, clsDiversity: 0, clsShell: 0 };

/** Two rounds, so that diversity has latents to be far from. */
export function onClassifier(change: Partial<ClassifierCoefficients>, depth: number, steps: number) {
  const { previous, classifierParameters } = networks(depth);
  const virtual = frozenClassifier(classifier, freeze(classifierParameters));
  const starts = normal(20, dimensions, 4);
  const coefficients = { ...noClassifierTerms, ...change };
  const { latents, path } = searchForClassifier({ virtual, previous, starts, coefficients, steps });
  return { starts, latents, path };
}

const noGeneratorTerms: GeneratorCoefficients = {
  genReconstruction: 0,
  genKl: 0,
  genEntropy: 0,
  genDiversity: 0,
  genShell: 0,
};

export function onGenerator(
  change: Partial<GeneratorCoefficients>,
  depth: number,
  steps: number,
  spoil: (parameters: Parameters) => Parameters = (parameters) => parameters,
) {
  const { autoencoder, parameters, previous } = networks(depth);
  const starts = normal(20, dimensions, 4);
  const { latents, path, replaced } = searchForGenerator({
    vae: autoencoder,
    parameters: spoil(parameters),
    incoming: tf.sigmoid(normal(7, inputs, 5)),
    beta: tf.scalar(0.5),
    previous,
    starts,
    coefficients: { ...noGeneratorTerms, ...change },
    steps,
    epsilons: { virtual: normal(dimensions, 7, 6), comparison: normal(10, dimensions, 7) },
  });
  return { starts, latents, path, replaced };
}

/** How far each latent has moved on a backend, and the path of the first. */
async function moved(backend: string, search: () => Record<'starts' | 'latents' | 'path', tf.Tensor>) {
  await tf.setBackend(backend);
  const made = tidy(() => {
    const { starts, latents, path } = search();
    return [tf.sub(latents, starts), path.clone()];
  });
  const [by, path] = await Promise.all(made.map(async (tensor) => Array.from(await tensor.data())));
  tf.dispose(made);
  return { by, path };
}

/** Compares the ascent on a backend with that by automatic differentiation on cpu. */
export async function expectSameClimb(
  backend: string,
  search: () => Record<'starts' | 'latents' | 'path', tf.Tensor>,
): Promise<void> {
  const [found, wanted] = [await moved(backend, search), await moved('cpu', search)];
  expect(Math.max(...wanted.by.map(Math.abs))).toBeGreaterThan(1e-4);
  expect(relativeError(found.by, wanted.by)).toBeLessThan(1e-4);
  expect(relativeError(found.path, wanted.path)).toBeLessThan(1e-4);
}

export const forClassifier: readonly [string, Partial<ClassifierCoefficients>][] = [
  ['interference', { clsInterference: 1 }],
  ['entropy', { clsEntropy: 1 }],
  ['diversity', { clsDiversity: 1 }],
  ['shell', { clsShell: 1 }],
  ['all terms', { clsInterference: 0.7, clsEntropy: 1.3, clsDiversity: 2, clsShell: 0.5 }],
];

export const forGenerator: readonly [string, Partial<GeneratorCoefficients>][] = [
  ['reconstruction', { genReconstruction: 1 }],
  ['KL divergence', { genKl: 1 }],
  ['entropy', { genEntropy: 1 }],
  ['diversity', { genDiversity: 1 }],
  ['shell', { genShell: 1 }],
  ['all terms', { genReconstruction: 0.3, genKl: 0.6, genEntropy: 1, genDiversity: 2, genShell: 0.5 }],
];

/** Of a VAE that holds probabilities at their floor after the virtual step. */
export function atTheFloor() {
  // Either far beyond a floor or far from it: just before the upper one, ln(1 − p) is mostly p's rounding.
  const far = Array.from({ length: inputs }, (_, pixel) => [-30, 0, 30][pixel % 3]);
  const sharp = (parameters: Parameters) => ({
    ...parameters,
    'decoder.2.bias': tf.add(parameters['decoder.2.bias'], tf.tensor1d(far)),
  });
  return onGenerator({ genReconstruction: 1 }, 1, 1, sharp);
}

/** Searches whose networks are no numbers after the virtual step. */
const broken = (parameters: Parameters) => mapParameters((tensor) => tf.fill(tensor.shape, NaN), parameters);
export const brokenSearches: readonly [string, () => { readonly replaced: tf.Scalar }][] = [
  [
    'classifier',
    () => {
      const { previous, classifierParameters } = networks(1);
      const virtual = frozenClassifier(classifier, freeze(broken(classifierParameters)));
      const coefficients = forClassifier[4][1] as ClassifierCoefficients;
      return searchForClassifier({ virtual, previous, starts: normal(20, dimensions, 4), coefficients, steps: 2 });
    },
  ],
  ['generator', () => onGenerator({ genKl: 1 }, 2, 2, broken)],
  ['generator', () => onGenerator({ genReconstruction: 1 }, 2, 2, broken)],
];
