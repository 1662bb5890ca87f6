import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import type { BenchmarkTiming } from '../../src/core/timing.ts';
import { expect, test } from './labTest.ts';
import { becomePhone, onEveryScheme, overflow, violations } from './pageChecks.ts';

const quick = '?backend=wasm#view=benchmark&methods=fine-tune,er-mir&steps=5';

async function run(page: Page, address = quick, methods = 2): Promise<void> {
  await page.goto(`./${address}`);
  await page.getByRole('button', { name: 'Run benchmark' }).click();
  await expect(page.getByRole('status')).toHaveText(`Finished · ${methods} of ${methods} timed`, { timeout: 60_000 });
}

test('times methods beside stock operations in a worker, and gives the result as text and as a file', {
  tag: '@time',
}, async ({ lab, context }) => {
  const { page } = lab;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`./${quick}`);
  await expect(page.getByRole('link', { name: 'Benchmark' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('button', { name: 'Copy result' })).toBeDisabled();
  await run(page);
  await expect(page.getByText('WASM · processor')).toBeVisible();
  const rows = page.getByRole('row');
  await expect(rows).toHaveCount(5);
  await expect(rows.nth(1)).toHaveText(/^Fine-tune\s*this page\s*\d+\.\d+ \d/);
  await expect(rows.nth(4)).toHaveText(/^stock TensorFlow\.js\s*\d+\.\d+ \d/);

  await page.getByRole('button', { name: 'Copy result' }).click();
  await expect(page.getByRole('list', { name: 'Notices' })).toContainText('on the clipboard as Markdown');
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/^MIR Lab \d+\.\d+\.\d+, wasm \(processor, \d threads?\), Mozilla/);
  expect(
    text
      .split('\n')
      .filter((line) => /^\| (fine-tune|er-mir) \| (engine|stock) \| \d+\.\d{3} \([^|]+ \| \d+\.\d{3} \(/.test(line)),
  ).toHaveLength(4);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download JSON' }).click(),
  ]);
  const file = JSON.parse(await readFile(await download.path(), 'utf8')) as {
    backend: string;
    timings: BenchmarkTiming[];
  };
  expect(file.backend).toBe('wasm');
  for (const { contestants } of file.timings) {
    const [engine, stock] = contestants;
    // What the page promises; the exact ratio is not a test's business.
    expect(stock.ratio?.median).toBeGreaterThan(1);
    expect(stock.single.median).toBeGreaterThan(engine.single.median);
    for (const { steps, alive } of contestants) {
      expect(steps).toBe(5);
      expect(alive.after.tensors).toBe(alive.before.tensors);
    }
  }
});

test('is cancelled at any time, keeps what it has, leaves the lab as it was, and takes its choice from the address', async ({
  lab,
}) => {
  const { page } = lab;
  await page.goto('./?backend=wasm#view=benchmark&methods=fine-tune,gen-mir&steps=5');
  await expect(page.getByRole('checkbox', { name: 'GEN-MIR' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'ER', exact: true })).not.toBeChecked();
  await page.getByRole('button', { name: 'Run benchmark' }).click();
  await expect(page.getByRole('status')).toHaveText(/^GEN-MIR/, { timeout: 60_000 });
  await expect(page.getByRole('checkbox', { name: 'GEN-MIR' })).toBeDisabled();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('status')).toHaveText('Cancelled · 1 of 2 timed');
  await expect(page.getByRole('rowheader', { name: 'Fine-tune' })).toBeVisible();

  await page.getByRole('checkbox', { name: 'GEN-MIR' }).uncheck();
  await page.getByRole('textbox', { name: 'Steps of each' }).fill('7');
  await expect(page).toHaveURL(/#view=benchmark&methods=fine-tune&steps=7$/);
  await page.getByRole('checkbox', { name: 'Only the engine' }).check();
  await expect(page).toHaveURL(/&steps=7&only=engine$/);
  await page.getByRole('textbox', { name: 'Steps of each' }).fill('none');
  await expect(page.getByRole('alert')).toHaveText(/Allowed: a whole number from 1 to 10000/);
  await page.getByRole('link', { name: 'Lab', exact: true }).click();
  await lab.ready();
});

test.describe('the benchmark on a projector in dark and in light, and on a phone', () => {
  test.use({ colorScheme: 'dark' });

  test('fits, and can be read by everybody', async ({ lab }, testInfo) => {
    const { page } = lab;
    await page.goto(`./${quick}`);
    await expect(page.getByRole('status')).toHaveText('Not run yet');
    await onEveryScheme(page, async () => {
      expect(await violations(page), 'before').toEqual([]);
    });
    await run(page);
    await onEveryScheme(page, async (scheme) => {
      await testInfo.attach(`benchmark, ${scheme}`, { body: await page.screenshot(), contentType: 'image/png' });
      expect(await violations(page), 'with results').toEqual([]);
      expect(await overflow(page)).toEqual({ across: 0, down: 0 });
    });

    await becomePhone(page);
    await run(page, '?backend=wasm#view=benchmark&methods=fine-tune&steps=5', 1);
    expect(await violations(page)).toEqual([]);
    expect((await overflow(page)).across).toBe(0);
    await testInfo.attach('benchmark on a phone', {
      body: await page.screenshot({ fullPage: true }),
      contentType: 'image/png',
    });
  });
});
