import { expect, test } from './labTest.ts';
import { becomePhone, onEveryScheme, overflow, violations } from './pageChecks.ts';
import { smallSweep, SweepPage } from './sweepPage.ts';

const shortSweep = smallSweep.replace('seeds=3', 'seeds=2');

test.describe('the experiments on a projector in dark and in light, and on a phone', () => {
  test.use({ colorScheme: 'dark' });

  test('fit, can be read by everybody, and worked by keyboard', async ({ lab, page }, testInfo) => {
    const sweep = new SweepPage(lab.page);
    await sweep.open(shortSweep);
    await test.step('every control is reached by keyboard, and shows that it is', async () => {
      const reached: string[] = [];
      for (let press = 0; press < 70; press++) {
        await sweep.page.keyboard.press('Tab');
        const focus = await sweep.page.evaluate(() => {
          const element = document.activeElement;
          if (!(element instanceof HTMLElement) || element === document.body) return null;
          const shown = element.matches('input[type=radio]') ? (element.closest('label') ?? element) : element;
          const { outlineStyle, boxShadow } = getComputedStyle(shown);
          const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent.trim() : '';
          return {
            name: element.ariaLabel ?? (label || element.textContent.trim()),
            visible: outlineStyle !== 'none' || boxShadow !== 'none',
          };
        });
        if (focus === null) break;
        expect(focus.visible, `focus on "${focus.name}" can be seen`).toBe(true);
        reached.push(focus.name);
      }
      for (const name of [
        'Lab',
        'Experiments',
        'Run',
        'Share link',
        'Table 1',
        'Seeds',
        'Samples per task',
        'Export table',
        'Run ER, Split MNIST',
        'GEM',
        'Table 1, scrolls',
      ]) {
        expect(reached, name).toContain(name);
      }
    });
    await onEveryScheme(page, async () => {
      expect(await violations(page), 'before the first run').toEqual([]);
    });
    await sweep.button('Run').click();
    await sweep.finish();
    await onEveryScheme(page, async (scheme) => {
      await testInfo.attach(`experiments, ${scheme}`, { body: await page.screenshot(), contentType: 'image/png' });
      expect(await violations(page), 'with results').toEqual([]);
      expect(await overflow(page)).toEqual({ across: 0, down: 0 });
    });

    // The results come back on the phone.
    await becomePhone(page);
    await sweep.finish();
    expect(await violations(page)).toEqual([]);
    expect((await overflow(page)).across).toBe(0);
    await testInfo.attach('experiments on a phone', {
      body: await page.screenshot({ fullPage: true }),
      contentType: 'image/png',
    });
  });
});
