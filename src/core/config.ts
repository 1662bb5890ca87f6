import { z } from 'zod';
import { isIdle, type MethodName, methodNames, methods } from './methods.ts';
import {
  laterFields,
  permutedMnistGenerative,
  splitCifar10Hybrid,
  splitMnistAnchors,
  splitMnistDark,
  splitMnistGenerative,
} from './replaySettings.ts';

/** Names of the scenarios: a dataset and how it is split into tasks (paper, section 4). */
export const scenarioNames = ['split-mnist', 'permuted-mnist', 'split-cifar10', 'split-miniimagenet'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** The rule that picks what to replay (paper, section 3.1). */
export const retrievalNames = ['random', 'mir'] as const;
export type Retrieval = (typeof retrievalNames)[number];

/** MI-1: loss increase against now. MI-2: against the best loss of the memory so far (section 3.1). */
export const scoreNames = ['mi1', 'mi2'] as const;
export type ScoreName = (typeof scoreNames)[number];

/** Backends that the engine can run on, best first. */
export const backendNames = ['webgpu', 'webgl', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** A whole number within limits, or `auto`: chosen for the backend when the run starts. */
function wholeOrAuto(smallest: number, largest: number) {
  return z.union([z.literal('auto'), z.int().min(smallest).max(largest)]);
}

/** A whole number that random numbers start from. */
const seedNumber = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const fields = {
  scenario: z.enum(scenarioNames),
  seed: seedNumber,
  classOrderSeed: z.union([z.literal('off'), seedNumber]),
  samplesPerTask: z.int().min(10).max(10_000),
  hidden: z.int().min(4).max(1_024),
  filters: z.int().min(1).max(64),
  learningRate: z.number().min(1e-6).max(100),
  iterations: z.int().min(1).max(20),
  memoryPerClass: z.int().min(1).max(1_000),
  candidates: z.int().min(1).max(500),
  budget: z.int().min(1).max(100),
  retrievalScore: z.enum(scoreNames),
  evaluationInterval: wholeOrAuto(1, 10_000),
  evaluationSize: wholeOrAuto(10, 10_000),
  boundaryEvaluations: z.int().min(0).max(1_000),
  ...laterFields,
};

/**
 * The settings of a run, apart from its method. `classOrderSeed` shuffles the classes before they are dealt out to tasks;
 * `off` leaves them in the paper's order. Units: `samplesPerTask` in images, `learningRate` (α) per SGD step,
 * `iterations` per incoming batch, `memoryPerClass` in images per class of the scenario, `candidates` (C) and `budget`
 * (B) in images per iteration, `evaluationInterval` in steps, `evaluationSize` in test images,
 * `boundaryEvaluations` in steps after each boundary between tasks, every one of which is evaluated. The settings of
 * particular methods are described beside their schemas.
 */
export const settingsSchema = z.strictObject(fields);
export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;
export const settingNames = Object.keys(fields) as readonly SettingName[];

/** Settings that all lanes of an experiment share: its stream, its evaluations, and the size of the classifier. */
export const sharedSettingNames = [
  'scenario',
  'seed',
  'classOrderSeed',
  'samplesPerTask',
  'hidden',
  'filters',
  'evaluationInterval',
  'evaluationSize',
  'boundaryEvaluations',
] as const satisfies readonly SettingName[];
export type SharedSettingName = (typeof sharedSettingNames)[number];

/** One run: one method in one scenario with one seed. */
export const runConfigSchema = z.strictObject({ ...fields, method: z.enum(methodNames) });
export type RunConfig = z.infer<typeof runConfigSchema>;

/** The fields that every experiment has, and the settings that it may name. */
const { scenario, seed, ...namedFields } = fields;
const optionalFields = Object.fromEntries(
  Object.entries(namedFields).map(([name, schema]) => [name, z.exactOptional(schema)]),
) as { [Name in keyof typeof namedFields]: z.ZodExactOptional<(typeof namedFields)[Name]> };
const lanesField = z.array(z.enum(methodNames)).min(1).max(4);

/**
 * An experiment: 1 to 4 lanes, each a method. A setting that is named here applies to all lanes. Each other setting has
 * the value of the lane's method in the scenario; see {@link laneConfigs}.
 */
export const experimentConfigSchema = z.strictObject({ scenario, seed, lanes: lanesField, ...optionalFields });
export type ExperimentConfig = z.infer<typeof experimentConfigSchema>;

/** The paper's Split MNIST settings (section 4.1). */
export const defaultSettings: Settings = {
  scenario: 'split-mnist',
  seed: 0,
  classOrderSeed: 'off',
  samplesPerTask: 1_000,
  hidden: 400,
  filters: 20,
  learningRate: 0.1,
  iterations: 1,
  memoryPerClass: 50,
  candidates: 50,
  budget: 10,
  retrievalScore: 'mi2',
  evaluationInterval: 'auto',
  evaluationSize: 'auto',
  boundaryEvaluations: 0,
  ...splitMnistGenerative,
  ...splitCifar10Hybrid,
  ...splitMnistAnchors,
  ...splitMnistDark,
};

/**
 * Settings that came when runs were stored already, with the values that those had. At these values they are left out of
 * the keys of runs.
 */
export const formerValues: Readonly<Partial<Record<string, unknown>>> = {
  classOrderSeed: defaultSettings.classOrderSeed,
  boundaryEvaluations: defaultSettings.boundaryEvaluations,
};

/** The paper's settings of a scenario, for ER and ER-MIR (sections 4.1 to 4.3). */
export function scenarioSettings(scenario: ScenarioName): Settings {
  switch (scenario) {
    case 'split-mnist':
      return defaultSettings;
    case 'permuted-mnist':
      return { ...defaultSettings, ...permutedMnistGenerative, scenario, learningRate: 0.05 };
    case 'split-cifar10':
      return { ...defaultSettings, scenario, samplesPerTask: 9_750, memoryPerClass: 100, retrievalScore: 'mi1' };
    case 'split-miniimagenet':
      return {
        ...defaultSettings,
        scenario,
        samplesPerTask: 2_400,
        memoryPerClass: 100,
        candidates: 25,
        retrievalScore: 'mi1',
        iterations: 3,
      };
    default:
      return scenario satisfies never;
  }
}

/** What the page opens on: a network that forgets, one that replays memories at random, and one that picks them. */
export const defaultExperiment: ExperimentConfig = {
  scenario: 'split-mnist',
  seed: 0,
  lanes: ['fine-tune', 'er', 'er-mir'],
};

/** The settings that a set of values starts from: those of its scenario if it names one, else the defaults. */
export function startingSettings(values: Readonly<Record<string, unknown>>): Settings {
  const scenario = fields.scenario.safeParse(values['scenario']);
  return scenario.success ? scenarioSettings(scenario.data) : defaultSettings;
}

/** Images in one incoming batch, in every scenario of the paper. */
export const batchSize = 10;

/** The preset of a method in a scenario, with some settings changed. */
export function presetConfig(scenario: ScenarioName, method: MethodName, change: Partial<Settings> = {}): RunConfig {
  return { ...scenarioSettings(scenario), ...methods[method].preset[scenario], ...change, method };
}

/** The configuration of each lane's run: its method's preset, and what the experiment names. */
export function laneConfigs({ lanes, ...named }: ExperimentConfig): RunConfig[] {
  return lanes.map((method) => presetConfig(named.scenario, method, named));
}

/** Settings to name. Undefined takes a setting back to the methods. */
export type SettingChanges = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

/** The experiment with some settings named, and those that are undefined given back to its methods. */
export function renamed(experiment: ExperimentConfig, changes: SettingChanges): ExperimentConfig {
  const all: Record<string, unknown> = { ...experiment, ...changes };
  return experimentConfigSchema.parse(
    Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  );
}

/**
 * The settings that tell runs apart: at least two of the runs that use the setting have different values. In the order
 * of the schema.
 */
export function differingSettings(runs: readonly RunConfig[]): SettingName[] {
  return settingNames.filter((name) => {
    const heeding = runs.filter(({ method }) => !isIdle(name, method));
    return heeding.some((run) => run[name] !== heeding[0][name]);
  });
}

/** The ones of those that a run uses. */
export function ownDifferences(run: RunConfig, runs: readonly RunConfig[]): SettingName[] {
  return differingSettings(runs).filter((name) => !isIdle(name, run.method));
}

/** What is wrong with one field: its name, the value found and what is allowed, as one sentence. */
interface ConfigProblem {
  field: string;
  found: unknown;
  allowed: string;
  message: string;
}

/** What a field allows, in words: "a whole number from 1 to 500" or "one of er, er-mir". */
export function allowedValues(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return `one of ${schema.options.join(', ')}`;
  if (schema instanceof z.ZodLiteral) return [...schema.values].join(', ');
  if (schema instanceof z.ZodUnion) {
    return schema.options.map((option) => allowedValues(option as z.ZodType)).join(' or ');
  }
  if (schema instanceof z.ZodNumber) {
    const kind = schema.format === 'safeint' ? 'a whole number' : 'a number';
    return `${kind} from ${schema.minValue} to ${schema.maxValue}`;
  }
  if (schema instanceof z.ZodArray) {
    return `1 to 4 of: ${allowedValues(schema.element as z.ZodType).replace('one of ', '')}`;
  }
  return 'a value of its kind';
}

/**
 * Checks values field by field, so that one bad field does not spoil the others.
 *
 * @param shape the fields to check, each with its schema
 * @param values what was given; fields that are missing keep their default, unknown fields are problems
 * @param defaults the value of every field that is missing or wrong
 * @returns a complete configuration and the list of what was wrong, empty if nothing was
 */
function parseFields<T extends object>(
  shape: { readonly [K in keyof T]-?: z.ZodType<T[K]> },
  values: Readonly<Record<string, unknown>>,
  defaults: T,
): { config: T; problems: ConfigProblem[] } {
  const config = { ...defaults };
  const problems: ConfigProblem[] = [];
  for (const [field, found] of Object.entries(values)) {
    if (!Object.hasOwn(shape, field)) {
      const allowed = Object.keys(shape).join(', ');
      problems.push({ field, found, allowed, message: `${field} is not a setting; there are: ${allowed}.` });
      continue;
    }
    const schema = shape[field as keyof T];
    const result = schema.safeParse(found);
    if (result.success) config[field as keyof T] = result.data;
    else {
      const allowed = allowedValues(schema);
      problems.push({ field, found, allowed, message: `${field} is ${JSON.stringify(found)}; allowed is ${allowed}.` });
    }
  }
  return { config, problems };
}

/**
 * Checks an experiment's configuration field by field; see {@link parseFields}. Settings that are missing or wrong are
 * left to the methods.
 *
 * @param start the experiment that the values change
 */
export function parseExperiment(
  values: Readonly<Record<string, unknown>>,
  start: ExperimentConfig = defaultExperiment,
): { config: ExperimentConfig; problems: ConfigProblem[] } {
  return parseFields<ExperimentConfig>({ ...fields, lanes: lanesField }, values, start);
}
