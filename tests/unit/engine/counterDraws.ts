import { type Purpose, randomStream } from '../../../src/core/random.ts';
import { type Drawer, numbers } from '../../../src/engine/runner/step.ts';

/** pcg4d (Jarzynski & Olano 2020, listing 5), on whole numbers of 32 bits. */
export function pcg4d(seed: readonly [number, number, number, number]): number[] {
  const v = Uint32Array.from(seed, (word) => Math.imul(word, 1664525) + 1013904223);
  const mix = () => {
    v[0] += Math.imul(v[1], v[3]);
    v[1] += Math.imul(v[2], v[0]);
    v[2] += Math.imul(v[0], v[1]);
    v[3] += Math.imul(v[1], v[2]);
  };
  mix();
  for (const [index, word] of v.entries()) v[index] = word ^ (word >>> 16);
  mix();
  return [...v];
}

/** One of the draws from a key: the bits at each place. */
interface Place {
  readonly key: ArrayLike<number>;
  readonly number: number;
}

function bitsAt({ key, number }: Place, at: number): number[] {
  return pcg4d([(key[0] | (number << 24)) >>> 0, key[1], key[2], at]);
}

/** What the device draws from the standard normal distribution. */
export function plainNormals(place: Place, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) => {
    const [u, v] = bitsAt(place, at).map((bits) => (bits >>> 8) / 2 ** 24);
    return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * (v - 0.5));
  });
}

/** What the device draws for dropout. */
export function plainMask(place: Place, count: number, rate: number): Float32Array {
  return Float32Array.from({ length: count }, (_, at) =>
    bitsAt(place, at)[0] >= Math.round(rate * 2 ** 32) ? 1 / (1 - rate) : 0,
  );
}

/** Draws on the host, for any backend, what the device draws on webgpu. */
export function counterDrawer(seed: number, purpose: Purpose): Drawer {
  const random = randomStream(seed, purpose);
  const [first, second] = [random.next() >>> 8, random.next() >>> 8];
  return (count) => {
    const key = [first, second, count];
    return {
      normals: ({ number, rows, columns }) => numbers(plainNormals({ key, number }, rows * columns), [rows, columns]),
      mask: ({ number, rows, columns }, rate) =>
        numbers(plainMask({ key, number }, rows * columns, rate), [rows, columns]),
    };
  };
}
