import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { becomePhone, onEveryScheme, overflow, violations } from './pageChecks.ts';

/** All lanes and charts, after three steps of each task. */
const shortRun = 'samples-per-task=30&hidden=16&evaluation-interval=3&evaluation-size=20';

test.describe('on a projector in dark and in light, and on a phone', () => {
  test.use({ colorScheme: 'dark' });

  test('fits, and can be read by everybody', async ({ lab, page }, testInfo) => {
    await lab.open(shortRun);
    await onEveryScheme(page, async () => {
      expect(await violations(page), 'before the first step').toEqual([]);
    });
    expect((await page.getByRole('banner').boundingBox())?.height, 'the top strip is one row').toBeLessThan(60);
    await lab.button('Play').click();
    await lab.finish();
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

test('every control is reached by keyboard, and shows that it is', async ({ lab, page }) => {
  await lab.open(smallRun);
  const reached: string[] = [];
  for (let press = 0; press < 40; press++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || element === document.body) return null;
      const shown = element.matches('input[type=radio]') ? (element.closest('label') ?? element) : element;
      const { outlineStyle, boxShadow } = getComputedStyle(shown);
      const name = element.ariaLabel ?? (element.textContent.trim() || element.getAttribute('value')) ?? '';
      return { name, visible: outlineStyle !== 'none' || boxShadow !== 'none' };
    });
    if (focus === null) break;
    expect(focus.visible, `focus on "${focus.name}" can be seen`).toBe(true);
    reached.push(focus.name);
  }
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
