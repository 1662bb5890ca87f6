// AssemblyScript: `npm run build:kernels` compiles this file to kernelsBinary.ts. Addresses and distances count bytes.
//
// Convolutions of any kernel, stride and padding: the window under each pixel of the result is laid out as a row, and
// the rows are multiplied by the filter. Images are [n, height, width, channels], filters [kernel height, kernel width,
// inputs, outputs].

import { product } from './product.assembly';

/** Windows that are laid out together. */
const together: i32 = 64;

/** How many numbers each convolution here needs beside its operands. */
export function windowScratch(taps: i32, inputs: i32, outputs: i32): usize {
  return usize(taps * inputs) * usize(together) + usize(taps * inputs + 8) * usize(outputs);
}

function copy(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}

function clear(to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.splat(0));
  for (; at < bytes; at += 4) store<f32>(to + at, 0);
}

function addTo(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
}

/** Lays out the window of a pixel of the result, or with `back` adds it to where it came from. */
function window(
  x: usize,
  height: i32,
  width: i32,
  inputs: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  top: i32,
  left: i32,
  at: usize,
  back: bool,
): void {
  const pixel = usize(inputs) << 2;
  const before = max(-left, 0);
  const within = max(min(kernelWidth, width - left) - before, 0);
  const skipped = usize(before) * pixel;
  const bytes = usize(within) * pixel;
  const rest = usize(kernelWidth - before - within) * pixel;
  for (let row = 0; row < kernelHeight; row++) {
    const y = top + row;
    const inside = y >= 0 && y < height;
    if (back) {
      if (inside) addTo(at + skipped, x + usize(y * width + left + before) * pixel, bytes);
    } else if (inside) {
      clear(at, skipped);
      copy(x + usize(y * width + left + before) * pixel, at + skipped, bytes);
      clear(at + skipped + bytes, rest);
    } else clear(at, skipped + bytes + rest);
    at += skipped + bytes + rest;
  }
}

/** {@link window} for consecutive pixels of the result, of all images. */
function windows(
  x: usize,
  height: i32,
  width: i32,
  inputs: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  rows: i32,
  columns: i32,
  first: i32,
  count: i32,
  at: usize,
  back: bool,
): void {
  const bytes = usize(kernelHeight * kernelWidth * inputs) << 2;
  for (let index = first; index < first + count; index++) {
    const image = x + (usize((index / (rows * columns)) * height * width * inputs) << 2);
    const place = index % (rows * columns);
    const top = (place / columns) * stride - padding;
    const left = (place % columns) * stride - padding;
    window(image, height, width, inputs, kernelHeight, kernelWidth, top, left, at, back);
    at += bytes;
  }
}

/** The convolution of images, x → y, [images, rows, columns, outputs]. */
export function convolve(
  x: usize,
  w: usize,
  y: usize,
  images: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  rows: i32,
  columns: i32,
  scratch: usize,
): void {
  const depth = kernelHeight * kernelWidth * inputs;
  const n = usize(outputs) << 2;
  const all = images * rows * columns;
  for (let first = 0; first < all; first += together) {
    const count = min(together, all - first);
    windows(
      x,
      height,
      width,
      inputs,
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      rows,
      columns,
      first,
      count,
      scratch,
      false,
    );
    product(scratch, usize(depth) << 2, 4, w, n, 32, y + usize(first) * n, n, count, outputs, depth, false);
  }
}

/** The gradient of the filter, dw, from x and dy, [images, rows, columns, outputs]. */
export function filterGradient(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  rows: i32,
  columns: i32,
  scratch: usize,
): void {
  const depth = kernelHeight * kernelWidth * inputs;
  const n = usize(outputs) << 2;
  const all = images * rows * columns;
  for (let first = 0; first < all; first += together) {
    const count = min(together, all - first);
    windows(
      x,
      height,
      width,
      inputs,
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      rows,
      columns,
      first,
      count,
      scratch,
      false,
    );
    product(scratch, 4, usize(depth) << 2, dy + usize(first) * n, n, 32, dw, n, depth, outputs, count, first > 0);
  }
}

/** The gradient of the images, dx, from dy, [images, rows, columns, outputs]. */
export function imageGradient(
  dy: usize,
  w: usize,
  dx: usize,
  images: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  rows: i32,
  columns: i32,
  scratch: usize,
): void {
  const depth = kernelHeight * kernelWidth * inputs;
  const n = usize(outputs) << 2;
  const all = images * rows * columns;
  const transposed = scratch + (usize(depth * together) << 2);
  for (let k = 0; k < depth; k++) {
    for (let output = 0; output < outputs; output++)
      store<f32>(transposed + (usize(output * depth + k) << 2), load<f32>(w + usize(k) * n + (usize(output) << 2)));
  }
  memory.fill(dx, 0, usize(images * height * width * inputs) << 2);
  for (let first = 0; first < all; first += together) {
    const count = min(together, all - first);
    const d = usize(depth) << 2;
    product(dy + usize(first) * n, n, 4, transposed, d, 32, scratch, d, count, depth, outputs, false);
    windows(
      dx,
      height,
      width,
      inputs,
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      rows,
      columns,
      first,
      count,
      scratch,
      true,
    );
  }
}
