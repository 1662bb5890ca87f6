import { z } from 'zod';
import { presetConfig, type RunConfig, runConfigSchema } from '../core/config.ts';
import { dataMarkSchema } from '../core/dataset.ts';
import { interval, metricNames, type RunMetrics, runMetrics, wholeInterval } from '../core/metrics.ts';
import { type Mixture, mixturesSchema, type Origin, type OriginRun, type Place } from '../core/provenance.ts';
import { listOf, resultJson, runMetricsSchema, storedResultConfigSchema } from '../core/storedRun.ts';

/** Mean and half-width of the 95% t-interval; null without values, half-width null for one value. */
function estimate(values: readonly (number | null)[]): Estimate | null {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return null;
  const { mean, halfWidth95 } = interval(numbers);
  return { mean, halfWidth95 };
}

/** Of each measure; null unless every run has it. */
function metricEstimates(runs: readonly RunMetrics[]): MetricEstimates {
  const each = metricNames.map((name) => {
    const over = wholeInterval(runs.map((metrics) => metrics[name]));
    return [name, over && { mean: over.mean, halfWidth95: over.halfWidth95 }] as const;
  });
  return Object.fromEntries(each) as MetricEstimates;
}

/** The difference of each measure that both runs have. */
function metricDifferences(one: RunMetrics, other: RunMetrics): RunMetrics {
  const each = metricNames.map((name) => {
    const [value, partner] = [one[name], other[name]];
    return [name, value === null || partner === null ? null : value - partner] as const;
  });
  return Object.fromEntries(each) as Record<keyof RunMetrics, number | null>;
}

/** The summary over seeds that the JSON and the table show. */
export function summarise(runs: readonly RunRecord[]): Summary {
  return {
    n: runs.length,
    averageAccuracy: estimate(runs.map((run) => run.averageAccuracy)),
    averageForgetting: estimate(runs.map((run) => run.averageForgetting)),
    negativeElbo: estimate(runs.map((run) => run.negativeElbo)),
    metrics: metricEstimates(runs.map(({ metrics }) => metrics)),
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
    metrics: metricEstimates(pairs.map(({ run, partner }) => metricDifferences(run.metrics, partner.metrics))),
  };
}

/** The content of the JSON file: one method as it is; several with the difference of each from the first. */
export function resultFileOf(experiments: readonly ExperimentResult[], mixtures: readonly Mixture[] = []): ResultFile {
  const [first, ...others] = experiments;
  const mixed = mixtures.length === 0 ? {} : { mixed: [...mixtures] };
  if (others.length === 0) return { ...first, ...mixed };
  return { experiments: [...experiments], paired: others.map((result) => pairedDifference(result, first)), ...mixed };
}

/** A finished run with all that says where it comes from. */
export interface OriginRecord extends OriginRun {
  readonly record: RunRecord;
}

/** The runs of a result, each with its origin. */
export function recordsOf({ config, backend, version, data, runs }: ExperimentResult): OriginRecord[] {
  return runs.map(({ from = { version, backend, data }, ...record }) => ({
    ...from,
    config: { ...config, seed: record.seed },
    record,
  }));
}

/** One method's result from its runs; only where their origins differ, each says its own. */
export function experimentOf(config: RunConfig, records: readonly OriginRecord[], now: Origin): ExperimentResult {
  const origins = records.map(({ version, backend, data }) => ({ version, backend, data }));
  const { seed: _seed, ...settings } = config;
  const [first = now] = origins;
  const isMixed = origins.some((origin) => JSON.stringify(origin) !== JSON.stringify(first));
  const each = (values: readonly string[]) => [...new Set(values)].join(', ');
  const top = isMixed
    ? { backend: each(origins.map(({ backend }) => backend)), version: each(origins.map(({ version }) => version)) }
    : { backend: first.backend, version: first.version };
  const runs = records
    .map(({ record }, index) => (isMixed ? { ...record, from: origins[index] } : record))
    .toSorted((one, other) => one.seed - other.seed);
  return { config: settings, ...top, data: isMixed ? null : first.data, runs, summary: summarise(runs) };
}

/** Lanes of a result share all that their methods' presets leave to them. */
export function placeOfLane(config: RunConfig): Place {
  return { group: '', row: config.method, usual: presetConfig(config.scenario, config.method) };
}

/** The methods of a result file; null if the text is something else. */
export function parseResultFile(text: string): ExperimentResult[] | null {
  try {
    const result = resultFileSchema.safeParse(resultJson(text));
    if (!result.success) return null;
    return 'experiments' in result.data ? result.data.experiments : [result.data];
  } catch {
    return null;
  }
}

