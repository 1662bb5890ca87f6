import { expect, test } from './labTest.ts';
import { becomePhone, movedByItself, onEveryScheme, overflow, reachedByTab, violations } from './pageChecks.ts';

/** All lanes and charts, after three steps of each task. */
const shortRun = 'samples-per-task=30&hidden=16&evaluation-interval=3&evaluation-size=20';

test.describe('on a projector in dark and in light, and on a phone', () => {
  test.use({ colorScheme: 'dark' });

  test('fits, can be read by everybody, and worked by keyboard', async ({ lab, page }, testInfo) => {
    await lab.open(shortRun);
    expect(await movedByItself(page), 'on a projector').toBeLessThan(0.05);
    await test.step('every control is reached by keyboard, and shows that it is', async () => {
      const reached = await reachedByTab(page, 40);
      for (const name of [
        'Play',
        'Step',
        'Reset',
        'New seed',
        'Speed',
        'Scenario',
        'Settings',
        'Share link',
        'Export run',
        'Import run',
        'Method',
        'Export',
      ]) {
        expect(reached, name).toContain(name);
      }
    });
    await onEveryScheme(page, async () => {
      expect(await violations(page), 'before the first step').toEqual([]);
    });
    expect((await page.getByRole('banner').boundingBox())?.height, 'the top strip is one row').toBeLessThan(60);
    await test.step('what opens beside a control has a name, or belongs to the control, and a place', async () => {
      await lab.button('About average accuracy').click();
      await expect(page.getByRole('dialog', { name: 'About average accuracy' })).toBeVisible();
      await lab.button('Reset').hover();
      await expect(page.getByText('Same weights and same images again')).toBeVisible();
      await expect(lab.button('Reset')).toHaveAccessibleDescription(/^Same weights and same images again, from step 0/);
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
    });
    await lab.button('Play').click();
    await lab.finish();
    await lab.curves('Average accuracy').getByRole('button', { name: 'Export' }).click();
    await expect(page.getByRole('main').getByRole('menu')).toBeVisible();
    await page.keyboard.press('Escape');
    await onEveryScheme(page, async (scheme) => {
      await testInfo.attach(`projector, ${scheme}`, { body: await page.screenshot(), contentType: 'image/png' });
      expect(await violations(page), 'after a run').toEqual([]);
      expect(await overflow(page)).toEqual({ across: 0, down: 0 });
    });
    await lab.button('Settings').click();
    await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
    await onEveryScheme(page, async () => {
      expect(await violations(page), 'with the settings open').toEqual([]);
    });

    // The run comes back on the phone.
    await becomePhone(page);
    await lab.finish();
    expect(await violations(page)).toEqual([]);
    expect((await overflow(page)).across).toBe(0);
    await testInfo.attach('phone', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
  });
});

for (const [lang, words] of [
  ['en', { play: 'Play', more: /Fine-tune replays nothing; ER .*; ER-MIR .*\.$/ }],
  ['de', { play: 'Start', more: /Fine-tune wiederholt nichts; ER .*; ER-MIR .*\.$/ }],
] as const) {
  test(`nothing touches, is covered or is left out, in ${lang}`, async ({ lab, page }) => {
    await page.goto(`./?lang=${lang}#`);
    const headline = page.locator('main p').filter({ hasText: 'Fine-tune' }).first();
    const more = headline.getByText(words.more).last();
    // Loading stands in its place for a moment.
    await expect(lab.status()).toHaveText(/^\w+ 0 \w+ \d+/);
    await expect(more).toBeVisible();
    expect(await headline.evaluate((element) => parseFloat(getComputedStyle(element).fontSize))).toBeGreaterThanOrEqual(
      16,
    );

    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`./?lang=${lang}#lanes=er,er-mir&seed=98&${shortRun}`);
    await page.reload();
    await expect(lab.status()).toHaveText(/^\w+ 0 \w+ 15/);
    expect(await movedByItself(page), 'on a phone').toBeLessThan(0.05);
    await lab.button(words.play).click();
    const again = page.locator('[data-play]').getByText(/ 99$/);
    await expect(again).toBeVisible({ timeout: 60_000 });
    /** Every two neighbours of the bar, from the words of one to those of the other. */
    const gaps = await page.locator('[data-play]').evaluate((play) => {
      const parts = [...(play.parentElement?.children ?? [])].filter((part) => part.getBoundingClientRect().width > 0);
      const ink = parts.map((part) => {
        const range = document.createRange();
        range.selectNodeContents(part);
        return [...range.getClientRects()].filter(({ width }) => width > 0);
      });
      return ink.slice(1).map((rects, index) => {
        const before = Math.max(...ink[index].map(({ right }) => right));
        return Math.min(...rects.map(({ left }) => left)) - before;
      });
    });
    expect(gaps).toHaveLength(4);
    for (const gap of gaps) expect(gap).toBeGreaterThan(4);
    expect((await overflow(page)).across).toBe(0);
    // The longest words of the slider, on a small phone: nothing of a fixed bar can be scrolled to.
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('slider').first().fill('6');
    const end = await page.locator('[data-play]').evaluate((play) => {
      const last = play.parentElement?.lastElementChild?.getBoundingClientRect();
      return last?.right ?? Infinity;
    });
    expect(end).toBeLessThanOrEqual(360);

    // What is said covers no control at the end of the page, nor the bar that steers the run.
    await page.goto(`./?lang=${lang}#hidden=abc&${shortRun.replace('hidden=16&', '')}`);
    const notices = page.locator('ul[aria-live]');
    await expect(notices.getByRole('listitem').first()).toBeVisible();
    for (const width of [390, 683, 1_000]) {
      await page.setViewportSize({ width, height: 500 });
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      const covered = await notices.evaluate((list) => {
        const over = list.getBoundingClientRect();
        const controls = [...document.querySelectorAll('button, a, input, select')].filter(
          (one) => !list.contains(one),
        );
        return controls.flatMap((one) => {
          const { left, right, top, bottom, width: wide } = one.getBoundingClientRect();
          const meets = left < over.right && right > over.left && top < over.bottom && bottom > over.top;
          return meets && wide > 1 ? [one.ariaLabel ?? one.textContent] : [];
        });
      });
      expect(covered, `at ${width}`).toEqual([]);
    }
  });
}
