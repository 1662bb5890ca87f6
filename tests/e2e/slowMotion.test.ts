import type { Locator } from '@playwright/test';
import { expect, test } from './labTest.ts';
import { overflow, violations } from './pageChecks.ts';

/** Two steps a task: the third is the first that has something to replay. */
const shortTasks = 'samples-per-task=20&hidden=32&memory-per-class=5&evaluation-interval=1000&evaluation-size=50';

test.use({ hasTouch: true });

/** A number of the page, whose minus is not a hyphen. */
const numberOf = (text: string | undefined) => Number((text ?? 'nothing').replace('−', '-'));

/** What the card of a memory tells of one lane: its first column, or the second. */
async function factsOf(card: Locator, column: number): Promise<Record<string, string>> {
  const rows = await card.getByRole('row').all();
  const told = await Promise.all(
    rows
      .slice(1)
      .map(async (row) => [
        await row.getByRole('rowheader').innerText(),
        await row.getByRole('cell').nth(column).innerText(),
      ]),
  );
  return Object.fromEntries(told) as Record<string, string>;
}

test('a step is gone through in slow motion, and each memory tells why it was taken', async ({ lab, page }) => {
  await lab.open(`lanes=fine-tune,er,er-mir&${shortTasks}`, '?backend=wasm');
  for (const step of [1, 2, 3]) {
    await lab.button('Step').click();
    await lab.reach(step);
  }
  const panel = page.getByRole('region', { name: 'What one step does' });
  const stages = page.getByRole('list', { name: 'Stages of a step' });
  const present = stages.getByRole('listitem').and(page.locator('[aria-current="step"]'));
  const [next, previous] = [lab.button('Next stage'), lab.button('Previous stage')];
  await lab.button('Slow motion').click();
  await expect(lab.button('Slow motion')).toHaveAttribute('aria-pressed', 'true');

  // The MIR lane, forwards and backwards.
  const titles = [
    'Incoming: new digits',
    'Virtual step, on a copy',
    '20 memories: l(θ) → l(θᵥ)',
    'Sorted by the difference',
    'The 10 most hurt are taken',
    'Real step',
  ];
  await expect(stages.getByRole('listitem')).toHaveText(titles);
  await expect(previous).toBeDisabled();
  const told: string[] = [];
  for (const [index, title] of titles.entries()) {
    await expect(present).toHaveText(title);
    told.push(await panel.innerText());
    if (index < titles.length - 1) await next.click();
  }
  for (const title of titles.toReversed().slice(1)) {
    await previous.click();
    await expect(present).toHaveText(title);
  }

  // One loss of the batch in all stages; a score is what its parts say.
  const mean = /mean loss on them: (\d+\.\d+)/.exec(told[0])?.[1];
  expect(told[1]).toContain('α = 0.1');
  expect(/mean loss there: (\d+\.\d+)/.exec(told[1])?.[1]).toBe(mean);
  expect(/loss of the new digits: (\d+\.\d+)/.exec(told[5])?.[1]).toBe(mean);
  const [, after, before, best, score] =
    /(\d+\.\d+) − min\((\d+\.\d+), (\d+\.\d+)\) [=≈] (−?\d+\.\d+)/.exec(told[3]) ?? [];
  expect(numberOf(score)).toBeCloseTo(numberOf(after) - Math.min(numberOf(before), numberOf(best)), 2);
  expect(told[2]).toContain('Algorithm 1: draw C memories at random; score each');
  await panel.getByText('Algorithm 1').click();
  await expect(panel.locator('mark')).toHaveText('for each batch Bₙ of the stream:');

  // Sorted: the first in rank is the one of the formula, and what MIR takes comes first.
  for (let move = 0; move < 3; move++) await next.click();
  const candidates = page.getByRole('list', { name: 'Candidates' }).getByRole('button');
  await expect(candidates).toHaveCount(20);
  await expect(page.getByRole('button', { name: /, rank 1$/ })).toHaveAccessibleName(
    new RegExp(`loss ${before}, on the copy ${after}, score ${score}, rank 1$`),
  );
  const cell = page.getByRole('list', { name: 'Candidates' }).getByRole('listitem').first();
  const transition = () => cell.evaluate((element) => getComputedStyle(element).transitionProperty);
  expect(await transition()).toContain('transform');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await transition()).toBe('none');
  expect(await violations(page)).toEqual([]);
  expect(await overflow(page)).toEqual({ across: 0, down: 0 });

  // Past the last stage the next step is trained; other lanes have their own stages.
  await next.click();
  await next.click();
  await next.click();
  await lab.reach(4);
  await expect(present).toHaveText(titles[0]);
  const lanes = panel.getByRole('radiogroup', { name: 'Lane explained' });
  await lanes.getByRole('radio', { name: 'A' }).check();
  await expect(stages.getByRole('listitem')).toHaveText(['Incoming: new digits', 'Real step']);
  await lanes.getByRole('radio', { name: 'B' }).check();
  await expect(stages.getByRole('listitem')).toHaveText(['Incoming: new digits', 'Drawn at random', 'Real step']);
  await lab.button('Slow motion').click();
  await expect(stages).toHaveCount(0);

  // By the keyboard: one stop for the list, arrows within it, Escape closes.
  const picks = lab.lane('C').getByRole('list', { name: 'MIR picks' }).getByRole('button');
  const card = page.getByRole('region', { name: 'Why this memory' });
  await picks.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(picks.nth(1)).toBeFocused();
  await expect(card).toContainText(/Why this \d\?/);
  const facts = await factsOf(card, 1);
  expect(facts).toMatchObject({ Rank: '2 of 20', 'MIR takes it': 'yes', Replayed: 'yes' });
  const values = ['Loss after the virtual step', 'Loss before', 'Best loss so far', 'Score (MI-2)'].map((name) =>
    numberOf(facts[name]),
  );
  expect(values[3]).toBeCloseTo(values[0] - Math.min(values[1], values[2]), 2);
  await page.keyboard.press('Escape');
  await expect(card).toHaveCount(0);

  // By touch: it stays, beside the thumbnail, and the same image is lit up in the other lane.
  await picks.first().tap();
  await expect(card.getByRole('button', { name: 'Close' })).toBeVisible();
  const [thumbnail, shown] = await Promise.all([picks.first().boundingBox(), card.boundingBox()]);
  if (thumbnail === null || shown === null) throw new Error('Both are seen.');
  expect(shown.y >= thumbnail.y + thumbnail.height || shown.y + shown.height <= thumbnail.y).toBe(true);
  const name = (await picks.first().getAttribute('aria-label'))?.split(',')[0] ?? '';
  await expect(lab.lane('B').locator('button[data-lit="true"]').first()).toHaveAccessibleName(new RegExp(`^${name}`));
  expect(await violations(page)).toEqual([]);
});
