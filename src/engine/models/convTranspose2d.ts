import * as tf from '@tensorflow/tfjs';
import { conv2d } from './conv2d.ts';
import { equalPadding } from './padding.ts';
import { runsOnXnnpack } from './runsOnXnnpack.ts';
import { filterGradient, imageGradient } from './transposedConvolutions.ts';

/**
 * A transposed convolution without bias, with the gradient of images and filter: it does to images what a
 * convolution's gradient does, so its own gradient is that convolution. As PyTorch's, with no output padding.
 *
 * @param x images, [n, height, width, in]
 * @param filter [kernel height, kernel width, out, in]: as the convolution that is transposed has it
 * @param stride pixels from one window to the next in the result, both ways
 * @param padding rows and columns taken away on each side of the result, fewer than the filter has
 * @returns [n, (height − 1) stride − 2 padding + kernel height, likewise, out]
 */
export function convTranspose2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  const [n, height, width] = x.shape;
  const [kernelHeight, kernelWidth, outputs] = filter.shape;
  const side = (pixels: number, kernel: number) => (pixels - 1) * stride - 2 * padding + kernel;
  const shape: tf.Tensor4D['shape'] = [n, side(height, kernelHeight), side(width, kernelWidth), outputs];
  if (!runsOnXnnpack()) return tf.conv2dTranspose(x, filter, shape, stride, equalPadding(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: imageGradient(shape, w, images, stride, padding),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const dValue = dy as tf.Tensor4D;
        return [conv2d(dValue, savedFilter, stride, padding), filterGradient(dValue, savedFilter.shape, savedImages, stride, padding)];
      },
    };
  });
  return convolve(x, filter);
}
