import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { smallRun, tinyRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { endWorker } from './pageChecks.ts';
import { smallSweep, SweepPage } from './sweepPage.ts';

/** Runs code at the start of the training worker, as a browser with other habits would. */
async function inWorker(page: Page, code: string): Promise<void> {
  await page.route('**/assets/worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code};\n${await response.text()}` });
  });
}

test.describe('without any graphics', () => {
  test('runs on the processor, says so and says what to do', async ({ lab, page }) => {
    await inWorker(
      page,
      `Object.defineProperty(navigator, 'gpu', { value: undefined }); self.OffscreenCanvas = undefined; self.SharedArrayBuffer = undefined`,
    );
    await lab.open(tinyRun);
    const badge = page.getByRole('button', { name: 'WASM, not on the GPU: why?' });
    await badge.click();
    await expect(page.getByText('This browser has no WebGPU.')).toBeVisible();
    await page.keyboard.press('Escape');
    await lab.button('Play').click();
    await lab.finish();
  });
});

test('with four cores or more wasm computes with threads, to the same numbers, bit for bit', async ({ lab, page }) => {
  const runWith = async (cores: number) => {
    await page.unrouteAll();
    await inWorker(page, `Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${cores} })`);
    await page.goto('about:blank');
    await lab.open(
      // Each task ends with an evaluation on all its test images: what the networks are wide costs time there.
      'lanes=er-mir,gen&samples-per-task=20&hidden=32&vae-hidden=32&vae-latents=8&gen-iterations=2&cls-iterations=2&evaluation-size=20',
      '?backend=wasm',
    );
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    // To the end of task 2.
    for (let step = 1; step <= 4; step++) {
      await lab.button('Step').click();
      await lab.reach(step);
    }
    const { run } = await lab.exportRun();
    expect(run.evaluations.some(({ step, set }) => step === 4 && set === 'complete')).toBe(true);
    // A run that is left under way would come back.
    await lab.button('Reset').click();
    await lab.ready();
    return { device: run.backend?.device, losses: run.lanes.map(({ losses }) => losses), evaluations: run.evaluations };
  };
  const threaded = await runWith(4);
  const single = await runWith(2);
  expect([threaded.device, single.device]).toEqual(['processor, 2 threads', 'processor, 1 thread']);
  expect(threaded.losses).toEqual(single.losses);
  expect(threaded.evaluations).toEqual(single.evaluations);
});

