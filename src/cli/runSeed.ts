import { performance } from 'node:perf_hooks';
import type { RunConfig } from '../core/config.ts';
import type { MethodName } from '../core/methods.ts';
import type { Dataset } from '../core/dataset.ts';
import type { BackendReport, EvaluationEvent, RunResult } from '../core/events.ts';
import { runMetrics } from '../core/metrics.ts';
import { type ExperimentOptions, runExperiment } from '../engine/experiment.ts';
import type { RunRecord } from './resultFile.ts';

/** Progress of the runs of a seed. */
export interface RunProgress {
  readonly step: number;
  readonly totalSteps: number;
  /**
   * The method that works on a whole task before its first step, and the share of that work that is done, 0 … 1; null
   * while steps are taken.
   */
  readonly preparing: { readonly method: MethodName; readonly share: number } | null;
}

/** The results of all methods with one seed. */
export interface SeedOutcome {
  /** In lane order; null for a lane that stopped. */
  readonly records: readonly (RunRecord | null)[];
  readonly results: readonly (RunResult | null)[];
  /** Wall time. */
  readonly seconds: number;
  readonly evaluations: readonly EvaluationEvent[];
  /** Sentences of lanes that stopped. */
  readonly stopped: readonly { readonly lane: number; readonly step: number; readonly reason: string }[];
  /** Sentences about steps that ran directly on a graphics card, and not from a recording. */
  readonly directSteps: readonly string[];
}

function recordOf(result: RunResult, evaluations: readonly EvaluationEvent[], seconds: number): RunRecord {
  return {
    seed: result.config.seed,
    accuracyMatrix: result.accuracyMatrix.map((row) => [...row]),
    averageAccuracy: result.averageAccuracy,
    averageForgetting: result.averageForgetting,
    negativeElbo: result.negativeElbo,
    elboByTask: result.elboByTask && result.elboByTask.map((elbo) => ({ ...elbo })),
    confusion: result.confusion.map((row) => [...row]),
    metrics: runMetrics(result.accuracyMatrix, evaluations),
    steps: result.steps,
    seconds,
  };
}

const breathMilliseconds = 50;

/**
 * Runs all methods in lockstep over one seed's stream.
 *
 * @param onProgress called after every step, and after every update of an autoencoder before a task
 */
export async function runSeed(
  dataset: Dataset,
  lanes: readonly RunConfig[],
  backend: BackendReport,
  onProgress: (progress: RunProgress) => void,
  how: Pick<ExperimentOptions, 'evaluateOn' | 'evaluatesBetween'> = {},
): Promise<SeedOutcome> {
  const start = performance.now();
  const evaluations: EvaluationEvent[] = [];
  const stopped: { lane: number; step: number; reason: string }[] = [];
  const directSteps = new Set<string>();
  let totalSteps = 0;
  let breath = Number.NEGATIVE_INFINITY;
  let results: readonly (RunResult | null)[] = [];
  for await (const event of runExperiment({ dataset, lanes, backend, ...how })) {
    if (event.kind === 'started') totalSteps = event.totalSteps;
    if (event.kind === 'stepped') onProgress({ step: event.step, totalSteps, preparing: null });
    if (event.kind === 'preparing') {
      const { method } = lanes[event.lane];
      onProgress({ step: event.step, totalSteps, preparing: { method, share: event.done / event.total } });
    }
    if (event.kind === 'progress') for (const words of event.directSteps ?? []) directSteps.add(words);
    if (event.kind === 'evaluated') evaluations.push(event);
    if (event.kind === 'laneStopped') stopped.push(event);
    if (event.kind === 'finished') results = event.results;
    if (performance.now() - breath < breathMilliseconds) continue;
    // On wasm nothing that is waited for takes a turn of the event loop, without which no signal arrives.
    await new Promise((resolve) => setImmediate(resolve));
    breath = performance.now();
  }
  const seconds = Math.round(performance.now() - start) / 1_000;
  const evaluationsOf = (index: number) => evaluations.filter(({ lane }) => lane === index);
  return {
    records: results.map((result, index) => result && recordOf(result, evaluationsOf(index), seconds)),
    results,
    seconds,
    evaluations,
    stopped,
    directSteps: [...directSteps],
  };
}
