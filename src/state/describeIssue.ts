import { z } from 'zod';
import { allowedValues } from '../engine/config.ts';

type Path = readonly PropertyKey[];

function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[part] : undefined),
    value,
  );
}

/** The schema of the value at a path, or null where the path leaves the schema. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | null {
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
 * One fault of a file as a sentence that names the place, what was found and what is allowed, for
 * example "evaluations[3].averageAccuracy is 1.7; allowed is a number from 0 to 1."
 *
 * @param root the schema of the whole file
 * @param file what was checked against it
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
