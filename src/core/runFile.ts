import { dataMarkSchema } from './dataset.ts';
import { z } from 'zod';
import { backendNames, experimentConfigSchema, retrievalNames, runConfigSchema } from './config.ts';
import { methodNames } from './methods.ts';
import { runFileFaults, schemaFaults } from './runFileFaults.ts';
import { completed, runMetricsSchema } from './storedRun.ts';

const manySteps = 1_000_000;
/** Of all lanes; as text they fill the largest file that is opened. */
const manyEvaluations = 200_000;
const manyChanges = 10_000;
const manyImages = 10_000_000;

const count = z.int().min(0).max(manyImages);
const step = z.int().min(0).max(manySteps);
const task = z.int().min(1).max(1_000);
const lane = z.int().min(0).max(3);
const fraction = z.number().min(0).max(1);
const text = z.string().max(10_000);

const backend = z.strictObject({
  name: z.enum(backendNames),
  device: text,
  hardware: z.boolean(),
  passedOver: z.array(z.strictObject({ name: z.enum(backendNames), reason: text })).max(20),
});

const taskReport = z.strictObject({
  number: task,
  classes: z.array(z.int().min(0).max(10_000)).min(1).max(1_000),
  steps: step,
  trainingImages: count,
  testImages: count,
});

const nats = z.number().min(-1e9).max(1e39);
/** Parts of a −ELBO at β = 1, in nats per image. */
const negativeElbo = z.strictObject({ total: nats, reconstruction: nats, kl: nats });

const evaluation = z.strictObject({
  lane,
  method: z.enum(methodNames),
  retrieval: z.enum(retrievalNames).nullable(),
  seed: experimentConfigSchema.shape.seed,
  step,
  task,
  set: z.enum(['subset', 'complete']),
  testImages: count,
  taskEnd: z.boolean(),
  accuracyByTask: z.array(fraction.nullable()).max(1_000),
  accuracyByTaskOnSubset: z.exactOptional(z.array(fraction.nullable()).max(1_000)),
  averageAccuracy: fraction,
  averageForgetting: z.number().min(-1).max(1).nullable(),
  /** Null for methods without a VAE; tasks not seen yet are null. */
  elboByTask: z.array(negativeElbo.nullable()).max(1_000).nullable(),
  elbo: negativeElbo.nullable(),
});

const counts = z.strictObject({
  replayedByClass: z.array(count).max(10_000),
  replayedByTask: z.array(count).max(1_000),
  storedByClass: z.array(count).max(10_000),
  storedByTask: z.array(count).max(1_000),
});

const laneState = z.strictObject({
  method: z.enum(methodNames),
  /** All settings, so that the file keeps its meaning when a preset changes. */
  config: runConfigSchema,
  retrieval: z.enum(retrievalNames).nullable(),
  /** One per step; null where the loss was not finite. */
  losses: z.array(nats.nullable()).max(manySteps),
  counts: counts.nullable(),
  /** Latents that were not finite and were replaced by draws from the prior. */
  replacedLatents: z.int().min(0),
  /** Of the evaluations; older files have none. */
  metrics: z.exactOptional(runMetricsSchema),
  stopped: text.nullable(),
  /** Why, as facts; older files have none. */
  stop: z.exactOptional(
    z.strictObject({
      what: z.enum(['loss', 'testLoss', 'method']),
      step,
      setting: z.enum(['learningRate', 'genLearningRate', 'ewcLambda']),
      value: z.number(),
      smaller: z.number(),
    }),
  ),
});

export const runFileFormat = 'mir-lab-run';
/**
 * Version 1 had no generative and no hybrid replay. In version 2 all lanes shared every setting. See {@link
 * upgradedRunFile}.
 */
export const runFileVersion = 3;

/** A run as a JSON file. Lanes count from 0; accuracies are fractions; losses are in nats. */
export const runFileSchema = z.strictObject({
  format: z.literal(runFileFormat),
  formatVersion: z.literal(runFileVersion),
  engineVersion: text,
  /** The settings that were named; each lane has all of its settings. */
  config: experimentConfigSchema,
  backend: backend.nullable(),
  tasks: z.array(taskReport).min(1).max(1_000),
  totalSteps: step,
  step,
  task,
  /** Interval in steps and size of the test subset in images, as chosen for the backend. */
  evaluation: z.strictObject({ interval: z.int().min(1).max(manySteps), size: count }).nullable(),
  /** Height, width, channels. */
  imageShape: z.tuple([z.int().min(1).max(1_000), z.int().min(1).max(1_000), z.int().min(1).max(10)]),
  classNames: z.array(text).min(1).max(10_000),
  /** What the run learnt from; older files do not say it. */
  data: z.exactOptional(dataMarkSchema),
  lanes: z.array(laneState).min(1).max(4),
  /** Lane by lane, in order of steps. */
  evaluations: z.array(evaluation).max(manyEvaluations),
  /** `step` is the last step that still used the earlier retrieval. */
  retrievalChanges: z.array(z.strictObject({ lane, step, retrieval: z.enum(retrievalNames) })).max(manyChanges),
});
export type RunFile = z.infer<typeof runFileSchema>;

