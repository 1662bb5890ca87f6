// AssemblyScript: `npm run build:kernels` compiles this file to kernelsBinary.ts. Addresses and distances count bytes.
//
// What the search in latent space needs beside products. Activations are in rows, one for each latent; there is no
// static data, because the memory belongs to TensorFlow.js.

import { product } from './product.assembly';

const half: f32 = 0.5;

/** eˣ of four numbers, to about one unit in the last place (Cephes' expf). */
function exp4(x: v128): v128 {
  const held = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88.3));
  const n = f32x4.nearest(f32x4.mul(held, f32x4.splat(1.4426950408889634)));
  const high = f32x4.sub(held, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.add(high, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let sum = f32x4.splat(1.98756915e-4);
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.3981999507e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(8.3334519073e-3));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(4.1665795894e-2));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.6666665459e-1));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(5.0000001201e-1));
  sum = f32x4.add(f32x4.add(f32x4.mul(sum, f32x4.mul(r, r)), r), f32x4.splat(1));
  return f32x4.mul(sum, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}

function expOf(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/** The natural logarithm of a number above 0 (Cephes' logf). */
function logOf(x: f32): f32 {
  if (!(x > 0)) return NaN;
  const bits = reinterpret<i32>(x);
  let power = f32((bits >> 23) - 126);
  let m = reinterpret<f32>((bits & 0x007fffff) | 0x3f000000);
  if (m < 0.7071067811865476) {
    power -= 1;
    m += m;
  }
  m -= 1;
  const square = m * m;
  let sum: f32 = 7.0376836292e-2;
  sum = sum * m - 1.151461031e-1;
  sum = sum * m + 1.167699874e-1;
  sum = sum * m - 1.2420140846e-1;
  sum = sum * m + 1.4249322787e-1;
  sum = sum * m - 1.6668057665e-1;
  sum = sum * m + 2.0000714765e-1;
  sum = sum * m - 2.4999993993e-1;
  sum = sum * m + 3.3333331174e-1;
  return m + (sum * m * square - power * 2.1219444e-4 - half * square) + power * 0.693359375;
}

function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

function sigmoidOf(x: f32): f32 {
  return f32x4.extract_lane(sigmoid4(f32x4.splat(x)), 0);
}

/** y = x Wᵀ + b, or y = ReLU(x Wᵀ + b); Wᵀ is [depth, columns]. */
export function affine(
  x: usize,
  transposed: usize,
  bias: usize,
  y: usize,
  rows: i32,
  depth: i32,
  columns: i32,
  relu: bool,
): void {
  const bytes = usize(columns) << 2;
  for (let row = 0; row < rows; row++) memory.copy(y + usize(row) * bytes, bias, bytes);
  product(x, usize(depth) << 2, 4, transposed, bytes, 32, y, bytes, rows, columns, depth, true);
  if (!relu) return;
  const end = y + usize(rows) * bytes;
  for (; y + 16 <= end; y += 16) v128.store(y, f32x4.max(v128.load(y), f32x4.splat(0)));
  for (; y < end; y += 4) store<f32>(y, max<f32>(load<f32>(y), 0));
}

/** dx = dy W, or dx += dy W; W is [depth, columns]. */
export function affineBack(dy: usize, weight: usize, dx: usize, rows: i32, depth: i32, columns: i32, add: bool): void {
  const bytes = usize(columns) << 2;
  product(dy, usize(depth) << 2, 4, weight, bytes, 32, dx, bytes, rows, columns, depth, add);
}

/** Fills with zeros. */
export function clear(to: usize, count: i32): void {
  memory.fill(to, 0, usize(count) << 2);
}

/** Back through ReLU: 0 where y is not above 0. */
export function shut(d: usize, y: usize, count: i32): void {
  for (let at: usize = 0; at < usize(count) << 2; at += 4) if (!(load<f32>(y + at) > 0)) store<f32>(d + at, 0);
}

/** σ(x). */
export function sigmoid(x: usize, y: usize, count: i32): void {
  const end = usize(count) << 2;
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) v128.store(y + at, sigmoid4(v128.load(x + at)));
  for (; at < end; at += 4) store<f32>(y + at, sigmoidOf(load<f32>(x + at)));
}

