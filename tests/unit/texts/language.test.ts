import { afterEach, describe, expect, it } from 'vitest';
import {
  chooseLanguage,
  firstSpoken,
  followLanguage,
  type LanguageWindow,
  ownName,
} from '../../../src/texts/language.ts';
import { fixed, list, moment, number, percentage } from '../../../src/texts/numbers.ts';
import { language, speak } from '../../../src/texts/say.ts';

/** A browser window with an address, which notes what is written there. */
function browserAt(address: string, preferred: readonly string[] = ['en-US'], kept: Record<string, string> = {}) {
  let url = new URL(address, 'https://lab.example/lectures/');
  const listeners: (() => void)[] = [];
  const browser: LanguageWindow = {
    get location() {
      return url;
    },
    history: {
      state: null,
      replaceState: (_state, _title, to) => {
        url = new URL(String(to), url);
      },
    },
    navigator: { languages: preferred },
    document: { title: '', documentElement: { lang: 'en' } },
    localStorage: {
      getItem: (key) => kept[key] ?? null,
      setItem(key, value) {
        kept[key] = value;
      },
    },
    addEventListener: (_type, listener) => listeners.push(listener),
  };
  const warnings: string[] = [];
  return {
    browser,
    kept,
    warnings,
    address: () => url.pathname + url.search + url.hash,
    follow: () => followLanguage(browser, (problem) => warnings.push(problem)),
    goTo: async (hash: string) => {
      url = new URL(hash, url);
      for (const listener of listeners) listener();
      await new Promise((done) => setTimeout(done));
    },
  };
}

afterEach(() => speak('en'));

describe('the language of the page', () => {
  it.each([
    ['./', ['en-US'], 'en'],
    ['./', ['de-AT', 'en'], 'de'],
    ['./', ['fr', 'de'], 'de'],
    ['./', ['fr'], 'en'],
    ['./?lang=de', ['en'], 'de'],
    ['./#lang=de', ['en'], 'de'],
    ['./?lang=en#seed=1', ['de'], 'en'],
    ['./#seed=1&lang=DE-at', ['en'], 'de'],
  ])('at %s of a browser that prefers %j is %s', async (address, preferred, expected) => {
    const { browser, follow, warnings } = browserAt(address, preferred);
    await follow();
    expect([language(), browser.document.documentElement.lang]).toEqual([expected, expected]);
    expect(warnings).toEqual([]);
  });

  it('goes from the part of the address that is the experiment’s to the query, which keeps the rest', async () => {
    const { follow, address } = browserAt('./?backend=wasm&present#seed=3&lang=de&lanes=er');
    await follow();
    expect(address()).toBe('/lectures/?backend=wasm&present&lang=de#seed=3&lanes=er');
  });

  it('follows an address edited by hand', async () => {
    const { follow, goTo, address } = browserAt('./#seed=3');
    await follow();
    await goTo('#seed=4&lang=de');
    expect([language(), address()]).toEqual(['de', '/lectures/?lang=de#seed=4']);
  });

  it('is said to be unknown where the page does not speak it', async () => {
    const { follow, warnings } = browserAt('./?lang=xx', ['de']);
    await follow();
    expect(language()).toBe('de');
    expect(warnings).toEqual([expect.stringContaining('lang=xx')]);
    expect(warnings[0]).toContain('en, de');
  });

  it('is kept on this device once it was chosen, and is written to the address', async () => {
    const { browser, kept, follow, address } = browserAt('./#seed=3');
    await follow();
    await chooseLanguage(browser, 'de');
    expect([language(), address(), browser.document.title]).toEqual([
      'de',
      '/lectures/?lang=de#seed=3',
      'MIR Lab: neuronalen Netzen beim Vergessen zusehen',
    ]);
    await speak('en');
    await browserAt('./', ['en'], kept).follow();
    expect(language()).toBe('de');
  });

  it('works where storage is forbidden', async () => {
    const { browser, follow } = browserAt('./', ['de']);
    const forbidden = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    // As browsers do it: to ask for the storage at all is what is forbidden.
    Object.defineProperty(browser, 'localStorage', { get: forbidden });
    await follow();
    await chooseLanguage(browser, 'en');
    expect(language()).toBe('en');
  });

  it('calls itself by its own name', () => {
    expect([ownName('en'), ownName('de')]).toEqual(['English', 'Deutsch']);
    expect(firstSpoken([null, 'pt-BR'])).toBe('en');
  });
});

describe('numbers, lists and dates', () => {
  const now = new Date(2026, 10, 26, 18, 0);
  const samples = () => [
    number(12_345),
    number(-3),
    fixed(0.125, 2),
    fixed(-0.04, 1),
    fixed(1234.56, 1),
    percentage(0.8764, 1),
    percentage(-0.014, 1),
    list(['ER', 'MIR']),
    moment(new Date(2026, 10, 26, 9, 5), now),
    moment(new Date(2026, 10, 24, 14, 5), now),
  ];

  it('are written as English writes them', () => {
    expect(samples()).toEqual([
      '12,345',
      '−3',
      (0.125).toFixed(2),
      '0.0',
      '1234.6',
      '87.6%',
      '−1.4%',
      'ER and MIR',
      '09:05',
      '24 Nov, 14:05',
    ]);
  });

  it('are written as German writes them', async () => {
    await speak('de');
    expect(samples()).toEqual([
      '12.345',
      '−3',
      '0,13',
      '0,0',
      '1234,6',
      '87,6\u00a0%',
      '−1,4\u00a0%',
      'ER und MIR',
      '09:05',
      '24. Nov., 14:05',
    ]);
  });
});
