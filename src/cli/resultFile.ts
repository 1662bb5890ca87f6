import { z } from 'zod';
import { runConfigSchema } from '../engine/config.ts';
import { storedResultConfigSchema } from '../engine/storedConfig.ts';

const fraction = z.number().min(0).max(1);

/** Mean over seeds and half-width of its 95% t-interval; null where one seed gives no interval. */
const estimateSchema = z.strictObject({ mean: z.number(), halfWidth95: z.number().min(0).nullable() });
export type Estimate = z.infer<typeof estimateSchema>;

const runRecordSchema = z.strictObject({
  seed: runConfigSchema.shape.seed,
  accuracyMatrix: z.array(z.array(fraction)),
  averageAccuracy: fraction,
  averageForgetting: z.number().min(-1).max(1).nullable(),
  /** Mean over the tasks at β = 1, in nats per image; null for methods without a VAE. */
  negativeElbo: z.number().nullable(),
  /** Of each task, with its parts. */
  elboByTask: z.array(z.strictObject({ total: z.number(), reconstruction: z.number(), kl: z.number() })).nullable().default(null),
  steps: z.int().min(0),
  seconds: z.number().min(0),
});

/**
 * The outcome of one seed. Accuracies are fractions; row k of the matrix holds the tasks seen up to k.
 * `seconds` is the wall time of the seed, shared by all methods that ran beside this one.
 */
export type RunRecord = z.infer<typeof runRecordSchema>;

const summarySchema = z.strictObject({
  n: z.int().min(0),
  averageAccuracy: estimateSchema.nullable(),
  averageForgetting: estimateSchema.nullable(),
  negativeElbo: estimateSchema.nullable(),
});
export type Summary = z.infer<typeof summarySchema>;

/** One method over its seeds; `config` lacks the seed, which each run names. */
export const experimentResultSchema = z.strictObject({
  config: storedResultConfigSchema,
  backend: z.string(),
  version: z.string(),
  runs: z.array(runRecordSchema),
  summary: summarySchema,
});
export type ExperimentResult = z.infer<typeof experimentResultSchema>;

const pairedDifferenceSchema = z.strictObject({
  method: runConfigSchema.shape.method,
  against: runConfigSchema.shape.method,
  n: z.int().min(0),
  averageAccuracy: estimateSchema.nullable(),
  averageForgetting: estimateSchema.nullable(),
  negativeElbo: estimateSchema.nullable().default(null),
});

/** Mean of `method` minus `against` over the seeds that both finished. */
export type PairedDifference = z.infer<typeof pairedDifferenceSchema>;

/** What `--json` writes: one method's result, or several with their paired differences. */
export const resultFileSchema = z.union([
  experimentResultSchema,
  z.strictObject({ experiments: z.array(experimentResultSchema), paired: z.array(pairedDifferenceSchema) }),
]);
export type ResultFile = z.infer<typeof resultFileSchema>;
