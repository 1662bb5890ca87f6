import * as tf from '@tensorflow/tfjs';

/** Zeros around each image, per side: a bare number is misread by the wasm backend. */
function around(pixels: number): [[0, 0], [number, number], [number, number], [0, 0]] {
  return [
    [0, 0],
    [pixels, pixels],
    [pixels, pixels],
    [0, 0],
  ];
}

/** Whether the stock gradient of a convolution exists; wasm has none of the filter. */
export function hasStockFilterGradient(): boolean {
  return Boolean(tf.getKernel('Conv2DBackpropFilter', tf.getBackend()));
}

/** The stock convolution; where its gradient lacks a part, with {@link filterGradient} in its place. */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  if (hasStockFilterGradient()) return tf.conv2d(x, filter, stride, around(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: tf.conv2d(images, w, stride, around(padding)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const d = dy as tf.Tensor4D;
        // A transposed convolution is what the stock gradient of the images computes, too.
        return [
          tf.conv2dTranspose(d, savedFilter, savedImages.shape, stride, around(padding)),
          filterGradient(savedImages, savedFilter.shape, d, stride, padding),
        ];
      },
    };
  });
  return convolve(x, filter);
}

/** The stock transposed convolution; likewise. The filter is [kernel height, kernel width, out, in]. */
export function transposedConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const [n, height, width] = x.shape;
  const [kernel, , outputs] = filter.shape;
  const side = (pixels: number) => (pixels - 1) * stride - 2 * padding + kernel;
  const shape: [number, number, number, number] = [n, side(height), side(width), outputs];
  if (hasStockFilterGradient()) return tf.conv2dTranspose(x, filter, shape, stride, around(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: tf.conv2dTranspose(images, w, shape, stride, around(padding)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const d = dy as tf.Tensor4D;
        return [
          tf.conv2d(d, savedFilter, stride, around(padding)),
          filterGradient(d, savedFilter.shape, savedImages, stride, padding),
        ];
      },
    };
  });
  return convolve(x, filter);
}

/** The gradient of a filter in stock operations: for each of its taps, the pixels that it saw times what came of them. */
function filterGradient(
  x: tf.Tensor4D,
  shape: tf.Tensor4D['shape'],
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const [height, width, inputs, outputs] = shape;
  const [n, rows, columns] = dy.shape;
  const padded = tf.pad(x, around(padding));
  const flat: tf.Tensor2D = tf.reshape(dy, [n * rows * columns, outputs]);
  const taps: tf.Tensor2D[] = [];
  for (let top = 0; top < height; top++) {
    for (let left = 0; left < width; left++) {
      const end = [n, top + (rows - 1) * stride + 1, left + (columns - 1) * stride + 1, inputs];
      const seen = tf.stridedSlice(padded, [0, top, left, 0], end, [1, stride, stride, 1]);
      taps.push(tf.matMul(tf.reshape<tf.Rank.R2>(seen, [n * rows * columns, inputs]), flat, true));
    }
  }
  return tf.reshape(tf.stack(taps), shape);
}
