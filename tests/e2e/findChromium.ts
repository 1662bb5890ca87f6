import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

/** Names under which a Chromium is installed, in the order of preference. */
const commandNames = [
  'google-chrome-stable',
  'google-chrome',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge',
];

/** Places outside the search path. */
const usualPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * The browser that the tests drive: the one that CHROMIUM_PATH names, else an installed Chrome or
 * Chromium, else Playwright's own.
 *
 * @returns path of the executable, or null if there is none
 * @throws Error if CHROMIUM_PATH names a file that does not exist
 */
export function findChromium(): string | null {
  const wanted = process.env['CHROMIUM_PATH'];
  if (wanted !== undefined && wanted !== '') {
    if (!existsSync(wanted))
      throw new Error(`CHROMIUM_PATH is "${wanted}", where there is no file; name a Chromium, or unset it.`);
    return wanted;
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const installed = folders.flatMap((folder) => commandNames.map((name) => join(folder, name)));
  const candidates = [...installed, ...usualPlaces, chromium.executablePath()];
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Keeps a Chromium from talking to anybody, and lets it run as root. */
export const quietArguments = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
