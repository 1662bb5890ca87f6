import { test as base } from '@playwright/test';
import { LabPage } from './labPage.ts';

interface LabFixtures {
  /** Messages in the console, and uncaught errors, that a test brings about on purpose. */
  readonly expectedErrors: readonly RegExp[];
  /** The page, watched: a console error, an uncaught error or a request to another host fails the test. */
  readonly lab: LabPage;
}

/** Playwright's `test` with the page as its users know it. */
export const test = base.extend<LabFixtures>({
  expectedErrors: [[], { option: true }],
  lab: async ({ page, baseURL, expectedErrors }, use) => {
    const faults: string[] = [];
    const own = new URL(baseURL ?? '').origin;
    const expected = (text: string) => expectedErrors.some((pattern) => pattern.test(text));
    page.on('console', (message) => {
      const text = `console: ${message.text()} (${message.location().url})`;
      if (message.type() === 'error' && !expected(text)) faults.push(text);
    });
    page.on('pageerror', ({ message }) => {
      if (!expected(message)) faults.push(`uncaught: ${message}`);
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== own && !['data:', 'blob:'].includes(url.protocol))
        faults.push(`request to another host: ${request.url()}`);
    });
    await use(new LabPage(page));
    base.expect(faults).toEqual([]);
  },
});

export const { expect } = test;
