import type { RunConfig } from '../engine/config.ts';
import { runKey } from '../engine/paperTable.ts';

/** A function of a configuration that works each answer out once: a sweep of thousands of runs asks many times a second. */
function once(answer: (config: RunConfig) => string): (config: RunConfig) => string {
  const known = new WeakMap<RunConfig, string>();
  return (config) => {
    const found = known.get(config) ?? answer(config);
    known.set(config, found);
    return found;
  };
}

/** The run's key (paperTable.ts). */
export const keyOf = once(runKey);

/** A key that runs of one row share. */
export const rowKeyOf = once((config) => runKey({ ...config, seed: 0 }));
