// AssemblyScript: `npm run build:kernels` compiles this file to kernelsBinary.ts. Addresses and distances count bytes.
//
// Convolutions of 3 × 3 with a stride of 1 and one row of zeros around, by Winograd's F(2 × 2, 3 × 3) (Lavin & Gray
// 2016): a tile of 2 × 2 pixels takes 16 multiplications for each pair of channels in place of 36,
// y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A. Each of the 16 places is a product of its own, tiles by channels. All numbers of
// channels are multiples of four.

import { product } from './product.assembly';

/** Planes that adjoin at a multiple of 4 KiB would push one another out of the cache. */
const apart: usize = 192;

function half(pixels: i32): i32 {
  return (pixels + 1) >> 1;
}

/** The bytes of a plane of tiles. */
function planeOf(tiles: i32, channels: i32): usize {
  return (usize(tiles * channels) << 2) + apart;
}

/** The bytes of one of the four rows that Bᵀ makes of four rows of an image. */
function stripRowOf(width: i32, channels: i32): usize {
  return usize((2 * half(width) + 2) * channels) << 2;
}

/** How many numbers {@link winograd} and {@link winogradFilterGradient} need beside their operands. */
export function winogradScratch(width: i32, inputs: i32, outputs: i32, tileRows: i32): usize {
  const tiles = tileRows * half(width);
  const zeros = usize(width * max(inputs, outputs)) << 2;
  const bytes =
    zeros +
    4 * stripRowOf(width, inputs) +
    16 * (planeOf(tiles, inputs) + planeOf(tiles, outputs)) +
    (usize(16 * inputs * outputs) << 2);
  return bytes >> 2;
}

/**
 * G w Gᵀ, in panels of 8 outputs.
 *
 * @param w [3, 3, inputs, outputs]
 * @param u 16 times ⌈outputs/8⌉ panels of inputs · 8
 */
export function winogradFilter(w: usize, inputs: i32, outputs: i32, u: usize): void {
  const plane = usize((outputs + 7) >> 3) * usize(inputs << 5);
  const tap = usize(inputs * outputs) << 2;
  for (let input = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output += 4) {
      const from = w + (usize(input * outputs + output) << 2);
      const to = u + usize(output >> 3) * usize(inputs << 5) + usize(input << 5) + usize((output & 4) << 2);
      filterColumn(from, tap, to, plane, 0);
      filterColumn(from, tap, to, plane, 1);
      filterColumn(from, tap, to, plane, 2);
      filterColumn(from, tap, to, plane, 3);
    }
  }
}

/** Row `i` of G. */
function rowOfG(i: i32, a: v128, b: v128, c: v128): v128 {
  if (i == 0) return a;
  if (i == 3) return c;
  const outer = f32x4.add(a, c);
  return f32x4.mul(f32x4.splat(0.5), i == 1 ? f32x4.add(outer, b) : f32x4.sub(outer, b));
}

/** Column `j` of G w Gᵀ for four outputs. */
function filterColumn(w: usize, tap: usize, u: usize, plane: usize, j: i32): void {
  const top = rowOfG(j, v128.load(w), v128.load(w + tap), v128.load(w + 2 * tap));
  const middle = rowOfG(j, v128.load(w + 3 * tap), v128.load(w + 4 * tap), v128.load(w + 5 * tap));
  const bottom = rowOfG(j, v128.load(w + 6 * tap), v128.load(w + 7 * tap), v128.load(w + 8 * tap));
  for (let i = 0; i < 4; i++) v128.store(u + usize(4 * i + j) * plane, rowOfG(i, top, middle, bottom));
}

