import type { Page } from '@playwright/test';
import { expect, test } from './labTest.ts';
import { overflow, violations } from './pageChecks.ts';

/** Twenty steps a task: the few steps of a card are over before the task is. */
const settings = 'samples-per-task=200&hidden=32&evaluation-interval=5&evaluation-size=50';

const regionOf = (page: Page) => page.getByRole('region', { name: 'Lesson' });

/** Follows a link to some address of this page. */
async function follow(page: Page, hash: string): Promise<void> {
  await page.evaluate((part) => (location.hash = part), hash);
}

/** CSS pixels² that the card covers of what it speaks of. */
async function covered(page: Page): Promise<number> {
  return page.evaluate(() => {
    const card = document.querySelector('section[aria-label="Lesson"]')?.getBoundingClientRect();
    if (card === undefined) throw new Error('No card is open.');
    return [...document.querySelectorAll('[data-spotlight]')].reduce((sum, element) => {
      const part = element.getBoundingClientRect();
      const width = Math.min(card.right, part.right) - Math.max(card.left, part.left);
      const height = Math.min(card.bottom, part.bottom) - Math.max(card.top, part.top);
      return sum + Math.max(0, width) * Math.max(0, height);
    }, 0);
  });
}

test('a lesson is gone through by keyboard, and its predictions meet what the run measured', async ({ lab, page }) => {
  await lab.open(settings, '?backend=wasm');
  await lab.button('Step').click();
  await lab.reach(1);
  await lab.button('Lesson').focus();
  await page.keyboard.press('Enter');
  const region = regionOf(page);
  await expect(region.getByRole('heading', { name: 'Lessons' })).toBeFocused();
  await expect(region.getByRole('button', { name: 'Why do networks forget?' })).toBeVisible();
  await region.getByRole('button', { name: 'Leave' }).press('Enter');
  await expect(region).toHaveCount(0);
  // One Escape closes what the keyboard opened, and the focus is where it was.
  for (const [name, opened] of [
    ['Settings', page.getByRole('dialog')],
    ['Runs', page.getByRole('region', { name: 'Runs' })],
    ['Lesson', region],
  ] as const) {
    await lab.button(name).press('Enter');
    await expect(opened).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(opened).toHaveCount(0);
    await expect(lab.button(name)).toBeFocused();
  }

  // By a link, with settings in the place of the lesson's.
  await follow(page, `lesson=forgetting&${settings}`);
  const next = region.getByRole('button', { name: 'Next' });
  /** Waits for a card and its moment. */
  const comesTo = async (title: string, step: number) => {
    await expect(region.getByRole('heading', { name: title })).toBeVisible();
    await expect(region.getByRole('progressbar')).toHaveCount(0, { timeout: 60_000 });
    // While a run is being got ready, there is no way on; the last card has none at all.
    await expect(region.getByRole('button', { name: /^(Next|Leave)$/ }).first()).toBeEnabled();
    await expect(lab.status()).toHaveText(new RegExp(`^Step ${step} of 100`));
    // The card follows what it speaks of, a moment after that has moved.
    await expect.poll(() => covered(page)).toBe(0);
  };
  await comesTo('Five tasks, one after the other', 0);
  await expect(region.getByRole('heading', { level: 2 })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(next).toBeFocused();
  await next.press('Enter');
  await comesTo('Three networks, one difference', 0);
  await page.keyboard.press('Enter');
  await comesTo('Ask them', 0);
  // Space is the button's, and neither plays nor pauses.
  await page.keyboard.press('Space');
  await comesTo('0 and 1 are learnt', 20);
  const slider = region.getByRole('slider', { name: 'Your prediction: accuracy of Fine-tune on 0 and 1' });
  await expect(slider).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(slider).toHaveAttribute('aria-valuetext', '45%');
  expect(await violations(page)).toEqual([]);
  expect(await overflow(page)).toEqual({ across: 0, down: 0 });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await comesTo('A few steps into task 2', 35);
  await page.keyboard.press('Enter');
  await comesTo('The end of task 2', 40);

  // What is said of the prediction is what the table shows.
  const said = /You said 45%\. Fine-tune gets ([\d.]+)% of 0 and 1 right\. (.+)/.exec(await region.innerText());
  const found = Number(said?.[1]);
  const row = page.getByRole('region', { name: 'Accuracy by task' }).getByRole('row', { name: /Fine-tune/ });
  await expect(row.getByRole('cell').first()).toHaveText(found.toFixed(0));
  expect(said?.[2]).toBe(`That is ${Math.round(45 - found)} points less than you said.`);

  await page.keyboard.press('Enter');
  await comesTo('Why it forgets', 40);
  await page.keyboard.press('Enter');
  await comesTo('Which memories to repeat', 40);
  await expect(region.getByRole('radio', { name: 'Fine-tune' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(region.getByRole('radio', { name: 'ER', exact: true })).toBeChecked();
  await next.press('Enter');
  await comesTo('After all five tasks', 100);
  const outcome = await region.getByText(/^You said ER\. /).innerText();
  for (const [letter, name] of [
    ['A', 'Fine-tune'],
    ['B', 'ER'],
    ['C', 'ER-MIR'],
  ]) {
    const average = new RegExp(`[ ,]${name} ([\\d.]+)%`).exec(outcome)?.[1] ?? 'nothing';
    await expect(lab.lane(letter)).toContainText(`${average}%`);
  }
  // Back shows an earlier card, and says that the run has gone on.
  await region.getByRole('button', { name: 'Back' }).press('Enter');
  await expect(region).toContainText('This card speaks of step 40; the run is at step 100 by now.');
  await next.press('Enter');
  await next.press('Enter');
  await expect(region.getByRole('heading', { name: 'Now try' })).toBeFocused();
  await expect(next).toHaveCount(0);
  await expect(region.getByRole('link').first()).toBeVisible();
  expect(await violations(page)).toEqual([]);

  // On a phone the card lies below what it speaks of.
  await page.setViewportSize({ width: 390, height: 844 });
  await region.getByRole('button', { name: 'Back' }).click();
  await expect.poll(() => covered(page)).toBe(0);
  expect((await overflow(page)).across).toBe(0);
  await page.setViewportSize({ width: 1366, height: 768 });

  // Leaving brings back the run of before, which goes on.
  await region.getByRole('button', { name: 'Leave' }).press('Enter');
  await expect(region).toHaveCount(0);
  await expect(lab.status()).toHaveText(/^Step 1 of 100/);
  expect(page.url()).not.toContain('lesson');

  await follow(page, `lesson=remembering&${settings}`);
  await expect(lab.notices()).toContainText(/^There is no lesson remembering; there are: forgetting/);
  await expect(region).toHaveCount(0);
  expect(page.url()).not.toContain('lesson');
});
