import { z } from 'zod';
import { backendNames } from './config.ts';
import { storedRunConfigSchema } from './storedConfig.ts';
import type { EvaluationEvent, RunResult } from './events.ts';

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

/** One evaluation of a stored run: a point of its learning curve. */
export type CurvePoint = z.infer<typeof curvePointSchema>;

/** A finished run as a sweep keeps it: in the browser's storage, and in the files of the command line. */
export const storedRunSchema = z.strictObject({
  config: storedRunConfigSchema,
  backend: z.enum(backendNames),
  /** Version of the engine. */
  version: z.string(),
  /** Wall time. */
  seconds: z.number().min(0),
  steps: z.int().min(0),
  accuracyMatrix: z.array(z.array(fraction)),
  averageAccuracy: fraction,
  averageForgetting: fraction.nullable(),
  negativeElbo: z.number().nullable(),
  /** Of each task, at β = 1, in nats per image. */
  elboByTask: z.array(elboSchema).nullable().default(null),
  curve: z.array(curvePointSchema),
});
export type StoredRun = z.infer<typeof storedRunSchema>;

/** Puts together what is kept of a run. */
export function storedRun(
  result: RunResult,
  evaluations: readonly EvaluationEvent[],
  run: Pick<StoredRun, 'backend' | 'version' | 'seconds'>,
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
