import { z } from 'zod';
import { type RunConfig, sharedSettingNames, allowedValues } from './config.ts';
import { initialRetrieval, methods } from './methods.ts';
import { mean, metricNames, metricsOfEvaluations } from './metrics.ts';
import type { RunFile } from './runFile.ts';
import { grouped } from './dataset.ts';

/** The places where a lane's settings are not those that the file names, or where lanes do not share what they must. */
function* settingFaults({ config, lanes }: RunFile, index: number): Generator<string, void> {
  const found = lanes[index].config;
  const { lanes: _lanes, ...named } = config;
  const wanted = {
    ...Object.fromEntries(sharedSettingNames.map((name) => [name, lanes[0].config[name]])),
    ...named,
    method: lanes[index].method,
  };
  for (const [name, allowed] of Object.entries(wanted)) {
    const value = found[name as keyof RunConfig];
    if (value !== allowed)
      yield `lanes[${index}].config.${name} is ${JSON.stringify(value)}; allowed is ${JSON.stringify(allowed)}, as config or the first lane says.`;
  }
}

function* taskFaults({ tasks, classNames, data, task, step, totalSteps }: RunFile): Generator<string, void> {
  for (const [index, { number, classes }] of tasks.entries()) {
    if (number !== index + 1)
      yield `tasks[${index}].number is ${number}; allowed is ${index + 1}: tasks are in order, each once.`;
    const foreign = classes.find((label) => label >= classNames.length);
    if (foreign !== undefined)
      yield `tasks[${index}].classes has ${foreign}; allowed is 0 to ${classNames.length - 1}, as classNames says.`;
    if (new Set(classes).size !== classes.length) yield `tasks[${index}].classes has a class twice.`;
  }
  for (const [index, { trainingImages, testImages }] of tasks.entries()) {
    if (data === undefined) break;
    if (trainingImages > data.trainingImages)
      yield `tasks[${index}].trainingImages is ${trainingImages}; allowed is at most ${data.trainingImages}, as data says.`;
    if (testImages > data.testImages)
      yield `tasks[${index}].testImages is ${testImages}; allowed is at most ${data.testImages}, as data says.`;
  }
  const steps = tasks.reduce((sum, each) => sum + each.steps, 0);
  if (totalSteps !== steps) yield `totalSteps is ${totalSteps}; allowed is ${steps}, the sum of tasks[…].steps.`;
  if (task > tasks.length) yield `task is ${task}; allowed is 1 to ${tasks.length}, as tasks says.`;
  if (step > totalSteps) yield `step is ${step}; allowed is 0 to ${totalSteps}, as totalSteps says.`;
}

function* laneFaults(file: RunFile): Generator<string, void> {
  const { tasks, classNames, step } = file;
  for (const [index, lane] of file.lanes.entries()) {
    const method = file.config.lanes[index];
    const place = `lanes[${index}]`;
    if (lane.method !== method) {
      yield `${place}.method is "${lane.method}"; allowed is "${method}", as config.lanes says.`;
      continue;
    }
    if ((lane.retrieval === null) !== (initialRetrieval(method) === null))
      yield `${place}.retrieval is ${JSON.stringify(lane.retrieval)}, which "${method}" cannot have.`;
    else yield* settingFaults(file, index);
    // What is known of a step that is under way may be there already.
    if (lane.losses.length > step + 1)
      yield `${place}.losses is a list of ${lane.losses.length}; allowed is at most ${step + 1}, as step says.`;
    const lengths = { ByClass: classNames.length, ByTask: tasks.length };
    for (const [name, counts] of Object.entries(lane.counts ?? {})) {
      const most = name.endsWith('ByClass') ? lengths.ByClass : lengths.ByTask;
      if (counts.length > most)
        yield `${place}.counts.${name} is a list of ${counts.length}; allowed is at most ${most}.`;
    }
  }
}

/** Sums of a thousand accuracies, each rounded. */
const tolerance = 1e-6;

