import type { Page } from '@playwright/test';
import { cifar10Files, tarOf } from '../unit/worker/cifar10Tar.ts';
import { dropFile } from './openedData.ts';
import { expect, test } from './labTest.ts';
import { overflow, violations } from './pageChecks.ts';

/** Networks so small, and so few images, that a whole run of generators takes seconds. */
const smallGenerators =
  'samples-per-task=40&hidden=16&vae-hidden=16&vae-latents=8&gen-iterations=2&cls-iterations=2&replay-batches=1&ascent-steps=3&evaluation-interval=2&evaluation-size=20';

/** The objective of a lane's latent as slow motion tells it: at the start and at the end, each with Σ weight · value of its terms. */
async function climbOf(page: Page, lane: string): Promise<{ readonly told: number; readonly sum: number }[]> {
  await page.getByRole('button', { name: 'Slow motion' }).click();
  await page.getByRole('radiogroup', { name: 'Lane explained' }).getByRole('radio', { name: lane }).check();
  const present = page.getByRole('list', { name: 'Stages of a step' }).locator('[aria-current="step"]');
  for (const title of [/^Incoming/, /^Virtual step/]) {
    await expect(present).toHaveText(title);
    await page.getByRole('button', { name: 'Next stage' }).click();
  }
  await expect(present).toHaveText('Latents climb');
  const rows = await page.getByRole('table', { name: 'Objective' }).getByRole('row').all();
  const cells = await Promise.all(rows.slice(1).map((row) => row.getByRole('cell').allInnerTexts()));
  const numbers = cells.map((row) => row.map((cell) => Number(cell.replace('−', '-'))));
  const [terms, objective] = [numbers.slice(0, -1), numbers[numbers.length - 1]];
  expect(terms.length).toBeGreaterThan(1);
  return [1, 2].map((column) => ({
    told: objective[column],
    sum: terms.reduce((sum, row) => sum + row[0] * row[column], 0),
  }));
}

// Two generators, or two autoencoders, train beside each other.
test.describe.configure({ timeout: 240_000 });

test('GEN-MIR beside GEN: finds, pseudo-labels, −ELBO, a flip in mid-run, exports', async ({ lab, page }) => {
  await lab.open(`lanes=gen,gen-mir&${smallGenerators}`, '?backend=wasm');
  const [a, b] = [lab.lane('A'), lab.lane('B')];
  await expect(a).toContainText('no earlier digits to dream of');
  await expect(a).toContainText('Generator’s layers 2 · Generator’s dropout 0');
  await expect(b).toContainText('Generator’s layers 1 · Generator’s dropout 0.4');
  await lab.button('Step').click();
  await lab.reach(1);
  await expect(b.getByRole('img', { name: /fresh random latents/ })).toBeVisible();

  await lab.setSpeed(2);
  await lab.button('Play').click();
  await lab.reach(6);
  const finds = b.getByRole('list', { name: 'MIR picks' }).getByRole('listitem');
  await expect(finds).toHaveCount(10);
  await expect(finds.first()).toHaveAccessibleName(
    /^Taken for digit \d, \d+%, loss [\d.k]+ before and [\d.k]+ after the virtual step, interference [+−][\d.]+$/,
  );
  await expect(a.getByRole('list', { name: 'Random picks' }).getByRole('listitem')).toHaveCount(10);
  const path = page.getByRole('list', { name: 'Ascent of one latent' }).getByRole('listitem');
  await expect(path).toHaveCount(4);
  await expect(path.last()).toHaveAccessibleName(/^After step 3: objective −?\d.*, interference \d/);
  await expect(b.getByRole('list', { name: 'Test images rebuilt' }).getByRole('listitem').first()).toHaveAccessibleName(
    /^Digit \d, task 1, after step \d+: the original above, rebuilt below$/,
  );
  await lab.setRetrieval('A', 'MIR');
  await expect(a.getByRole('radio', { name: 'MIR' })).toBeChecked();
  await lab.setSpeed(7);
  await lab.finish();
  expect(await overflow(page)).toEqual({ across: 0, down: 0 });
  const [start, end] = await climbOf(page, 'B');
  for (const { told, sum } of [start, end]) expect(told).toBeCloseTo(sum, 2);
  // Such small networks have next to no opinion: it hardly rises, and must not fall.
  expect(end.told).toBeGreaterThanOrEqual(start.told);
  await lab.button('Slow motion').click();

  await page.getByRole('radiogroup', { name: 'Second chart' }).getByRole('radio', { name: '−ELBO' }).check();
  await page.getByRole('radiogroup', { name: 'Measure by task' }).getByRole('radio', { name: '−ELBO' }).check();
  const table = page.getByRole('region', { name: 'Negative ELBO by task' });
  await expect(table.getByRole('cell').first()).toHaveAccessibleName(/^\d+ ?, reconstruction [\d.]+, KL [\d.]+$/);
  expect(await violations(page)).toEqual([]);
  const svg = (await lab.exportCurves('Negative ELBO', 'SVG')).bytes.toString('utf8');
  expect(svg).toContain('Negative ELBO, nats');
  expect(svg).toContain('A → MIR');
  expect((await lab.exportCurves('Negative ELBO', 'PNG')).bytes.subarray(1, 4).toString()).toBe('PNG');
  const [header, ...rows] = (await lab.exportCurves('Negative ELBO', 'CSV')).bytes.toString('utf8').split('\r\n');
  expect(header).toMatch(/,negativeElbo,reconstruction,kl,negativeElboTask1,.*,negativeElboTask5$/);
  const { text, run } = await lab.exportRun();
  expect(rows).toHaveLength(run.evaluations.length);
  expect(run.retrievalChanges).toMatchObject([{ lane: 0, retrieval: 'mir' }]);
  const last = run.evaluations.filter(({ lane }) => lane === 1).at(-1);
  expect(last?.elbo?.total).toBeCloseTo((last?.elbo?.reconstruction ?? NaN) + (last?.elbo?.kl ?? NaN), 3);
  expect(last?.elboByTask).toHaveLength(5);
  await lab.importRun('gen.json', text);
  await expect(b).toContainText('the numbers are kept, not the images');
  await expect(b).toContainText('−ELBO, nats');
});