const fraction = z.number().min(0).max(1);

/** Mean over seeds and half-width of its 95% t-interval; null where one seed gives no interval. */
const estimateSchema = z.strictObject({ mean: z.number(), halfWidth95: z.number().min(0).nullable() });
export type Estimate = z.infer<typeof estimateSchema>;

const originSchema = z.strictObject({
  version: z.string(),
  backend: z.string(),
  data: dataMarkSchema.nullable().default(null),
});

const runRecordFields = z.strictObject({
  seed: runConfigSchema.shape.seed,
  accuracyMatrix: listOf(listOf(fraction)),
  averageAccuracy: fraction,
  averageForgetting: z.number().min(-1).max(1).nullable(),
  /** Mean over the tasks at β = 1, in nats per image; null for methods without a VAE. */
  negativeElbo: z.number().nullable(),
  /** Of each task, with its parts. */
  elboByTask: listOf(z.strictObject({ total: z.number(), reconstruction: z.number(), kl: z.number() }))
    .nullable()
    .default(null),
  /** Counts on the complete test set at the end, rows of true classes, columns of answers; null in older files. */
  confusion: listOf(listOf(z.int().min(0)))
    .nullable()
    .default(null),
  /** Older files have none; what the matrix tells is derived. */
  metrics: runMetricsSchema.nullable().default(null),
  steps: z.int().min(0),
  seconds: z.number().min(0),
  /** In a result of mixed origin, that of the run. */
  from: z.exactOptional(originSchema),
});

const runRecordSchema = runRecordFields.transform((run) => ({
  ...run,
  metrics: run.metrics ?? runMetrics(run.accuracyMatrix),
}));

/**
 * The outcome of one seed. Accuracies are fractions; row k of the matrix holds the tasks seen up to k.
 * `seconds` is the wall time of the seed, shared by all methods that ran beside this one.
 */
export type RunRecord = z.infer<typeof runRecordSchema>;

const metricEstimatesSchema = z.strictObject({
  averageAnytimeAccuracy: estimateSchema.nullable(),
  minimumAccuracy: estimateSchema.nullable(),
  worstCaseAccuracy: estimateSchema.nullable(),
  backwardTransfer: estimateSchema.nullable(),
  plasticity: estimateSchema.nullable(),
  averageAnytimeAccuracyBetween: estimateSchema.nullable(),
  minimumAccuracyBetween: estimateSchema.nullable(),
  worstCaseAccuracyBetween: estimateSchema.nullable(),
});
type MetricEstimates = z.infer<typeof metricEstimatesSchema>;

const summarySchema = z.strictObject({
  n: z.int().min(0),
  averageAccuracy: estimateSchema.nullable(),
  averageForgetting: estimateSchema.nullable(),
  negativeElbo: estimateSchema.nullable(),
  metrics: metricEstimatesSchema.nullable().default(null),
});
type Summary = z.infer<typeof summarySchema>;

const experimentResultFields = z.strictObject({
  config: storedResultConfigSchema,
  backend: z.string(),
  version: z.string(),
  /** Null in older files, and where it is mixed. */
  data: dataMarkSchema.nullable().default(null),
  runs: listOf(runRecordSchema),
  summary: summarySchema,
  mixed: z.exactOptional(mixturesSchema),
});

/**
 * One method over its seeds; `config` lacks the seed, which each run names. The summary is computed anew where it is
 * older than the measures.
 */
export const experimentResultSchema = experimentResultFields.transform((result) =>
  result.summary.metrics === null ? { ...result, summary: summarise(result.runs) } : result,
);
export type ExperimentResult = z.infer<typeof experimentResultSchema>;

const pairedDifferenceSchema = z.strictObject({
  method: runConfigSchema.shape.method,
  against: runConfigSchema.shape.method,
  n: z.int().min(0),
  averageAccuracy: estimateSchema.nullable(),
  averageForgetting: estimateSchema.nullable(),
  negativeElbo: estimateSchema.nullable().default(null),
  metrics: metricEstimatesSchema.nullable().default(null),
});

/** Mean of `method` minus `against` over the seeds that both finished. */
export type PairedDifference = z.infer<typeof pairedDifferenceSchema>;

/** What `--json` writes: one method's result, or several with their paired differences. */
export const resultFileSchema = z.union([
  experimentResultSchema,
  z.strictObject({
    experiments: listOf(experimentResultSchema).refine(({ length }) => length > 0),
    paired: listOf(pairedDifferenceSchema),
    mixed: z.exactOptional(mixturesSchema),
  }),
]);
export type ResultFile = z.infer<typeof resultFileSchema>;
