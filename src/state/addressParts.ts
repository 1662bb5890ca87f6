import { grouped } from '../core/dataset.ts';

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
 * @param unlike what an unknown key is not, and what there is instead; it may stand for several
 */
export function addressParts(
  hash: string,
  known: readonly string[],
  unlike: { readonly one: string; readonly several: string; readonly instead: string },
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
    const names = `${named.join(', ')}${more > 0 ? ` and ${grouped(more)} more` : ''}`;
    problems.push(
      `The address has ${names}, which ${unknown.size === 1 ? unlike.one : unlike.several}; there are: ${unlike.instead}.`,
    );
  }
  for (const key of repeated) problems.push(`The address has ${key} more than once; the last one counts.`);
  return { texts, problems };
}
