import { allowedValues, presetConfig, type ScenarioName, settingsSchema } from '../core/config.ts';
import type { Family } from '../core/catalogue/methodEntry.ts';
import { type MethodName, methods, methodsOf } from '../core/methods.ts';
import {
  mostValues,
  ownChangeableSettings,
  ownChangesSchema,
  type OwnPlan,
  type VariedSetting,
  variedSchema,
} from './sweepPlan.ts';

/** Families whose methods take seconds a run where the network is small. */
const quick: readonly Family[] = ['plain', 'replay'];

/** The reference for a choice of methods: the baseline that most of them have among them; null without methods. */
export function usualReference(chosen: readonly MethodName[]): MethodName | null {
  const votes = (name: MethodName) => chosen.filter((method) => methods[method].baseline === name).length;
  const best = chosen.reduce<MethodName | null>(
    (found, name) => (found === null || votes(name) > votes(found) ? name : found),
    null,
  );
  return best;
}

/** An own comparison that takes minutes rather than hours: what replays, and what does not, with three seeds. */
export function defaultOwnPlan(scenario: ScenarioName): OwnPlan {
  const chosen = methodsOf(scenario).filter((method) => quick.includes(methods[method].family));
  return {
    kind: 'own',
    scenario,
    methods: chosen,
    varied: null,
    seeds: { first: 0, last: 2 },
    changes: ownChangesSchema.parse(Object.fromEntries(ownChangeableSettings.map((name) => [name, null]))),
    backend: 'auto',
    view: {
      reference: usualReference(chosen),
      sort: 'averageAccuracy',
      descending: true,
      chart: 'scatter',
      measure: 'averageForgetting',
    },
  };
}

/** The same comparison of other methods, or in another scenario, whose methods that it has stay; default ones if none does. */
export function ownPlanOf(plan: OwnPlan, change: Partial<Pick<OwnPlan, 'scenario' | 'methods'>>): OwnPlan {
  const scenario = change.scenario ?? plan.scenario;
  const possible = (change.methods ?? plan.methods).filter((method) => methodsOf(scenario).includes(method));
  const chosen = possible.length === 0 && change.methods === undefined ? defaultOwnPlan(scenario).methods : possible;
  const { reference } = plan.view;
  return {
    ...plan,
    scenario,
    methods: chosen,
    view: {
      ...plan.view,
      reference: reference !== null && !chosen.includes(reference) ? usualReference(chosen) : reference,
    },
  };
}

/** Values of a varied setting around what the scenario's methods have: a tenth to double, or a hundredth to three times. */
export function usualValues(scenario: ScenarioName, setting: VariedSetting): number[] {
  const usual = presetConfig(scenario, 'er')[setting];
  const factors = setting === 'memoryPerClass' ? [0.1, 0.2, 0.4, 1, 2] : [0.1, 0.2, 0.5, 1, 2];
  return factors.map((factor) => Number((usual * factor).toPrecision(3)));
}

/** The texts that {@link parseValues} takes, in words. */
export function allowedOfValues(setting: VariedSetting): string {
  return `1 to ${mostValues} different values, separated by commas, each ${allowedValues(settingsSchema.shape[setting])}`;
}

/** Reads "0.01, 0.1" as values of a setting, the smallest first; null if they are not. */
export function parseValues(text: string, setting: VariedSetting): OwnPlan['varied'] {
  const numbers = text.split(',', mostValues + 1).map((part) => (part.trim() === '' ? NaN : Number(part)));
  const values = [...new Set(numbers)].sort((one, other) => one - other);
  const result = variedSchema.safeParse({ setting, values });
  return result.success && values.length === numbers.length ? result.data : null;
}
