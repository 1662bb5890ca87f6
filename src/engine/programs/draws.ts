import * as tf from '@tensorflow/tfjs';
import { dispatch, flat, flatIndex } from './dispatch.ts';

/*
 * Random numbers that the graphics device draws for itself. A number depends on nothing but a key, the number of the
 * draw and its own place, so it can be worked out wherever it is used, again and again; only keys are uploaded.
 */

/** One of the draws that a key stands for. */
interface Draw {
  /** Three whole numbers below 2^24, [3]. */
  readonly key: tf.Tensor1D;
  /** Tells apart the draws from one key, below 256. */
  readonly number: number;
  readonly shape: readonly [number, number];
}

/** Draws from the standard normal distribution. */
export interface DrawnNormals extends Draw {
  readonly kind: 'normals';
}

/** What dropout multiplies units by: 0 with probability `rate`, otherwise 1 / (1 − rate). */
export interface DrawnMask extends Draw {
  readonly kind: 'mask';
  readonly rate: number;
}

/** Drawn by the device, or on the host. */
export type Normals = tf.Tensor2D | DrawnNormals;
export type Mask = tf.Tensor2D | DrawnMask;

/**
 * Numbers that were drawn on the host, as on every backend but webgpu.
 *
 * @throws TypeError if the device is to draw them
 */
export function hostDrawn(drawn: Normals | Mask): tf.Tensor2D {
  if (drawn instanceof tf.Tensor) return drawn;
  throw new TypeError('Only the webgpu backend draws random numbers itself; draw these on the host.');
}

/** Four times 32 bits for each place: pcg4d (Jarzynski & Olano 2020, Hash Functions for GPU Rendering). */
const pcg4d = `
fn pcg4d(seed : vec4u) -> vec4u {
  var v = seed * 1664525u + 1013904223u;
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  return v;
}`;

/** WGSL of the bits of a draw at a place. */
function bitsOf(key: string, number: number, at: string): string {
  return `pcg4d(vec4u(u32(${key}[0]) | ${(number << 24) >>> 0}u, u32(${key}[1]), u32(${key}[2]), ${at}))`;
}

/** Inputs of a dispatch, and WGSL that defines a function of a place. */
interface DrawCode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly functions: string;
}

/** `fn dropped(value : f32, at : u32) -> f32`: a unit by what dropout multiplies it, or as it is without dropout. */
export function droppedCode(mask: Mask | null | undefined): DrawCode {
  const define = (body: string) => `fn dropped(value : f32, at : u32) -> f32 { ${body} }`;
  if (mask === null || mask === undefined) return { inputs: {}, functions: define('return value;') };
  if (mask instanceof tf.Tensor) return { inputs: { mask }, functions: define('return value * mask[at];') };
  const threshold = Math.round(mask.rate * 2 ** 32);
  return {
    inputs: { maskKey: mask.key },
    functions: `${pcg4d}
${define(`return select(0.0, value * f32(${1 / (1 - mask.rate)}), ${bitsOf('maskKey', mask.number, 'at')}.x >= ${threshold}u);`)}`,
  };
}

/** `fn normal(at : u32) -> f32`. */
export function normalCode(normals: Normals): DrawCode {
  if (normals instanceof tf.Tensor)
    return { inputs: { normals }, functions: 'fn normal(at : u32) -> f32 { return normals[at]; }' };
  return {
    inputs: { normalsKey: normals.key },
    functions: `${pcg4d}
fn normal(at : u32) -> f32 { return ${boxMuller(bitsOf('normalsKey', normals.number, 'at'))}; }
${boxMullerFunction}`,
  };
}

/** Box & Muller 1958, from 24 bits each. The angle is in [−π, π), where a cosine is promised to be precise. */
const boxMullerFunction = `
fn boxMuller(bits : vec4u) -> f32 {
  let share = vec2f(bits.xy >> vec2u(8u)) * ${2 ** -24};
  // Where it should be 0, a logarithm may be a little more.
  let radius = sqrt(max(0.0, -2.0 * log(1.0 - share.x)));
  return radius * cos(${2 * Math.PI} * (share.y - 0.5));
}`;

function boxMuller(bits: string): string {
  return `boxMuller(${bits})`;
}

/** Most tensors that a dispatch writes beside the key that it reads. */
const mostDrawn = 7;

/** The same names with tensors; null stays. */
type Held<All> = { readonly [Name in keyof All]: tf.Tensor2D | Extract<All[Name], null> };

/** Draws as tensors: those that the device makes by one dispatch. They have one key, and are at most seven. */
export function heldNormals<All extends Readonly<Record<string, Normals | null>>>(all: All): Held<All> {
  const drawn = Object.values(all)
    .filter((normals) => isDrawn(normals))
    .filter((normals) => size(normals) > 0);
  if (drawn.length > mostDrawn || new Set(drawn.map(({ key }) => key)).size > 1)
    throw new RangeError(`At most ${mostDrawn} tensors are drawn at once, from one key; these are ${drawn.length}.`);
  const made = drawn.length === 0 ? [] : drawNormals(drawn);
  const held = (normals: Normals | null) => {
    if (!isDrawn(normals)) return normals;
    return size(normals) > 0 ? made[drawn.indexOf(normals)] : tf.zeros([...normals.shape]);
  };
  return Object.fromEntries(Object.entries(all).map(([name, normals]) => [name, held(normals)])) as Held<All>;
}

function isDrawn(normals: Normals | null): normals is DrawnNormals {
  return normals !== null && !(normals instanceof tf.Tensor);
}

function size({ shape: [rows, columns] }: Draw): number {
  return rows * columns;
}

function drawNormals(all: readonly DrawnNormals[]): tf.Tensor2D[] {
  const threads = Math.max(...all.map(size));
  return dispatch({
    key: `drawNormals_${all.map((drawn) => `${size(drawn)}_${drawn.number}`).join('_')}`,
    outputs: Object.fromEntries(all.map(({ shape }, index) => [`drawn${index}`, { shape }])),
    inputs: { key: { tensor: all[0].key } },
    ...flat(threads),
    code: () => `${pcg4d}
${boxMullerFunction}
fn run(group : u32, lane : u32) {
  ${flatIndex(threads)}
  ${all
    .map(
      (drawn, index) =>
        `if (index < ${size(drawn)}u) { drawn${index}[index] = ${boxMuller(bitsOf('key', drawn.number, 'index'))}; }`,
    )
    .join('\n  ')}
}`,
  }) as tf.Tensor2D[];
}
