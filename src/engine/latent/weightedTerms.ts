import * as tf from '@tensorflow/tfjs';

/** A term of an objective with its coefficient, negative for what is to be lowered. */
export interface Term {
  readonly coefficient: number;
  readonly value: () => tf.Tensor1D;
}

/** Σ coefficient · value over the terms, [n]; a term of coefficient 0 is not computed. */
export function weightedTerms(count: number, terms: readonly Term[]): tf.Tensor1D {
  const wanted = terms.filter(({ coefficient }) => coefficient !== 0);
  return wanted.reduce<tf.Tensor1D>((sum, { coefficient, value }) => tf.add(sum, tf.mul(value(), coefficient)), tf.zeros([count]));
}
