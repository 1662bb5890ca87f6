import * as tf from '@tensorflow/tfjs';

/**
 * Whether the current backend is wasm, whose convolutions and pools XNNPACK computes in SIMD; its other
 * operations go number by number, and it has no gradient of a convolution's filter.
 */
export function runsOnXnnpack(): boolean {
  return tf.getBackend() === 'wasm';
}
