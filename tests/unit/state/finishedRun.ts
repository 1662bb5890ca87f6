import { type RunConfig, scenarioSettings } from '../../../src/core/config.ts';
import { runMetrics } from '../../../src/core/metrics.ts';
import { type CurvePoint, engineVersion, type StoredRun } from '../../../src/core/storedRun.ts';

/** A run as the archive keeps it, with chosen figures. */
export function finishedRun(change: Partial<RunConfig> = {}, run: Partial<StoredRun> = {}): StoredRun {
  return {
    config: { ...scenarioSettings('split-mnist'), method: 'er', ...change },
    backend: 'wasm',
    version: engineVersion,
    data: null,
    seconds: 4,
    steps: 20,
    accuracyMatrix: [[1], [0.5, 0.9]],
    averageAccuracy: 0.7,
    averageForgetting: 0.5,
    negativeElbo: null,
    elboByTask: null,
    confusion: null,
    metrics: runMetrics([[1], [0.5, 0.9]]),
    curve: [],
    ...run,
  };
}

export function curvePoint(step: number, averageAccuracy: number, point: Partial<CurvePoint> = {}): CurvePoint {
  return { step, task: 1, set: 'subset', averageAccuracy, averageForgetting: null, negativeElbo: null, ...point };
}
