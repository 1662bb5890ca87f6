import { randomStream, standardNormal } from '../../../src/core/random.ts';

/** Inner product. */
export const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, index) => sum + value * other[index], 0);

/** A gradient and those of past tasks. */
export interface GemProblem {
  readonly gradient: readonly number[];
  readonly memory: readonly (readonly number[])[];
}

/**
 * Gradients of 1 to 19 past tasks around one direction, with an incoming one that points away from it.
 *
 * @param scale how long they are
 * @param apart how far from parallel
 */
export function gemProblems(count: number, scale: number, apart: number): GemProblem[] {
  const random = randomStream(count, 'data');
  const size = 40;
  return Array.from({ length: count }, (_, problem) => {
    const direction = standardNormal(size, random);
    const memory = Array.from({ length: 1 + (problem % 19) }, () => {
      const noise = standardNormal(size, random);
      return Array.from(direction, (value, index) => Math.fround(scale * (value + apart * noise[index])));
    });
    const own = standardNormal(size, random);
    return { gradient: Array.from(direction, (value, index) => Math.fround(scale * (own[index] - value))), memory };
  });
}

/** Inner products as float32 backends give them: G Gᵀ and G g. */
export function gemProducts({ gradient, memory }: GemProblem) {
  const product = (one: readonly number[], other: readonly number[]) => Math.fround(dot(one, other));
  return {
    gram: memory.map((row) => memory.map((column) => product(row, column))),
    products: memory.map((row) => product(row, gradient)),
  };
}

/** g + Gᵀ v */
export function projected({ gradient, memory }: GemProblem, weights: readonly number[]): number[] {
  return gradient.map((value, index) => value + weights.reduce((sum, v, k) => sum + v * memory[k][index], 0));
}

/** How far a projected gradient points away from the worst past task: minus the least cosine, if that is negative. */
export function harm({ memory, gradient }: GemProblem, projection: readonly number[]): number {
  const length = Math.hypot(...gradient);
  return Math.max(0, ...memory.map((row) => -dot(row, projection) / (Math.hypot(...row) * length)));
}
