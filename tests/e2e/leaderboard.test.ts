import Papa from 'papaparse';
import { expect, test } from './labTest.ts';
import { overflow, violations } from './pageChecks.ts';
import { SweepPage } from './sweepPage.ts';

test('any methods on one scenario make a leaderboard that sorts, compares, is drawn, and goes through a setting', async ({
  lab,
  page,
}, testInfo) => {
  test.setTimeout(180_000);
  const sweep = new SweepPage(lab.page);
  await sweep.open('view=experiments&table=1');
  await page.getByRole('radio', { name: 'Own', exact: true }).check();
  await page.goBack();
  await expect(page.getByRole('radio', { name: 'Table 1' })).toBeChecked();
  await sweep.open('view=experiments&table=own&methods=er,er-mir&seeds=2&samples-per-task=50&hidden=16&backend=wasm');
  await page.getByRole('checkbox', { name: 'Fine-tune' }).check();
  await sweep.button('Run').click();
  await sweep.finish();
  const board = page.getByRole('region', { name: 'Leaderboard', exact: true });
  const shown = () => board.getByRole('rowheader').allTextContents();
  const lines = JSON.parse(await sweep.exportTable('JSON')) as {
    label: string;
    measures: Record<string, { value: { mean: number }; difference: { mean: number; n: number } | null }>;
  }[];

  await test.step('the best stand first, with the difference from the reference', async () => {
    const means = lines.map(({ measures }) => measures['averageAccuracy'].value.mean);
    expect(means).toEqual(means.toSorted((one, other) => other - one));
    const mir = lines.find(({ label }) => label === 'ER-MIR');
    const er = lines.find(({ label }) => label === 'ER');
    expect(er?.measures['averageAccuracy'].difference).toBeNull();
    expect(mir?.measures['averageAccuracy'].difference?.n).toBe(2);
    expect(mir?.measures['averageAccuracy'].difference?.mean).toBeCloseTo(
      (mir?.measures['averageAccuracy'].value.mean ?? NaN) - (er?.measures['averageAccuracy'].value.mean ?? NaN),
      12,
    );
    await expect(board.getByRole('row', { name: /^Fine-tune/ })).toContainText(
      (100 * (lines.find(({ label }) => label === 'Fine-tune')?.measures['averageAccuracy'].value.mean ?? NaN)).toFixed(
        1,
      ),
    );
    // Each has its letter before its name.
    expect((await shown()).map((text) => /^\W*[A-Z] (.*?)(reference)?$/.exec(text)?.[1])).toEqual(
      lines.map(({ label }) => label),
    );
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toEqual({ across: 0, down: 0 });
    await testInfo.attach('leaderboard', { body: await page.screenshot(), contentType: 'image/png' });
  });

  await test.step('it sorts by keyboard, and Back takes that back', async () => {
    const head = board.getByRole('columnheader', { name: /^Forgetting/ });
    await head.getByRole('button', { name: 'Forgetting, %' }).focus();
    await page.keyboard.press('Enter');
    await expect(head).toHaveAttribute('aria-sort', 'ascending');
    expect(page.url()).toContain('sort=averageForgetting');
    await page.keyboard.press('Enter');
    await expect(head).toHaveAttribute('aria-sort', 'descending');
    await page.goBack();
    await page.goBack();
    await expect(board.getByRole('columnheader', { name: /^Accuracy/ })).toHaveAttribute('aria-sort', 'descending');
  });

  await test.step('accuracy against forgetting leaves as picture and numbers', async () => {
    const svg = (await sweep.exportCurves('Accuracy against forgetting', 'SVG')).toString('utf8');
    for (const words of [
      'A · ER, n = 2',
      'C · Fine-tune, n = 2',
      'Average forgetting, %',
      'Own comparison, Split MNIST',
    ])
      expect(svg).toContain(words);
    const { data } = Papa.parse<Record<string, string>>(
      (await sweep.exportCurves('Accuracy against forgetting', 'CSV')).toString('utf8'),
      { header: true, skipEmptyLines: true },
    );
    expect(data.map(({ method, n }) => [method, n])).toEqual([
      ['er', '2'],
      ['er-mir', '2'],
      ['fine-tune', '2'],
    ]);
  });

  await test.step('learning rates that were run already count, and the others are drawn with them', async () => {
    await page.getByRole('combobox', { name: 'Go through' }).selectOption('Learning rate α');
    await page.getByLabel('Values').fill('0.1, 0.2');
    await expect(sweep.status()).toHaveText('6 of 12 runs');
    await page.getByRole('checkbox', { name: 'ER-MIR', exact: true }).uncheck();
    await sweep.button('Run').click();
    await sweep.finish();
    await expect(board.getByRole('rowheader')).toHaveCount(4);
    const chart = 'Average accuracy by learning rate α';
    const svg = (await sweep.exportCurves(chart, 'SVG')).toString('utf8');
    for (const words of ['α = 0.1', 'B · Fine-tune, n = 2']) expect(svg).toContain(words);
    await page.getByLabel('Measure of the second chart').selectOption('Plasticity');
    await expect(page.getByRole('region', { name: 'Plasticity by learning rate α', exact: true })).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });
});
