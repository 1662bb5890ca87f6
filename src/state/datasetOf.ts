import type { ScenarioName } from '../engine/config.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';

/** The dataset that a scenario is made of. */
export function datasetOf(scenario: ScenarioName): DatasetName {
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return 'mnist';
    case 'split-cifar10':
      return 'cifar10';
    case 'split-miniimagenet':
      return 'miniimagenet';
    default:
      return scenario satisfies never;
  }
}
