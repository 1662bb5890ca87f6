import { lossGap, openSmallCifar10, trainCifar10 } from './cifar10Run.ts';
import type { LabPage } from './labPage.ts';
import { expect, test } from './labTest.ts';

const settings =
  'seed=1&samples-per-task=50&hidden=32&memory-per-class=5&candidates=20&budget=5&evaluation-interval=1000&evaluation-size=10';

/** Losses of each lane after the first task boundary, on one backend. */
async function lossesOn(backend: string, lab: LabPage): Promise<readonly (readonly (number | null)[])[]> {
  await lab.open(settings, `?backend=${backend}`);
  await lab.button('Play').click();
  // The second task's evaluation comes with step 10; its losses are there before.
  await lab.reach(10, 150_000);
  await lab.button('Pause').or(lab.button('Play')).click();
  const { run } = await lab.exportRun();
  expect(run.backend?.name).toBe(backend);
  expect(run.evaluations.some(({ taskEnd, set, task }) => taskEnd && set === 'complete' && task === 1)).toBe(true);
  return run.lanes.map(({ losses }) => losses.slice(0, 10));
}

test('trains past a task boundary on WebGPU, with the losses of plain JavaScript', async ({ lab, page }, testInfo) => {
  test.setTimeout(240_000);
  const onWebgpu = await lossesOn('webgpu', lab);
  await expect(
    page.getByRole('button', { name: /^WebGPU, not on the GPU/ }).or(page.getByText('WebGPU · GPU')),
  ).toBeVisible();
  await testInfo.attach('webgpu', { body: await page.screenshot(), contentType: 'image/png' });
  const onCpu = await lossesOn('cpu', lab);
  expect(onCpu).toHaveLength(3);
  for (const [lane, losses] of onCpu.entries()) {
    expect(losses).toHaveLength(10);
    const gaps = losses.map((loss, step) => Math.abs((loss ?? NaN) - (onWebgpu[lane][step] ?? NaN)));
    expect(Math.max(...gaps), `lane ${lane}: ${JSON.stringify(onWebgpu[lane])}`).toBeLessThan(1e-3);
  }
  // Retrieval was at work: from task 2 on ER and ER-MIR replay different memories.
  expect(onCpu[1]).not.toEqual(onCpu[2]);
});

test('trains ER-MIR and AE-MIR on Split CIFAR-10 past two task boundaries on WebGPU, from the first losses of wasm', async ({
  lab,
}) => {
  test.setTimeout(360_000);
  await openSmallCifar10(lab);
  // Wasm is held to plain JavaScript in scenarios.test.ts.
  const onWasm = await trainCifar10(lab, ['er-mir', 'ae-mir'], 'wasm', 60_000);
  // Here a step takes as long as ten openings of the page. The third plays what the second, which is the first to
  // replay, has recorded; on wasm the run has gone to its end.
  const onWebgpu = await trainCifar10(lab, ['er-mir', 'ae-mir'], 'webgpu', 240_000, 3);
  expect(lossGap(onWasm, onWebgpu)).toBeLessThan(1e-3);
});
