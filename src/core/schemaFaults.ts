import { z } from 'zod';
import { allowedValues } from './config.ts';
import { grouped } from './dataset.ts';

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
