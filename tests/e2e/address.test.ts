import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

test('a shared link opens the same experiment', async ({ lab, page, context }) => {
  await lab.open(`lanes=fine-tune,er,er-mir&seed=42&learning-rate=0.05&retrieval-score=mi1&${smallRun}`);
  await lab.button('Share link').click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toContain('seed=42');
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByRole('region', { name: /^Lane [A-D]$/ })).toHaveCount(3);
  await expect(other.getByRole('region', { name: 'Lane C' }).getByRole('combobox', { name: 'Method' })).toHaveValue(
    'er-mir',
  );
  expect(other.url()).toBe(link);
  await other.close();

  await lab.button('Show as PyTorch').click();
  const dialog = page.getByRole('dialog', { name: 'The same in PyTorch' });
  await dialog.getByRole('combobox', { name: 'Lane' }).selectOption('C · ER-MIR');
  const script = dialog.getByRole('region', { name: 'Script' });
  await expect(script).toContainText('LEARNING_RATE, ITERATIONS = 0.05, 1');
  await expect(script).toContainText('after - before  # MI-1');
  await expect(script).toContainText('seeds or [42]');
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await script.textContent());
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Download' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('er-mir-split-mnist.py');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('nonsense in the address is named, and everything else is kept; settings refuse what is out of range and land in the address', async ({
  lab,
  page,
}) => {
  await lab.open(
    `seed=banana&hidden=-5&colour=red&budget=1e99&candidates=%3Cscript%3E&samples-per-task=100&evaluation-size=50`,
    '?backend=abacus',
  );
  for (const words of ['seed=banana', 'hidden=-5', 'colour', 'budget=1e99', 'candidates=<script>', 'backend=abacus']) {
    await expect(lab.notices().getByRole('listitem').filter({ hasText: words })).toHaveCount(1);
  }
  await expect(lab.status()).toHaveText('Step 0 of 50 · task 1 of 5');
  expect(page.url()).toContain('seed=0&');
  expect(page.url()).toContain('samples-per-task=100');
  await page.evaluate(() => (location.hash = 'lanes=er,er,er,er,er'));
  await expect(lab.notices().getByRole('listitem').filter({ hasText: 'lanes=er,er,er,er,er' })).toHaveCount(1);

  await test.step('settings', async () => {
    await lab.button('Settings').click();
    const dialog = page.getByRole('dialog', { name: 'Settings' });
    const field = dialog.locator('input[name="memoryPerClass"]');
    await field.fill('0');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await expect(dialog.getByRole('alert')).toContainText('a whole number from 1 to 1000');
    await expect(field).toBeFocused();
    await field.fill('20');
    await dialog.getByRole('textbox', { name: 'Class order seed' }).fill('3');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await expect(dialog).toBeHidden();
    await expect.poll(() => page.url()).toContain('class-order-seed=3');
    expect(page.url()).toContain('memory-per-class=20');
    await lab.ready();
    await expect(page.getByRole('list', { name: 'Tasks' }).getByRole('listitem').nth(1)).toContainText(
      'classes 5 and 7',
    );
    await expect(page.getByRole('columnheader', { name: 'Task 1, classes 3 and 6' })).toBeAttached();
  });
});
