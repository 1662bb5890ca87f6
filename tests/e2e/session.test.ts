import Papa from 'papaparse';
import { smallRun } from './labPage.ts';
import { expect, test } from './labTest.ts';

/** Rows of a CSV with a lane and a step up to which they count. */
function rowsUntil(csv: Buffer, lane: string, step: number): string[] {
  const { data, errors } = Papa.parse<Record<string, string>>(csv.toString('utf8'), { header: true });
  expect(errors).toEqual([]);
  return data.filter((row) => row['lane'] === lane && Number(row['step']) <= step).map((row) => JSON.stringify(row));
}

test('plays, switches retrieval live, pauses, steps, resets to the same curve, exports and imports', async ({
  lab,
  page,
}, testInfo) => {
  await lab.open(`lanes=er,er&seed=3&${smallRun}`);
  await expect(page.getByRole('button', { name: /^WASM, not on the GPU/ })).toBeVisible();

  await test.step('play, and switch lane B to MIR while it trains', async () => {
    await lab.setSpeed(2);
    await lab.button('Play').click();
    await lab.reach(12);
    await expect(lab.lane('B').getByRole('list', { name: 'Random picks' }).getByRole('listitem')).toHaveCount(10);
    await lab.setRetrieval('B', 'MIR');
    await lab.reach(18);
    await expect(lab.curves('Average accuracy').getByText('B → MIR')).toBeVisible();
    for (const name of ['Average accuracy', 'Average forgetting'] as const)
      await expect(lab.curves(name).getByText('B · ER, now MIR', { exact: true })).toBeVisible();
  });

  await test.step('pause holds, step trains exactly one batch', async () => {
    await lab.button('Pause').click();
    await expect(lab.button('Play')).toBeVisible();
    await page.waitForTimeout(300);
    const paused = await lab.currentStep();
    await page.waitForTimeout(700);
    expect(await lab.currentStep()).toBe(paused);
    await lab.button('Step').click();
    await expect(lab.status()).toHaveText(new RegExp(`^Step ${paused + 1} of 50`));
    await page.waitForTimeout(500);
    expect(await lab.currentStep()).toBe(paused + 1);
  });

  await test.step('retrieved memories are real images with label, task and score', async () => {
    const items = lab.lane('B').getByRole('list', { name: 'MIR picks' }).getByRole('listitem');
    await expect(items).toHaveCount(10);
    const names = await items.evaluateAll((all) => all.map((item) => item.ariaLabel ?? item.textContent));
    const scores = names.map((name) =>
      Number(/^Digit \d, task [1-5], score ([+−]\d+\.\d+)$/.exec(name)?.[1].replace('−', '-')),
    );
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const images = await items.locator('canvas').evaluateAll((canvases) =>
      canvases.map((canvas) => {
        const context = canvas instanceof HTMLCanvasElement ? canvas.getContext('2d') : null;
        return Array.from(context?.getImageData(0, 0, context.canvas.width, context.canvas.height).data ?? []);
      }),
    );
    expect(new Set(images.map((image) => image.join())).size, 'different images').toBeGreaterThan(5);
    expect(new Set(images.flat()).size, 'shades of grey').toBeGreaterThan(30);
  });

  await lab.setSpeed(7);
  await lab.button('Play').click();
  await lab.finish();
  await testInfo.attach('finished', { body: await page.screenshot(), contentType: 'image/png' });
  const { bytes: csv, fileName } = await lab.exportCurves('Average accuracy', 'CSV');
  const { text: runText, run } = await lab.exportRun();

  await test.step('CSV names lane, method and retrieval of every evaluation', () => {
    expect(fileName).toMatch(/^mir-lab-split-mnist-er-er-seed3-.*\.csv$/);
    const text = csv.toString('utf8');
    expect(text.split('\r\n')[0]).toBe(
      'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1,accuracyTask2,accuracyTask3,accuracyTask4,accuracyTask5,testSet,testImages,averageAnytimeAccuracy,minimumAccuracy,worstCaseAccuracy,backwardTransfer,plasticity,averageAnytimeAccuracyBetween,minimumAccuracyBetween,worstCaseAccuracyBetween',
    );
    const { data } = Papa.parse<Record<string, string>>(text, { header: true });
    const change = run.retrievalChanges[0];
    expect(run.retrievalChanges).toEqual([{ lane: 1, step: change.step, retrieval: 'mir' }]);
    for (const row of data.filter(({ lane }) => lane === 'B')) {
      if (Number(row['step']) < change.step) expect(row['retrieval']).toBe('random');
      if (Number(row['step']) > change.step) expect(row['retrieval']).toBe('mir');
    }
    expect(
      data.filter((row) => row['lane'] === 'A' && row['testSet'] === 'complete').map((row) => row['step']),
    ).toEqual(['10', '20', '30', '40', '50']);
  });

  await test.step('JSON holds configuration, seed, backend, version, evaluations and changes', () => {
    expect(run).toMatchObject({
      config: { lanes: ['er', 'er'], seed: 3, hidden: 32 },
      backend: { name: 'wasm' },
      step: 50,
      totalSteps: 50,
    });
    expect(run.engineVersion).toMatch(/^\d+\.\d+\.\d+$/);
    expect(run.lanes.map(({ losses }) => losses.length)).toEqual([50, 50]);
  });

  await test.step('PNG has twice the size of the SVG, which has title, legend and configuration', async () => {
    const { bytes: svg } = await lab.exportCurves('Average accuracy', 'SVG');
    const markup = svg.toString('utf8');
    const parsed = await page.evaluate((text) => {
      const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
      return {
        name: root.tagName,
        title: root.querySelector('title')?.textContent,
        text: root.textContent,
        width: Number(root.getAttribute('width')),
        lines: root.querySelectorAll('path').length,
      };
    }, markup);
    expect(parsed.name).toBe('svg');
    expect(parsed.title).toBe('Average accuracy');
    for (const words of ['A · ER', 'B · ER, now MIR', 'B → MIR', 'task 5', 'step 0', 'seed 3'])
      expect(parsed.text).toContain(words);
    expect(parsed.lines).toBeGreaterThan(2);
    expect(markup).not.toContain('var(--');
    const { bytes: png } = await lab.exportCurves('Average accuracy', 'PNG');
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(png.readUInt32BE(16)).toBeGreaterThanOrEqual(2 * parsed.width);
    expect(png.length).toBeGreaterThan(20_000);
    await testInfo.attach('average accuracy', { body: png, contentType: 'image/png' });
  });

  await test.step('reset replays the same numbers: lane A throughout, lane B up to the switch', async () => {
    await lab.button('Reset').click();
    await lab.ready();
    await lab.button('Play').click();
    await lab.finish();
    const { bytes: again } = await lab.exportCurves('Average accuracy', 'CSV');
    expect(rowsUntil(again, 'A', 50)).toEqual(rowsUntil(csv, 'A', 50));
    expect(rowsUntil(again, 'B', run.retrievalChanges[0].step)).toEqual(
      rowsUntil(csv, 'B', run.retrievalChanges[0].step),
    );
    expect(rowsUntil(again, 'B', 50)).not.toEqual(rowsUntil(csv, 'B', 50));
    const { run: replay } = await lab.exportRun();
    expect(replay.lanes[0].losses).toEqual(run.lanes[0].losses);
    expect(replay.retrievalChanges).toEqual([]);
  });

  await test.step('the exported run comes back as the same curves', async () => {
    await lab.importRun('my run.json', runText);
    // Its name is there before, while it is read.
    await expect(page.getByText('Showing my run.json')).toBeVisible();
    expect((await lab.exportCurves('Average accuracy', 'CSV')).bytes.toString('utf8')).toBe(csv.toString('utf8'));
    await lab.importRun('broken.json', runText.slice(0, 1_000));
    await expect(lab.notices().getByRole('alert').filter({ hasText: 'broken.json' })).toBeVisible();
    await expect(page.getByText('my run.json')).toBeVisible();
    await lab.button('Start a new run').click();
    await lab.ready();
  });
});

