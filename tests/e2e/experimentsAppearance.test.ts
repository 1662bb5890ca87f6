import { expect, test } from './labTest.ts';
import { overflow, violations } from './pageChecks.ts';
import { smallSweep, SweepPage } from './sweepPage.ts';

const shortSweep = smallSweep.replace('samples-per-task=100', 'samples-per-task=50').replace('seeds=3', 'seeds=2');

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`the experiments on a projector, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('fit without scrolling the page and can be read by everybody', async ({ lab }, testInfo) => {
      const sweep = new SweepPage(lab.page);
      await sweep.open(shortSweep);
      expect(await violations(sweep.page), 'before the first run').toEqual([]);
      await sweep.button('Run').click();
      await sweep.finish();
      await testInfo.attach(`experiments, ${colorScheme}`, {
        body: await sweep.page.screenshot(),
        contentType: 'image/png',
      });
      expect(await violations(sweep.page), 'with results').toEqual([]);
      expect(await overflow(sweep.page)).toEqual({ across: 0, down: 0 });
    });
  });
}

test.describe('the experiments on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('scroll in one direction only and can be read by everybody', async ({ lab }, testInfo) => {
    const sweep = new SweepPage(lab.page);
    await sweep.open(shortSweep);
    await sweep.button('Run').click();
    await sweep.finish();
    await testInfo.attach('experiments on a phone', {
      body: await sweep.page.screenshot({ fullPage: true }),
      contentType: 'image/png',
    });
    expect(await violations(sweep.page)).toEqual([]);
    expect((await overflow(sweep.page)).across).toBe(0);
  });
});

test('every control of the experiments is reached by keyboard, and shows that it is', async ({ lab }) => {
  const sweep = new SweepPage(lab.page);
  await sweep.open(shortSweep);
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
