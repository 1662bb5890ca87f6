import { z } from 'zod';
import {
  allowedValues,
  backendNames,
  experimentConfigSchema,
  retrievalNames,
  type RunConfig,
  runConfigSchema,
  sharedSettingNames,
} from './config.ts';
import { initialRetrieval, methodNames } from './methods.ts';
import { completed } from './storedRun.ts';

const manySteps = 1_000_000;
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
  stopped: text.nullable(),
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
  tasks: z.array(taskReport).max(1_000),
  totalSteps: step,
  step,
  task,
  /** Interval in steps and size of the test subset in images, as chosen for the backend. */
  evaluation: z.strictObject({ interval: z.int().min(1).max(manySteps), size: count }).nullable(),
  /** Height, width, channels. */
  imageShape: z.tuple([z.int().min(1).max(1_000), z.int().min(1).max(1_000), z.int().min(1).max(10)]),
  classNames: z.array(text).max(10_000),
  lanes: z.array(laneState).min(1).max(4),
  /** Lane by lane, in order of steps. */
  evaluations: z.array(evaluation).max(manySteps),
  /** `step` is the last step that still used the earlier retrieval. */
  retrievalChanges: z.array(z.strictObject({ lane, step, retrieval: z.enum(retrievalNames) })).max(manySteps),
});
export type RunFile = z.infer<typeof runFileSchema>;

/** The places where a lane's settings are not those that the file names, or where lanes do not share what they must. */
function settingFaults({ config, lanes }: RunFile, index: number): string[] {
  const found = lanes[index].config;
  const { lanes: _lanes, ...named } = config;
  const wanted = {
    ...Object.fromEntries(sharedSettingNames.map((name) => [name, lanes[0].config[name]])),
    ...named,
    method: lanes[index].method,
  };
  return Object.entries(wanted).flatMap(([name, allowed]) => {
    const value = found[name as keyof RunConfig];
    return value === allowed
      ? []
      : [
          `lanes[${index}].config.${name} is ${JSON.stringify(value)}; allowed is ${JSON.stringify(allowed)}, as config or the first lane says.`,
        ];
  });
}

/**
 * The places where the parts of a run file contradict each other, although each value alone is valid. One sentence
 * each; empty if the file makes sense.
 */
export function runFileFaults(file: RunFile): string[] {
  const faults: string[] = [];
  const { lanes } = file.config;

  if (file.lanes.length !== lanes.length) {
    faults.push(`lanes is a list of ${file.lanes.length}; allowed is ${lanes.length}, as config.lanes says.`);
    return faults;
  }
  file.lanes.forEach((lane, index) => {
    if (lane.method !== lanes[index]) {
      faults.push(`lanes[${index}].method is "${lane.method}"; allowed is "${lanes[index]}", as config.lanes says.`);
    } else if ((lane.retrieval === null) !== (initialRetrieval(lane.method) === null)) {
      faults.push(
        `lanes[${index}].retrieval is ${JSON.stringify(lane.retrieval)}, which "${lane.method}" cannot have.`,
      );
    } else {
      faults.push(...settingFaults(file, index));
    }
  });
  if (file.step > file.totalSteps) {
    faults.push(`step is ${file.step}; allowed is 0 to ${file.totalSteps}, as totalSteps says.`);
  }
  const lastStep = lanes.map(() => 0);
  file.evaluations.forEach((evaluation, index) => {
    const place = `evaluations[${index}]`;
    const method = lanes.at(evaluation.lane);
    if (method === undefined) {
      faults.push(`${place}.lane is ${evaluation.lane}; allowed is 0 to ${lanes.length - 1}.`);
      return;
    }
    if (evaluation.method !== method) {
      faults.push(`${place}.method is "${evaluation.method}"; allowed is "${method}", as config.lanes says.`);
    }
    if (evaluation.seed !== file.config.seed) {
      faults.push(`${place}.seed is ${evaluation.seed}; allowed is ${file.config.seed}, as config.seed says.`);
    }
    if (evaluation.accuracyByTask.length !== file.tasks.length) {
      faults.push(
        `${place}.accuracyByTask is a list of ${evaluation.accuracyByTask.length}; allowed is ${file.tasks.length}, one for each task.`,
      );
    }
    if (evaluation.elboByTask !== null && evaluation.elboByTask.length !== file.tasks.length) {
      faults.push(
        `${place}.elboByTask is a list of ${evaluation.elboByTask.length}; allowed is ${file.tasks.length}, one for each task, or null.`,
      );
    }
    const from = lastStep[evaluation.lane];
    if (evaluation.step < from || evaluation.step > file.totalSteps) {
      faults.push(
        `${place}.step is ${evaluation.step}; allowed is ${from} to ${file.totalSteps}: a lane's evaluations are in order.`,
      );
    } else {
      lastStep[evaluation.lane] = evaluation.step;
    }
  });
  file.retrievalChanges.forEach((change, index) => {
    if (change.lane >= lanes.length) {
      faults.push(`retrievalChanges[${index}].lane is ${change.lane}; allowed is 0 to ${lanes.length - 1}.`);
    }
  });
  return faults;
}

