import type { Page } from '@playwright/test';
import { faultMoments, faultRuns, faultSeedWords } from '../unit/faultRuns.ts';
import { LabPage, smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';

/** How often a run is cut off. */
const closings = faultRuns({ short: 2, long: 40 });
const stepsPerTask = 10;

/** The task of the latest checkpoint in the browser's storage; 0 if there is none yet, -1 if the run is finished. */
function storedTask(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('mir-lab-kept-runs');
        opening.onerror = () => reject(new Error('The storage cannot be opened.'));
        opening.onsuccess = () => {
          const reading = opening.result.transaction('runs').objectStore('runs').getAll();
          reading.onerror = () => reject(new Error('The storage cannot be read.'));
          reading.onsuccess = () => {
            const stored = reading.result as ({
              keptAt?: number;
              finished?: boolean;
              checkpoint?: { task: number };
            } | null)[];
            // Entries of runs; checkpoints that made room are null.
            const latest = stored
              .filter((value) => value?.keptAt !== undefined)
              .sort((one, other) => (other?.keptAt ?? 0) - (one?.keptAt ?? 0))
              .at(0);
            opening.result.close();
            resolve(latest?.finished === true ? -1 : (latest?.checkpoint?.task ?? 0));
          };
        };
      }),
  );
}

test('a run of three lanes that is closed, loaded again or killed at any moment comes back at its last checkpoint', async ({
  lab,
  page,
}) => {
  test.setTimeout(60_000 + closings * 30_000);
  const hash = `lanes=fine-tune,er,er-mir&${smallRun}`;
  await lab.open(hash);
  let current = page;
  let now = lab;
  let cutOff = 0;
  const draw = faultMoments();
  for (let closing = 0; closing < closings; closing++) {
    await now.button('New seed').click();
    await now.ready();
    await now.setSpeed(3);
    await now.button('Play').click();
    const moment = stepsPerTask + 1 + Math.floor(draw() * 20);
    await now.reach(moment);
    // On a busy machine storing takes as long as some steps.
    let stored = 0;
    await expect.poll(async () => (stored = await storedTask(current)), { intervals: [20] }).not.toBe(0);
    // Or longer than the run.
    if (stored < 0) continue;
    cutOff += 1;
    const address = current.url();
    if (closing % 3 === 0) {
      await current.reload();
    } else {
      const context = current.context();
      if (closing % 3 === 2) {
        // The process of the page ends at once, as where the browser is killed.
        const crashed = current.waitForEvent('crash');
        void (await context.newCDPSession(current)).send('Page.crash').catch(() => {});
        await crashed;
      }
      await current.close();
      current = await context.newPage();
      await current.goto(address);
    }
    now = new LabPage(current);
    // Storage of a busy browser is asked again after a quarter of a minute.
    await expect(now.notices().getByText(/^Back at the end of task \d; Play goes on\.$/)).toBeVisible({
      timeout: 50_000,
    });
    const said = await now
      .notices()
      .getByText(/^Back at the end/)
      .textContent();
    const task = Number(/task (\d)/.exec(said ?? '')?.[1]);
    // It trained on between the look into the storage and the end of the page.
    expect(task, `closed from step ${moment} on, ${faultSeedWords}`).toBeGreaterThanOrEqual(stored);
    await expect(now.status()).toHaveText(`Step ${task * stepsPerTask} of 50 · task ${task} of 5`);
    await expect(now.button('Play')).toBeVisible();
  }
  expect(cutOff).toBeGreaterThan(closings / 4);
  await now.setSpeed(7);
  await now.button('Play').click();
  await now.finish();
  const { run } = await now.exportRun();
  expect(run.lanes.map(({ losses }) => losses.length)).toEqual([50, 50, 50]);
});
