import { z } from 'zod';
import { runConfigSchema, startingSettings } from './config.ts';
import { generativeFields, hybridFields } from './generativeSettings.ts';

/** Puts in the scenario's settings of generative and hybrid replay where a stored configuration is older than those. */
export function completed(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored;
  const usual = startingSettings({ ...stored });
  const added = Object.entries(usual).filter(([name]) => Object.hasOwn(generativeFields, name) || Object.hasOwn(hybridFields, name));
  return { ...Object.fromEntries(added), ...stored };
}

/** A run's configuration as it was stored; see {@link completed}. */
export const storedRunConfigSchema = z.preprocess(completed, runConfigSchema);

/** The same without the seed, as the results of a sweep have it. */
export const storedResultConfigSchema = z.preprocess(completed, runConfigSchema.omit({ seed: true }));
