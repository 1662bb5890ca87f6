import * as tf from '@tensorflow/tfjs';
import { deviceSharing, dispatch, flat, flatIndex, type Sharing, widthOf } from './dispatch.ts';
import { runProgram } from './runProgram.ts';

/** Gradients that one dispatch can take, with what it makes of them: devices promise eight tensors. */
export const mostGradients = 6;

/** Threads of a workgroup that add up products together, and the most such groups for one parameter. */
const [lanesOfGroup, mostGroups] = [256, 64];

/**
 * Inner products of gradients, each with each, on the webgpu backend: a dispatch for each parameter, whose partial sums
 * are then added up.
 *
 * @param parameters for each parameter the tensors of all gradients, of one shape; at most {@link mostGradients}
 * @returns the lower triangle row by row, [n (n + 1) / 2]
 */
export function innerProducts(
  parameters: readonly (readonly tf.Tensor[])[],
  sharing: Sharing = deviceSharing(),
): tf.Tensor1D {
  return tf.tidy(() =>
    tf.sum<tf.Tensor1D>(
      tf.concat2d(
        parameters.map((tensors) => partialProducts(tensors, sharing)),
        0,
      ),
      0,
    ),
  );
}

/** @returns [shares, n (n + 1) / 2] */
function partialProducts(tensors: readonly tf.Tensor[], { lanes, threads }: Sharing): tf.Tensor2D {
  const [{ size }] = tensors;
  const width = widthOf(size);
  const vectors = size / width;
  const names = tensors.map((_, index) => `g${index}`);
  const pairs = names.flatMap((one, row) => names.slice(0, row + 1).map((other) => [one, other] as const));
  const shared = lanes > 1;
  const shares = shared
    ? Math.min(mostGroups, Math.ceil(vectors / (2 * lanesOfGroup)))
    : Math.min(vectors, Math.max(1, threads));
  const product = (one: string, other: string) =>
    width === 4 ? `dot(at_${one}, at_${other})` : `at_${one} * at_${other}`;
  const addUp = (start: string, step: number) => `
  ${pairs.map((_, pair) => `var sum${pair} = 0.0;`).join(' ')}
  for (var at = ${start}; at < ${vectors}u; at += ${step}u) {
    ${names.map((name) => `let at_${name} = ${name}[at];`).join(' ')}
    ${pairs.map(([one, other], pair) => `sum${pair} += ${product(one, other)};`).join(' ')}
  }`;
  const write = (share: string, value: (pair: number) => string) =>
    pairs.map((_, pair) => `sums[${share} * ${pairs.length}u + ${pair}u] = ${value(pair)};`).join(' ');
  const alone = () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(shares)}
  ${addUp('index', shares)}
  ${write('index', (pair) => `sum${pair}`)}
}`;
  const together = () => `
var<workgroup> parts : array<f32, ${lanesOfGroup}>;
fn total(lane : u32, part : f32) -> f32 {
  parts[lane] = part;
  workgroupBarrier();
  for (var reach = ${lanesOfGroup / 2}u; reach > 0u; reach /= 2u) {
    if (lane < reach) { parts[lane] += parts[lane + reach]; }
    workgroupBarrier();
  }
  let sum = parts[0];
  workgroupBarrier();
  return sum;
}
fn run(group : u32, lane : u32) {
  ${addUp(`group * ${lanesOfGroup}u + lane`, shares * lanesOfGroup)}
  ${pairs.map((_, pair) => `let total${pair} = total(lane, sum${pair});`).join(' ')}
  if (lane == 0u) { ${write('group', (pair) => `total${pair}`)} }
}`;
  const [sums] = dispatch({
    key: `innerProducts_${tensors.length}_${size}_${shared}`,
    outputs: { sums: { shape: [shares, pairs.length] } },
    inputs: Object.fromEntries(tensors.map((tensor, index) => [names[index], { tensor, width }])),
    ...(shared ? { groups: shares, groupSize: lanesOfGroup } : flat(shares)),
    code: shared ? together : alone,
  });
  return sums as tf.Tensor2D;
}

/**
 * g + Σ v_k g_k for one parameter, by one dispatch.
 *
 * @param past g_k, at most {@link mostGradients} less one
 * @param weights v, [k]
 */
export function turnedGradient(gradient: tf.Tensor, past: readonly tf.Tensor[], weights: tf.Tensor1D): tf.Tensor {
  const { shape, size } = gradient;
  const width = widthOf(size);
  const [turned] = dispatch({
    key: `turnedGradient_${past.length}_${size}`,
    outputs: { turned: { shape, width } },
    inputs: {
      g: { tensor: gradient, width },
      ...Object.fromEntries(past.map((tensor, index) => [`past${index}`, { tensor, width }])),
      weights: { tensor: weights },
    },
    ...flat(size / width),
    code: () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(size / width)}
  turned[index] = g[index] ${past.map((_, index) => `+ weights[${index}] * past${index}[index]`).join(' ')};
}`,
  });
  return turned;
}

/** The most past tasks that a program has room for: one less than MiniImagenet has tasks. */
const mostPastTasks = 19;

