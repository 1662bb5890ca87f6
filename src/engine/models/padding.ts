/** Zeros around each image of [n, height, width, channels], as TensorFlow.js takes them. */
export type Padding = [[0, 0], [number, number], [number, number], [0, 0]];

/**
 * As many zeros on every side, as PyTorch pads. Written out per side, because TensorFlow.js pads one side
 * only for 'same' with a stride of 2, and takes a filter's height for its width when given a bare number.
 */
export function equalPadding(pixels: number): Padding {
  return [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]];
}
