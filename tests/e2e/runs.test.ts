import type { Page } from '@playwright/test';
import { LabPage, smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { violations } from './pageChecks.ts';

/** How often a run is cut off; the fault suite asks for more. */
const closings = Number(process.env['MIR_LAB_CLOSINGS'] ?? 2);
const stepsPerTask = 10;
/** Half a second at the speed of this test: what a checkpoint may take to be written on a busy machine. */
const stepsOfWriting = 5;

const twoLanes = 'lanes=er,er-mir&samples-per-task=20&hidden=16&evaluation-interval=5&evaluation-size=20';

const kept = (page: Page) => page.getByRole('region', { name: 'Runs', exact: true });

test('a run of three lanes that is closed or loaded again at any moment comes back at its last checkpoint', async ({
  lab,
  page,
}) => {
  test.setTimeout(60_000 + closings * 30_000);
  const hash = `lanes=fine-tune,er,er-mir&${smallRun}`;
  await lab.open(hash);
  let current = page;
  let now = lab;
  for (let closing = 0; closing < closings; closing++) {
    await now.button('New seed').click();
    await now.ready();
    // Slow enough, and far enough from the end, that a busy machine closes the page before the run is over.
    await now.setSpeed(3);
    await now.button('Play').click();
    const moment = stepsPerTask + stepsOfWriting + Math.floor(Math.random() * 16);
    await now.reach(moment);
    const address = current.url();
    if (closing % 2 === 0) {
      await current.reload();
    } else {
      const context = current.context();
      await current.close();
      current = await context.newPage();
      await current.goto(address);
    }
    now = new LabPage(current);
    await expect(now.notices().getByText(/^Back at the end of task \d; Play goes on\.$/)).toBeVisible();
    const said = await now
      .notices()
      .getByText(/^Back at the end/)
      .textContent();
    const task = Number(/task (\d)/.exec(said ?? '')?.[1]);
    // It trained on between the look at its step and the end of the page. The checkpoint of a task comes after its last
    // step, and is written while the next ones are trained.
    expect(task, `closed from step ${moment} on`).toBeGreaterThanOrEqual(
      Math.floor((moment - stepsOfWriting) / stepsPerTask),
    );
    await expect(now.status()).toHaveText(`Step ${task * stepsPerTask} of 50 · task ${task} of 5`);
    await expect(now.button('Play')).toBeVisible();
  }
  await now.setSpeed(7);
  await now.button('Play').click();
  await now.finish();
  const { run } = await now.exportRun();
  expect(run.lanes.map(({ losses }) => losses.length)).toEqual([50, 50, 50]);
});

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
  await lab.open('lanes=fine-tune,er&samples-per-task=50&hidden=16');
  await lab.button('Run 5 seeds').click();
  const verdict = page.getByText(/^ER is \d+\.\d ± \d+\.\d points above Fine-tune, 5 seeds\./);
  await expect(verdict).toBeVisible({ timeout: 60_000 });
  await expect(lab.button('Run 5 seeds')).toBeVisible();
  for (const name of ['Average accuracy', 'Average forgetting'] as const)
    await expect(lab.curves(name).getByText('mean of 5 seeds, 95%')).toBeVisible();
  await page.getByRole('link', { name: 'Go on in Experiments' }).click();
  await expect(page.getByRole('status')).toHaveText('10 of 10 runs · finished');
});