/** Back through σ: d · y (1 − y). */
export function sigmoidBack(d: usize, y: usize, count: i32): void {
  const end = usize(count) << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const open = load<f32>(y + at);
    store<f32>(d + at, load<f32>(d + at) * open * (1 - open));
  }
}

/**
 * A gated layer, ReLU(value) · σ(gate).
 *
 * @param both value and gate, [rows, 2 · width]
 * @param open where σ(gate) is kept, [rows, width]
 * @param y [rows, width]
 */
export function gated(both: usize, open: usize, y: usize, rows: i32, width: i32): void {
  const bytes = usize(width) << 2;
  for (let row = 0; row < rows; row++) {
    sigmoid(both + bytes, open, width);
    for (let at: usize = 0; at < bytes; at += 4)
      store<f32>(y + at, max<f32>(load<f32>(both + at), 0) * load<f32>(open + at));
    both += 2 * bytes;
    open += bytes;
    y += bytes;
  }
}

/** Back through {@link gated}: the gradient of value and gate takes their place. */
export function gatedBack(d: usize, open: usize, both: usize, rows: i32, width: i32): void {
  const bytes = usize(width) << 2;
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 4) {
      const slope = load<f32>(d + at);
      const share = load<f32>(open + at);
      const value = load<f32>(both + at);
      const passes = value > 0;
      store<f32>(both + at, passes ? slope * share : 0);
      store<f32>(both + bytes + at, passes ? slope * value * share * (1 - share) : 0);
    }
    both += 2 * bytes;
    open += bytes;
    d += bytes;
  }
}

/** Logits value · σ(gate) of one image, less their log Σ exp. */
function logProbabilities(output: usize, classes: i32, to: usize): void {
  let highest: f32 = -Infinity;
  for (let c: usize = 0; c < usize(classes) << 2; c += 4) {
    const logit = load<f32>(output + c) * sigmoidOf(load<f32>(output + (usize(classes) << 2) + c));
    store<f32>(to + c, logit);
    highest = max(highest, logit);
  }
  let total: f32 = 0;
  for (let c: usize = 0; c < usize(classes) << 2; c += 4) total += expOf(load<f32>(to + c) - highest);
  const shift = highest + logOf(total);
  for (let c: usize = 0; c < usize(classes) << 2; c += 4) store<f32>(to + c, load<f32>(to + c) - shift);
}

/** Puts d, the gradient of a logit, through value · σ(gate), in the place of both. */
function logitBack(output: usize, bytes: usize, c: usize, d: f32): void {
  const value = load<f32>(output + c);
  const open = sigmoidOf(load<f32>(output + bytes + c));
  store<f32>(output + c, d * open);
  store<f32>(output + bytes + c, d * value * open * (1 - open));
}

/**
 * The gradient of interference · H(previous, virtual) + entropy · H(previous), H(q, p) = −Σ q ln p, with respect to what
 * the last layers of both classifiers give, whose place it takes.
 *
 * @param previous values and gates, [rows, 2 · classes]
 * @param virtual likewise; 0 where interference is 0
 * @param scratch 2 · classes numbers
 */
export function answersBack(
  previous: usize,
  virtual: usize,
  rows: i32,
  classes: i32,
  interference: f32,
  entropy: f32,
  scratch: usize,
): void {
  const bytes = usize(classes) << 2;
  const p = scratch + bytes;
  for (let row = 0; row < rows; row++) {
    logProbabilities(previous, classes, scratch);
    if (virtual != 0) logProbabilities(virtual, classes, p);
    let own: f32 = 0;
    let between: f32 = 0;
    for (let c: usize = 0; c < bytes; c += 4) {
      const q = expOf(load<f32>(scratch + c));
      own -= q * load<f32>(scratch + c);
      if (virtual != 0) between -= q * load<f32>(p + c);
    }
    for (let c: usize = 0; c < bytes; c += 4) {
      const q = expOf(load<f32>(scratch + c));
      let pull = entropy * (load<f32>(scratch + c) + own);
      if (virtual != 0) {
        pull += interference * (load<f32>(p + c) + between);
        logitBack(virtual, bytes, c, interference * (expOf(load<f32>(p + c)) - q));
      }
      logitBack(previous, bytes, c, -q * pull);
    }
    previous += 2 * bytes;
    if (virtual != 0) virtual += 2 * bytes;
  }
}

