import * as tf from '@tensorflow/tfjs';
import { runProgram } from './runProgram.ts';

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
