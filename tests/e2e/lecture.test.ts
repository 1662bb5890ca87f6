import { readFile } from 'node:fs/promises';
import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { overflow, violations } from './pageChecks.ts';
import { wholeSite } from './sites.ts';

// What a visitor sees first, with all test images.
test.use({ baseURL: wholeSite() });

test('opens on the story: three lanes, told step by step, with who is taken for whom', async ({ lab, page }) => {
  await lab.open(`seed=1&${smallRun}`);
  const story = page.getByRole('main').locator('p').filter({ hasText: 'networks see the same digits' });
  await expect(story).toContainText('Fine-tune replays nothing; ER random memories; ER-MIR the memories that');
  expect(
    await page
      .getByRole('combobox', { name: 'Method' })
      .evaluateAll((all) => all.map((one) => (one as HTMLSelectElement).value)),
  ).toEqual(['fine-tune', 'er', 'er-mir']);

  await test.step('a click on MIR does not take the keys; reached by Tab, the arrows still work it', async () => {
    const choice = lab.lane('B').getByRole('radiogroup', { name: 'Retrieval' });
    await choice.getByRole('radio', { name: 'MIR' }).click();
    await page.keyboard.press('ArrowRight');
    await expect(lab.status()).toHaveText(/^Step 1 of 50/);
    await expect(choice.getByRole('radio', { name: 'MIR' })).toBeChecked();
    await lab.lane('B').getByRole('combobox', { name: 'Method' }).focus();
    await page.keyboard.press('Tab');
    await expect(choice.getByRole('radio', { name: 'MIR' })).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await expect(choice.getByRole('radio', { name: 'Random' })).toBeChecked();
  });

  await lab.button('Play').click();
  await lab.finish();
  await expect(page.getByText(/^At the end .*One run, one seed\.$/)).toBeVisible();

  await test.step('confusion: every test image is counted once, in each lane, now and at the end of a task', async () => {
    const region = page.getByRole('region', { name: 'Accuracy by task' });
    await region.getByRole('radio', { name: 'Confusion' }).click();
    for (const letter of ['A', 'B', 'C']) {
      const cells = region.getByRole('table', { name: `Lane ${letter}, true class by answer` }).getByRole('cell');
      const titles = await cells.evaluateAll((all) => all.flatMap((cell) => cell.getAttribute('title') ?? []));
      expect(titles).toHaveLength(100);
      const counts = titles.map((title) => /^(\d+) of (\d+) × (\d) taken for \d$/.exec(title)?.slice(1).map(Number));
      expect(counts.reduce((sum, count) => sum + (count?.[0] ?? Number.NaN), 0)).toBe(10_000);
      expect(counts.find((count) => count?.[2] === 1)?.[1]).toBe(1_135);
    }
    await region.getByRole('combobox', { name: 'When' }).selectOption('end of task 1');
    await expect(region.getByTitle('5: not asked yet').first()).toBeVisible();
    await expect(region.getByTitle(/of 980 × 0 taken for 0/)).toHaveCount(3);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toEqual({ across: 0, down: 0 });
  });

  await test.step('measures: a column for each lane, each defined by its name', async () => {
    const region = page.getByRole('region', { name: 'Accuracy by task' });
    await region.getByRole('radio', { name: 'Measures' }).click();
    await expect(region.getByRole('columnheader')).toHaveText(['Measure', ' A, Fine-tune', ' B, ER', ' C, ER-MIR']);
    const cells = region.getByRole('row', { name: /^Plasticity/ }).getByRole('cell');
    for (const text of await cells.allTextContents()) expect(Number(text)).toBeGreaterThan(40);
    await region.getByRole('button', { name: 'Worst case' }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: 'Worst-case accuracy' })).toContainText(
      '(1 − 1/T) · minimum accuracy',
    );
    await page.keyboard.press('Escape');
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toEqual({ across: 0, down: 0 });
  });

  await test.step('stability gap: the run again with every step after a boundary, and its curve as CSV', async () => {
    await lab.button('Stability gap').click();
    const gap = page.getByRole('dialog', { name: 'Stability gap' });
    await gap.getByRole('textbox', { name: 'Steps to evaluate after each boundary' }).fill('3');
    await gap.getByRole('button', { name: 'Run again with these' }).click();
    await expect(gap).toContainText('Every one of the first 3 steps of a task is evaluated in this run.');
    const fineTune = gap.getByRole('row', { name: /Fine-tune/ });
    await gap.getByRole('combobox', { name: 'Boundary' }).selectOption('task 5 begins, step 40');
    await expect(fineTune).toContainText(/after \d+ steps?.*after [1-9]\d* steps/);
    expect(await violations(page)).toEqual([]);
    await gap.getByRole('button', { name: 'Export' }).click();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'CSV', exact: true }).click(),
    ]);
    const csv = await readFile(await saved.path(), 'utf8');
    // Boundary, lane, method, retrieval, seed, step, steps after it.
    expect(csv).toMatch(/^4,B,er,random,1,43,3,/m);
  });
});

test('the first boundary is slowed down once, says so, and can be hurried', async ({ lab, page }) => {
  await lab.open(
    'lanes=fine-tune,er&seed=1&samples-per-task=600&hidden=16&evaluation-interval=1000&evaluation-size=20',
  );
  await lab.button('Play').click();
  const hurry = lab.button('Go on at full speed');
  await expect(hurry).toBeVisible();
  expect(await lab.currentStep()).toBeLessThan(75);
  await hurry.click();
  await expect(hurry).toBeHidden();
  await lab.reach(90);
  await page.reload();
  await lab.button('Reset').click();
  await lab.ready();
  await lab.button('Play').click();
  await lab.reach(90);
  await expect(hurry).toBeHidden();
});

test('?present and ?embed keep what steers the run and leave the rest out', async ({ lab, page }) => {
  for (const mode of ['present', 'embed']) {
    await lab.open(smallRun, `?${mode}`);
    await expect(lab.button('Play')).toBeVisible();
    await expect(page.getByRole('navigation', { name: 'Views' })).toBeHidden();
    await expect(lab.button('Settings')).toBeHidden();
    expect((await overflow(page)).across).toBe(0);
  }
});
