import { defaultExperiment, type ExperimentConfig, type MethodName, methodsOf, type ScenarioName, scenarioNames, scenarioSettings } from '../engine/config.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';
import { scenarios } from '../engine/scenarios/scenarios.ts';

/** Those of some lanes that a scenario allows; the default's where it allows none of them. */
export function lanesIn(scenario: ScenarioName, lanes: readonly MethodName[]): MethodName[] {
  const possible = lanes.filter((method) => methodsOf(scenario).includes(method));
  return possible.length > 0 ? possible : defaultExperiment.lanes;
}

/** An experiment moved to another scenario: the paper's settings there, and the lanes and the seed that it had. */
export function inScenario(config: ExperimentConfig, scenario: ScenarioName): ExperimentConfig {
  if (scenario === config.scenario) return config;
  return { ...scenarioSettings(scenario), seed: config.seed, lanes: lanesIn(scenario, config.lanes) };
}

/** An experiment on a dataset: as it is if its scenario is made of that, else in the first scenario that is. */
export function onDataset(config: ExperimentConfig, dataset: DatasetName): ExperimentConfig {
  if (scenarios[config.scenario].dataset === dataset) return config;
  return inScenario(config, scenarioNames.find((scenario) => scenarios[scenario].dataset === dataset) ?? config.scenario);
}
