import type * as tf from '@tensorflow/tfjs';
import { activations, columnLayers, type Layer } from './columnLayers.ts';
import { dispatch, flat, flatIndex, type Sharing } from './dispatch.ts';
import type { ImagePull } from './latentClimb.ts';
import { product } from './product.ts';

/** Gated classifiers whose layers stand one below another: the previous one, and the one after the virtual step. */
export interface GatedStack {
  /** 1 if only the previous one is there, else 2. */
  readonly networks: 1 | 2;
  /** [networks · 2 · hidden, numbers in an image] and [networks · 2 · hidden] */
  readonly first: Layer;
  /** [networks · 2 · classes, hidden] and [networks · 2 · classes] */
  readonly output: Layer;
}

/** Coefficients of the terms that look through classifiers: interference needs both of them. */
interface ClassifierTerms {
  readonly interference: number;
  /** Of the previous one's answers; positive to raise it. */
  readonly entropy: number;
}

/** How the terms pull at images, [numbers in an image, n], by four dispatches. */
export function classifierPull(
  stack: GatedStack,
  images: tf.Tensor,
  terms: ClassifierTerms,
  sharing?: Sharing,
): ImagePull['through'][number] {
  const { networks, output: layer } = stack;
  const [rows, hidden] = [layer.weight.shape[0] / networks, layer.weight.shape[1] ?? 0];
  const count = images.shape[1] ?? 0;
  const first = columnLayers(sharing).affine([stack.first], images);
  const [output] = product(
    {
      name: 'stackedGatedOutput',
      planes: networks,
      rows,
      columns: count,
      depth: hidden,
      outputs: { output: [networks * rows, count] },
      inputs: { weight: layer.weight, bias: layer.bias, first },
      functions: activations,
      left: `return weight[(plane * ${rows}u + row) * ${hidden}u + k];`,
      right: `let at = (plane * ${2 * hidden}u + k) * ${count}u + column;
  return relu(first[at]) * sigmoid(first[at + ${hidden * count}u]);`,
      finish: `let own = plane * ${rows}u + row;
  output[own * ${count}u + column] = sum + bias[own];`,
    },
    sharing,
  );
  const dOutput = answersGradient(output, networks, terms);
  const [d] = product(
    {
      name: 'stackedGatedGradient',
      planes: networks,
      rows: hidden,
      columns: count,
      depth: rows,
      outputs: { d: first.shape },
      inputs: { weight: layer.weight, dOutput, first },
      functions: activations,
      left: `return weight[(plane * ${rows}u + k) * ${hidden}u + row];`,
      right: `return dOutput[(plane * ${rows}u + k) * ${count}u + column];`,
      finish: `let at = (plane * ${2 * hidden}u + row) * ${count}u + column;
  let below = at + ${hidden * count}u;
  let value = first[at];
  let open = sigmoid(first[below]);
  d[at] = select(sum * open, 0.0, value <= 0.0);
  d[below] = sum * relu(value) * open * (1.0 - open);`,
    },
    sharing,
  );
  return { weight: stack.first.weight, d };
}

/**
 * The gradient of the terms with respect to what the output layers gave. With the previous one's probabilities p and the
 * other's q, interference is C = −Σ p ln q, with the gradients p (−ln q − C) and q − p; entropy is H = −Σ p ln p, with
 * −p (ln p + H).
 */
function answersGradient(output: tf.Tensor, networks: 1 | 2, { interference, entropy }: ClassifierTerms): tf.Tensor {
  const [rows, count] = output.shape as [number, number];
  const classes = rows / networks / 2;
  const code = `${activations}
fn openAt(network : u32, answer : u32, image : u32) -> f32 {
  return sigmoid(output[((2u * network + 1u) * ${classes}u + answer) * ${count}u + image]);
}
fn logitAt(network : u32, answer : u32, image : u32) -> f32 {
  return output[(2u * network * ${classes}u + answer) * ${count}u + image] * openAt(network, answer, image);
}
fn logTotal(network : u32, image : u32) -> f32 {
  var highest = logitAt(network, 0u, image);
  for (var answer = 1u; answer < ${classes}u; answer++) { highest = max(highest, logitAt(network, answer, image)); }
  var total = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) { total += exp(logitAt(network, answer, image) - highest); }
  return highest + log(total);
}
fn enter(network : u32, answer : u32, image : u32, d : f32) {
  let at = (2u * network * ${classes}u + answer) * ${count}u + image;
  let open = openAt(network, answer, image);
  dOutput[at] = d * open;
  dOutput[at + ${classes * count}u] = d * logitAt(network, answer, image) * (1.0 - open);
}
fn run(group : u32, lane : u32) {
  ${flatIndex(count)}
  let before = logTotal(0u, index);
  ${networks === 1 ? '' : 'let after = logTotal(1u, index);'}
  var mean = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) {
    let logP = logitAt(0u, answer, index) - before;
    ${surprise(interference, entropy)}
    mean += exp(logP) * surprise;
  }
  for (var answer = 0u; answer < ${classes}u; answer++) {
    let logP = logitAt(0u, answer, index) - before;
    ${surprise(interference, entropy)}
    enter(0u, answer, index, exp(logP) * (surprise - mean));
    ${interference === 0 ? '' : `enter(1u, answer, index, ${interference} * (exp(logitAt(1u, answer, index) - after) - exp(logP)));`}
  }
}`;
  const [dOutput] = dispatch({
    key: `answersGradient_${networks}_${classes}_${count}\n${code}`,
    outputs: { dOutput: { shape: output.shape } },
    inputs: { output: { tensor: output } },
    ...flat(count),
    code: () => code,
  });
  return dOutput;
}

/** Lines that define what an answer adds to the terms, over its probability: both are means under the previous one. */
function surprise(interference: number, entropy: number): string {
  const contradicted = interference === 0 ? '' : `surprise -= ${interference} * (logitAt(1u, answer, index) - after);`;
  return `var surprise = ${entropy === 0 ? '0.0' : `${-entropy} * logP`};
    ${contradicted}`;
}
