import type { RunFile } from '../../src/state/runFileSchema.ts';
import { cifar10Files, tarOf } from '../unit/worker/cifar10Tar.ts';
import { dropFile } from './dropFile.ts';
import type { LabPage } from './labPage.ts';
import { expect } from './labTest.ts';

/** One step for each task, on the smallest ResNet-18: slow enough where graphics are imitated in software. */
const settings = 'seed=1&samples-per-task=10&filters=1&memory-per-class=1&candidates=4&budget=2&evaluation-interval=1000&evaluation-size=10';

/** Gives the page a small archive of CIFAR-10, which it keeps, and leaves it on a short Split CIFAR-10. */
export async function openSmallCifar10(lab: LabPage): Promise<void> {
  const { page } = lab;
  await page.route('**/data/cifar10/**', (route) => route.abort());
  await lab.open('lanes=er-mir&samples-per-task=20&hidden=16', '?backend=cpu');
  await dropFile(page, 'cifar-10-binary.tar.gz', await tarOf(cifar10Files(60)));
  await page.getByRole('dialog').getByRole('button', { name: 'Use what is whole' }).click();
  await expect(page.getByRole('combobox', { name: 'Scenario' })).toHaveValue('split-cifar10');
}

/** Trains ER-MIR on Split CIFAR-10 from its first step to its last, on one backend, and checks what came of it. */
export async function trainCifar10(lab: LabPage, backend: string, timeout: number): Promise<RunFile> {
  await lab.page.goto('about:blank');
  await lab.page.goto(`./?backend=${backend}#scenario=split-cifar10&lanes=er-mir&${settings}`);
  await expect(lab.status()).toHaveText('Step 0 of 5 · task 1 of 5', { timeout });
  await lab.button('Play').click();
  await expect(lab.status()).toHaveText('Step 5 of 5 · task 5 of 5', { timeout });
  await expect(lab.button('Play')).toBeVisible({ timeout });
  await expect(lab.page.getByRole('region', { name: 'Accuracy by task' }).getByRole('cell')).toHaveText(Array(5).fill(/^\d+$/));
  const { run } = await lab.exportRun();
  expect(run.backend?.name).toBe(backend);
  const [{ losses }] = run.lanes;
  expect(losses.map((loss) => Number.isFinite(loss))).toEqual(Array(5).fill(true));
  const last = run.evaluations.at(-1);
  expect([last?.set, last?.accuracyByTask.map((accuracy) => accuracy !== null && accuracy >= 0 && accuracy <= 1)]).toEqual(['complete', Array(5).fill(true)]);
  return run;
}

/**
 * The largest difference between the losses of two runs in their first two steps. Later ones tell little: batch
 * normalisation over ten images that are nearly alike makes rounding grow by a factor of a hundred a step.
 */
export function lossGap(one: RunFile, other: RunFile): number {
  return Math.max(...one.lanes[0].losses.slice(0, 2).map((loss, step) => Math.abs((loss ?? NaN) - (other.lanes[0].losses[step] ?? NaN))));
}
