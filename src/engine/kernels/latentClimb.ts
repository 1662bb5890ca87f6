import type * as tf from '@tensorflow/tfjs';
import type { LatentTerms } from '../programs/latentClimb.ts';
import type { Heap } from './heap.ts';

/** A frozen layer, in both layouts (models/linear.ts). */
export interface FrozenLayer {
  /** [out, in] */
  readonly weight: tf.Tensor;
  /** [in, out] */
  readonly transposed: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** A gated classifier's two layers. */
export interface FrozenGated {
  readonly first: FrozenLayer;
  readonly output: FrozenLayer;
}

/** A VAE's layers, by what they do. */
export interface FrozenVaeLayers {
  readonly encoder: readonly FrozenLayer[];
  readonly mean: FrozenLayer;
  readonly variance: FrozenLayer;
  readonly decoder: readonly FrozenLayer[];
}

/** The term of the classifiers' answers. */
export interface AnswerTerm {
  readonly previous: FrozenGated;
  /** Null where interference is 0. */
  readonly virtual: FrozenGated | null;
  readonly interference: number;
  readonly entropy: number;
}

/** The terms of two VAEs' −ELBO; the previous one's is taken away. */
export interface VaeTerm {
  readonly previous: FrozenVaeLayers;
  readonly virtual: FrozenVaeLayers;
  readonly reconstruction: number;
  readonly kl: number;
  /** [n, latents] */
  readonly epsilon: tf.Tensor;
  /** How far probabilities are kept from 0 and 1. */
  readonly floor: number;
}

/** What a climb goes by; the terms that look at images are left out where nothing does. */
export interface KernelClimb {
  readonly decoder: readonly FrozenLayer[];
  readonly answers: AnswerTerm | null;
  readonly vaes: VaeTerm | null;
  readonly terms: LatentTerms;
  /** By how much of its gradient a latent moves. */
  readonly rate: number;
}

const outputsOf = ({ weight }: FrozenLayer) => weight.shape[0];

/** Layers of one activation each, computed in memory that is handed out once and used again in each step. */
interface Pass {
  readonly heap: Heap;
  readonly count: number;
  /** The memory for so many numbers for each latent, for one use in a step. */
  readonly take: (numbers: number) => number;
}

/** x Wᵀ + b at a new address. */
function forward(
  { heap: { kernels, address }, count, take }: Pass,
  layer: FrozenLayer,
  x: number,
  relu: boolean,
): number {
  const [out, width] = layer.weight.shape as [number, number];
  const y = take(out);
  kernels.affine(x, address(layer.transposed), address(layer.bias), y, count, width, out, relu);
  return y;
}

/** d W, at an address or added to what is there. */
function back(
  { heap: { kernels, address }, count }: Pass,
  layer: FrozenLayer,
  d: number,
  dx: number,
  add: boolean,
): void {
  const [out, width] = layer.weight.shape as [number, number];
  kernels.affineBack(d, address(layer.weight), dx, count, out, width, add);
}

/** Through hidden layers with ReLU; gives what each of them gives, after the input. */
function forwardHidden(pass: Pass, layers: readonly FrozenLayer[], x: number): number[] {
  const units = [x];
  for (const layer of layers) units.push(forward(pass, layer, units[units.length - 1], true));
  return units;
}

/**
 * Back through hidden layers to before their input.
 *
 * @param d gradient of what the last of them gives
 * @param into where the gradient of the input is added; null to put it at a new address
 */
function backHidden(
  pass: Pass,
  layers: readonly FrozenLayer[],
  units: readonly number[],
  d: number,
  into: number | null,
): number {
  const { heap, count, take } = pass;
  let slope = d;
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index];
    heap.kernels.shut(slope, units[index + 1], count * outputsOf(layer));
    const last = index === 0 && into !== null;
    const to = last ? into : take(layer.weight.shape[1] ?? 0);
    back(pass, layer, slope, to, last);
    slope = to;
  }
  return slope;
}

/** Logits of a gated classifier before their gate, and what it takes to go back. */
function forwardGated(pass: Pass, { first, output }: FrozenGated, images: number) {
  const { heap, count, take } = pass;
  const both = forward(pass, first, images, false);
  const width = outputsOf(first) / 2;
  const [open, hidden] = [take(width), take(width)];
  heap.kernels.gated(both, open, hidden, count, width);
  return { both, open, hidden, width, output: forward(pass, output, hidden, false) };
}

function backGated(pass: Pass, { first, output }: FrozenGated, from: ReturnType<typeof forwardGated>, dImages: number) {
  back(pass, output, from.output, from.hidden, false);
  pass.heap.kernels.gatedBack(from.hidden, from.open, from.both, pass.count, from.width);
  back(pass, first, from.both, dImages, true);
}

/** Adds the pull of the classifiers' answers at the images. */
function pullAnswers(
  pass: Pass,
  { previous, virtual, interference, entropy }: AnswerTerm,
  images: number,
  dImages: number,
) {
  const { heap, count, take } = pass;
  const before = forwardGated(pass, previous, images);
  const after = virtual && forwardGated(pass, virtual, images);
  const classes = outputsOf(previous.output) / 2;
  const output = after === null ? 0 : after.output;
  heap.kernels.answersBack(before.output, output, count, classes, interference, entropy, take(2 * classes));
  backGated(pass, previous, before, dImages);
  if (virtual !== null && after !== null) backGated(pass, virtual, after, dImages);
}