test('AE-MIR beside AE-ER: the autoencoder trains first, can be paused there, and its latents are replayed', async ({
  lab,
  page,
}) => {
  await page.route('**/data/cifar10/**', (route) => route.abort());
  await lab.open('lanes=er-mir&samples-per-task=20&hidden=16', '?backend=wasm');
  await dropFile(page, 'cifar-10-binary.tar.gz', await tarOf(cifar10Files(40)));
  await page
    .getByRole('dialog', { name: 'Not all of this data is as it should be' })
    .getByRole('button', { name: 'Use what is whole' })
    .click();
  await expect(page.getByRole('combobox', { name: 'Scenario' })).toHaveValue('split-cifar10');
  const small =
    'samples-per-task=20&filters=1&memory-per-class=4&ae-filters=1&ae-epochs=8&ae-replays=10&ae-candidates=10&evaluation-interval=1000&evaluation-size=10';
  await page.evaluate((hash) => (location.hash = hash), `scenario=split-cifar10&lanes=ae-er,ae-mir&${small}`);
  await expect(lab.status()).toHaveText('Step 0 of 10 · task 1 of 5');
  await lab.button('Play').click();
  await expect
    .poll(() => page.getByRole('main').innerText(), { intervals: [50] })
    .toMatch(/Lane [AB] trains its autoencoder on the whole of task \d before the first step: \d+%\./);
  await lab.button('Pause').click();
  await lab.button('Play').click();
  await lab.finish();
  const picks = lab.lane('B').getByRole('list', { name: 'MIR picks' }).getByRole('listitem');
  await expect(picks.first()).toHaveAccessibleName(
    /^[A-Z][a-z]+, task \d, loss [\d.k]+ before and [\d.k]+ after the virtual step, interference [+−][\d.]+$/,
  );
  await expect(
    lab.lane('B').getByRole('list', { name: 'Test images rebuilt' }).getByRole('listitem').first(),
  ).toHaveAccessibleName(/^[A-Z][a-z]+, task 1, after step \d/);
  for (const { told, sum } of await climbOf(page, 'B')) expect(Math.abs(told - sum)).toBeLessThan(0.02);
  for (const title of ['The nearest stored are taken', 'Real step']) {
    await lab.button('Next stage').click();
    await expect(page.getByRole('list', { name: 'Stages of a step' }).locator('[aria-current="step"]')).toHaveText(
      title,
    );
  }
  await expect(page.getByRole('list', { name: 'Replayed images' }).getByRole('listitem')).toHaveCount(10);
  expect(await overflow(page)).toEqual({ across: 0, down: 0 });
});
