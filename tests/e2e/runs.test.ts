import type { Page } from '@playwright/test';
import { expect, test } from './labTest.ts';
import { violations } from './pageChecks.ts';

const twoLanes = 'lanes=er,er-mir&samples-per-task=20&hidden=16&evaluation-interval=5&evaluation-size=20';

const kept = (page: Page) => page.getByRole('region', { name: 'Runs', exact: true });

test('earlier runs are shown, overlaid, deleted and taken back; Undo and Back bring back what was shown', async ({
  lab,
  page,
}) => {
  await lab.open(`${twoLanes}&seed=0`);
  await expect(lab.button('Undo')).toBeDisabled();
  await lab.button('Play').click();
  await lab.finish();
  await expect(lab.button('Play')).toContainText('again, seed 1');
  const first = await lab.exportRun();
  await lab.button('Play').click();
  await lab.finish();
  expect(page.url()).toContain('seed=1');

  await test.step('the list has both, and draws one behind the other', async () => {
    await lab.button('Runs').click();
    const items = kept(page).getByRole('listitem').filter({ hasText: 'Split MNIST' });
    await expect(items).toHaveCount(2);
    expect(await violations(page)).toEqual([]);
    const older = items.filter({ hasText: 'seed 0' });
    await older.getByRole('button', { name: 'Overlay' }).click();
    for (const name of ['Average accuracy', 'Average forgetting'] as const)
      await expect(lab.curves(name).getByText('pale: seed 0')).toBeVisible();
    await older.getByRole('button', { name: 'Delete' }).click();
    await expect(items).toHaveCount(1);
    await lab.button('Undo').click();
    await expect(items).toHaveCount(2);
    await older.getByRole('button', { name: 'Show' }).click();
    await expect(older.getByText('shown now')).toBeVisible();
    expect((await lab.exportRun()).run).toEqual(first.run);
    await lab.button('Close runs').click();
  });

  await test.step('a changed method is taken back by Undo, and by Back', async () => {
    for (const back of [() => lab.button('Undo').click(), () => page.goBack()]) {
      await lab.lane('A').getByRole('combobox', { name: 'Method' }).selectOption('fine-tune');
      await lab.ready();
      await back();
      await lab.finish();
      await expect(lab.lane('A').getByRole('combobox', { name: 'Method' })).toHaveValue('er');
      expect((await lab.exportRun()).run).toEqual(first.run);
    }
  });
});

test('five seeds give bands in both curves, a paired verdict and the way on to Experiments', async ({ lab, page }) => {
  await lab.open('lanes=fine-tune,er&samples-per-task=40&hidden=16');
  await lab.button('Run 5 seeds').click();
  const verdict = page.getByText(/^ER is \d+\.\d ± \d+\.\d points above Fine-tune, 5 seeds\./);
  await expect(verdict).toBeVisible({ timeout: 60_000 });
  await expect(lab.button('Run 5 seeds')).toBeVisible();
  for (const name of ['Average accuracy', 'Average forgetting'] as const)
    await expect(lab.curves(name).getByText('mean of 5 seeds, 95%')).toBeVisible();
  await page.getByRole('link', { name: 'Go on in Experiments' }).click();
  await expect(page.getByRole('status')).toHaveText('10 of 10 runs · finished');
});
