import { type FormatXMLElementFn, IntlMessageFormat } from 'intl-messageformat';
import en from './en.json';

/** The texts of a language, by key: `{ "top": { "play": "Play" } }` has the key `top.play`. */
interface Texts {
  readonly [name: string]: string | Texts;
}

type KeysOf<T, Before extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Before}${K}` : KeysOf<T[K], `${Before}${K}.`>;
}[keyof T & string];

/** The key of a text, as English has it. */
export type TextKey = KeysOf<typeof en>;

/** What stands in a text for its `{name}`: numbers are written as the language writes them. */
export type TextValues = Readonly<Record<string, string | number>>;

const english = 'en';

/** Other languages: each is one file beside en.json, fetched where it is wanted. */
const files = import.meta.glob<Texts>(['./*.json', '!./en.json'], { import: 'default' });
const fileOf = (language: string) => `./${language}.json`;

/** Every language that the page speaks, as tags of BCP 47. */
export const languages: readonly string[] = [
  english,
  ...Object.keys(files).map((path) => path.replace(/^\.\/|\.json$/g, '')),
];

let current = english;
let texts: Texts = en;
/** Texts that are more than plain words, parsed once. */
let parsed = new Map<string, IntlMessageFormat>();
const listeners = new Set<() => void>();

/** The language that the page speaks now. */
export function language(): string {
  return current;
}

/** Tells when the page speaks another language. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Speaks another language from now on.
 *
 * @param wanted one of {@link languages}
 * @throws {Error} if its texts cannot be fetched; the page then speaks as before
 */
export async function speak(wanted: string): Promise<void> {
  const fetched = wanted === english ? en : await files[fileOf(wanted)]();
  if (wanted === current) return;
  current = wanted;
  texts = fetched;
  parsed = new Map();
  for (const listener of listeners) listener();
}

function find(key: string, among: Texts): string | null {
  let found: string | Texts | undefined = among;
  for (const name of key.split('.')) found = typeof found === 'object' ? found[name] : undefined;
  return typeof found === 'string' ? found : null;
}

function messageOf(key: string, text: string): IntlMessageFormat {
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const message = new IntlMessageFormat(text, current);
  parsed.set(key, message);
  return message;
}

function fill(key: string, text: string, values: TextValues | undefined): string {
  return /[{<']/.test(text) ? String(messageOf(key, text).format(values)) : text;
}

/** A text of the page, with its values filled in. The texts are in ICU MessageFormat: `{n, plural, one {# run} other {# runs}}`. */
export function say(key: TextKey, values?: TextValues): string {
  return fill(key, find(key, texts) ?? find(key, en) ?? key, values);
}

/**
 * The parts of a text with marked places in it, such as `Replays <strong>random</strong> memories`.
 *
 * @param marks what becomes of the words in each mark
 */
export function sayParts<T>(
  key: TextKey,
  values: Readonly<Record<string, string | number | T>>,
  marks: Readonly<Record<string, FormatXMLElementFn<T>>>,
): readonly (string | T)[] {
  const said = messageOf(key, find(key, texts) ?? find(key, en) ?? key).format<T>({ ...values, ...marks });
  return Array.isArray(said) ? said : [said];
}

/**
 * A text whose English stands elsewhere: in the catalogue of methods, which the command line reads, too. Other languages
 * have it under this key.
 */
export function sayOr(key: string, inEnglish: string, values?: TextValues): string {
  const text = current === english ? null : find(key, texts);
  return text === null ? inEnglish : fill(key, text, values);
}

/** Like {@link sayOr} for texts that have braces of their own: those of lessons, and names. */
export function wordsOr(key: string, inEnglish: string): string {
  return (current === english ? null : find(key, texts)) ?? inEnglish;
}
