import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { runConfigSchema } from '../core/config.ts';
import { interval } from '../core/metrics.ts';
import { storedResultConfigSchema } from '../core/storedRun.ts';
import { UsageError } from './flags.ts';

function refusal(flag: string, path: string, error: unknown): UsageError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new UsageError(
    `--${flag} is "${path}", which cannot be written (${reason}); name a file in a folder that exists and that you may write to.`,
  );
}

/**
 * Checks that a file can be written before hours of training are spent on its content.
 *
 * @throws UsageError that names flag, file and the reason
 */
export function checkWritable(flag: string, path: string): void {
  const existed = existsSync(path);
  try {
    closeSync(openSync(path, 'a'));
    if (!existed) rmSync(path);
  } catch (error) {
    throw refusal(flag, path, error);
  }
}

/**
 * Writes a result.
 *
 * @throws UsageError that names flag, file and the reason
 */
export function writeOutput(flag: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw refusal(flag, path, error);
  }
}

/** Mean and half-width of the 95% t-interval; null without values, half-width null for one value. */
function estimate(values: readonly (number | null)[]): Estimate | null {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return null;
  const { mean, halfWidth95 } = interval(numbers);
  return { mean, halfWidth95 };
}

/** The summary over seeds that the JSON and the table show. */
export function summarise(runs: readonly RunRecord[]): Summary {
  return {
    n: runs.length,
    averageAccuracy: estimate(runs.map((run) => run.averageAccuracy)),
    averageForgetting: estimate(runs.map((run) => run.averageForgetting)),
    negativeElbo: estimate(runs.map((run) => run.negativeElbo)),
  };
}

/** The difference for each seed that both methods finished: same stream, same initial weights, same candidates. */
function pairedDifference(result: ExperimentResult, against: ExperimentResult): PairedDifference {
  const other = new Map(against.runs.map((run) => [run.seed, run]));
  const pairs = result.runs.flatMap((run) => {
    const partner = other.get(run.seed);
    return partner === undefined ? [] : [{ run, partner }];
  });
  return {
    method: result.config.method,
    against: against.config.method,
    n: pairs.length,
    averageAccuracy: estimate(pairs.map(({ run, partner }) => run.averageAccuracy - partner.averageAccuracy)),
    averageForgetting: estimate(
      pairs.map(({ run, partner }) =>
        run.averageForgetting === null || partner.averageForgetting === null
          ? null
          : run.averageForgetting - partner.averageForgetting,
      ),
    ),
    negativeElbo: estimate(
      pairs.map(({ run, partner }) =>
        run.negativeElbo === null || partner.negativeElbo === null ? null : run.negativeElbo - partner.negativeElbo,
      ),
    ),
  };
}

/** The content of the JSON file: one method as it is; several with the difference of each from the first. */
export function resultFileOf(experiments: readonly ExperimentResult[]): ResultFile {
  const [first, ...others] = experiments;
  if (others.length === 0) return first;
  return { experiments: [...experiments], paired: others.map((result) => pairedDifference(result, first)) };
}

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
  elboByTask: z
    .array(z.strictObject({ total: z.number(), reconstruction: z.number(), kl: z.number() }))
    .nullable()
    .default(null),
  /** Counts on the complete test set at the end, rows of true classes, columns of answers; null in older files. */
  confusion: z
    .array(z.array(z.int().min(0)))
    .nullable()
    .default(null),
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
type Summary = z.infer<typeof summarySchema>;

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
