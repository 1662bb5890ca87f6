import { scenarioNames, scenarioSettings } from '../engine/config.ts';
import { generativeFields, hybridFields } from '../engine/generativeSettings.ts';
import { runFileVersion } from './runFileSchema.ts';

type Values = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function eachWith(list: unknown, missing: Values): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => (isObject(item) ? { ...missing, ...item } : item)) : list;
}

/** A configuration with the settings of generative and hybrid replay, which it lacks, as its scenario has them. */
function withLaterSettings(config: unknown): unknown {
  if (!isObject(config)) return config;
  const scenario = scenarioNames.find((name) => name === config['scenario']);
  if (scenario === undefined) return config;
  const later = Object.entries(scenarioSettings(scenario)).filter(
    ([name]) => Object.hasOwn(generativeFields, name) || Object.hasOwn(hybridFields, name),
  );
  return { ...Object.fromEntries(later), ...config };
}

/**
 * A run file of version 1 as this version would have written it: no lane of it had a VAE or searched latents. What
 * is not of version 1 comes back as it is. Nothing is checked here.
 */
export function upgradedRunFile(file: object): object {
  if (!('formatVersion' in file) || file.formatVersion !== 1) return file;
  const { config, evaluations, lanes, ...rest } = file as Values;
  return {
    ...rest,
    formatVersion: runFileVersion,
    config: withLaterSettings(config),
    evaluations: eachWith(evaluations, { elboByTask: null, elbo: null }),
    lanes: eachWith(lanes, { replacedLatents: 0 }),
  };
}
