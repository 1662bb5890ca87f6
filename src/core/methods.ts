import { lowerBound, upperBounds } from './catalogue/baselines.ts';
import { constrained } from './catalogue/constrained.ts';
import { decoded } from './catalogue/decoded.ts';
import type { MethodEntry } from './catalogue/methodEntry.ts';
import { replay } from './catalogue/replay.ts';
import type { Retrieval, ScenarioName } from './config.ts';

/** Every method, in the order in which page and command line list them. The entries stand by family. */
const catalogue = { ...lowerBound, ...replay, ...constrained, ...decoded, ...upperBounds };

/** Name of a method: what the command line, addresses and files call it. */
export type MethodName = keyof typeof catalogue;

export const methods: Readonly<Record<MethodName, MethodEntry<MethodName>>> = catalogue;

/** Settings that some methods have of their own. */
const ownSettings = new Set<string>(Object.values(methods).flatMap(({ own = [] }) => own));

export const methodNames = Object.keys(catalogue) as MethodName[];

/** The methods that a scenario allows. */
export function methodsOf(scenario: ScenarioName): readonly MethodName[] {
  return methodNames.filter((method) => methods[method].scenarios.includes(scenario));
}

/** The retrieval that a method starts with, or null if it replays nothing. */
export function initialRetrieval(method: MethodName): Retrieval | null {
  return methods[method].retrieval;
}

/** Whether a method has a generator, whose −ELBO is measured. */
export function measuresElbo(method: MethodName): boolean {
  return methods[method].family === 'generative';
}

/** Whether a setting changes nothing for a method. Takes any name, as files have them. */
export function isIdle(setting: string, method: MethodName): boolean {
  const uses = (names: readonly string[] = []) => names.includes(setting);
  return uses(methods[method].idle) || (ownSettings.has(setting) && !uses(methods[method].own));
}

/** The method to suggest for a new lane: the one that tells most beside those that run. */
export function suggestedMethod(scenario: ScenarioName, running: readonly MethodName[]): MethodName {
  const counterparts = running.flatMap((method) => methods[method].counterpart ?? []);
  const companions = running.flatMap((method) => methods[method].companions);
  const wanted = [...counterparts, ...companions, ...methodNames];
  return wanted.find((method) => methodsOf(scenario).includes(method) && !running.includes(method)) ?? 'er';
}
