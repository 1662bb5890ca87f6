import { z } from 'zod';
import { allowedValues } from '../core/config.ts';
import { list, plain } from '../texts/numbers.ts';
import { say } from '../texts/say.ts';

/** The settings that an address names, as texts, and what is wrong with the others. */
interface AddressParts {
  /** By key, for known keys only; the last one counts. Null where the text is longer than any setting. */
  readonly texts: ReadonlyMap<string, string | null>;
  readonly problems: string[];
}

const longestKey = 40;
const longestText = 10_000;
const unknownShown = 3;

/** A piece of an address that is short enough for a sentence. */
export function shortened(text: string): string {
  return text.length > longestKey ? `${text.slice(0, longestKey)}…` : text;
}

/** What a setting allows, in words, as the engine's `allowedValues` has it in English: "a whole number from 1 to 500". */
export function allowedWords(schema: z.ZodType): string {
  if (schema instanceof z.ZodExactOptional) return allowedWords(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion)
    return list(
      schema.options.map((one) => allowedWords(one as z.ZodType)),
      'disjunction',
    );
  if (schema instanceof z.ZodEnum) return say('address.oneOf', { names: schema.options.join(', ') });
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodEnum)
    return say('address.upTo', { names: schema.element.options.join(', ') });
  if (!(schema instanceof z.ZodNumber)) return allowedValues(schema);
  const [from, to] = [plain(schema.minValue ?? -Infinity), plain(schema.maxValue ?? Infinity)];
  return schema.format === 'safeint'
    ? say('settings.allowedWhole', { from, to })
    : say('settings.allowedNumber', { from, to });
}

/** What is wrong with a part of an address. */
export function wrongPart(key: string, found: string | null, allowed: string, instead: string): string {
  return `${say('address.wrong', { key, found: found === null ? say('address.longText') : shortened(found), allowed })} ${instead}`;
}

const pairsOf = (hash: string) => new URLSearchParams(hash.replace(/^#/, ''));

/** The view that an address belongs to; null for the lab. */
export function viewOf(hash: string): string | null {
  return pairsOf(hash).getAll('view').at(-1) ?? null;
}

/**
 * Takes the part of an address after `#` apart. Costs time in proportion to its length, and gives at most one sentence
 * for all unknown keys and one for each known key, however many there are.
 *
 * @param hash with or without the leading `#`
 * @param known the keys of settings
 * @param what a key stands for
 * @param instead what there is instead of an unknown key
 */
export function addressParts(
  hash: string,
  known: readonly string[],
  what: 'setting' | 'sweep' | 'benchmark',
  instead: string,
): AddressParts {
  const texts = new Map<string, string | null>();
  const unknown = new Set<string>();
  const repeated = new Set<string>();
  for (const [key, text] of pairsOf(hash)) {
    if (!known.includes(key)) {
      unknown.add(key);
      continue;
    }
    if (texts.has(key)) repeated.add(key);
    texts.set(key, text.length > longestText ? null : text);
  }
  const problems: string[] = [];
  if (unknown.size > 0) {
    const named = [...unknown].slice(0, unknownShown).map((key) => `"${shortened(key)}"`);
    const more = unknown.size - named.length;
    const names = more > 0 ? say('address.andMore', { names: named.join(', '), count: more }) : named.join(', ');
    problems.push(say('address.unknown', { names, what, count: unknown.size, instead }));
  }
  for (const key of repeated) problems.push(say('address.repeated', { key }));
  return { texts, problems };
}
