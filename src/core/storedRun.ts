import { z } from 'zod';
import { backendNames, formerValues, runConfigSchema, startingSettings } from './config.ts';
import { dataMarkSchema } from './dataset.ts';
import type { EvaluationEvent, RunResult } from './events.ts';
import { type RunMetrics, runMetrics } from './metrics.ts';
import { laterFields } from './replaySettings.ts';

/** Adds the scenario's values of settings that a stored configuration is older than. */
export function completed(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored;
  const usual = startingSettings({ ...stored });
  const added = Object.entries(usual).filter(([name]) => Object.hasOwn(laterFields, name) || name in formerValues);
  return { ...Object.fromEntries(added), ...stored };
}

/** A run's configuration as it was stored; see {@link completed}. */
export const storedRunConfigSchema = z.preprocess(completed, runConfigSchema);

/** The same without the seed, as the results of a sweep have it. */
export const storedResultConfigSchema = z.preprocess(completed, runConfigSchema.omit({ seed: true }));

/** The most entries of one list in a file of results; the longest are of learning curves. */
const mostEntries = 100_000;

/** Of a file of results; sweeps of a thousand runs have a tenth of that. */
const mostBrackets = 1_000_000;
const deepest = 50;

/**
 * JSON, unless it has more objects and lists, or deeper ones, than results have: 60 MB of empty ones take the parser 12 s,
 * and counting them a tenth of one. Brackets in texts count, too; results have none.
 *
 * @throws SyntaxError if it is no JSON; RangeError if it has more of them
 */
export function resultJson(text: string): unknown {
  let [count, depth] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    // "[" and "{" differ by one bit, and so do "]" and "}".
    const code = text.charCodeAt(at) & ~0x20;
    if (code === 0x5d) depth--;
    else if (code === 0x5b && (++depth > deepest || ++count > mostBrackets))
      throw new RangeError('it has far more lists or objects than results have');
  }
  return JSON.parse(text);
}

/** Versions are shown in messages. */
const mostVersionLetters = 100;

/** A list that is read up to its first fault, so that a million wrong entries cost no more than one. */
export function listOf<Entry extends z.ZodType>(entry: Entry) {
  return z.unknown().transform((value, context): z.output<Entry>[] => {
    const refused = (message: string, path: readonly PropertyKey[] = []) => {
      context.addIssue({ code: 'custom', message, path: [...path] });
      return z.NEVER;
    };
    if (!Array.isArray(value)) return refused('it is no list');
    if (value.length > mostEntries) return refused(`it has ${value.length} entries; at most ${mostEntries} are read`);
    const list: z.output<Entry>[] = [];
    for (const [index, each] of (value as readonly unknown[]).entries()) {
      const { data, error } = entry.safeParse(each);
      if (error !== undefined) return refused(error.issues[0].message, [index, ...error.issues[0].path]);
      list.push(data);
    }
    return list;
  });
}

const fraction = z.number().min(0).max(1);

const curvePointSchema = z.strictObject({
  step: z.int().min(0),
  task: z.int().min(1),
  set: z.enum(['subset', 'complete']),
  averageAccuracy: fraction,
  averageForgetting: fraction.nullable(),
  negativeElbo: z.number().nullable().default(null),
});

const elboSchema = z.strictObject({ total: z.number(), reconstruction: z.number(), kl: z.number() });

const difference = z.number().min(-1).max(1).nullable();

/** Measures of a run beside its average accuracy and forgetting. */
export const runMetricsSchema = z.strictObject({
  averageAnytimeAccuracy: fraction.nullable(),
  minimumAccuracy: fraction.nullable(),
  worstCaseAccuracy: fraction.nullable(),
  backwardTransfer: difference,
  plasticity: fraction.nullable(),
  averageAnytimeAccuracyBetween: fraction.nullable(),
  minimumAccuracyBetween: fraction.nullable(),
  worstCaseAccuracyBetween: fraction.nullable(),
}) satisfies z.ZodType<RunMetrics>;

/** One evaluation of a stored run: a point of its learning curve. */
export type CurvePoint = z.infer<typeof curvePointSchema>;

const storedRunFields = z.strictObject({
  config: storedRunConfigSchema,
  backend: z.enum(backendNames),
  /** Version of the engine. */
  version: z.string().max(mostVersionLetters),
  /** Null in older runs. */
  data: dataMarkSchema.nullable().default(null),
  /** Wall time. */
  seconds: z.number().min(0),
  steps: z.int().min(0),
  accuracyMatrix: listOf(listOf(fraction)),
  averageAccuracy: fraction,
  averageForgetting: fraction.nullable(),
  negativeElbo: z.number().nullable(),
  /** Of each task, at β = 1, in nats per image. */
  elboByTask: listOf(elboSchema).nullable().default(null),
  /** Counts on the complete test set at the end, rows of true classes, columns of answers; null in older runs. */
  confusion: listOf(listOf(z.int().min(0)))
    .nullable()
    .default(null),
  /** Older runs have none; what their matrix and curve tell is derived. */
  metrics: runMetricsSchema.nullable().default(null),
  curve: listOf(curvePointSchema),
});

/** A finished run as a sweep keeps it: in the browser's storage, and in the files of the command line. */
export const storedRunSchema = storedRunFields.transform((run) => ({
  ...run,
  metrics:
    run.metrics ??
    runMetrics(
      run.accuracyMatrix,
      run.curve.map((point) => ({ ...point, accuracyByTask: null })),
    ),
}));
export type StoredRun = z.infer<typeof storedRunSchema>;

/** Puts together what is kept of a run. */
export function storedRun(
  result: RunResult,
  evaluations: readonly EvaluationEvent[],
  run: Pick<StoredRun, 'backend' | 'version' | 'data' | 'seconds'>,
): StoredRun {
  return {
    config: result.config,
    ...run,
    steps: result.steps,
    accuracyMatrix: result.accuracyMatrix.map((row) => [...row]),
    averageAccuracy: result.averageAccuracy,
    averageForgetting: result.averageForgetting,
    negativeElbo: result.negativeElbo,
    elboByTask: result.elboByTask && result.elboByTask.map((elbo) => ({ ...elbo })),
    confusion: result.confusion.map((row) => [...row]),
    metrics: runMetrics(result.accuracyMatrix, evaluations),
    curve: evaluations.map(({ step, task, set, averageAccuracy, averageForgetting, elbo }) => ({
      step,
      task,
      set,
      averageAccuracy,
      averageForgetting,
      negativeElbo: elbo && elbo.total,
    })),
  };
}

/** The version in package.json, noted in every exported run. */
export const engineVersion = '0.1.0';
