import { expect, type Page, type Worker } from '@playwright/test';
import type { AxeResults, RunOptions } from 'axe-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

declare global {
  interface Window {
    axe?: { run(context: Document, options: RunOptions): Promise<AxeResults> };
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const options: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
  // What passes is counted without its elements: to collect and send them takes several times the time of the check.
  resultTypes: ['violations'],
};

/** What axe finds wrong, by rule, with the elements. The page is one document, without frames. */
export async function violations(page: Page): Promise<string[]> {
  if (page.frames().length > 1) throw new Error('axe would see the outermost document only.');
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(axeSource);
  return page.evaluate(async (given) => {
    if (window.axe === undefined) throw new Error('axe did not come into the page.');
    const { violations: found, passes } = await window.axe.run(document, given);
    if (passes.length < 10) throw new Error(`axe held only ${passes.length} rules against the page.`);
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  }, options);
}

/** Does the same with the device's colours dark and then light. */
export async function onEveryScheme(page: Page, act: (scheme: 'dark' | 'light') => Promise<void>): Promise<void> {
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', scheme);
    // Colours that are on their way are neither.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
    await act(scheme);
  }
}

/** Loads the page again as a phone does, by what Playwright's own `isMobile` and `hasTouch` tell Chromium. */
export async function becomePhone(page: Page): Promise<void> {
  const [width, height] = [390, 844];
  const chromium = await page.context().newCDPSession(page);
  await chromium.send('Emulation.setDeviceMetricsOverride', {
    ...{ width, height, screenWidth: width, screenHeight: height, deviceScaleFactor: 1, mobile: true },
    screenOrientation: { type: 'portraitPrimary', angle: 0 },
  });
  await chromium.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  await page.reload();
  expect(await page.evaluate(() => [innerWidth, navigator.maxTouchPoints > 0])).toEqual([width, true]);
}

/** The names of the controls that Tab reaches in so many presses, each of which shows that it has the focus. */
export async function reachedByTab(page: Page, presses: number): Promise<readonly string[]> {
  const reached: string[] = [];
  for (let press = 0; press < presses; press++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return null;
      const shown = element.matches('input[type=radio]') ? (element.closest('label') ?? element) : element;
      const { outlineStyle, boxShadow } = getComputedStyle(shown);
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent.trim() : '';
      return {
        name: element.ariaLabel ?? (label || element.textContent.trim()),
        visible: outlineStyle !== 'none' || boxShadow !== 'none',
      };
    });
    if (focus === null) break;
    expect(focus.visible, `focus on "${focus.name}" can be seen`).toBe(true);
    reached.push(focus.name);
  }
  return reached;
}

/** How far the page can be scrolled, in CSS pixels. */
export async function overflow(page: Page): Promise<{ readonly across: number; readonly down: number }> {
  return page.evaluate(() => ({
    across: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    down: document.documentElement.scrollHeight - document.documentElement.clientHeight,
  }));
}

/** Ends a worker from within, as a browser does that runs out of memory; not before it has said that it will. */
export async function endWorker(worker: Worker): Promise<void> {
  await worker.evaluate(() => void setTimeout(() => self.close()));
}

/**
 * How much of what is shown has moved since the page was opened without anybody's doing: the sum of Chromium's layout
 * shifts, each the share of the window that moved times how far. Up to a tenth is called good.
 */
export async function movedByItself(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const shift of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
            if (!shift.hadRecentInput) sum += shift.value;
        }).observe({ type: 'layout-shift', buffered: true });
        // The shifts that were kept come as one message.
        setTimeout(() => resolve(sum), 100);
      }),
  );
}
