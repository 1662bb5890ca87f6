import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { LabPage, tinyRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { startPlainHost } from './plainHost.ts';

/** Every error of a page or its frames, and every request that does not go to these hosts, from now on. */
function faultsOf(page: Page, ...hosts: readonly string[]): readonly string[] {
  const faults: string[] = [];
  const origins = hosts.map((host) => new URL(host).origin);
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', ({ message }) => faults.push(`uncaught: ${message}`));
  page.context().on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && !origins.includes(url.origin))
      faults.push(`request to another host: ${request.url()}`);
  });
  return faults;
}

/** Waits until the browser keeps the site. */
async function kept(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

test('on a host that sends no headers: isolated from the second visit, and without the host, too; asks before it changes', async ({
  page,
}) => {
  const host = await startPlainHost('localhost');
  const faults = faultsOf(page, host.address);
  const lab = new LabPage(page);
  const open = () => page.goto(`${host.address}?offline=on&backend=wasm#${tinyRun}`);

  await open();
  await lab.ready();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await lab.button('Play').click();
  await lab.finish();
  await kept(page);
  // The data is in the page's own store, not a second time among the files of the site.
  const urls = await page.evaluate(async () => {
    const caching = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(caching)).flat().map(({ url }) => url);
  });
  expect(urls.filter((url) => url.endsWith('.wasm')).length).toBeGreaterThan(0);
  expect(urls.filter((url) => /\/data\/.*\.bin$/.test(url))).toEqual([]);

  await page.goto('about:blank');
  await open();
  await lab.ready();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const [worker] = page.workers();
  expect(await worker.evaluate(() => crossOriginIsolated)).toBe(true);
  // Later, since what a debugger runs itself is exempt.
  const made = await worker.evaluate(
    () =>
      new Promise((resolve) =>
        setTimeout(() => {
          try {
            // oxlint-disable-next-line no-eval -- What the page has to refuse.
            resolve(globalThis.eval('"made"'));
          } catch (error) {
            resolve((error as Error).name);
          }
        }),
      ),
  );
  expect(made).toBe('EvalError');

  // Another build: the viewer is asked first, and nothing changes meanwhile.
  const script = await readFile(new URL('../../dist/service-worker.js', import.meta.url), 'utf8');
  const renamed = script.replaceAll('<title>MIR Lab', '<title>Newer MIR Lab').replace(/version:./, '$&newer-');
  host.put('service-worker.js', renamed);
  await page.reload();
  const notice = lab.notices().getByRole('listitem').filter({ hasText: 'A new version is ready.' });
  await expect(notice).toBeVisible();
  expect(await page.title()).toMatch(/^MIR Lab/);
  await notice.getByRole('button', { name: 'Load it' }).click();
  await expect(page).toHaveTitle(/^Newer MIR Lab/);
  // The run comes back, as after any reload.
  await expect(lab.status()).toHaveText(/^Step 10 of 10/);

  expect(faults).toEqual([]);
  await host.goAway();
  await page.goto('about:blank');
  await open();
  await lab.ready();
  await lab.button('Play').click();
  await lab.finish();
  await page.getByRole('link', { name: 'Experiments' }).click();
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Benchmark' }).click();
  await expect(page.getByRole('main')).toBeVisible();

  // The way out: nothing of it is left.
  await page.goto(`${host.address}?offline=off#${tinyRun}`);
  await lab.ready();
  await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBe(0);
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
});

test('in a frame of another site it trains without an error, with storage forbidden, too', async ({ page }) => {
  const host = await startPlainHost('localhost');
  const outer = await startPlainHost('127.0.0.1');
  const faults = faultsOf(page, host.address, outer.address);
  // What browsers do in a frame of another site when they are told to block its storage.
  await page.addInitScript(() => {
    if (!location.search.includes('forbidden')) return;
    const forbid = (target: object, name: string) =>
      Object.defineProperty(target, name, {
        get: () => {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) forbid(window, name);
    forbid(Navigator.prototype, 'serviceWorker');
  });
  for (const search of ['offline=on', 'offline=on&forbidden']) {
    outer.put(
      '/lecture.html',
      `<!doctype html><title>Lecture</title><link rel="icon" href="data:," />
      <iframe src="${host.address}?${search}#${tinyRun}" width="1300" height="700"></iframe>`,
    );
    await page.goto(new URL('/lecture.html', outer.address).href);
    const inside = page.frameLocator('iframe');
    await expect(inside.getByRole('status')).toHaveText(/^Step 0 of/);
    await inside.getByRole('button', { name: 'Step', exact: true }).click();
    await expect(inside.getByRole('status')).toHaveText(/^Step 1 of/);
    await expect(inside.getByRole('alert').filter({ hasText: 'cannot start' })).toHaveCount(0);
  }
  expect(faults).toEqual([]);
  await Promise.all([host.goAway(), outer.goAway()]);
});

test.describe('the Content-Security-Policy', () => {
  // The last lines bring these about.
  test.use({ expectedErrors: [/inline script|inline event handler/] });

  test('lets the page do all that it does, and no text become code', async ({ lab, page }) => {
    await page.addInitScript(() => {
      Object.assign(window, { violations: [] });
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        (window as unknown as { violations: string[] }).violations.push(`${violatedDirective} ${blockedURI}`),
      );
    });
    const violations = () => page.evaluate(() => (window as unknown as { violations: string[] }).violations);
    await lab.open(tinyRun, '?backend=wasm');
    await lab.button('Play').click();
    await lab.finish();
    expect((await lab.exportCurves('Average accuracy', 'PNG')).bytes.subarray(1, 4).toString()).toBe('PNG');
    expect((await lab.exportCurves('Average accuracy', 'SVG')).bytes.toString()).toContain('<svg');
    const { text } = await lab.exportRun();
    await lab.importRun('run.json', text);
    await expect(page.getByText('a run from a file')).toBeVisible();
    await page.getByRole('link', { name: 'Experiments' }).click();
    await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible();
    await page.getByRole('link', { name: 'Benchmark' }).click();
    await expect(page.getByRole('main')).toBeVisible();
    expect(await violations()).toEqual([]);

    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.injected = true');
      document.body.append(button);
      button.click();
      return 'injected' in window;
    });
    expect(ran).toBe(false);
    // Both policies report, that of the file and that of the host, and the browser tells of it a little later.
    await expect
      .poll(async () => new Set(await violations()))
      .toEqual(new Set(['script-src-elem inline', 'script-src-attr inline']));
  });
});