/**
 * GEM's quadratic program (Lopez-Paz & Ranzato 2017, equation 11, the dual) on the webgpu backend:
 * min_v ½ vᵀ(GGᵀ + ridge I)v + (Gg)ᵀ v with v ≥ margin, by the active-set method of Lawson & Hanson (1974, chapter 23)
 * for x = v − margin ≥ 0. One thread does it all: there are 19 unknowns at most.
 *
 * @param triangle inner products of g, g_1, … g_k, the lower triangle row by row, [(k + 1)(k + 2) / 2]
 * @param count k, from 1 to 19
 * @returns v, [k]; all 0 if no past task is hurt, or if a product is not finite
 */
export function gemWeights(triangle: tf.Tensor1D, count: number, margin: number, ridge: number): tf.Tensor1D {
  if (count > mostPastTasks)
    throw new RangeError(`GEM on WebGPU has room for ${mostPastTasks} past tasks; found ${count}.`);
  const info = runProgram(
    {
      key: `gemWeights_${count}`,
      inputs: ['T'],
      components: [1],
      outputComponents: 1,
      outputShape: [count],
      threads: 1,
      uniforms: 'margin : f32, ridge : f32,',
      values: [
        { type: 'float32', data: [margin] },
        { type: 'float32', data: [ridge] },
      ],
      code: weightsCode(count),
    },
    [triangle],
  );
  return tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor1D;
}

function weightsCode(count: number): string {
  return `
const k = ${count};
var<private> q : array<f32, ${count * count}>;   // the quadratic part, scaled so that its largest diagonal entry is 1
var<private> slope : array<f32, ${count}>;        // −gradient at x = 0
var<private> factor : array<f32, ${count * count}>;
var<private> x : array<f32, ${count}>;
var<private> z : array<f32, ${count}>;
var<private> freed : array<bool, ${count}>;

fn product(row : i32, column : i32) -> f32 {
  let high = max(row, column);
  return T[high * (high + 1) / 2 + min(row, column)];
}

/** z: the minimum over the freed coordinates, the others held at 0; by Cholesky's factorisation. */
fn solve() {
  for (var i = 0; i < k; i++) {
    z[i] = 0.0;
    if (!freed[i]) { continue; }
    for (var j = 0; j <= i; j++) {
      if (!freed[j]) { continue; }
      var sum = q[i * k + j];
      for (var l = 0; l < j; l++) { if (freed[l]) { sum -= factor[i * k + l] * factor[j * k + l]; } }
      factor[i * k + j] = select(sum / factor[j * k + j], sqrt(max(sum, 1e-9)), i == j);
    }
    var sum = slope[i];
    for (var l = 0; l < i; l++) { if (freed[l]) { sum -= factor[i * k + l] * z[l]; } }
    z[i] = sum / factor[i * k + i];
  }
  for (var i = k - 1; i >= 0; i--) {
    if (!freed[i]) { continue; }
    var sum = z[i];
    for (var l = i + 1; l < k; l++) { if (freed[l]) { sum -= factor[l * k + i] * z[l]; } }
    z[i] = sum / factor[i * k + i];
  }
}

fn main(index : i32) {
  if (index > 0) { return; }
  var hurt = false;
  var finite = true;
  var scale = 0.0;
  for (var i = 0; i <= k; i++) {
    for (var j = 0; j <= i; j++) { finite = finite && abs(product(i, j)) < 3e38; }
  }
  for (var i = 0; i < k; i++) {
    hurt = hurt || product(i + 1, 0) < 0.0;
    scale = max(scale, product(i + 1, i + 1));
    result[i] = 0.0;
  }
  if (!hurt || !finite) { return; }
  scale += uniforms.ridge;
  for (var i = 0; i < k; i++) {
    slope[i] = -product(i + 1, 0) / scale;
    x[i] = 0.0;
    freed[i] = false;
    for (var j = 0; j < k; j++) {
      q[i * k + j] = (product(i + 1, j + 1) + select(0.0, uniforms.ridge, i == j)) / scale;
      slope[i] -= q[i * k + j] * uniforms.margin;
    }
  }
  for (var round = 0; round < ${4 * count}; round++) {
    // Free the held coordinate along which the objective falls fastest.
    var steepest = 1e-6;
    var next = -1;
    for (var i = 0; i < k; i++) {
      if (freed[i]) { continue; }
      var fall = slope[i];
      for (var j = 0; j < k; j++) { fall -= q[i * k + j] * x[j]; }
      if (fall > steepest) { steepest = fall; next = i; }
    }
    if (next < 0) { break; }
    freed[next] = true;
    for (var inner = 0; inner < ${2 * count}; inner++) {
      solve();
      // As far towards z as no coordinate falls below 0; what reaches 0 is held.
      var share = 1.0;
      for (var i = 0; i < k; i++) { if (freed[i] && z[i] <= 0.0) { share = min(share, x[i] / (x[i] - z[i])); } }
      for (var i = 0; i < k; i++) {
        if (!freed[i]) { continue; }
        x[i] += share * (z[i] - x[i]);
        if (share < 1.0 && x[i] <= 1e-9) { x[i] = 0.0; freed[i] = false; }
      }
      if (share >= 1.0) { break; }
    }
  }
  for (var i = 0; i < k; i++) { result[i] = x[i] + uniforms.margin; }
}`;
}
