import type * as tf from '@tensorflow/tfjs';
import { activations, columnLayers, type Layer, product } from './columnLayers.ts';
import { dispatch, flat, flatIndex, type Sharing } from './dispatch.ts';

/** The gradient of an objective with respect to images, as far as it is known without the last product. */
export interface ImagePull {
  /** Weights of what looks at the images, [out, numbers in an image], and the gradient of what that gives, [out, n]. */
  readonly through: readonly { readonly weight: tf.Tensor; readonly d: tf.Tensor }[];
  /** What is added to it: [parts · numbers in an image, n], the parts to be summed; null if there is nothing. */
  readonly direct: tf.Tensor | null;
}

/** The terms of an objective that look at the latent alone (latent/objectives.ts), by the coefficients to raise them by. */
export interface LatentTerms {
  readonly diversity: number;
  readonly shell: number;
  /** Mean of what earlier rounds found, [dimensions]; null in the first round. */
  readonly centre: tf.Tensor | null;
}

/** What a climb goes by. */
interface Climb {
  /** Hidden layers from the latent on, and the layer of pixels. */
  readonly decoder: readonly Layer[];
  /** From images, [numbers in an image, n]; null if no term looks at them. */
  readonly pull: ((images: tf.Tensor) => ImagePull) | null;
  readonly terms: LatentTerms;
  /** By how much of its gradient a latent moves. */
  readonly rate: number;
}

/**
 * A step of gradient ascent, [n, dimensions] → [n, dimensions]: a dispatch for each layer of the decoder and direction,
 * and those of the pull.
 */
export function climbStep(z: tf.Tensor, { decoder, pull, terms, rate }: Climb, sharing?: Sharing): tf.Tensor {
  if (pull === null) return moveAlone(z, terms, rate);
  const depth = decoder.length - 1;
  const layers = columnLayers(sharing);
  const units = [fromLatents(z, decoder[0], depth === 0 ? 'sigmoid' : 'relu', sharing)];
  for (const layer of decoder.slice(1, -1)) units.push(layers.hidden(layer, units[units.length - 1], undefined));
  const images = depth === 0 ? units[0] : pixels(decoder[depth], units[depth - 1], sharing);
  let d = throughSigmoid(images, pull(images), sharing);
  for (let layer = depth; layer > 0; layer--)
    d = layers.backThroughHidden([decoder[layer]], d, units[layer - 1], undefined);
  return move(z, { layer: decoder[0], d }, terms, rate, sharing);
}

/** The decoder's first layer, which reads latents in rows. */
function fromLatents(z: tf.Tensor, layer: Layer, after: 'relu' | 'sigmoid', sharing: Sharing | undefined): tf.Tensor {
  const [out, width] = layer.weight.shape as [number, number];
  const [count] = z.shape;
  const [units] = product(
    {
      name: 'fromLatents',
      rows: out,
      columns: count,
      depth: width,
      outputs: { units: [out, count] },
      inputs: { weight: layer.weight, bias: layer.bias, z },
      functions: activations,
      left: `return weight[row * ${width}u + k];`,
      right: `return z[column * ${width}u + k];`,
      finish: `units[row * ${count}u + column] = ${after}(sum + bias[row]);`,
    },
    sharing,
  );
  return units;
}

/** σ(W x + b), [numbers in an image, n]. */
function pixels(layer: Layer, units: tf.Tensor, sharing: Sharing | undefined): tf.Tensor {
  const [out, width] = layer.weight.shape as [number, number];
  const count = units.shape[1] ?? 0;
  const [images] = product(
    {
      name: 'pixels',
      rows: out,
      columns: count,
      depth: width,
      outputs: { images: [out, count] },
      inputs: { weight: layer.weight, bias: layer.bias, units },
      functions: activations,
      left: `return weight[row * ${width}u + k];`,
      right: `return units[k * ${count}u + column];`,
      finish: `images[row * ${count}u + column] = sigmoid(sum + bias[row]);`,
    },
    sharing,
  );
  return images;
}

