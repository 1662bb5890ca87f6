import type * as tf from '@tensorflow/tfjs';
import { activations, type Layer, product } from './columnLayers.ts';
import { dispatch, flat, flatIndex, type Sharing } from './dispatch.ts';
import { droppedCode, type Mask } from './draws.ts';

/** What a pass through the gated classifier behind its first layer looks at (models/gatedClassifier.ts). */
interface GatedPass {
  /** Values of the first layer, and below them gates, [2 · hidden, n]. */
  readonly first: tf.Tensor;
  /** [2 · classes, hidden] and [2 · classes] */
  readonly output: Layer;
  /** What dropout multiplies the hidden units by, [hidden, n]; null without dropout. */
  readonly mask: Mask | null;
}

/** How the images count, and what they show. */
interface GatedLoss {
  /** Of the images, n of them. */
  readonly weights: tf.Tensor;
  /** Class probabilities, [classes, n]. */
  readonly targets: tf.Tensor;
}

/** Where a {@link GatedPass} goes wrong. */
interface GatedErrors {
  /** Cross-entropy of each image against its target, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of what the output layer gives, [2 · classes, n]. */
  readonly dOutput: tf.Tensor;
}

/** Tensors and WGSL of the units between the layers, ReLU(value) · σ(gate) · mask. */
function units({ first, output, mask }: GatedPass) {
  const hidden = output.weight.shape[1] ?? 0;
  const count = first.shape[1] ?? 0;
  const dropped = droppedCode(mask);
  return {
    hidden,
    count,
    inputs: { first, ...dropped.inputs },
    functions: `${activations}
${dropped.functions}
fn kept(unit : u32, image : u32) -> f32 {
  let at = unit * ${count}u + image;
  return dropped(relu(first[at]) * sigmoid(first[at + ${hidden * count}u]), at);
}`,
  };
}

/** Forward from what the first layer gives, and back to what the output layer gave, by two dispatches. */
export function gatedErrors(pass: GatedPass, { weights, targets }: GatedLoss, sharing?: Sharing): GatedErrors {
  const { hidden, count, inputs, functions } = units(pass);
  const rows = pass.output.weight.shape[0];
  const [output] = product(
    {
      name: 'gatedOutput',
      rows,
      columns: count,
      depth: hidden,
      outputs: { output: [rows, count] },
      inputs: { ...inputs, ...pass.output },
      functions,
      left: `return weight[row * ${hidden}u + k];`,
      right: 'return kept(k, column);',
      finish: `output[row * ${count}u + column] = sum + bias[row];`,
    },
    sharing,
  );
  const classes = rows / 2;
  const [losses, dOutput] = dispatch({
    key: `gatedErrors_${classes}_${count}`,
    outputs: { losses: { shape: [count] }, dOutput: { shape: [rows, count] } },
    inputs: { output: { tensor: output }, weights: { tensor: weights }, targets: { tensor: targets } },
    ...flat(count),
    code: () => errorsCode(classes, count),
  });
  output.dispose();
  return { losses: losses as tf.Tensor1D, dOutput };
}

/** A thread has an image. Targets sum to 1. */
function errorsCode(classes: number, count: number): string {
  return `${activations}
fn run(group : u32, lane : u32) {
  ${flatIndex(count)}
  var logits : array<f32, ${classes}>;
  var highest = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) {
    let at = answer * ${count}u + index;
    logits[answer] = output[at] * sigmoid(output[at + ${classes * count}u]);
    highest = select(max(highest, logits[answer]), logits[answer], answer == 0u);
  }
  var total = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) { total += exp(logits[answer] - highest); }
  let logTotal = log(total);
  var loss = 0.0;
  for (var answer = 0u; answer < ${classes}u; answer++) {
    let at = answer * ${count}u + index;
    let logProbability = logits[answer] - highest - logTotal;
    loss -= targets[at] * logProbability;
    let d = (exp(logProbability) - targets[at]) * weights[index];
    let open = sigmoid(output[at + ${classes * count}u]);
    dOutput[at] = d * open;
    dOutput[at + ${classes * count}u] = d * logits[answer] * (1.0 - open);
  }
  losses[index] = loss;
}`;
}

/**
 * Back to what the first layer gave, by one dispatch.
 *
 * @param before gradients to which this one is added; null if there are none
 * @returns the gradient, [2 · hidden, n], and with those before
 */
