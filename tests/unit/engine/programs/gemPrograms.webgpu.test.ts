import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gemProjection } from '../../../../src/engine/methods/gem.ts';
import { hardwareSharing, softwareSharing } from '../../../../src/engine/programs/dispatch.ts';
import { gemWeights, innerProducts, turnedGradient } from '../../../../src/engine/programs/gemPrograms.ts';
import { dot, gemProblems, type GemProblem, gemProducts, harm, projected } from '../gemProblems.ts';
import { referenceFile, relativeError, tensorSchema } from '../referenceFile.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();
const ridge = 1e-3;

/** v as the device finds it. */
async function weightsOf({ gradient, memory }: GemProblem, margin: number): Promise<number[]> {
  const all = [gradient, ...memory];
  const triangle = all.flatMap((one, row) => all.slice(0, row + 1).map((other) => dot(one, other)));
  const products = tf.tensor1d(triangle);
  const weights = gemWeights(products, memory.length, margin, ridge);
  const read = Array.from(await weights.data());
  tf.dispose([products, weights]);
  return read;
}

describe.runIf(webgpu !== null)('GEM’s programs on webgpu', () => {
  beforeAll(async () => {
    await tf.setBackend('webgpu');
  });

  const schema = z.object({
    cases: z.array(
      z.object({ margin: z.number(), gradient: tensorSchema, memoryGradients: tensorSchema, projected: tensorSchema }),
    ),
  });

  it.each(referenceFile('gem', schema).cases)(
    'agrees with the reference figures, margin $margin',
    async ({ margin, gradient, memoryGradients, projected: expected }) => {
      const [tasks, size] = memoryGradients.shape;
      const memory = Array.from({ length: tasks }, (_, k) => memoryGradients.data.slice(k * size, (k + 1) * size));
      const problem = { gradient: gradient.data, memory };
      const weights = await weightsOf(problem, margin);
      expect(relativeError(projected(problem, weights), expected.data)).toBeLessThan(1e-4);
    },
  );

  it.each([
    { scale: 1, apart: 1, margin: 0.5 },
    { scale: 1, apart: 1, margin: 0 },
    { scale: 1e5, apart: 1, margin: 0.5 },
    { scale: 1e5, apart: 0.01, margin: 0.5 },
    { scale: 1e5, apart: 1e-4, margin: 0.5 },
    { scale: 1e5, apart: 1e-4, margin: 0 },
    { scale: 1e5, apart: 0, margin: 0.5 },
    { scale: 1e-3, apart: 0.01, margin: 0 },
  ])(
    'projects as the solver on this side does, gradients $scale long and $apart apart, margin $margin',
    async ({ scale, apart, margin }) => {
      let hurt = 0;
      for (const problem of gemProblems(38, scale, apart)) {
        const { gram, products } = gemProducts(problem);
        const [weights, expected] = [await weightsOf(problem, margin), gemProjection(gram, products, margin)];
        if (expected === null) {
          expect(weights.every((weight) => weight === 0)).toBe(true);
          continue;
        }
        hurt += 1;
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(margin);
        // Where gradients are nearly parallel it does not matter which of them is added; what comes of it does.
        const projection = projected(problem, weights);
        expect(relativeError(projection, projected(problem, expected))).toBeLessThan(1e-3);
        // The ridge holds short gradients back.
        if (scale >= 1) expect(harm(problem, projection)).toBeLessThan(1e-4);
      }
      expect(hurt).toBeGreaterThan(20);
    },
  );

  it('gives nothing where no past task is hurt, or a product is not finite', async () => {
    expect(
      await weightsOf(
        {
          gradient: [1, 0],
          memory: [
            [2, 0],
            [0, 3],
          ],
        },
        0.5,
      ),
    ).toEqual([0, 0]);
    expect(
      await weightsOf(
        {
          gradient: [-1, 0],
          memory: [
            [2, 0],
            [0, Infinity],
          ],
        },
        0.5,
      ),
    ).toEqual([0, 0]);
    expect(await weightsOf({ gradient: [-1e30, 0], memory: [[2e30, 0]] }, 0.5)).toEqual([0]);
  });

  it('has room for 19 past tasks', () => {
    expect(() => gemWeights(tf.zeros([231]), 20, 0.5, ridge)).toThrow('room for 19 past tasks; found 20');
  });

  it.each([
    ['an imitated card', softwareSharing],
    ['hardware', hardwareSharing],
  ])('multiplies gradients with each other and adds them up, as cut for %s', async (_name, sharing) => {
    const sizes = [1, 7, 8, 1_030, 4_800];
    const parameters = sizes.map((size, parameter) =>
      Array.from({ length: 4 }, (_, gradient) =>
        Float32Array.from({ length: size }, (_, at) => Math.sin(1 + at * (gradient + 1) + parameter)),
      ),
    );
    const tensors = parameters.map((gradients) => gradients.map((gradient) => tf.tensor1d(gradient)));
    const products = innerProducts(tensors, sharing);
    const all = [0, 1, 2, 3].map((gradient) => parameters.flatMap((gradients) => [...gradients[gradient]]));
    const expected = all.flatMap((one, row) => all.slice(0, row + 1).map((other) => dot(one, other)));
    const actual = await products.data();
    expect(actual).toHaveLength(10);
    expected.forEach((value, pair) => expect(Math.abs(actual[pair] - value)).toBeLessThan(2e-3));

    const weights = tf.tensor1d([0.5, 0, -2]);
    const [first, ...past] = tensors[3];
    const turned = turnedGradient(first, past, weights);
    const read = await turned.data();
    const [g, one, , three] = parameters[3];
    g.forEach((value, at) => expect(read[at]).toBeCloseTo(value + 0.5 * one[at] - 2 * three[at], 5));
    tf.dispose([products, weights, turned, tensors]);
  });
});