/** The filter turned by 180°, its inputs and outputs exchanged: by it, a gradient goes back to the images. */
export function turn(w: usize, taps: i32, inputs: i32, outputs: i32, turned: usize): void {
  for (let tap = 0; tap < taps; tap++) {
    for (let input = 0; input < inputs; input++) {
      const from = w + (usize((tap * inputs + input) * outputs) << 2);
      const to = turned + (usize((taps - 1 - tap) * inputs * outputs + input) << 2);
      for (let output = 0; output < outputs; output++)
        store<f32>(to + (usize(output * inputs) << 2), load<f32>(from + (usize(output) << 2)));
    }
  }
}

/** Bᵀ x B of a row of tiles: first down the columns into a strip, then along its rows. */
function tilesOfRow(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  tileRow: i32,
  zeros: usize,
  strip: usize,
  v: usize,
  plane: usize,
): void {
  const pixel = usize(channels) << 2;
  const row = usize(width) * pixel;
  const y = 2 * tileRow - 1;
  const x0 = y < 0 ? zeros : image + usize(y) * row;
  const x1 = image + usize(y + 1) * row;
  const x2 = y + 2 < height ? image + usize(y + 2) * row : zeros;
  const x3 = y + 3 < height ? image + usize(y + 3) * row : zeros;
  const stripRow = stripRowOf(width, channels);
  let to = strip + pixel;
  for (let at: usize = 0; at < row; at += 16) {
    const d0 = v128.load(x0 + at);
    const d1 = v128.load(x1 + at);
    const d2 = v128.load(x2 + at);
    const d3 = v128.load(x3 + at);
    v128.store(to, f32x4.sub(d0, d2));
    v128.store(to + stripRow, f32x4.add(d1, d2));
    v128.store(to + 2 * stripRow, f32x4.sub(d2, d1));
    v128.store(to + 3 * stripRow, f32x4.sub(d1, d3));
    to += 16;
  }
  const tiles = half(width);
  for (let i: usize = 0; i < 4; i++) {
    let from = strip + i * stripRow;
    let v0 = v + 4 * i * plane;
    for (let tile = 0; tile < tiles; tile++) {
      for (let c: usize = 0; c < pixel; c += 16) {
        const d0 = v128.load(from);
        const d1 = v128.load(from + pixel);
        const d2 = v128.load(from + 2 * pixel);
        const d3 = v128.load(from + 3 * pixel);
        v128.store(v0, f32x4.sub(d0, d2));
        v128.store(v0 + plane, f32x4.add(d1, d2));
        v128.store(v0 + 2 * plane, f32x4.sub(d2, d1));
        v128.store(v0 + 3 * plane, f32x4.sub(d1, d3));
        from += 16;
        v0 += 16;
      }
      from += pixel;
    }
  }
}

/** Aᵀ m A: the pixels of a row of tiles, as far as they are in the image. */
function pixelsOfRow(m: usize, plane: usize, image: usize, height: i32, width: i32, channels: i32, tileRow: i32): void {
  const pixel = usize(channels) << 2;
  const row = usize(width) * pixel;
  const tiles = half(width);
  for (let lower = 0; lower < 2 && 2 * tileRow + lower < height; lower++) {
    let to = image + usize(2 * tileRow + lower) * row;
    // Row 0 of Aᵀ adds rows 0, 1 and 2; row 1 takes rows 2 and 3 from row 1.
    let m0 = m + usize(4 * lower) * plane;
    for (let tile = 0; tile < tiles; tile++) {
      const both = 2 * tile + 1 < width;
      for (let c: usize = 0; c < pixel; c += 16) {
        const z0 = column(m0, 4 * plane, lower);
        const z1 = column(m0 + plane, 4 * plane, lower);
        const z2 = column(m0 + 2 * plane, 4 * plane, lower);
        const z3 = column(m0 + 3 * plane, 4 * plane, lower);
        v128.store(to, f32x4.add(f32x4.add(z0, z1), z2));
        if (both) v128.store(to + pixel, f32x4.sub(f32x4.sub(z1, z2), z3));
        to += 16;
        m0 += 16;
      }
      to += pixel;
    }
  }
}

