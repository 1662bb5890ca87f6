import { methodsOf, type MethodName, type ScenarioName } from '../../engine/config.ts';

/** What one would most like to compare with, in this order. */
const suggestions: readonly MethodName[] = ['er', 'er-mir', 'fine-tune', 'gem', 'icarl', 'gen', 'gen-mir', 'ae-er', 'ae-mir', 'iid-online', 'iid-offline'];

/** The same method with the other retrieval; null for methods that retrieve nothing. */
function counterpart(method: MethodName): MethodName | null {
  switch (method) {
    case 'er':
      return 'er-mir';
    case 'er-mir':
      return 'er';
    case 'gen':
      return 'gen-mir';
    case 'gen-mir':
      return 'gen';
    case 'ae-er':
      return 'ae-mir';
    case 'ae-mir':
      return 'ae-er';
    case 'fine-tune':
    case 'gem':
    case 'icarl':
    case 'iid-online':
    case 'iid-offline':
      return null;
    default:
      return method satisfies never;
  }
}

/** The lane to add: what tells most beside those that run. */
export function suggestedLane(scenario: ScenarioName, running: readonly MethodName[]): MethodName {
  const wanted = [...running.flatMap((method) => counterpart(method) ?? []), ...suggestions];
  return wanted.find((method) => methodsOf(scenario).includes(method) && !running.includes(method)) ?? 'er';
}
