import { expect, it } from 'vitest';
import type { MethodName, ScenarioName } from '../../../../src/core/config.ts';
import { suggestedLane } from '../../../../src/ui/lanes/LaneCard.tsx';

it.each<[ScenarioName, MethodName[], MethodName]>([
  ['split-mnist', ['er', 'er-mir'], 'fine-tune'],
  ['split-mnist', ['gen'], 'gen-mir'],
  ['permuted-mnist', ['gen-mir', 'gen'], 'er'],
  ['split-cifar10', ['ae-mir'], 'ae-er'],
  ['split-cifar10', ['er', 'er-mir', 'fine-tune'], 'gem'],
  ['split-miniimagenet', ['fine-tune'], 'er'],
])('in %s beside %j suggests %s', (scenario, running, suggestion) => {
  expect(suggestedLane(scenario, running)).toBe(suggestion);
});
