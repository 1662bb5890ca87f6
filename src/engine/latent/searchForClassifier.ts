import type * as tf from '@tensorflow/tfjs';
import { type ClassifierCoefficients, classifierObjective } from './classifierObjective.ts';
import type { FrozenClassifier, FrozenVae } from './frozenNetworks.ts';
import { classifierInterference } from './interference.ts';
import { type FoundLatents, searchLatents } from './searchLatents.ts';

export interface ClassifierSearchInput {
  /** The current classifier after the virtual step. */
  readonly virtual: FrozenClassifier;
  readonly previous: { readonly vae: FrozenVae; readonly classifier: FrozenClassifier };
  /** Draws from the prior, [rounds · 10, dimensions]. */
  readonly starts: tf.Tensor2D;
  readonly coefficients: ClassifierCoefficients;
  readonly steps: number;
}

/** MIR on the classifier (paper, equation 1): latents whose images the coming update makes it contradict. */
export function searchForClassifier({ virtual, previous, starts, coefficients, steps }: ClassifierSearchInput): FoundLatents {
  const search = { decode: previous.vae.decode, previous: previous.classifier.logits, virtual: virtual.logits };
  const found = searchLatents(starts, (earlier) => classifierObjective(search, coefficients, earlier), steps);
  const interference = () => {
    const images = search.decode(found.path);
    return classifierInterference(search.virtual(images), search.previous(images));
  };
  return { ...found, interference };
}