test('storage forbidden: it runs, and says what that means', async ({ lab, page }) => {
  await inWorker(
    page,
    `Object.defineProperty(self, 'indexedDB', { get() { throw new DOMException('denied', 'SecurityError'); } });
     LockManager.prototype.request = async () => { throw new DOMException('denied', 'SecurityError'); }`,
  );
  await page.addInitScript(() => {
    LockManager.prototype.request = () => Promise.reject(new DOMException('denied', 'SecurityError'));
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
      Object.defineProperty(window, name, {
        get: () => {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    }
  });
  await lab.open(tinyRun);
  await expect(lab.notices()).toContainText('The data could not be kept here');
  await lab.button('Play').click();
  await lab.finish();
  // Chromium refuses locks, too.
  const sweep = new SweepPage(page);
  await sweep.open(
    smallSweep.replace(',split-mnist.er-mir&seeds=3&samples-per-task=50', '&seeds=1&samples-per-task=10'),
  );
  await sweep.button('Run').click();
  await sweep.finish();
});

test.describe('what does not come, or comes broken', () => {
  test.use({ expectedErrors: [/status of 404|net::ERR_FAILED|dynamically imported module/] });

  test('is named each time, and “Start again” goes on', async ({ lab, page }) => {
    const startAgain = page.getByRole('button', { name: 'Start again' });

    await test.step('the worker’s part', async () => {
      await page.route('**/assets/sessionPart-*.js', (route) => route.abort());
      await page.goto(`./#${tinyRun}`);
      await expect(page.getByRole('alert').filter({ hasText: 'Training stopped' })).toBeVisible();
      await page.unrouteAll();
    });

    await test.step('the list of the data’s files', async () => {
      await page.route('**/data/mnist/manifest.json', (route) => route.fulfill({ status: 404, body: 'nothing here' }));
      await startAgain.click();
      const alert = page.getByRole('alert').filter({ hasText: 'manifest.json' });
      await expect(alert).toContainText('404', { timeout: 60_000 });
      await page.unroute('**/data/mnist/manifest.json');
    });

    await test.step('a file of the data that is corrupted', async () => {
      await page.route('**/data/mnist/train-00.*.bin', async (route) => {
        const response = await route.fetch();
        const body = await response.body();
        body[1_000] ^= 255;
        await route.fulfill({ response, body });
      });
      await startAgain.click();
      const alert = page.getByRole('alert').filter({ hasText: 'train-00' });
      await expect(alert).toBeVisible({ timeout: 60_000 });
      // A command that breaks at a hyphen is typed wrong.
      const command = alert.getByText('npm run data:mnist -- --force', { exact: true });
      for (const width of [390, 683, 700, 1_000, 1_366]) {
        await page.setViewportSize({ width, height: 768 });
        expect(await command.evaluate((words) => words.getClientRects().length), `lines at ${width}`).toBe(1);
      }
      await page.unroute('**/data/mnist/train-00.*.bin');
    });

    await test.step('once all is there it starts again', async () => {
      await startAgain.click();
      await lab.ready();
    });

    await test.step('a foreign file of the viewer’s own is refused, and the run stays', async () => {
      await lab.button('Step').click();
      await lab.reach(1);
      const buffer = await readFile(new URL('../../package.json', import.meta.url));
      for (const said of ['The part of this page that opens files could not be fetched.', 'holiday.png']) {
        if (said !== 'holiday.png') await page.route('**/assets/openFiles-*.js', (route) => route.abort());
        await lab.button('Settings').click();
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          page.getByRole('button', { name: 'Open files' }).click(),
        ]);
        await chooser.setFiles({ name: 'holiday.png', mimeType: 'image/png', buffer });
        await expect(lab.notices().getByRole('alert').filter({ hasText: said })).toBeVisible();
        await page.unrouteAll();
        // The dialogue that a file is chosen in may still stand open.
        await page.keyboard.press('Escape');
      }
      expect(await lab.currentStep()).toBe(1);
    });

    await test.step('another view: the lab is still there', async () => {
      await page.route('**/assets/ExperimentsView-*.js', (route) => route.abort());
      await page.getByRole('link', { name: 'Experiments' }).click();
      await expect(page.getByRole('alert').filter({ hasText: 'This view could not be loaded' })).toBeVisible();
      await page.getByRole('link', { name: 'Lab', exact: true }).click();
      await expect(lab.status()).toHaveText('Step 1 of 10 · task 1 of 5');
    });

    await test.step('the code of every backend', async () => {
      await page.route('**/assets/dist-*.js', async (route) => {
        const response = await route.fetch();
        await (/backendName:.(wasm|cpu)/.test(await response.text()) ? route.abort() : route.fulfill({ response }));
      });
      await page.reload();
      const alert = page.getByRole('alert').filter({ hasText: 'No backend could be started.' });
      await expect(alert).toContainText('cpu: Its code could not be fetched. Check the connection, and load the page');
    });
  });
});

test('a worker that is killed: the page says so, keeps what it showed, and starts again', async ({ lab, page }) => {
  await page.clock.install();
  await lab.open(smallRun);
  await lab.setSpeed(3);
  await lab.button('Play').click();
  await lab.reach(15);
  await endWorker(page.workers()[0]);
  // The page gives a worker twenty seconds to answer.
  await page.clock.runFor(24_000);
  await expect(page.getByRole('alert').filter({ hasText: 'The worker no longer answers' })).toBeVisible();
  expect(await lab.currentStep()).toBeGreaterThanOrEqual(15);
  const { run } = await lab.exportRun();
  expect(run.lanes[0].losses.length).toBeGreaterThan(5);
  await page.getByRole('button', { name: 'Start again' }).click();
  await lab.ready();
  await lab.setSpeed(7);
  await lab.button('Play').click();
  await lab.finish();
});
