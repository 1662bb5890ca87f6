import {
  backendNames,
  defaultExperiment,
  type ExperimentConfig,
  experimentConfigSchema,
  laneConfigs,
  parseExperiment,
  type ScenarioName,
  scenarioNames,
} from '../core/config.ts';
import { isIdle, type MethodName, methodsOf } from '../core/methods.ts';
import { laterFields } from '../core/replaySettings.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import type { BackendChoice } from '../link/protocol.ts';
import { say } from '../texts/say.ts';
import { plain } from '../texts/numbers.ts';
import { addressParts, allowedWords, wrongPart } from './addressParts.ts';
import { isBenchmarkAddress } from './benchmarkState.ts';
import type { Opening } from './store.ts';
import { isSweepAddress } from './sweepAddress.ts';

/** The given lanes that a scenario allows; the default's lanes if it allows none. */
export function lanesIn(scenario: ScenarioName, lanes: readonly MethodName[]): MethodName[] {
  const possible = lanes.filter((method) => methodsOf(scenario).includes(method));
  return possible.length > 0 ? possible : defaultExperiment.lanes;
}

/** An experiment in another scenario: with each method's own settings there, and its lanes and seed. */
export function inScenario(config: ExperimentConfig, scenario: ScenarioName): ExperimentConfig {
  if (scenario === config.scenario) return config;
  return { scenario, seed: config.seed, lanes: lanesIn(scenario, config.lanes) };
}

/** An experiment on a dataset: unchanged if its scenario uses that dataset, else in the first scenario that does. */
export function onDataset(config: ExperimentConfig, dataset: DatasetName): ExperimentConfig {
  if (scenarios[config.scenario].dataset === dataset) return config;
  return inScenario(
    config,
    scenarioNames.find((scenario) => scenarios[scenario].dataset === dataset) ?? config.scenario,
  );
}

type FieldName = keyof ExperimentConfig;

/**
 * How an address writes one setting. A text that `read` does not understand it returns unchanged, to be reported as
 * wrong.
 */
interface AddressField {
  readonly key: string;
  readonly read: (text: string) => unknown;
}

const asText = (text: string) => text;
const asNumber = (text: string) => (/^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : text);
const asList = (text: string) => text.split(',');

/** Every setting, in the order in which an address names them. */
const fields: { readonly [K in FieldName]-?: AddressField } = {
  scenario: { key: 'scenario', read: asText },
  lanes: { key: 'lanes', read: asList },
  seed: { key: 'seed', read: asNumber },
  classOrderSeed: { key: 'class-order-seed', read: asNumber },
  memoryPerClass: { key: 'memory-per-class', read: asNumber },
  candidates: { key: 'candidates', read: asNumber },
  budget: { key: 'budget', read: asNumber },
  learningRate: { key: 'learning-rate', read: asNumber },
  iterations: { key: 'iterations', read: asNumber },
  retrievalScore: { key: 'retrieval-score', read: asText },
  samplesPerTask: { key: 'samples-per-task', read: asNumber },
  hidden: { key: 'hidden', read: asNumber },
  filters: { key: 'filters', read: asNumber },
  evaluationInterval: { key: 'evaluation-interval', read: asNumber },
  evaluationSize: { key: 'evaluation-size', read: asNumber },
  boundaryEvaluations: { key: 'boundary-evaluations', read: asNumber },
  ...numbers(laterFields),
};

/** Settings that are all numbers, each with its name in kebab case. */
function numbers<T extends object>(shape: T): { readonly [K in keyof T]: AddressField } {
  const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries(Object.keys(shape).map((name) => [name, { key: kebab(name), read: asNumber }])) as {
    [K in keyof T]: AddressField;
  };
}

const fieldNames = Object.keys(fields) as FieldName[];
const problemsShown = 5;

/**
 * A configuration as the part of an address after `#`: scenario, lanes and seed, and every setting that is named. The
 * others are each method's own, so that an address opens with the same settings, and a lane that is added later has its
 * own, too.
 */
export function writeHash(config: ExperimentConfig): string {
  return fieldNames
    .filter((name) => config[name] !== undefined)
    .map((name) => `${fields[name].key}=${String(config[name])}`)
    .join('&');
}

/** What names a lesson in an address. */
const lessonKey = 'lesson';

/** The lesson that an address names; null if it names none. */
export function lessonIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get(lessonKey);
}