function column(m: usize, below: usize, lower: i32): v128 {
  const first = v128.load(m);
  const second = v128.load(m + below);
  const third = v128.load(m + 2 * below);
  return lower == 0 ? f32x4.add(f32x4.add(first, second), third) : f32x4.sub(f32x4.sub(first, second), third);
}

/**
 * The convolution of images.
 *
 * @param x [images, height, width, inputs]
 * @param u of the filter, by {@link winogradFilter}
 * @param y [images, height, width, outputs]
 * @param scratch of {@link winogradScratch} numbers
 * @param tileRows how many rows of tiles are worked on together
 */
export function winograd(
  x: usize,
  u: usize,
  y: usize,
  images: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
  tileRows: i32,
): void {
  const rowsOfImage = half(height);
  const tiles = half(width);
  const rows = images * rowsOfImage;
  const zeros = scratch;
  const strip = zeros + (usize(width * inputs) << 2);
  const v = strip + 4 * stripRowOf(width, inputs);
  const vPlane = planeOf(tileRows * tiles, inputs);
  const m = v + 16 * vPlane;
  const mPlane = planeOf(tileRows * tiles, outputs);
  const panel = usize(inputs) << 5;
  const uPlane = usize((outputs + 7) >> 3) * panel;
  memory.fill(zeros, 0, v - zeros);
  for (let first = 0; first < rows; first += tileRows) {
    const together = min(tileRows, rows - first);
    for (let index = 0; index < together; index++) {
      const image = x + (usize(((first + index) / rowsOfImage) * height * width * inputs) << 2);
      const tileRow = (first + index) % rowsOfImage;
      tilesOfRow(image, height, width, inputs, tileRow, zeros, strip, v + (usize(index * tiles * inputs) << 2), vPlane);
    }
    for (let place: usize = 0; place < 16; place++) {
      product(
        v + place * vPlane,
        usize(inputs) << 2,
        4,
        u + place * uPlane,
        32,
        panel,
        m + place * mPlane,
        usize(outputs) << 2,
        together * tiles,
        outputs,
        inputs,
        false,
      );
    }
    for (let index = 0; index < together; index++) {
      const image = y + (usize(((first + index) / rowsOfImage) * height * width * outputs) << 2);
      const tileRow = (first + index) % rowsOfImage;
      pixelsOfRow(m + (usize(index * tiles * outputs) << 2), mPlane, image, height, width, outputs, tileRow);
    }
  }
}

/** A dy Aᵀ of a row of tiles; pixels beyond the image are 0. */
function slopesOfRow(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  tileRow: i32,
  zeros: usize,
  d: usize,
  plane: usize,
): void {
  const pixel = usize(channels) << 2;
  const row = usize(width) * pixel;
  const tiles = half(width);
  const above = image + usize(2 * tileRow) * row;
  const below = 2 * tileRow + 1 < height ? above + row : zeros;
  for (let tile = 0; tile < tiles; tile++) {
    const at = usize(2 * tile) * pixel;
    const both = 2 * tile + 1 < width;
    for (let c: usize = 0; c < pixel; c += 16) {
      const y00 = v128.load(above + at + c);
      const y01 = both ? v128.load(above + at + pixel + c) : f32x4.splat(0);
      const y10 = v128.load(below + at + c);
      const y11 = both ? v128.load(below + at + pixel + c) : f32x4.splat(0);
      slopeRow(d, plane, y00, y01);
      slopeRow(d + 4 * plane, plane, f32x4.add(y00, y10), f32x4.add(y01, y11));
      slopeRow(d + 8 * plane, plane, f32x4.sub(y00, y10), f32x4.sub(y01, y11));
      slopeRow(d + 12 * plane, plane, f32x4.neg(y10), f32x4.neg(y11));
      d += 16;
    }
  }
}