export function gatedFirstGradient(
  pass: GatedPass,
  dOutput: tf.Tensor,
  before: tf.Tensor | null,
  sharing?: Sharing,
): { readonly dFirst: tf.Tensor; readonly sum: tf.Tensor } {
  const { hidden, count } = units(pass);
  const { first, output } = pass;
  const dropped = droppedCode(pass.mask);
  const enter = (at: string, value: string) =>
    `dFirst[${at}] = ${value};${before === null ? '' : ` total[${at}] = before[${at}] + ${value};`}`;
  const [dFirst, total] = product(
    {
      name: 'gatedFirstGradient',
      rows: hidden,
      columns: count,
      depth: output.weight.shape[0],
      outputs: { dFirst: first.shape, ...(before === null ? {} : { total: first.shape }) },
      inputs: {
        weight: output.weight,
        dOutput,
        first,
        ...dropped.inputs,
        ...(before === null ? {} : { before }),
      },
      functions: activations + dropped.functions,
      left: `return weight[k * ${hidden}u + row];`,
      right: `return dOutput[k * ${count}u + column];`,
      finish: `let at = row * ${count}u + column;
  let below = at + ${hidden * count}u;
  let value = first[at];
  let open = sigmoid(first[below]);
  let d = dropped(sum, at);
  let dValue = select(0.0, d * open, value > 0.0);
  let dGate = d * relu(value) * open * (1.0 - open);
  ${enter('at', 'dValue')}
  ${enter('below', 'dGate')}`,
    },
    sharing,
  ) as (tf.Tensor | undefined)[] as [tf.Tensor, tf.Tensor | undefined];
  return { dFirst, sum: total ?? dFirst };
}

/** The gradient of the output layer, by one dispatch; with a rate, the layer after a step of gradient descent along it. */
export function gatedOutputGradient(
  pass: GatedPass,
  dOutput: tf.Tensor,
  learningRate: number | null,
  sharing?: Sharing,
): Layer {
  const { hidden, count, inputs, functions } = units(pass);
  const rows = pass.output.weight.shape[0];
  const old = (name: string, at: string) => (learningRate === null ? 'sum' : `${name}[${at}] - ${learningRate} * sum`);
  const [weight, bias] = product(
    {
      name: 'gatedOutputGradient',
      rows,
      columns: hidden + 1,
      depth: count,
      outputs: { nextWeight: pass.output.weight.shape, nextBias: [rows] },
      inputs: { dOutput, ...inputs, ...(learningRate === null ? {} : pass.output) },
      functions,
      left: `return dOutput[row * ${count}u + k];`,
      // The bias is the weight of an input that is always 1.
      right: `if (column == ${hidden}u) { return 1.0; } return kept(column, k);`,
      finish: `let at = row * ${hidden}u + column;
  if (column < ${hidden}u) { nextWeight[at] = ${old('weight', 'at')}; } else { nextBias[row] = ${old('bias', 'row')}; }`,
    },
    sharing,
  );
  return { weight, bias };
}

/**
 * What the first layer gives after a step along its gradient, without its weights: X W moves by −α D (XᵀX + 1); one
 * dispatch.
 *
 * @param products XᵀX + 1, [n, n]
 */
export function moveFirst(
  first: tf.Tensor,
  dFirst: tf.Tensor,
  products: tf.Tensor,
  learningRate: number,
  sharing?: Sharing,
): tf.Tensor {
  const [rows, count] = first.shape as [number, number];
  const [moved] = product(
    {
      name: 'moveFirst',
      rows,
      columns: count,
      depth: count,
      outputs: { moved: first.shape },
      inputs: { first, dFirst, products },
      left: `return dFirst[row * ${count}u + k];`,
      right: `return products[k * ${count}u + column];`,
      finish: `let at = row * ${count}u + column;
  moved[at] = first[at] - ${learningRate} * sum;`,
    },
    sharing,
  );
  return moved;
}

/** XᵀX + 1 of images in rows, [n, n], by one dispatch. */
export function imageProducts(rows: tf.Tensor, sharing?: Sharing): tf.Tensor {
  const [count, depth] = rows.shape as [number, number];
  const [products] = product(
    {
      name: 'imageProducts',
      rows: count,
      columns: count,
      depth,
      outputs: { products: [count, count] },
      inputs: { images: rows },
      left: `return images[row * ${depth}u + k];`,
      right: `return images[column * ${depth}u + k];`,
      finish: `products[row * ${count}u + column] = sum + 1.0;`,
    },
    sharing,
  );
  return products;
}

/** A layer after a step of gradient descent, by one dispatch, given the gradient of its output and its input in rows. */
export function stepLayer(
  { weight, bias }: Layer,
  dOutput: tf.Tensor,
  rows: tf.Tensor,
  learningRate: number,
  sharing?: Sharing,
): Layer {
  const [out, width] = weight.shape as [number, number];
  const [count] = rows.shape;
  const [nextWeight, nextBias] = product(
    {
      name: 'stepLayer',
      rows: out,
      columns: width + 1,
      depth: count,
      outputs: { nextWeight: weight.shape, nextBias: bias.shape },
      inputs: { weight, bias, dOutput, x: rows },
      left: `return dOutput[row * ${count}u + k];`,
      right: `if (column == ${width}u) { return 1.0; } return x[k * ${width}u + column];`,
      finish: `let at = row * ${width}u + column;
  if (column < ${width}u) { nextWeight[at] = weight[at] - ${learningRate} * sum; } else { nextBias[row] = bias[row] - ${learningRate} * sum; }`,
    },
    sharing,
  );
  return { weight: nextWeight, bias: nextBias };
}