/** The part of an address after `#` with this lesson, or without one. */
export function withLesson(hash: string, lesson: string | null): string {
  const others = hash
    .replace(/^#/, '')
    .split('&')
    .filter((part) => part !== '' && !part.startsWith(`${lessonKey}=`));
  return [...others, ...(lesson === null ? [] : [`${lessonKey}=${encodeURIComponent(lesson)}`])].join('&');
}

const written = (value: unknown) => (typeof value === 'number' ? plain(value) : String(value));

/** The value that replaces a wrong setting: "The default, 10, is used.", or each lane's own where they differ. */
function defaultText(name: FieldName, config: ExperimentConfig): string {
  const value = config[name];
  if (name === 'lanes' || value !== undefined) return say('address.defaultIs', { value: written(value) });
  const runs = laneConfigs(config);
  const heeding = runs.filter(({ method }) => !isIdle(name, method));
  const values = [...new Set((heeding.length > 0 ? heeding : runs).map((run) => run[name]))];
  return values.length === 1
    ? say('address.defaultIs', { value: written(values[0]) })
    : say('address.defaultOfLanes', { values: values.map(written).join('; ') });
}

/**
 * Reads a text of {@link writeHash}, as it was written or as a person changed it. Missing settings are left to the
 * methods; so are unknown and wrong ones, with a sentence for each. Never throws.
 *
 * @param hash with or without the leading `#`
 */
export function readHash(hash: string): { config: ExperimentConfig; problems: string[] } {
  const common = fieldNames.filter((name) => !Object.hasOwn(laterFields, name));
  const { texts, problems } = addressParts(
    withLesson(hash, null),
    fieldNames.map((name) => fields[name].key),
    'setting',
    say('address.settingsOfMethods', { names: common.map((name) => fields[name].key).join(', ') }),
  );
  const values: Partial<Record<FieldName, unknown>> = {};
  for (const [key, text] of texts) {
    const name = fieldNames.find((field) => fields[field].key === key);
    // No setting allows null, which stands for a text that is too long.
    if (name !== undefined) values[name] = text === null ? null : fields[name].read(text);
  }
  const parsed = parseExperiment(values);
  const { scenario, lanes } = parsed.config;
  const { classOrderSeed, ...unordered } = parsed.config;
  const ordered = classOrderSeed === undefined || scenarios[scenario].splitsClasses;
  if (!ordered) {
    problems.push(
      say('address.unordered', { key: fields.classOrderSeed.key, value: String(classOrderSeed), scenario }),
    );
  }
  const config = { ...(ordered ? parsed.config : unordered), lanes: lanesIn(scenario, lanes) };
  for (const { field } of parsed.problems) {
    const name = field as FieldName;
    const { key } = fields[name];
    const allowed = allowedWords(experimentConfigSchema.shape[name]);
    problems.push(wrongPart(key, texts.get(key) ?? null, allowed, defaultText(name, config)));
  }
  const impossible = lanes.filter((method) => !methodsOf(scenario).includes(method));
  if (impossible.length > 0) {
    problems.push(
      say('address.ruledOut', {
        key: fields.lanes.key,
        found: impossible.join(','),
        scenario,
        names: methodsOf(scenario).join(', '),
      }),
    );
  }
  const more = problems.length - problemsShown;
  if (more > 0) problems.splice(problemsShown, more, say('address.moreProblems', { count: more }));
  return { config, problems };
}

/** Reads the backend that an address asks for: `?backend=wasm`; `auto` if it asks for none or for an unknown one. */
export function readBackendChoice(search: string): { backendChoice: BackendChoice; problems: string[] } {
  const found = new URLSearchParams(search).get('backend');
  const choices: readonly BackendChoice[] = ['auto', ...backendNames];
  const backendChoice = found === null ? 'auto' : choices.find((choice) => choice === found);
  if (backendChoice !== undefined) return { backendChoice, problems: [] };
  return {
    backendChoice: 'auto',
    problems: [
      wrongPart('backend', found, say('address.oneOf', { names: choices.join(', ') }), say('address.bestIsUsed')),
    ],
  };
}

/** Whether an address names an experiment: one without a hash, or of another view, names none. */
export function namesExperiment(hash: string): boolean {
  return hash.length > 1 && !isSweepAddress(hash) && !isBenchmarkAddress(hash);
}

/** The experiment that an address opens the lab with: the default if the address belongs to another view. */
export function readAddress({ hash, search }: Pick<Location, 'hash' | 'search'>): Opening {
  const { config, problems } = readHash(isSweepAddress(hash) || isBenchmarkAddress(hash) ? '' : hash);
  const { backendChoice, problems: backendProblems } = readBackendChoice(search);
  return { config, backendChoice, problems: [...problems, ...backendProblems] };
}