const logitOf = (probability: number) => Math.log(probability / (1 - probability));

/** Adds the pull of one VAE's −ELBO at the images, by signed coefficients. */
function pullVae(
  pass: Pass,
  { encoder, mean, variance, decoder }: FrozenVaeLayers,
  { reconstruction, kl, epsilon, floor }: Omit<VaeTerm, 'previous' | 'virtual'>,
  images: number,
  dImages: number,
): void {
  const { heap, count, take } = pass;
  const { kernels, address } = heap;
  const units = forwardHidden(pass, encoder, images);
  const features = units[units.length - 1];
  const [means, spreads] = [forward(pass, mean, features, false), forward(pass, variance, features, false)];
  const latents = outputsOf(mean);
  let dz = 0;
  if (reconstruction !== 0) {
    const z = take(latents);
    kernels.sample(means, spreads, address(epsilon), z, count * latents);
    const decoded = forwardHidden(pass, decoder.slice(0, -1), z);
    const last = decoder[decoder.length - 1];
    const logits = forward(pass, last, decoded[decoded.length - 1], false);
    const highest = Math.fround(1 - floor);
    kernels.bernoulliBack(
      ...[logits, images, dImages, count * outputsOf(last), reconstruction],
      ...[logitOf(floor), logitOf(highest)],
    );
    const d = take(last.weight.shape[1] ?? 0);
    back(pass, last, logits, d, false);
    dz = backHidden(pass, decoder.slice(0, -1), decoded, d, null);
  }
  kernels.posteriorBack(means, spreads, dz, address(epsilon), count * latents, kl);
  const d = take(outputsOf(encoder[encoder.length - 1]));
  back(pass, mean, means, d, false);
  back(pass, variance, spreads, d, true);
  backHidden(pass, encoder, units, d, dImages);
}

/** The gradient of all terms that look at images with respect to latents; 0 if there are none. */
function pullLatents(pass: Pass, { decoder, answers, vaes }: KernelClimb, z: number): number {
  if (answers === null && vaes === null) return 0;
  const { heap, count, take } = pass;
  const last = decoder[decoder.length - 1];
  const pixels = outputsOf(last);
  const units = forwardHidden(pass, decoder.slice(0, -1), z);
  const images = forward(pass, last, units[units.length - 1], false);
  heap.kernels.sigmoid(images, images, count * pixels);
  const dImages = take(pixels);
  heap.kernels.clear(dImages, count * pixels);
  if (answers !== null) pullAnswers(pass, answers, images, dImages);
  if (vaes !== null) {
    const { previous, virtual, reconstruction, kl } = vaes;
    pullVae(pass, virtual, vaes, images, dImages);
    pullVae(pass, previous, { ...vaes, reconstruction: -reconstruction, kl: -kl }, images, dImages);
  }
  heap.kernels.sigmoidBack(dImages, images, count * pixels);
  const d = take(last.weight.shape[1] ?? 0);
  back(pass, last, dImages, d, false);
  return backHidden(pass, decoder.slice(0, -1), units, d, null);
}

function layersOf({ decoder, answers, vaes }: KernelClimb): FrozenLayer[] {
  const gated = answers === null ? [] : [answers.previous, ...(answers.virtual === null ? [] : [answers.virtual])];
  const compared = vaes === null ? [] : [vaes.previous, vaes.virtual];
  return [
    ...decoder,
    ...gated.flatMap(({ first, output }) => [first, output]),
    ...compared.flatMap(({ encoder, mean, variance, decoder: layers }) => [...encoder, mean, variance, ...layers]),
  ];
}

/** More than one layer takes in a step: what it gives and the gradient of what it gets, and what a gate keeps. */
const perNumber = 3;

/**
 * Gradient ascent by gradients written out: the latents at the start, [n, dimensions], and after each step.
 */
export function climb(heap: Heap, start: tf.Tensor2D, by: KernelClimb, steps: number): tf.Tensor2D[] {
  const { kernels, address, lend } = heap;
  const [count, dimensions] = start.shape;
  const room = layersOf(by).reduce((sum, { weight: { shape } }) => sum + perNumber * (shape[0] + (shape[1] ?? 0)), 0);
  const { diversity, shell, centre } = by.terms;
  const points = [start];
  lend(count * room, (memory) => {
    for (let step = 0; step < steps; step++) {
      let taken = 0;
      const take = (numbers: number) => {
        const at = memory + Float32Array.BYTES_PER_ELEMENT * count * taken;
        taken += numbers;
        if (taken > room) throw new RangeError('A climb took more memory than its layers need.');
        return at;
      };
      const z = address(points[step]);
      const d = pullLatents({ heap, count, take }, by, z);
      const to = heap.tensor<tf.Rank.R2>(start.shape);
      const from = centre === null ? 0 : address(centre);
      kernels.moveLatents(z, d, from, address(to), count, dimensions, diversity, shell, by.rate);
      points.push(to);
    }
  });
  return points;
}
