import * as tf from '@tensorflow/tfjs';
import { equalPadding } from './padding.ts';
import { runsOnXnnpack } from './runsOnXnnpack.ts';
import { transposedConvolutions } from './transposedConvolutions.ts';

/**
 * A convolution without bias, with the gradient of images and filter. Padding is `padding` zeros on every
 * side, as in PyTorch, whatever the stride.
 *
 * @param x images, [n, height, width, in]
 * @param filter [kernel height, kernel width, in, out]
 * @param stride pixels from one window to the next, both ways
 * @param padding rows and columns of zeros around each image, fewer than the filter has
 * @returns [n, ⌊(height + 2 padding − kernel height)/stride⌋ + 1, likewise, out]
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  if (!runsOnXnnpack()) return tf.conv2d(x, filter, stride, equalPadding(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: tf.conv2d(images, w, stride, equalPadding(padding)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        return transposedConvolutions(savedImages, savedFilter, dy as tf.Tensor4D, stride, padding);
      },
    };
  });
  return convolve(x, filter);
}
