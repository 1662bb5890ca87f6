import { expect, test } from './labTest.ts';
import { becomePhone, movedByItself, onEveryScheme, overflow, reachedByTab, violations } from './pageChecks.ts';
import { smallSweep, SweepPage } from './sweepPage.ts';

const shortSweep = smallSweep.replace('seeds=3', 'seeds=2');

test.describe('the experiments on a projector in dark and in light, and on a phone', () => {
  test.use({ colorScheme: 'dark' });

  test('fit, can be read by everybody, and worked by keyboard', async ({ lab, page }, testInfo) => {
    const sweep = new SweepPage(lab.page);
    await sweep.open(shortSweep);
    expect(await movedByItself(page), 'on a projector').toBeLessThan(0.05);
    await test.step('every control is reached by keyboard, and shows that it is', async () => {
      const reached = await reachedByTab(sweep.page, 70);
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
    expect(await movedByItself(page), 'on a phone').toBeLessThan(0.05);
    expect(await violations(page)).toEqual([]);
    expect((await overflow(page)).across).toBe(0);
    await testInfo.attach('experiments on a phone', {
      body: await page.screenshot({ fullPage: true }),
      contentType: 'image/png',
    });
  });
});