function slopeRow(d: usize, plane: usize, left: v128, right: v128): void {
  v128.store(d, left);
  v128.store(d + plane, f32x4.add(left, right));
  v128.store(d + 2 * plane, f32x4.sub(left, right));
  v128.store(d + 3 * plane, f32x4.neg(right));
}

/**
 * The gradient of the filter, dw = Gᵀ [Σ (Bᵀ x B) ⊙ (A dy Aᵀ)] G.
 *
 * @param x [images, height, width, inputs]
 * @param dy [images, height, width, outputs]
 * @param dw [3, 3, inputs, outputs]
 * @param scratch of {@link winogradScratch} numbers
 * @param tileRows how many rows of tiles are worked on together
 */
export function winogradFilterGradient(
  x: usize,
  dy: usize,
  dw: usize,
  images: i32,
  height: i32,
  width: i32,
  inputs: i32,
  outputs: i32,
  scratch: usize,
  tileRows: i32,
): void {
  const rowsOfImage = half(height);
  const tiles = half(width);
  const rows = images * rowsOfImage;
  const zeros = scratch;
  const strip = zeros + (usize(width * max(inputs, outputs)) << 2);
  const v = strip + 4 * stripRowOf(width, inputs);
  const vPlane = planeOf(tileRows * tiles, inputs);
  const d = v + 16 * vPlane;
  const dPlane = planeOf(tileRows * tiles, outputs);
  const du = d + 16 * dPlane;
  const duPlane = usize(inputs * outputs) << 2;
  memory.fill(zeros, 0, v - zeros);
  memory.fill(du, 0, 16 * duPlane);
  for (let first = 0; first < rows; first += tileRows) {
    const together = min(tileRows, rows - first);
    for (let index = 0; index < together; index++) {
      const image = usize(((first + index) / rowsOfImage) * height * width) << 2;
      const tileRow = (first + index) % rowsOfImage;
      const at = usize(index * tiles) << 2;
      const shown = x + image * usize(inputs);
      tilesOfRow(shown, height, width, inputs, tileRow, zeros, strip, v + at * usize(inputs), vPlane);
      const slope = dy + image * usize(outputs);
      slopesOfRow(slope, height, width, outputs, tileRow, zeros, d + at * usize(outputs), dPlane);
    }
    for (let place: usize = 0; place < 16; place++) {
      product(
        v + place * vPlane,
        4,
        usize(inputs) << 2,
        d + place * dPlane,
        usize(outputs) << 2,
        32,
        du + place * duPlane,
        usize(outputs) << 2,
        inputs,
        outputs,
        together * tiles,
        true,
      );
    }
  }
  for (let at: usize = 0; at < duPlane; at += 16) {
    for (let i: usize = 0; i < 3; i++) {
      const z0 = rowBack(i, du + at, 4 * duPlane);
      const z1 = rowBack(i, du + at + duPlane, 4 * duPlane);
      const z2 = rowBack(i, du + at + 2 * duPlane, 4 * duPlane);
      const z3 = rowBack(i, du + at + 3 * duPlane, 4 * duPlane);
      const inner = f32x4.mul(f32x4.splat(0.5), f32x4.add(z1, z2));
      const to = dw + at + 3 * i * duPlane;
      v128.store(to, f32x4.add(z0, inner));
      v128.store(to + duPlane, f32x4.mul(f32x4.splat(0.5), f32x4.sub(z1, z2)));
      v128.store(to + 2 * duPlane, f32x4.add(inner, z3));
    }
  }
}

/** Row `i` of Gᵀ times a column. */
function rowBack(i: usize, u: usize, below: usize): v128 {
  const second = v128.load(u + below);
  const third = v128.load(u + 2 * below);
  if (i == 1) return f32x4.mul(f32x4.splat(0.5), f32x4.sub(second, third));
  const inner = f32x4.mul(f32x4.splat(0.5), f32x4.add(second, third));
  return f32x4.add(inner, i == 0 ? v128.load(u) : v128.load(u + 3 * below));
}
