// AssemblyScript: `npm run build:kernels` compiles this file to kernelsBinary.ts. Addresses count bytes.
//
// Batch normalisation with what follows it. Images are pixels by channels, whose number is a multiple of four.

/** Pixels that are summed together, so that sums of many keep their precision and the pixels stay in the cache. */
const together: i32 = 128;

/** Sum over pixels of four channels, less a number for each. */
function sumOf(x: usize, pixel: usize, count: i32, less: v128): v128 {
  let even = f32x4.splat(0);
  let odd = even;
  let left = count;
  for (; left >= 2; left -= 2) {
    even = f32x4.add(even, f32x4.sub(v128.load(x), less));
    odd = f32x4.add(odd, f32x4.sub(v128.load(x + pixel), less));
    x += 2 * pixel;
  }
  if (left > 0) even = f32x4.add(even, f32x4.sub(v128.load(x), less));
  return f32x4.add(even, odd);
}

/** Sum over pixels of the squares of four channels, less a number for each. */
function squaresOf(x: usize, pixel: usize, count: i32, less: v128): v128 {
  let even = f32x4.splat(0);
  let odd = even;
  let left = count;
  for (; left >= 2; left -= 2) {
    const first = f32x4.sub(v128.load(x), less);
    const second = f32x4.sub(v128.load(x + pixel), less);
    even = f32x4.add(even, f32x4.mul(first, first));
    odd = f32x4.add(odd, f32x4.mul(second, second));
    x += 2 * pixel;
  }
  if (left > 0) {
    const last = f32x4.sub(v128.load(x), less);
    even = f32x4.add(even, f32x4.mul(last, last));
  }
  return f32x4.add(even, odd);
}

/**
 * Mean of each channel, and sum of the squared distances from it. Blocks of pixels are put together as by Chan, Golub &
 * LeVeque (1983), each being read from memory once.
 */
function moments(x: usize, pixels: i32, channels: i32, mean: usize, squares: usize): void {
  const pixel = usize(channels) << 2;
  memory.fill(mean, 0, pixel);
  memory.fill(squares, 0, pixel);
  for (let first = 0; first < pixels; first += together) {
    const count = min(together, pixels - first);
    const share = f32x4.splat(f32(count) / f32(first + count));
    const weight = f32x4.splat(f32((f64(first) * f64(count)) / f64(first + count)));
    const perPixel = f32x4.splat(1 / f32(count));
    const block = x + usize(first) * pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      // Distances from a first pixel keep their precision however far from zero the values are.
      const origin = v128.load(block + c);
      const own = f32x4.add(origin, f32x4.mul(sumOf(block + c, pixel, count, origin), perPixel));
      const before = v128.load(mean + c);
      const apart = f32x4.sub(own, before);
      v128.store(mean + c, f32x4.add(before, f32x4.mul(apart, share)));
      const within = squaresOf(block + c, pixel, count, own);
      const between = f32x4.mul(f32x4.mul(apart, apart), weight);
      v128.store(squares + c, f32x4.add(v128.load(squares + c), f32x4.add(within, between)));
    }
  }
}

/**
 * y = (x − mean) · scale + shift, plus something else, and through ReLU.
 *
 * @param plus what is added, of x's size; 0 for nothing
 */
function normalise(
  x: usize,
  plus: usize,
  y: usize,
  pixels: i32,
  channels: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  relu: bool,
): void {
  const pixel = usize(channels) << 2;
  const floor = f32x4.splat(relu ? 0 : -Infinity);
  for (; pixels > 0; pixels--) {
    for (let c: usize = 0; c < pixel; c += 16) {
      const centred = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      let value = f32x4.add(f32x4.mul(centred, v128.load(scale + c)), v128.load(shift + c));
      if (plus != 0) value = f32x4.add(value, v128.load(plus + c));
      v128.store(y + c, f32x4.max(value, floor));
    }
    x += pixel;
    y += pixel;
    if (plus != 0) plus += pixel;
  }
}

/** dy where ReLU let it through, which is where y is above 0. */
function through(dy: usize, y: usize): v128 {
  const d = v128.load(dy);
  return y == 0 ? d : v128.and(d, f32x4.gt(v128.load(y), f32x4.splat(0)));
}

/**
 * Sums over pixels of dy, and of dy (x − mean), for each channel.
 *
 * @param y what ReLU gave; 0 without ReLU
 */
function slopeSums(
  dy: usize,
  y: usize,
  x: usize,
  pixels: i32,
  channels: i32,
  mean: usize,
  sums: usize,
  products: usize,
): void {
  const pixel = usize(channels) << 2;
  memory.fill(sums, 0, pixel);
  memory.fill(products, 0, pixel);
  for (let first = 0; first < pixels; first += together) {
    const count = min(together, pixels - first);
    const block = usize(first) * pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      const centre = v128.load(mean + c);
      let sum = f32x4.splat(0);
      let product = sum;
      let at = block + c;
      for (let index = 0; index < count; index++) {
        const d = through(dy + at, y == 0 ? 0 : y + at);
        sum = f32x4.add(sum, d);
        product = f32x4.add(product, f32x4.mul(d, f32x4.sub(v128.load(x + at), centre)));
        at += pixel;
      }
      v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
      v128.store(products + c, f32x4.add(v128.load(products + c), product));
    }
  }
}