test('a lane whose loss is not finite stops and says why; order is kept when it is hurried', async ({ lab }) => {
  await lab.open('learning-rate=100&samples-per-task=50&evaluation-size=50');
  await lab.button('Play').click();
  for (const letter of ['A', 'B']) {
    await expect(lab.lane(letter).getByRole('alert')).toContainText(/not a finite number.*learning rate/i, {
      timeout: 60_000,
    });
  }
  await lab.button('Reset').click();
  await lab.ready();
  await expect(lab.lane('A').getByRole('alert')).toHaveCount(0);

  await lab.page.goto('about:blank');
  await test.step('reset in mid-run, then step and new seed at once', async () => {
    await lab.open('lanes=fine-tune,er,er-mir&samples-per-task=100&hidden=16&evaluation-interval=5&evaluation-size=20');
    await lab.setSpeed(4);
    await lab.button('Play').click();
    await lab.reach(3);
    await lab.button('Reset').click();
    await lab.button('Step').click();
    await lab.button('New seed').click();
    await lab.ready();
    await lab.setSpeed(7);
    await lab.button('Play').click();
    await lab.finish();
    const { run } = await lab.exportRun();
    expect(run.lanes.map(({ losses }) => losses.length)).toEqual([50, 50, 50]);
    const steps = run.evaluations.filter(({ lane }) => lane === 0).map(({ step }) => step);
    expect(steps).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  });
});