function* evaluationFaults(file: RunFile): Generator<string, void> {
  const { config, tasks, totalSteps } = file;
  const lastStep = config.lanes.map(() => 0);
  let lastLane = 0;
  for (const [index, evaluation] of file.evaluations.entries()) {
    const place = `evaluations[${index}]`;
    const { lane, method, seed, step, task, accuracyByTask, elboByTask } = evaluation;
    if (lane >= config.lanes.length) {
      yield `${place}.lane is ${lane}; allowed is 0 to ${config.lanes.length - 1}.`;
      continue;
    }
    const allowed = config.lanes[lane];
    if (lane < lastLane) yield `${place}.lane is ${lane}, after ${lastLane}; allowed is one lane after the other.`;
    lastLane = Math.max(lastLane, lane);
    if (method !== allowed) yield `${place}.method is "${method}"; allowed is "${allowed}", as config.lanes says.`;
    else if ((evaluation.retrieval === null) !== (initialRetrieval(method) === null))
      yield `${place}.retrieval is ${JSON.stringify(evaluation.retrieval)}, which "${method}" cannot have.`;
    if (seed !== config.seed) yield `${place}.seed is ${seed}; allowed is ${config.seed}, as config.seed says.`;
    if (task > tasks.length) yield `${place}.task is ${task}; allowed is 1 to ${tasks.length}, as tasks says.`;
    if (accuracyByTask.length !== tasks.length)
      yield `${place}.accuracyByTask is a list of ${accuracyByTask.length}; allowed is ${tasks.length}, one for each task.`;
    const { accuracyByTaskOnSubset } = evaluation;
    if (accuracyByTaskOnSubset !== undefined && accuracyByTaskOnSubset.length !== tasks.length)
      yield `${place}.accuracyByTaskOnSubset is a list of ${accuracyByTaskOnSubset.length}; allowed is ${tasks.length}, one for each task.`;
    if (elboByTask !== null && elboByTask.length !== tasks.length)
      yield `${place}.elboByTask is a list of ${elboByTask.length}; allowed is ${tasks.length}, one for each task, or null.`;
    const average = mean(accuracyByTask.filter((accuracy) => accuracy !== null));
    if (!(Math.abs(average - evaluation.averageAccuracy) <= tolerance))
      yield `${place}.averageAccuracy is ${evaluation.averageAccuracy}; allowed is ${average}, the mean of its accuracyByTask.`;
    const from = lastStep[lane];
    if (step < from || step > totalSteps)
      yield `${place}.step is ${step}; allowed is ${from} to ${totalSteps}: a lane's evaluations are in order.`;
    // An evaluation may arrive before the page counts its step.
    else if (step > file.step + 1) yield `${place}.step is ${step}; allowed is at most ${file.step + 1}, as step says.`;
    else lastStep[lane] = step;
  }
  for (const [index, { losses, stopped }] of file.lanes.entries()) {
    if (losses.length === 0 && stopped === null && lastStep[index] > 0)
      yield `lanes[${index}].losses is a list of 0, although evaluations has the lane at step ${lastStep[index]}; allowed is one loss for each step.`;
  }
}

function* metricFaults({ lanes, evaluations }: RunFile): Generator<string, void> {
  for (const [index, { method, metrics }] of lanes.entries()) {
    if (metrics === undefined) continue;
    const own = evaluations.filter(({ lane }) => lane === index);
    const wanted = metricsOfEvaluations(own, methods[method].stream.kind === 'sequential');
    for (const name of metricNames) {
      const [found, allowed] = [metrics[name], wanted[name]];
      const agree = found === null || allowed === null ? found === allowed : Math.abs(found - allowed) <= tolerance;
      if (!agree) yield `lanes[${index}].metrics.${name} is ${found}; allowed is ${allowed}, as evaluations says.`;
    }
  }
}

function* changeFaults({ config, step, retrievalChanges }: RunFile): Generator<string, void> {
  let last = 0;
  for (const [index, change] of retrievalChanges.entries()) {
    const place = `retrievalChanges[${index}]`;
    if (change.lane >= config.lanes.length)
      yield `${place}.lane is ${change.lane}; allowed is 0 to ${config.lanes.length - 1}.`;
    else if (initialRetrieval(config.lanes[change.lane]) === null)
      yield `${place}.lane is ${change.lane}, whose method "${config.lanes[change.lane]}" has no retrieval to change.`;
    if (change.step < last || change.step > step)
      yield `${place}.step is ${change.step}; allowed is ${last} to ${step}: changes are in order, and none is later than step.`;
    last = Math.max(last, change.step);
  }
}

/**
 * The places where the parts of a run file contradict each other, although each value alone is valid: one sentence each,
 * as they are found. Nothing if the file makes sense.
 */
export function* runFileFaults(file: RunFile): Generator<string, void> {
  const wanted = file.config.lanes.length;
  if (file.lanes.length !== wanted) {
    yield `lanes is a list of ${file.lanes.length}; allowed is ${wanted}, as config.lanes says.`;
    return;
  }
  let sound = true;
  for (const faults of [laneFaults, taskFaults, evaluationFaults, changeFaults]) {
    for (const fault of faults(file)) {
      sound = false;
      yield fault;
    }
  }
  // Measures of evaluations that make no sense tell nothing more.
  if (sound) yield* metricFaults(file);
}

type Path = readonly PropertyKey[];
type Schema = z.core.$ZodType;

function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

