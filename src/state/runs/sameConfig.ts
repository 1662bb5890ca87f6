import type { ExperimentConfig } from '../../core/config.ts';

/** Whether two experiments are the same, in whatever order their settings are named. */
export function sameConfig(one: ExperimentConfig, other: ExperimentConfig): boolean {
  return text(one) === text(other);
}

function text(config: ExperimentConfig): string {
  return JSON.stringify(Object.entries(config).sort(([first], [second]) => (first < second ? -1 : 1)));
}
