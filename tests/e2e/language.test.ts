import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';

test('the page speaks German where the address says so, and changes its language in the middle of a run', async ({
  lab,
  page,
}) => {
  await page.goto(`./#lang=de&lanes=er,er-mir&seed=3&${smallRun}`);
  await expect(lab.status()).toHaveText(/^Schritt 0 von 50 · Aufgabe 1 von 5$/);
  expect(page.url()).toMatch(/\?lang=de#scenario=split-mnist&lanes=er,er-mir&seed=3/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');

  const step = lab.button('Schritt');
  for (let count = 1; count <= 3; count += 1) {
    await step.click();
    await expect(lab.status()).toHaveText(new RegExp(`^Schritt ${count} von 50`));
  }
  await lab.button(/^Hilfe/).click();
  await page.getByRole('combobox', { name: 'Sprache (Language)' }).selectOption('English');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(lab.status()).toHaveText('Step 3 of 50 · task 1 of 5');
  expect(page.url()).toContain('?lang=en#');
  await lab.button('Step').click();
  await expect(lab.status()).toHaveText('Step 4 of 50 · task 1 of 5');
});