function allowedText(schema: Schema): string {
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
  if (Array.isArray(value)) return `a list of ${grouped(value.length)}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string' && value.length > 10_000) return `a text of ${grouped(value.length)} characters`;
  const text = JSON.stringify(value);
  return text.length > longestFound ? `${text.slice(0, longestFound)}…` : text;
}

function sentence(path: Path, value: unknown, allowed: string): string {
  const place = pathText(path);
  if (place === '') return `The file is ${foundText(value)}; allowed is ${allowed}.`;
  return value === undefined
    ? `${place} is missing; allowed is ${allowed}.`
    : `${place} is ${foundText(value)}; allowed is ${allowed}.`;
}

/** The lengths that a list may have. */
function lengthsOf(schema: z.ZodArray): { readonly least: number; readonly most: number } {
  let [least, most] = [0, Infinity];
  for (const check of schema.def.checks ?? []) {
    const { def } = check._zod;
    if ('minimum' in def) least = Math.max(least, Number(def.minimum));
    if ('maximum' in def) most = Math.min(most, Number(def.maximum));
  }
  return { least, most };
}

/** For lists of a million numbers; null for any other kind of element. */
function quickCheck(schema: Schema): ((value: unknown) => boolean) | null {
  if (schema instanceof z.ZodNullable) {
    const inner = quickCheck(schema.unwrap());
    return inner && ((value) => value === null || inner(value));
  }
  if (!(schema instanceof z.ZodNumber)) return null;
  const { minValue, maxValue, format } = schema;
  const [least, most, whole] = [minValue ?? -Infinity, maxValue ?? Infinity, format === 'safeint'];
  return (value) =>
    typeof value === 'number' && value >= least && value <= most && (!whole || Number.isSafeInteger(value));
}

function* arrayFaults(schema: z.ZodArray, value: unknown, path: Path, worded: Schema): Generator<string, void> {
  if (!Array.isArray(value)) {
    yield sentence(path, value, allowedText(worded));
    return;
  }
  const { least, most } = lengthsOf(schema);
  if (value.length < least || value.length > most) {
    const allowed = `a list of ${least === most ? grouped(least) : `${grouped(least)} to ${grouped(most)}`}`;
    yield sentence(path, value, schema.element instanceof z.ZodEnum ? allowedText(worded) : allowed);
    return;
  }
  const quick = quickCheck(schema.element);
  for (let index = 0; index < value.length; index++) {
    const element: unknown = value[index];
    if (quick?.(element) !== true) yield* schemaFaults(schema.element, element, [...path, index]);
  }
}

const namesShown = 3;

function* objectFaults(schema: z.ZodObject, value: unknown, path: Path, worded: Schema): Generator<string, void> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield sentence(path, value, allowedText(worded));
    return;
  }
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(schema.shape, name));
  if (unknown.length > 0) {
    const names = unknown.slice(0, namesShown).map((name) => (name.length > longestFound ? 'a very long name' : name));
    const more = unknown.length - names.length;
    const where = path.length === 0 ? 'The file' : pathText(path);
    yield `${where} has ${names.join(', ')}${more > 0 ? ` and ${grouped(more)} more` : ''}, which no run file of this version has.`;
  }
  for (const [name, field] of Object.entries<Schema>(schema.shape)) {
    const present = Object.hasOwn(value, name);
    if (!present && field instanceof z.ZodExactOptional) continue;
    yield* schemaFaults(field, present ? (value as Record<string, unknown>)[name] : undefined, [...path, name]);
  }
}

/**
 * The places where JSON is not what a schema allows, one by one, each as a sentence that names the place, what was found
 * and what is allowed: "evaluations[3].averageAccuracy is 1.7; allowed is a number from 0 to 1." The length of a list is
 * looked at before its elements, and whoever asks for the first few faults pays for no more than those, however many
 * there are.
 *
 * @param schema of strict objects, lists with a length, tuples, and plain values
 */
export function* schemaFaults(
  schema: Schema,
  value: unknown,
  path: Path = [],
  worded: Schema = schema,
): Generator<string, void> {
  if (schema instanceof z.ZodExactOptional) yield* schemaFaults(schema.unwrap(), value, path);
  else if (schema instanceof z.ZodNullable) {
    if (value !== null) yield* schemaFaults(schema.unwrap(), value, path, worded);
  } else if (schema instanceof z.ZodArray) yield* arrayFaults(schema, value, path, worded);
  else if (schema instanceof z.ZodObject) yield* objectFaults(schema, value, path, worded);
  else if (schema instanceof z.ZodTuple) {
    const items: readonly Schema[] = schema.def.items;
    if (!Array.isArray(value) || value.length !== items.length) yield sentence(path, value, allowedText(worded));
    else for (const [index, item] of items.entries()) yield* schemaFaults(item, value[index], [...path, index]);
  } else if (!(schema as z.ZodType).safeParse(value).success) {
    yield sentence(path, value, allowedText(worded));
  }
}
