import type { MethodName } from '../../src/core/methods.ts';
import type { RunFile } from '../../src/core/runFile.ts';
import { cifar10Files, tarOf } from '../unit/worker/cifar10Tar.ts';
import type { LabPage } from './labPage.ts';
import { expect } from './labTest.ts';
import { dropFile, keptPixels } from './openedData.ts';

/** One step for each task, on the smallest ResNet-18 and autoencoder: slow enough where graphics are imitated in software. */
export const smallCifar10 =
  'seed=1&samples-per-task=10&filters=1&memory-per-class=1&candidates=4&budget=2&evaluation-interval=1000&evaluation-size=10' +
  '&ae-filters=1&ae-epochs=2&ae-replays=2&ae-candidates=4';

/** Gives the page a small archive of CIFAR-10, which it keeps, and leaves it on a short Split CIFAR-10. */
export async function openSmallCifar10(lab: LabPage): Promise<void> {
  const { page } = lab;
  await page.route('**/data/cifar10/**', (route) => route.abort());
  await lab.open('lanes=er-mir&samples-per-task=20&hidden=16', '?backend=cpu');
  await dropFile(page, 'cifar-10-binary.tar.gz', await tarOf(cifar10Files(20)));
  await page.getByRole('dialog').getByRole('button', { name: 'Use what is whole' }).click();
  await expect(page.getByRole('combobox', { name: 'Scenario' })).toHaveValue('split-cifar10');
  await keptPixels(page, 'cifar10', 0);
}

/**
 * Trains methods side by side on Split CIFAR-10 on one backend, from their first step to their last or to a step said,
 * one of each task, and checks what came of it.
 */
export async function trainCifar10(
  lab: LabPage,
  methods: readonly MethodName[],
  backend: string,
  timeout: number,
  steps = 5,
): Promise<RunFile> {
  await lab.page.goto('about:blank');
  await lab.page.goto(`./?backend=${backend}#scenario=split-cifar10&lanes=${methods.join()}&${smallCifar10}`);
  await expect(lab.status()).toHaveText('Step 0 of 5 · task 1 of 5', { timeout });
  await lab.button('Play').click();
  await lab.reach(steps, timeout);
  if (steps < 5) await lab.button('Pause').click();
  await expect(lab.button('Play')).toBeVisible({ timeout });
  if (steps === 5)
    await expect(lab.page.getByRole('region', { name: 'Accuracy by task' }).getByRole('cell')).toHaveText(
      Array(5 * methods.length).fill(/^\d+$/),
    );
  const { run } = await lab.exportRun();
  expect(run.backend?.name).toBe(backend);
  expect(run.lanes.map(({ method }) => method)).toEqual(methods);
  for (const [lane, { losses }] of run.lanes.entries()) {
    expect(losses.slice(0, steps).map((loss) => Number.isFinite(loss))).toEqual(Array(steps).fill(true));
    // The last task's where the run is over; a pause may come before the evaluation that follows the step.
    const tasks = steps < 5 ? steps - 1 : 5;
    const ends = run.evaluations.filter((evaluation) => evaluation.lane === lane && evaluation.taskEnd);
    expect(ends.slice(0, tasks).map(({ set }) => set)).toEqual(Array(tasks).fill('complete'));
    expect(
      ends[tasks - 1].accuracyByTask.map((accuracy) => accuracy !== null && accuracy >= 0 && accuracy <= 1),
    ).toEqual(Array.from({ length: 5 }, (_, task) => task < tasks));
  }
  return run;
}

/**
 * The largest difference between the losses of two runs in their first two steps. Later ones tell little: batch
 * normalisation over ten images that are nearly alike makes rounding grow by a factor of a hundred a step.
 */
export function lossGap(one: RunFile, other: RunFile): number {
  const gaps = one.lanes.flatMap(({ losses }, lane) =>
    losses.slice(0, 2).map((loss, step) => Math.abs((loss ?? NaN) - (other.lanes[lane].losses[step] ?? NaN))),
  );
  return Math.max(...gaps);
}
