import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';
import { mainThreadTasks } from './mainThreadTasks.ts';

declare global {
  interface Window {
    /** When the page showed its first trained step, in milliseconds from its opening. */
    firstStepAt: number | null;
  }
}

/** A press that is answered within this time seems answered at once, so that a longer task is felt. */
const longTask = 100;

// The worker and the page share two cores with all that the machine does: noise only adds, and the best of three counts.
test.describe.configure({ retries: 2 });

test('training leaves the main thread free', { tag: '@time' }, async ({ lab, page }, testInfo) => {
  await lab.open('');
  await test.step('a long task is seen, so that silence means something', async () => {
    const tasks = await mainThreadTasks(page, async () => {
      await page.evaluate(() => {
        const end = performance.now() + 500;
        while (performance.now() < end);
      });
      // A task is written to the trace when it ends, which is after its result is here.
      await page.waitForTimeout(500);
    });
    expect(tasks.filter(({ busy }) => busy > longTask).length).toBeGreaterThan(0);
  });
  await lab.button('Play').click();
  await lab.reach(1);
  const from = await lab.currentStep();
  const tasks = await mainThreadTasks(page, () => page.waitForTimeout(5_000));
  const steps = (await lab.currentStep()) - from;
  const longest = (key: 'wall' | 'busy') => Math.round(Math.max(...tasks.map((task) => task[key])));
  const figure = `${steps} steps of all lanes in 5 s; longest of ${tasks.length} main-thread tasks: ${longest('busy')} ms of work, ${longest('wall')} ms on the clock`;
  testInfo.annotations.push({ type: 'main thread', description: figure });
  console.log(`      ${figure}`);
  expect(steps).toBeGreaterThan(20);
  expect(tasks.length).toBeGreaterThan(100);
  // Work, not clock: the worker and whatever else the machine runs may have the processor in between.
  expect(tasks.filter(({ busy }) => busy > longTask)).toEqual([]);
});

test('the page answers while it trains', { tag: '@time' }, async ({ lab, page }) => {
  await lab.open(smallRun.replace('100', '1000'));
  await lab.button('Play').click();
  await lab.reach(2);
  const begun = Date.now();
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  expect(Date.now() - begun).toBeLessThan(2_000);
  await page.keyboard.press('Escape');
  await lab.button('Pause').click();
  await expect(lab.button('Play')).toBeVisible();
});

/** On a quiet machine it takes 3 s at most; tests share theirs with a browser's worth of processes. */
const longestOpening = 6_000;

test(
  'soon after the page is opened it trains, data in the browser',
  { tag: '@time' },
  async ({ lab, page }, testInfo) => {
    await lab.open('');
    await page.addInitScript(() => {
      window.firstStepAt = null;
      const timer = setInterval(() => {
        const status = document.querySelector('[role=status]')?.textContent ?? '';
        if (/^Step [1-9]/.test(status)) {
          window.firstStepAt = performance.now();
          clearInterval(timer);
        } else if (status !== '') {
          [...document.querySelectorAll('button')].find((button) => button.textContent === 'Play')?.click();
        }
      }, 10);
    });
    await page.reload();
    await lab.reach(1);
    const milliseconds = (await page.evaluate(() => window.firstStepAt)) ?? NaN;
    const figure = `first training step ${Math.round(milliseconds)} ms after the page was opened`;
    testInfo.annotations.push({ type: 'first step', description: figure });
    console.log(`      ${figure}`);
    expect(milliseconds).toBeLessThan(longestOpening);
  },
);
