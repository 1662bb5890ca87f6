import type { ExperimentConfig } from '../engine/config.ts';

/** A file name that says what is in it: "mir-lab-split-mnist-er-er-mir-seed0-accuracy.csv". */
export function runFileName(config: ExperimentConfig, content: string, extension: string): string {
  return `mir-lab-${config.scenario}-${config.lanes.join('-')}-seed${config.seed}-${content}.${extension}`;
}