type Values = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function eachWith(list: unknown, missing: (item: Values) => Values): unknown {
  // What is longer is refused for its length.
  return Array.isArray(list) && list.length <= manyEvaluations
    ? list.map((item: unknown) => (isObject(item) ? { ...missing(item), ...item } : item))
    : list;
}

/** Version 1 to 2: no lane had a VAE or searched latents. */
function fromVersion1({ config, evaluations, lanes, ...rest }: Values): Values {
  return {
    ...rest,
    formatVersion: 2,
    config: completed(config),
    evaluations: eachWith(evaluations, () => ({ elboByTask: null, elbo: null })),
    lanes: eachWith(lanes, () => ({ replacedLatents: 0 })),
  };
}

/** Version 2 to 3: the one configuration applied to every lane, so every setting counts as named. */
function fromVersion2({ config, lanes, ...rest }: Values): Values {
  const { lanes: _methods, ...shared } = isObject(config) ? config : {};
  return {
    ...rest,
    formatVersion: 3,
    config,
    lanes: eachWith(lanes, ({ method }) => ({ config: { ...shared, method } })),
  };
}

/** Settings that came later have the values that runs had before. */
function withAllSettings({ lanes, ...rest }: Values): Values {
  if (!Array.isArray(lanes) || lanes.length > manyEvaluations) return { ...rest, lanes };
  return {
    ...rest,
    lanes: lanes.map((lane: unknown) => (isObject(lane) ? { ...lane, config: completed(lane['config']) } : lane)),
  };
}

/**
 * A run file of an earlier version in the form of this one. Anything else comes back as it is. Nothing is checked here.
 */
function upgradedRunFile(file: object): object {
  if (!('formatVersion' in file)) return file;
  switch (file.formatVersion) {
    case 1:
      return withAllSettings(fromVersion2(fromVersion1(file)));
    case 2:
      return withAllSettings(fromVersion2(file));
    case 3:
      return withAllSettings({ ...file });
    default:
      return file;
  }
}

/** The largest run file that is opened, in bytes. */
export const largestRunFile = 50_000_000;

const problemsShown = 3;

/** The content of a run file, or sentences about the first few of its faults. */
export type CheckedRunFile =
  | { readonly kind: 'runFile'; readonly file: RunFile }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

const choose = 'Choose a file that "Export run" wrote.';

function refused(...problems: string[]): CheckedRunFile {
  return { kind: 'refused', problems };
}

/** The first few of some faults, and a word about the others, which are not looked for. */
function firstFaults(faults: Iterable<string>): string[] {
  const found: string[] = [];
  for (const fault of faults) {
    if (found.length === problemsShown) return [...found, 'There are more faults.'];
    found.push(fault);
  }
  return found;
}

/** Why a file of this many bytes (or characters) is no run file; null if it may be one. */
export function tooLarge(bytes: number): string | null {
  return bytes > largestRunFile
    ? `The file has ${bytes} bytes; a run file has at most ${largestRunFile}. ${choose}`
    : null;
}

/**
 * Checks the text of a run file, of this version or of an earlier one. A file with any fault is refused as a whole, with
 * sentences that name the first few; the others are not looked for. Never throws.
 */
export function checkRunFileText(text: string): CheckedRunFile {
  const large = tooLarge(text.length);
  if (large !== null) return refused(large);
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return refused(`The file is not JSON, or it is cut off. ${choose}`);
  }
  if (typeof file !== 'object' || file === null || !('format' in file) || file.format !== runFileFormat)
    return refused(`The file is JSON, but not a run of MIR Lab. ${choose}`);
  return checkRunFile(file);
}

/** Checks the content of a run file; see {@link checkRunFileText}. */
export function checkRunFile(file: object): CheckedRunFile {
  const version = 'formatVersion' in file ? file.formatVersion : undefined;
  if (typeof version === 'number' && version > runFileVersion) {
    return refused(
      `The file is of format version ${version}; this page reads version ${runFileVersion}. Open it with the newer MIR Lab that wrote it.`,
    );
  }
  const current = upgradedRunFile(file);
  const wrong = firstFaults(schemaFaults(runFileSchema, current));
  if (wrong.length > 0) return refused(...wrong);
  // Every value was compared with the schema just now.
  const checked = current as RunFile;
  const contradictions = firstFaults(runFileFaults(checked));
  return contradictions.length > 0 ? refused(...contradictions) : { kind: 'runFile', file: checked };
}