/** ln(1 + eˣ). */
function softplus(x: f32): f32 {
  return max<f32>(x, 0) + logOf(1 + expOf(-abs(x)));
}

/** z = mean + √softplus(spread) · ε. */
export function sample(mean: usize, spread: usize, epsilon: usize, z: usize, count: i32): void {
  for (let at: usize = 0; at < usize(count) << 2; at += 4) {
    const deviation = sqrt<f32>(softplus(load<f32>(spread + at)));
    store<f32>(z + at, load<f32>(mean + at) + deviation * load<f32>(epsilon + at));
  }
}

/**
 * The gradient of kl · KL(N(mean, softplus(spread)) ‖ N(0, I)), and of what a decoder makes of a sample, with respect to
 * mean and spread, whose place it takes.
 *
 * @param dz gradient of the sample; 0 where nothing was decoded
 */
export function posteriorBack(mean: usize, spread: usize, dz: usize, epsilon: usize, count: i32, kl: f32): void {
  for (let at: usize = 0; at < usize(count) << 2; at += 4) {
    const before = load<f32>(spread + at);
    const variance = softplus(before);
    let dMean = kl * load<f32>(mean + at);
    let dVariance: f32 = half * kl * (1 - 1 / variance);
    if (dz != 0) {
      dMean += load<f32>(dz + at);
      dVariance += (half * load<f32>(dz + at) * load<f32>(epsilon + at)) / sqrt<f32>(variance);
    }
    store<f32>(mean + at, dMean);
    store<f32>(spread + at, dVariance * sigmoidOf(before));
  }
}

/**
 * The gradient of coefficient · −ln p(image) under Bernoulli pixels with respect to the pixels' logits, whose place it
 * takes, and to the image, to which it is added. Probabilities are kept a floor away from 0 and 1.
 *
 * @param low the logit of the floor
 * @param high that of the highest probability, which is rounded otherwise
 */
export function bernoulliBack(
  logits: usize,
  image: usize,
  dImage: usize,
  count: i32,
  coefficient: f32,
  low: f32,
  high: f32,
): void {
  for (let at: usize = 0; at < usize(count) << 2; at += 4) {
    const logit = load<f32>(logits + at);
    const held = min(max(logit, low), high);
    store<f32>(dImage + at, load<f32>(dImage + at) - coefficient * held);
    const slope = coefficient * (sigmoidOf(logit) - load<f32>(image + at));
    store<f32>(logits + at, logit == held ? slope : 0);
  }
}

/**
 * Moves latents along their gradient and that of the terms that look at the latent alone: diversity · the mean squared
 * distance from a centre, and shell · (‖z‖ − √dimensions)².
 *
 * @param d what other terms pull; 0 for nothing
 * @param centre [dimensions]; 0 for nothing
 */
export function moveLatents(
  z: usize,
  d: usize,
  centre: usize,
  to: usize,
  rows: i32,
  dimensions: i32,
  diversity: f32,
  shell: f32,
  rate: f32,
): void {
  const bytes = usize(dimensions) << 2;
  const apart: f32 = (diversity * 2) / f32(dimensions);
  for (let row = 0; row < rows; row++) {
    let square: f32 = 0;
    for (let at: usize = 0; at < bytes; at += 4) square += load<f32>(z + at) * load<f32>(z + at);
    // The square of the norm has a floor, below which no gradient flows.
    const far: f32 = 1 - sqrt<f32>(f32(dimensions)) / sqrt<f32>(square);
    const slope: f32 = square < 1e-12 ? 0 : shell * far * 2;
    for (let at: usize = 0; at < bytes; at += 4) {
      const value = load<f32>(z + at);
      let pull = slope * value;
      if (centre != 0) pull += apart * (value - load<f32>(centre + at));
      if (d != 0) pull += load<f32>(d + at);
      store<f32>(to + at, value + rate * pull);
    }
    z += bytes;
    to += bytes;
    if (d != 0) d += bytes;
  }
}
