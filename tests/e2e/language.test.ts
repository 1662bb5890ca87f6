import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { violations } from './pageChecks.ts';

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

  await page.evaluate(() => (location.hash += '&lang=de'));
  await expect(lab.status()).toHaveText('Schritt 4 von 50 · Aufgabe 1 von 5');
  await lab.button('Start').click();
  await expect(lab.status()).toHaveText('Schritt 50 von 50 · Aufgabe 5 von 5', { timeout: 60_000 });
  const said = page.locator('main');
  // What is said after the boundaries of tasks, with a space before each sign of percent.
  await expect(said).toContainText(/Am Ende: .* zu \d+\s%/);
  await expect(said).not.toContainText(/\d%/);
  expect(await violations(page)).toEqual([]);

  await page.evaluate(() => (location.hash = 'view=experiments&table=own&methods=er,er-mir&hidden=16.5'));
  await expect(page.getByRole('list', { name: 'Hinweise' })).toContainText(
    'Die Adresse hat hidden=16.5; erlaubt ist eine ganze Zahl von 4 bis 1024. Es gilt die Vorgabe.',
  );
  await expect(page.getByRole('region', { name: 'Rangliste', exact: true })).toContainText('0 von 3');
  await expect(lab.button('Rechnen')).toBeEnabled();
  // The colour of a button that comes to life is neither.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)));
  expect(await violations(page)).toEqual([]);
});