/** Back to pixels from all that looks at them, in one product, and through their sigmoid. */
function throughSigmoid(images: tf.Tensor, { through, direct }: ImagePull, sharing: Sharing | undefined): tf.Tensor {
  const [size, count] = images.shape as [number, number];
  const [first, second] = through;
  const near = first.weight.shape[0];
  const beyond = (code: string) => (through.length === 1 ? '' : `if (k >= ${near}u) { ${code} }`);
  const parts = direct === null ? 0 : direct.shape[0] / size;
  const added = Array.from({ length: parts }, (_, part) => ` + direct[at + ${part * size * count}u]`);
  const [d] = product(
    {
      name: 'throughSigmoid',
      rows: size,
      columns: count,
      depth: through.reduce((sum, { weight }) => sum + weight.shape[0], 0),
      outputs: { d: [size, count] },
      inputs: {
        images,
        weight: first.weight,
        dFirst: first.d,
        ...(through.length === 1 ? {} : { otherWeight: second.weight, dSecond: second.d }),
        ...(direct === null ? {} : { direct }),
      },
      left: `${beyond(`return otherWeight[(k - ${near}u) * ${size}u + row];`)}
  return weight[k * ${size}u + row];`,
      right: `${beyond(`return dSecond[(k - ${near}u) * ${count}u + column];`)}
  return dFirst[k * ${count}u + column];`,
      finish: `let at = row * ${count}u + column;
  let p = images[at];
  d[at] = (sum${added.join('')}) * p * (1.0 - p);`,
    },
    sharing,
  );
  return d;
}

/** WGSL of the gradient of the terms that look at the latent alone. */
function termsCode({ diversity, shell, centre }: LatentTerms, dimensions: number): string {
  const apart = `d += ${(2 * diversity) / dimensions} * (z[latent * ${dimensions}u + dimension] - centre[dimension]);`;
  // The square of the norm has a floor of 1e-12, below which no gradient flows.
  const onShell = `
  var square = 0.0;
  for (var other = 0u; other < ${dimensions}u; other++) {
    let coordinate = z[latent * ${dimensions}u + other];
    square += coordinate * coordinate;
  }
  let slope = ${2 * shell} * (1.0 - ${Math.sqrt(dimensions)} * inverseSqrt(square));
  if (square >= 1e-12) { d += slope * z[latent * ${dimensions}u + dimension]; }`;
  return `
fn ownPull(dimension : u32, latent : u32) -> f32 {
  var d = 0.0;
  ${centre === null || diversity === 0 ? '' : apart}
  ${shell === 0 ? '' : onShell}
  return d;
}`;
}

/** The tensor that {@link termsCode} reads beside the latents. */
const termsInput = ({ diversity, centre }: LatentTerms) => (centre === null || diversity === 0 ? {} : { centre });

/** z + rate · gradient, by the last product and the terms that look at the latent alone. */
function move(
  z: tf.Tensor,
  behind: { readonly layer: Layer; readonly d: tf.Tensor },
  terms: LatentTerms,
  rate: number,
  sharing: Sharing | undefined,
): tf.Tensor {
  const [count, dimensions] = z.shape as [number, number];
  const { weight } = behind.layer;
  const [moved] = product(
    {
      name: 'moveLatents',
      rows: dimensions,
      columns: count,
      depth: weight.shape[0],
      outputs: { moved: z.shape },
      inputs: { z, weight, d: behind.d, ...termsInput(terms) },
      functions: termsCode(terms, dimensions),
      left: `return weight[k * ${dimensions}u + row];`,
      right: `return d[k * ${count}u + column];`,
      finish: `let at = column * ${dimensions}u + row;
  moved[at] = z[at] + ${rate} * (sum + ownPull(row, column));`,
    },
    sharing,
  );
  return moved;
}

/** The same where no term looks at images. */
function moveAlone(z: tf.Tensor, terms: LatentTerms, rate: number): tf.Tensor {
  const dimensions = z.shape[1] ?? 0;
  const functions = termsCode(terms, dimensions);
  const [moved] = dispatch({
    key: `moveAlone_${z.size}_${rate}\n${functions}`,
    outputs: { moved: { shape: z.shape } },
    inputs: {
      z: { tensor: z },
      ...Object.fromEntries(Object.entries(termsInput(terms)).map(([name, tensor]) => [name, { tensor }])),
    },
    ...flat(z.size),
    code: () => `${functions}
fn run(group : u32, lane : u32) {
  ${flatIndex(z.size)}
  moved[index] = z[index] + ${rate} * ownPull(index % ${dimensions}u, index / ${dimensions}u);
}`,
  });
  return moved;
}

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
