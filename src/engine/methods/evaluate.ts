import * as tf from '@tensorflow/tfjs';
import { asBytes, type PixelRange } from '../data/imageSource.ts';
import { crossEntropy } from '../models/losses.ts';
import type { ElboParts } from '../models/vae.ts';
import { look, type Runner } from '../runner/runner.ts';
import type { HostTensor, ImageRows } from '../runner/step.ts';
import type { Method } from './learner.ts';

/** The answers of a method to images, given its state; pure functions. */
interface Answers<State> {
  /** Logits, [n, classes], of images, [n, numbers in an image]. */
  readonly classify: (state: State, images: tf.Tensor2D) => tf.Tensor2D;
  /** Parts of each image's −ELBO at β = 1. The same images give the same values. */
  readonly negativeElbo?: (state: State, images: tf.Tensor2D) => ElboParts;
  /** Images after encoding and decoding, [n, numbers in an image]. */
  readonly reconstruct?: (state: State, images: tf.Tensor2D) => tf.Tensor2D;
}

/** The class that each image is taken for, int32 [n], and the mean loss. */
function judged(logits: tf.Tensor2D, labels: tf.Tensor1D): { answers: tf.Tensor1D; loss: tf.Scalar } {
  return {
    answers: tf.argMax<tf.Tensor1D>(logits, 1),
    loss: tf.mean<tf.Scalar>(crossEntropy(logits, labels)),
  };
}

/** The steps by which a method is evaluated; they only look at its state. */
export function evaluated<State>(
  runner: Runner<State>,
  { classify, negativeElbo, reconstruct }: Answers<State>,
): Pick<Method, 'evaluate' | 'answer' | 'reconstruct'> {
  const evaluation = look<State, ImageRows, EvaluationTensors>('evaluate', (state, { images, labels }) => {
    const elbo = negativeElbo?.(state, images);
    return {
      ...judged(classify(state, images), labels),
      elbo: elbo === undefined ? null : (tf.stack([elbo.reconstruction, elbo.kl]) as tf.Tensor2D),
    };
  });
  const evaluate = (images: ImageRows) => runner.run(evaluation, images);
  const answering = look<State, HostTensor<tf.Rank.R2>, tf.Tensor2D>('answer', (state, images) =>
    tf.softmax(classify(state, images)),
  );
  const answer = (images: HostTensor<tf.Rank.R2>) => runner.run(answering, images);
  if (reconstruct === undefined) return { evaluate, answer };

  const reconstruction = (range: PixelRange) =>
    look<State, ImageRows, ReconstructionTensors>('reconstruct', (state, { images }) => ({
      originals: asBytes(images, range),
      reconstructions: asBytes(reconstruct(state, images), range),
    }));
  return { evaluate, answer, reconstruct: (images) => runner.run(reconstruction(images.source.range), images) };
}

interface ReconstructionTensors {
  readonly originals: tf.Tensor2D;
  readonly reconstructions: tf.Tensor2D;
}

interface EvaluationTensors {
  readonly answers: tf.Tensor1D;
  readonly loss: tf.Scalar;
  readonly elbo: tf.Tensor2D | null;
}