/**
 * dx = scale · (dy − slope − (x − mean) · along), and dy where ReLU let it through.
 *
 * @param y what ReLU gave; 0 without ReLU
 * @param slope mean of dy, for each channel
 * @param along mean of dy (x − mean) / variance, for each channel
 * @param plus where dy past ReLU goes; 0 for nowhere
 */
function normaliseBack(
  dy: usize,
  y: usize,
  x: usize,
  dx: usize,
  plus: usize,
  pixels: i32,
  channels: i32,
  mean: usize,
  scale: usize,
  slope: usize,
  along: usize,
): void {
  const pixel = usize(channels) << 2;
  const end = usize(pixels) * pixel;
  for (let at: usize = 0; at < end; ) {
    for (let c: usize = 0; c < pixel; c += 16) {
      const d = through(dy + at, y == 0 ? 0 : y + at);
      const centred = f32x4.sub(v128.load(x + at), v128.load(mean + c));
      const less = f32x4.add(v128.load(slope + c), f32x4.mul(centred, v128.load(along + c)));
      v128.store(dx + at, f32x4.mul(f32x4.sub(d, less), v128.load(scale + c)));
      if (plus != 0) v128.store(plus + at, d);
      at += 16;
    }
  }
}

/** The scale that normalises four channels: γ/σ. */
function scaleOf(gamma: usize, variance: v128, epsilon: f32): v128 {
  return f32x4.div(v128.load(gamma), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

/**
 * Normalises by the batch's own statistics, which it gives.
 *
 * @param plus what is added before ReLU, of x's size; 0 for nothing
 * @param variance unbiased
 * @param scratch as many numbers as there are channels
 */
export function batchNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  plus: usize,
  y: usize,
  pixels: i32,
  channels: i32,
  mean: usize,
  variance: usize,
  scratch: usize,
  epsilon: f32,
  relu: bool,
): void {
  moments(x, pixels, channels, mean, variance);
  for (let c: usize = 0; c < usize(channels) << 2; c += 16) {
    const squares = v128.load(variance + c);
    const biased = f32x4.div(squares, f32x4.splat(f32(pixels)));
    v128.store(scratch + c, scaleOf(gamma + c, biased, epsilon));
    v128.store(variance + c, f32x4.div(squares, f32x4.splat(f32(pixels - 1))));
  }
  normalise(x, plus, y, pixels, channels, mean, scratch, beta, relu);
}

/** Normalises by given statistics; see {@link batchNorm}. */
export function runningNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  plus: usize,
  y: usize,
  pixels: i32,
  channels: i32,
  mean: usize,
  variance: usize,
  scratch: usize,
  epsilon: f32,
  relu: bool,
): void {
  for (let c: usize = 0; c < usize(channels) << 2; c += 16)
    v128.store(scratch + c, scaleOf(gamma + c, v128.load(variance + c), epsilon));
  normalise(x, plus, y, pixels, channels, mean, scratch, beta, relu);
}

/**
 * The gradient of {@link batchNorm}. With x̂ = (x − mean)/σ: dβ = Σ dy, dγ = Σ dy x̂,
 * dx = γ/σ (dy − mean of dy − x̂ · mean of dy x̂), dy being 0 where ReLU is shut.
 *
 * @param y what ReLU gave; 0 without ReLU
 * @param plus where dy past ReLU goes; 0 for nowhere
 * @param scratch three times as many numbers as there are channels
 */
export function batchNormBack(
  dy: usize,
  y: usize,
  x: usize,
  gamma: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  plus: usize,
  pixels: i32,
  channels: i32,
  mean: usize,
  variance: usize,
  scratch: usize,
  epsilon: f32,
): void {
  slopeSums(dy, y, x, pixels, channels, mean, dBeta, dGamma);
  const bytes = usize(channels) << 2;
  const count = f32x4.splat(f32(pixels));
  for (let c: usize = 0; c < bytes; c += 16) {
    const biased = f32x4.mul(v128.load(variance + c), f32x4.splat(f32(pixels - 1) / f32(pixels)));
    const spread = f32x4.add(biased, f32x4.splat(epsilon));
    const products = v128.load(dGamma + c);
    v128.store(scratch + c, scaleOf(gamma + c, biased, epsilon));
    v128.store(scratch + bytes + c, f32x4.div(v128.load(dBeta + c), count));
    v128.store(scratch + 2 * bytes + c, f32x4.div(f32x4.div(products, spread), count));
    v128.store(dGamma + c, f32x4.div(products, f32x4.sqrt(spread)));
  }
  normaliseBack(dy, y, x, dx, plus, pixels, channels, mean, scratch, scratch + bytes, scratch + 2 * bytes);
}

/** The gradient of {@link runningNorm} with respect to x; see {@link batchNormBack}. */
export function runningNormBack(
  dy: usize,
  y: usize,
  gamma: usize,
  dx: usize,
  plus: usize,
  pixels: i32,
  channels: i32,
  variance: usize,
  scratch: usize,
  epsilon: f32,
): void {
  const bytes = usize(channels) << 2;
  memory.fill(scratch, 0, 3 * bytes);
  for (let c: usize = 0; c < bytes; c += 16)
    v128.store(scratch + c, scaleOf(gamma + c, v128.load(variance + c), epsilon));
  const zeros = scratch + bytes;
  normaliseBack(dy, y, dy, dx, plus, pixels, channels, zeros, scratch, zeros, zeros);
}
