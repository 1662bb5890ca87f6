import { type FormatXMLElementFn, IntlMessageFormat } from 'intl-messageformat';
import en from './en.json';

/** A text that is more than plain words, parsed: the build hands it out so. */
type Message = ReturnType<IntlMessageFormat['getAst']>;

/** The texts of a language, by key: `{ "top": { "play": "Play" } }` has the key `top.play`. */
interface Texts {
  readonly [name: string]: string | Message | Texts;
}

type KeysOf<T, Before extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Before}${K}` : KeysOf<T[K], `${Before}${K}.`>;
}[keyof T & string];

/** The key of a text, as English has it. */
export type TextKey = KeysOf<typeof en>;

/** What stands in a text for its `{name}`: numbers are written as the language writes them. */
type TextValues = Readonly<Record<string, string | number>>;

const english = 'en';

/** Other languages: each is one file beside en.json, fetched where it is wanted. */
const files = import.meta.glob<Texts>(['./*.json', '!./en.json'], { import: 'default' });
/** What the views beside the lab say in English, where the build parts it from en.json. */
const later = import.meta.glob<Texts>('./en.json', { import: 'default', query: '?later' });
const fileOf = (language: string) => `./${language}.json`;

/** Every language that the page speaks, as tags of BCP 47. */
export const languages: readonly string[] = [
  english,
  ...Object.keys(files).map((path) => path.replace(/^\.\/|\.json$/g, '')),
];

let englishTexts: Texts = en;
let current = english;
let texts: Texts = en;
/** Texts that are more than plain words, made ready once. */
let ready = new Map<string, IntlMessageFormat>();
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
  const fetched = wanted === english ? englishTexts : await files[fileOf(wanted)]();
  if (wanted === current) return;
  current = wanted;
  texts = fetched;
  ready = new Map();
  for (const listener of listeners) listener();
}

/**
 * Fetches what the views beside the lab say; to be called with a view, before it is shown.
 *
 * @throws {Error} if it cannot be fetched
 */
export async function fetchTextsOfViews(): Promise<void> {
  englishTexts = { ...englishTexts, ...(await later[fileOf(english)]()) };
  if (current === english) texts = englishTexts;
}

function find(key: string, among: Texts): string | Message | null {
  let found: string | Message | Texts | undefined = among;
  for (const name of key.split('.')) {
    if (typeof found !== 'object' || Array.isArray(found)) return null;
    found = found[name];
  }
  return typeof found === 'string' || Array.isArray(found) ? found : null;
}

const textOf = (key: string) => find(key, texts) ?? find(key, englishTexts) ?? key;

function messageOf(key: string, text: string | Message): IntlMessageFormat {
  const known = ready.get(key);
  if (known !== undefined) return known;
  const message = new IntlMessageFormat(text, current);
  ready.set(key, message);
  return message;
}

/** A text that the build leaves as it is: the page has no parser for it. */
const isPlain = (text: string | Message): text is string => typeof text === 'string' && !/[{<']/.test(text);

function fill(key: string, text: string | Message, values: TextValues | undefined): string {
  return isPlain(text) ? text : String(messageOf(key, text).format(values));
}

/** A text of the page, with its values filled in. The texts are in ICU MessageFormat: `{n, plural, one {# run} other {# runs}}`. */
export function say(key: TextKey, values?: TextValues): string {
  return fill(key, textOf(key), values);
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
  const text = textOf(key);
  if (isPlain(text)) return [text];
  const said = messageOf(key, text).format<T>({ ...values, ...marks });
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
  const text = current === english ? null : find(key, texts);
  return typeof text === 'string' ? text : inEnglish;
}
