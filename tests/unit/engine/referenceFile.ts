import * as tf from '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const tensorSchema = z.object({ shape: z.array(z.number()), data: z.array(z.number()) });
const treeSchema = z.record(z.string(), tensorSchema);

/** Figures of one step computed with PyTorch in float64. */
export const erMirStepSchema = z.object({
  learningRate: z.number(),
  budget: z.number(),
  incoming: z.object({ x: tensorSchema, y: z.array(z.number()) }),
  candidates: z.object({ x: tensorSchema, y: z.array(z.number()), bestLoss: tensorSchema }),
  before: treeSchema,
  loss: z.number(),
  incomingGradient: treeSchema,
  candidateLossBefore: tensorSchema,
  candidateLossAfter: tensorSchema,
  mi1: tensorSchema,
  mi2: tensorSchema,
  picksByMi1: z.array(z.number()),
  after: treeSchema,
});

/** Reads and checks a file of tests/fixtures. */
export function referenceFile<T>(name: string, schema: z.ZodType<T>): T {
  const file = new URL(`../../fixtures/${name}.json`, import.meta.url);
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

type Figures = z.infer<typeof tensorSchema>;

/** The figures as a tensor on the current backend. */
export function toTensor({ shape, data }: Figures): tf.Tensor {
  return tf.tensor(data, shape);
}

/** The figures as parameters on the current backend. */
export function toParameters(tree: z.infer<typeof treeSchema>): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(tree).map(([name, figures]) => [name, toTensor(figures)]));
}

/** The largest difference relative to the largest magnitude expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values; expected are ${expected.length}.`);
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, index) => Math.abs(actual[index] - value))) / scale;
}
