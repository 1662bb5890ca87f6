import { language, languages, onLanguage, say, speak } from './say.ts';

/** The parts of the browser's window that are used. */
export interface LanguageWindow {
  readonly location: Pick<Location, 'hash' | 'search' | 'pathname'>;
  readonly history: Pick<History, 'replaceState' | 'state'>;
  readonly navigator: Pick<Navigator, 'languages'>;
  readonly document: {
    title: string;
    readonly documentElement: { lang: string };
  };
  /** The browser's own storage; it may throw where storage is forbidden. */
  readonly localStorage: Pick<Storage, 'getItem' | 'setItem'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

const parameter = 'lang';
const storageKey = 'mir-lab-language';

/** The language of the page that a tag such as `de-AT` asks for; null if the page does not speak it. */
function spoken(tag: string): string | null {
  const wanted = tag.toLowerCase();
  const names = languages.map((name) => [name, name.toLowerCase()] as const);
  const exact = names.find(([, name]) => name === wanted);
  return (exact ?? names.find(([, name]) => name === wanted.split('-')[0]))?.[0] ?? null;
}

/** The first of these tags that the page speaks, else English. */
export function firstSpoken(tags: readonly (string | null)[]): string {
  for (const tag of tags) {
    const found = tag === null ? null : spoken(tag);
    if (found !== null) return found;
  }
  return 'en';
}

/** What the language calls itself: "Deutsch". */
export function ownName(tag: string): string {
  return new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
}

function stored(browser: LanguageWindow): string | null {
  try {
    // Where storage is forbidden, asking for it throws.
    return browser.localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

/**
 * Takes `lang=` out of the part of the address after `#`, which belongs to the experiment, and writes it before: there
 * every view leaves it alone.
 */
function settleAddress({ location, history }: LanguageWindow): string | null {
  const parts = location.hash.replace(/^#/, '').split('&');
  const named = parts.filter((part) => part.startsWith(`${parameter}=`)).at(-1);
  if (named === undefined) return new URLSearchParams(location.search).get(parameter);
  const tag = new URLSearchParams(named).get(parameter) ?? '';
  const hash = parts.filter((part) => !part.startsWith(`${parameter}=`)).join('&');
  history.replaceState(history.state, '', withLanguage(location, tag) + (hash === '' ? '' : `#${hash}`));
  return tag;
}

/** Path and query of an address with this language; what else the query says stays as it is written. */
function withLanguage({ pathname, search }: Pick<Location, 'search' | 'pathname'>, tag: string): string {
  const others = search
    .replace(/^\?/, '')
    .split('&')
    .filter((part) => part !== '' && part.split('=')[0] !== parameter);
  return `${pathname}?${[...others, `${parameter}=${encodeURIComponent(tag)}`].join('&')}`;
}

/**
 * Speaks the language that the address names (`lang=`, before or after the `#`), else the one chosen earlier on this
 * device, else the first of the browser's that the page has, else English; and follows an address edited by hand.
 *
 * @param warn takes a sentence about an address that names a language which the page does not speak, or whose texts
 *   cannot be fetched
 */
export async function followLanguage(browser: LanguageWindow, warn: (problem: string) => void): Promise<void> {
  const { document, navigator } = browser;
  const englishTitle = document.title;

  async function read(): Promise<void> {
    const named = settleAddress(browser);
    const wanted = firstSpoken([named, stored(browser), ...navigator.languages]);
    try {
      await speak(wanted);
    } catch {
      warn(say('language.unreachable', { language: ownName(wanted) }));
    }
    if (named !== null && spoken(named) === null)
      warn(say('language.unknown', { found: named.slice(0, 40), languages: languages.join(', ') }));
  }
  function mark(): void {
    document.documentElement.lang = language();
    document.title = language() === 'en' ? englishTitle : say('language.pageTitle');
  }
  onLanguage(mark);
  browser.addEventListener('hashchange', () => {
    if (browser.location.hash.includes(`${parameter}=`)) void read();
  });
  await read();
  mark();
}

/**
 * Speaks a language that the viewer chose, keeps the choice on this device, and writes it to the address.
 *
 * @throws {Error} if its texts cannot be fetched
 */
export async function chooseLanguage(browser: LanguageWindow, wanted: string): Promise<void> {
  await speak(wanted);
  const { location, history } = browser;
  history.replaceState(history.state, '', withLanguage(location, wanted) + location.hash);
  try {
    browser.localStorage.setItem(storageKey, wanted);
  } catch {
    // Storage is forbidden: the choice holds in this address.
  }
}
