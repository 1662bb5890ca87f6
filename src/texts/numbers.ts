import { language, say } from './say.ts';

const minus = '−';

/** What was made by `Intl` for each language, which is dear to make. */
const made = new Map<string, unknown>();

function once<T>(name: string, make: (locale: string) => T): T {
  const key = `${language()} ${name}`;
  if (!made.has(key)) made.set(key, make(language()));
  return made.get(key) as T;
}

const withMinus = (text: string) => text.replace('-', minus);

/** A number as the page's language groups it: "12,345". */
export function number(value: number): string {
  return withMinus(once('number', (locale) => new Intl.NumberFormat(locale)).format(value));
}

/** A number with all its decimals: 0.05, in German "0,05". Does not group. */
export function plain(value: number): string {
  const format = once(
    'plain',
    (locale) => new Intl.NumberFormat(locale, { maximumSignificantDigits: 15, useGrouping: false }),
  );
  return withMinus(format.format(value));
}

/** A whole number grouped, another with all its decimals: "10,000", "0.0005". */
export function amount(value: number): string {
  return Number.isInteger(value) ? number(value) : plain(value);
}

/** A number with so many decimals: "0.50", in German "0,50". Rounds as `toFixed` does; does not group. */
export function fixed(value: number, digits: number): string {
  const format = once(
    `fixed ${digits}`,
    (locale) =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: false,
      }),
  );
  const rounded = Number(value.toFixed(digits));
  return withMinus(format.format(rounded === 0 ? 0 : rounded));
}

/** A fraction as a percentage with its sign: 0.876 → "87.6%", in German "87,6 %". */
export function percentage(fraction: number, digits: number): string {
  const format = once(
    `percent ${digits}`,
    (locale) =>
      new Intl.NumberFormat(locale, {
        style: 'percent',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  );
  const rounded = Number((100 * fraction).toFixed(digits)) / 100;
  return withMinus(format.format(rounded === 0 ? 0 : rounded));
}

/** "ER, MIR, and GEN", or with "or". */
export function list(names: readonly string[], kind: 'conjunction' | 'disjunction' = 'conjunction'): string {
  return once(kind, (locale) => new Intl.ListFormat(locale, { type: kind })).format(names);
}

/** "14:05" today, "26 Nov, 14:05" on another day. */
export function moment(time: Date, now: Date): string {
  const locale = say('language.dates');
  const clock = once('clock', () => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }));
  const day = once('day', () => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }));
  if (time.toDateString() === now.toDateString()) return clock.format(time);
  return `${day.format(time)}, ${clock.format(time)}`;
}
