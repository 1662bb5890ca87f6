import Papa from 'papaparse';
import type { TableLine } from '../../src/core/paperTable.ts';
import { cifar10Files, tarOf } from '../unit/worker/cifar10Tar.ts';
import { tinyRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { endWorker, overflow, violations } from './pageChecks.ts';
import { smallSweep, SweepPage } from './sweepPage.ts';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

/** Runs so long that a sweep is still under way once a page is open, on a busy machine, too. */
const longerSweep = smallSweep
  .replace('samples-per-task=50&hidden=16', 'samples-per-task=100&hidden=32')
  .replace('seeds=3', 'seeds=2');

test('a sweep that is cut off by closing the page goes on after reopening, to the same table', async ({
  lab,
  browser,
  baseURL,
}, testInfo) => {
  test.setTimeout(240_000);
  const first = new SweepPage(lab.page);
  await first.open(longerSweep);
  await expect(first.page.getByRole('progressbar', { name: /^Runs of/ })).toHaveCount(18);
  const context = first.page.context();
  const [doneBefore] = await Promise.all([first.closeAt(1), first.button('Run').click()]);
  expect(doneBefore).toBeLessThan(4);

  const again = new SweepPage(await context.newPage());
  const said = again.page.waitForFunction(
    () => /^(\d+) of \d/.exec(document.querySelector('[role=status]')?.textContent ?? '')?.[1],
  );
  await again.open(longerSweep);
  const doneAfter = Number(await (await said).jsonValue());
  expect(doneAfter, 'nothing finished is lost').toBeGreaterThanOrEqual(doneBefore);
  expect(doneAfter).toBeLessThan(4);
  await again.finish();
  await testInfo.attach('continued', { body: await again.page.screenshot(), contentType: 'image/png' });
  const [csv, json] = [await again.exportTable('CSV'), await again.exportTable('JSON')];

  const fresh = await browser.newContext(baseURL === undefined ? {} : { baseURL });
  const straight = new SweepPage(await fresh.newPage());
  await straight.open(longerSweep);
  expect(await straight.done()).toBe(0);
  await straight.button('Run').click();
  await straight.finish();
  expect(await straight.exportTable('CSV')).toBe(csv);
  expect(await straight.exportTable('JSON')).toBe(json);
  await fresh.close();

  await test.step('the exports parse, and say the same', async () => {
    const lines = JSON.parse(json) as TableLine[];
    const { data, errors } = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
    expect(errors).toEqual([]);
    expect(data.map(({ method, n, seeds }) => [method, n, seeds])).toEqual([
      ['er', '2', '0 1'],
      ['er-mir', '2', '0 1'],
    ]);
    expect(lines.map(({ accuracy }) => accuracy?.mean)).toEqual(data.map(({ accuracy }) => Number(accuracy)));
    const [er, mir] = lines;
    expect(er.difference).toBeNull();
    expect(mir.difference?.accuracy.mean).toBeCloseTo((mir.accuracy?.mean ?? NaN) - (er.accuracy?.mean ?? NaN), 12);
    const markdown = await again.exportTable('Markdown');
    expect(markdown.split('\n').filter((line) => line.startsWith('| Split MNIST |'))).toHaveLength(2);
    expect(markdown).toContain('Changed from the paper: samples per task 100, not 1,000');
    const latex = await again.exportTable('LaTeX');
    expect(latex).toContain(String.raw`\begin{tabular}`);
    expect(latex.match(/\\\\/g)).toHaveLength(3);
    await again.button('Export table').click();
    await again.page.getByRole('menuitem', { name: 'Copy as Markdown' }).click();
    expect(await again.page.evaluate(() => navigator.clipboard.readText())).toBe(markdown);
    const shown = await again.row('ER, Split MNIST').getByRole('cell').allTextContents();
    expect(shown[0]).toContain('2 of 2');
    expect(shown[1]).toBe(
      `${(100 * (er.accuracy?.mean ?? NaN)).toFixed(1)} ± ${(100 * (er.accuracy?.halfWidth95 ?? NaN)).toFixed(1)}`,
    );
  });

  await test.step('learning curves leave as PNG, SVG and CSV', async () => {
    const { data } = Papa.parse<Record<string, string>>(
      (await again.exportCurves('Average accuracy', 'CSV')).toString('utf8'),
      { header: true, skipEmptyLines: true },
    );
    const last = data.filter(({ method }) => method === 'er').at(-1);
    expect(last).toMatchObject({ step: '50', testSet: 'complete', n: '2' });
    expect(Number(last?.['averageAccuracy'])).toBeCloseTo(
      (JSON.parse(json) as TableLine[])[0].accuracy?.mean ?? NaN,
      12,
    );
    const svg = (await again.exportCurves('Average forgetting', 'SVG')).toString('utf8');
    for (const words of ['A · ER, n = 2', 'B · ER-MIR, n = 2', 'Table 1', '95% interval']) expect(svg).toContain(words);
    expect((await again.exportCurves('Average accuracy', 'PNG')).subarray(1, 4).toString('latin1')).toBe('PNG');
  });

  await test.step('clearing deletes the runs, after asking', async () => {
    await again.button('Clear this table').click();
    await again.button('Keep them').click();
    expect(await again.done()).toBe(4);
    await again.button('Clear this table').click();
    await again.button('Delete 4 runs').click();
    expect(await again.done()).toBe(0);
    await again.page.reload();
    await expect(again.status()).toHaveText('0 of 4 runs');
  });
});

test('pause holds, also against another page; resume goes on, stop keeps what is finished, and a paused sweep waits after reopening', async ({
  lab,
}) => {
  const sweep = new SweepPage(lab.page);
  // More runs than are done before it is stopped, also in a moment when the machine has nothing else to do.
  const many = smallSweep.replace('seeds=3', 'seeds=60');
  await sweep.open(many);
  await sweep.button('Run').click();
  await sweep.reach(1);
  await sweep.button('Pause').click();
  await expect(sweep.status()).toContainText('paused');
  await expect(sweep.page.getByLabel('Seeds', { exact: true })).toBeDisabled();
  await sweep.page.waitForTimeout(500);
  const bar = sweep.page.getByRole('progressbar', { name: 'Progress of the sweep' });
  const held = await bar.getAttribute('value');
  const begun = performance.now();
  const other = new SweepPage(await sweep.page.context().newPage());
  await other.open(many);
  await other.button('Run').click();
  await expect(other.page.getByText('Another page of this site runs experiments now.')).toBeVisible();
  expect(await other.workers()).toEqual([]);
  await sweep.page.waitForTimeout(Math.max(0, begun + 2_000 - performance.now()));
  expect(await bar.getAttribute('value')).toBe(held);
  const done = await sweep.done();
  await sweep.page.reload();
  await expect(sweep.status()).toHaveText(`${done} of 120 runs`);
  await expect(sweep.page.getByText('This sweep was paused when the page was closed')).toBeVisible();
  await sweep.button('Run').click();
  await sweep.reach(done + 1);
  await sweep.button('Stop').click();
  await expect(sweep.status()).toHaveText(/^\d+ of 120 runs$/);
  expect(await sweep.workers()).toEqual([]);
  // Runs that had ended are still being kept, and only then is the sweep forgotten.
  let kept = 0;
  while (kept !== (await sweep.done())) {
    kept = await sweep.done();
    await sweep.page.waitForTimeout(1_000);
  }
  expect(kept).toBeGreaterThan(done);
  await sweep.page.reload();
  await expect(sweep.status()).toHaveText(`${kept} of 120 runs`);
  await expect(sweep.button('Run')).toBeEnabled();
  await other.button('Run').click();
  await expect(other.button('Pause')).toBeVisible();
});

test('a page that is loaded again the moment Stop is pressed does not go on, nor one after Pause', async ({ lab }) => {
  // On a busy machine, too.
  test.setTimeout(240_000);
  const sweep = new SweepPage(lab.page);
  const many = smallSweep.replace('seeds=3', 'seeds=100');
  await sweep.open(many);
  /** Presses a button and loads the page again, with nothing between. */
  const pressAndReload = async (name: string) => {
    const loaded = sweep.page.waitForEvent('load');
    await sweep.button(name).evaluate((button) => {
      (button as HTMLButtonElement).click();
      location.reload();
    });
    await loaded;
    await expect(sweep.status()).toHaveText(/^\d+ of 200 runs$/);
    await expect(sweep.button('Run')).toBeEnabled();
  };
  for (let time = 0; time < 2; time++) {
    await sweep.button('Run').click();
    await expect(sweep.button('Stop')).toBeEnabled();
    await expect(sweep.button('Pause')).toBeVisible();
    await pressAndReload('Stop');
    expect(await sweep.workers()).toEqual([]);
    await expect(sweep.page.getByText('This sweep was paused')).toHaveCount(0);
  }
  await sweep.button('Run').click();
  await pressAndReload('Pause');
  await expect(sweep.page.getByText('This sweep was paused when the page was closed')).toBeVisible();
});

test('failing runs are named with seed and cause, and the others go on', async ({ lab }, testInfo) => {
  test.setTimeout(180_000);
  const sweep = new SweepPage(lab.page);
  await sweep.open(
    smallSweep
      .replace('samples-per-task=50&hidden=16', 'samples-per-task=100&hidden=400&learning-rate=100')
      .replace('seeds=3', 'seeds=4-4'),
  );
  await sweep.button('Run').click();
  const failed = sweep.page.getByRole('region', { name: 'Failed runs' });
  await expect(failed.getByRole('heading')).toHaveText('2 runs failed', { timeout: 60_000 });
  for (const method of ['ER', 'ER-MIR']) {
    await expect(failed.getByRole('listitem').filter({ hasText: `${method} · Split MNIST · seed 4.` })).toContainText(
      /not a finite number.*learning rate/i,
    );
  }
  await testInfo.attach('failed runs', { body: await sweep.page.screenshot(), contentType: 'image/png' });

  await sweep.page.getByLabel('Learning rate α').fill('');
  await expect(failed).toHaveCount(0);
  // What follows needs no wide networks.
  await sweep.page.getByLabel('Hidden units').fill('16');
  await expect(sweep.status()).toHaveText('0 of 2 runs');
  await sweep.button('Run').click();
  await sweep.finish();

  // So many that they are not over before a worker is found and ended.
  await sweep.page.getByLabel('Seeds', { exact: true }).fill('4-8');
  await sweep.button('Run').click();
  await expect.poll(() => sweep.workers()).not.toHaveLength(0);
  await expect(sweep.page.getByText(/WASM · \d workers?/)).toBeVisible();
  const [worker] = await sweep.workers();
  await endWorker(worker);
  await expect(failed.getByRole('listitem')).toContainText([/seed \d\. The browser ended the worker/]);
  await expect(sweep.status()).toHaveText('10 of 10 runs · 1 failed', { timeout: 60_000 });
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(failed).toHaveCount(0);
  await sweep.finish();
  await expect(sweep.row('ER, Split MNIST')).toContainText('5 of 5');
  await expect(sweep.row('ER-MIR, Split MNIST')).toContainText('5 of 5');
});

test('every control does what it says; nonsense in the address is named, and the rest is kept', async ({
  lab,
}, testInfo) => {
  const sweep = new SweepPage(lab.page);
  const { page } = sweep;
  await sweep.open('view=experiments');
  await expect(sweep.status()).toHaveText('0 of 6 runs');
  await page.getByRole('checkbox', { name: 'Run all of Permuted MNIST' }).check();
  await expect(sweep.status()).toHaveText('0 of 30 runs');
  await page.getByRole('checkbox', { name: 'Run ER-MIR, Permuted MNIST' }).uncheck();
  await page.getByLabel('Seeds', { exact: true }).fill('zero');
  await expect(page.getByRole('alert')).toContainText('a count such as 10');
  await page.getByLabel('Seeds', { exact: true }).fill('7-8');
  await expect(sweep.status()).toHaveText('0 of 18 runs');
  await page.getByLabel('Samples per task').fill('5');
  await expect(page.getByRole('alert')).toContainText('a whole number from 10 to 10000');
  await page.getByLabel('Samples per task').fill('200');
  await expect(page.getByRole('region', { name: 'Table 1', exact: true })).toContainText(
    'Changed from the paper: samples per task 200, not 1,000.',
  );
  await page.getByLabel('Backend').selectOption('cpu');
  await expect.poll(() => page.url()).toContain('seeds=7-8&samples-per-task=200&backend=cpu');

  await sweep.row('GEM, Split MNIST').getByRole('button', { name: 'GEM' }).click();
  await expect(page.getByRole('region', { name: 'Average accuracy', exact: true })).toContainText('C');
  await expect(sweep.row('GEM, Split MNIST').getByRole('button')).toHaveAttribute('aria-pressed', 'true');

  await sweep.button('Share link').click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = new SweepPage(await page.context().newPage());
  await other.page.goto(link);
  await expect(other.status()).toHaveText('0 of 18 runs');
  await other.page.close();

  await page.getByRole('radio', { name: 'Table 4' }).check();
  await expect(page.getByText('Nobody may hand MiniImagenet on')).toBeVisible();
  for (const box of await page.getByRole('checkbox', { name: /^Run ER/ }).all()) await expect(box).toBeDisabled();
  await expect(sweep.button('Run')).toBeDisabled();
  await expect(sweep.button('Open a folder')).toBeEnabled();
  await testInfo.attach('data missing', { body: await page.screenshot(), contentType: 'image/png' });
  await page.getByRole('radio', { name: 'Table 2' }).check();
  await expect(page.getByRole('row').filter({ hasText: 'iCaRL' })).toHaveCount(3);

  await sweep.open('view=experiments&table=7&seeds=many&hidden=64&colour=red');
  for (const words of ['table=7', 'seeds=many', 'colour']) {
    await expect(lab.notices().getByRole('listitem').filter({ hasText: words })).toHaveCount(1);
  }
  await expect(sweep.page.getByLabel('Hidden units')).toHaveValue('64');
  expect(sweep.page.url()).toContain('table=1&');
});

test('missing CIFAR-10 opens with the viewer’s own; Figure 4 is drawn by memory size, beside what its memories take, and leaves like every chart', async ({
  lab,
  page,
}, testInfo) => {
  test.setTimeout(180_000);
  const sweep = new SweepPage(page);
  await test.step('missing CIFAR-10 is said, and the viewer’s own opens its rows', async () => {
    // As hosts do that answer with a page for an address that they do not have.
    await page.route('**/data/cifar10/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>not here</title>' }),
    );
    await sweep.open('view=experiments&table=2&rows=m20.er&seeds=1&samples-per-task=10&filters=1&backend=wasm');
    await expect(page.getByText('CIFAR-10 is not on this site')).toBeVisible();
    await expect(page.getByRole('link', { name: 'its home page' })).toBeVisible();
    await expect(sweep.button('Run')).toBeDisabled();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), sweep.button('Open files').click()]);
    await chooser.setFiles({
      name: 'cifar-10-binary.tar.gz',
      mimeType: 'application/gzip',
      buffer: Buffer.from(await tarOf(cifar10Files(60))),
    });
    const dialog = page.getByRole('dialog', { name: 'Not all of this data is as it should be' });
    await expect(dialog.getByRole('list', { name: 'Problems' })).toContainText(
      'data_batch_4.bin has 184,380 bytes; 10,000 images need 30,730,000',
    );
    await testInfo.attach('partial data', { body: await page.screenshot(), contentType: 'image/png' });
    await dialog.getByRole('button', { name: 'Use what is whole' }).click();
    await expect(lab.notices().getByRole('listitem').filter({ hasText: 'Opened' })).toHaveCount(1);
    await expect(page.getByText('CIFAR-10 is not on this site')).toBeHidden();
    await sweep.button('Run').click();
    await expect(sweep.status()).toHaveText('1 of 1 run · finished', { timeout: 80_000 });
    await expect(sweep.row('ER, M = 20')).toContainText('1 of 1');
  });
  await sweep.open(
    'view=experiments&table=figure-4&rows=1000-latents.ae-er,5000-latents.ae-mir&seeds=2&samples-per-task=10&filters=1&ae-epochs=2&ae-filters=2&ae-replays=2&ae-candidates=4&backend=wasm',
  );
  const memories = page.getByRole('region', { name: 'Bytes of a memory' });
  await expect(memories.getByRole('row', { name: /^5,000/ }).getByRole('cell')).toHaveText([
    '6.4 MB',
    '15.4 MB',
    '61.4 MB',
  ]);
  await expect(memories).toContainText('44,160 parameters');
  await sweep.button('Run').click();
  await expect(page.getByText(/autoencoder, \d+%/)).toBeVisible();
  await sweep.finish();

  expect(await violations(page)).toEqual([]);
  expect(await overflow(page)).toEqual({ across: 0, down: 0 });
  const accuracy = page.getByRole('region', { name: 'Average accuracy', exact: true });
  await expect(accuracy.getByRole('listitem').first()).toHaveText('A · AE-ER, n = 2');
  const lines = JSON.parse(await sweep.exportTable('JSON')) as TableLine[];
  const { data } = Papa.parse<Record<string, string>>(
    (await sweep.exportCurves('Average accuracy', 'CSV')).toString('utf8'),
    { header: true, skipEmptyLines: true },
  );
  expect(data.map(({ method, latents, n, latentBytes }) => [method, latents, n, latentBytes])).toEqual([
    ['ae-er', '1000', '2', '1280000'],
    ['ae-mir', '5000', '2', '6400000'],
  ]);
  expect(data.map(({ averageForgetting }) => Number(averageForgetting))).toEqual(
    lines.map(({ forgetting }) => forgetting?.mean),
  );
  const svg = (await sweep.exportCurves('Average forgetting', 'SVG')).toString('utf8');
  for (const words of [
    'Average forgetting, %',
    'B · AE-MIR, n = 2',
    '1,000 latents',
    'Figure 4',
    'bar: 95% interval',
    'filters 1, not 20',
  ])
    expect(svg).toContain(words);
  expect((await sweep.exportCurves('Average accuracy', 'PNG')).subarray(1, 4).toString('latin1')).toBe('PNG');

  await sweep.row('AE-MIR, 5,000 latents').getByRole('button').click();
  await expect(page.getByRole('radio', { name: 'By step' })).toBeChecked();
  await expect(accuracy).toContainText('step 0');
  await page.getByRole('radio', { name: 'By memory size' }).check();
  await expect(accuracy).toContainText('1,000 latents');
});

test('the lab and the experiments keep their state while the other is shown', async ({ lab, page }) => {
  await lab.open(tinyRun);
  await lab.button('Play').click();
  await lab.finish();
  const step = await lab.status().textContent();
  await expect(page.getByRole('link', { name: 'Lab' })).toHaveAttribute('aria-current', 'page');
  await page.getByRole('link', { name: 'Experiments' }).click();
  const sweep = new SweepPage(page);
  await expect(sweep.status()).toHaveText('0 of 6 runs');
  await expect(page.getByRole('link', { name: 'Experiments' })).toHaveAttribute('aria-current', 'page');
  await page.getByLabel('Seeds', { exact: true }).fill('5');
  await page.getByRole('link', { name: 'Lab' }).click();
  await expect(lab.status()).toHaveText(step ?? '');
  await page.goBack();
  await expect(sweep.status()).toHaveText('0 of 10 runs');
});
