import * as tf from '@tensorflow/tfjs';

/**
 * Random retrieval: the first B of the candidates, which were drawn at random.
 *
 * @returns positions among the candidates, int32 [min(B, C)]
 */
export function retrieveRandom(candidateCount: number, budget: number): tf.Tensor1D {
  return tf.range(0, Math.min(budget, candidateCount), 1, 'int32');
}
