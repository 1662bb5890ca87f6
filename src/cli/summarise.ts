import { interval } from '../engine/metrics.ts';
import type { Estimate, ExperimentResult, PairedDifference, ResultFile, RunRecord, Summary } from './resultFile.ts';

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

/** Differences of each seed that both finished: same stream, same initial weights, same candidates. */
export function pairedDifference(result: ExperimentResult, against: ExperimentResult): PairedDifference {
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
        run.averageForgetting === null || partner.averageForgetting === null ? null : run.averageForgetting - partner.averageForgetting,
      ),
    ),
    negativeElbo: estimate(
      pairs.map(({ run, partner }) => (run.negativeElbo === null || partner.negativeElbo === null ? null : run.negativeElbo - partner.negativeElbo)),
    ),
  };
}

/** What the JSON file holds: one method as it is; several with each one's difference from the first. */
export function resultFileOf(experiments: readonly ExperimentResult[]): ResultFile {
  const [first, ...others] = experiments;
  if (others.length === 0) return first;
  return { experiments: [...experiments], paired: others.map((result) => pairedDifference(result, first)) };
}