type Values = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function eachWith(list: unknown, missing: (item: Values) => Values): unknown {
  return Array.isArray(list)
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

/**
 * A run file of an earlier version in the form of this one. Anything else comes back as it is. Nothing is checked here.
 */
export function upgradedRunFile(file: object): object {
  if (!('formatVersion' in file)) return file;
  if (file.formatVersion === 1) return fromVersion2(fromVersion1(file));
  return file.formatVersion === 2 ? fromVersion2(file) : file;
}

type Path = readonly PropertyKey[];

function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );
}

/** The schema of the value at a path, or null where the path leaves the schema. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | null {
  if (schema instanceof z.ZodExactOptional) return schemaAt(schema.unwrap(), path);
  if (schema instanceof z.ZodNullable) return path.length === 0 ? schema : schemaAt(schema.unwrap(), path);
  if (path.length === 0) return schema;
  const [part, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    const field: unknown = schema.shape[String(part)];
    return field instanceof z.ZodType ? schemaAt(field, rest) : null;
  }
  if (schema instanceof z.ZodArray) return schemaAt(schema.element, rest);
  if (schema instanceof z.ZodTuple) {
    const item = schema.def.items.at(Number(part));
    return item ? schemaAt(item, rest) : null;
  }
  return null;
}

function allowedText(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodNullable) return `${allowedText(schema.unwrap())} or null`;
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodEnum ? allowedValues(schema) : 'a list';
  if (schema instanceof z.ZodTuple) return `a list of ${schema.def.items.length}`;
  if (schema instanceof z.ZodObject) return 'an object';
  if (schema instanceof z.ZodString) return 'a text';
  if (schema instanceof z.ZodBoolean) return 'true or false';
  return allowedValues(schema as z.ZodType);
}

const longestFound = 60;

function foundText(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > longestFound ? `${text.slice(0, longestFound)}…` : text;
}

/**
 * One fault of a file as a sentence that names the place, what was found and what is allowed, for example
 * "evaluations[3].averageAccuracy is 1.7; allowed is a number from 0 to 1."
 *
 * @param root the schema of the whole file
 * @param file the file that was checked
 */
export function describeIssue(root: z.ZodType, file: unknown, issue: z.core.$ZodIssue): string {
  const place = pathText(issue.path);
  if (issue.code === 'custom') return `${place} ${issue.message}`;
  if (issue.code === 'unrecognized_keys') {
    const where = place === '' ? 'The file' : place;
    return `${where} has ${issue.keys.join(', ')}, which no run file of this version has.`;
  }
  const found = valueAt(file, issue.path);
  const schema = schemaAt(root, issue.path);
  const allowed = schema ? allowedText(schema) : issue.message;
  if (place === '') return `The file is ${foundText(found)}; allowed is ${allowed}.`;
  return found === undefined
    ? `${place} is missing; allowed is ${allowed}.`
    : `${place} is ${foundText(found)}; allowed is ${allowed}.`;
}
