import * as tf from '@tensorflow/tfjs';

/**
 * A fully connected layer, x Wᵀ + b, with the gradient of all three.
 *
 * @param x inputs, [n, in]
 * @param weight W, [out, in], as PyTorch lays it out
 * @param bias b, [out]
 * @returns [n, out]
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  // Transposes are written out because a transposed matMul takes a slow path on wasm, and W stands left
  // because XNNPACK repacks its right operand on every call: x is smaller than W.
  const product = tf.customGrad((...args) => {
    const [input, w, b, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    save([input, w]);
    const value = tf.add(tf.transpose(tf.matMul(w, tf.transpose(input))), b);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedInput, savedWeight] = saved as [tf.Tensor2D, tf.Tensor2D];
        const dValue = dy as tf.Tensor2D;
        return [
          tf.matMul(dValue, savedWeight),
          tf.matMul(tf.transpose(dValue), savedInput),
          tf.sum(dValue, 0),
        ];
      },
    };
  });
  return product(x, weight, bias) as tf.Tensor2D;
}

/** Uniform in ±1/√fan_in, weights and biases alike: PyTorch's default initialisation. */
export function linearLimit(fanIn: number): number {
  return 1 / Math.sqrt(fanIn);
}
