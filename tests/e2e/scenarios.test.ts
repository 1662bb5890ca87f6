import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cifar10Chunks, planChunks, writeDataset } from '../../src/cli/data/preparedFiles.ts';
import { decodeImage } from '../../src/cli/data/squareThread.ts';
import { cifar10ClassNames, cifar10ImageShape } from '../../src/core/scenarios.ts';
import { miniImagenetShape, splitClass } from '../../src/engine/data/miniImagenet.ts';
import { squareImage } from '../../src/engine/data/squareImage.ts';
import {
  className,
  imageName,
  lyingJpeg,
  miniImagenetFiles,
  writeFolder,
  zipOf,
} from '../unit/cli/smallMiniImagenet.ts';
import { cyclingLabels, idxImages, idxLabels } from '../unit/cli/smallMnist.ts';
import { cifar10Files, tarOf } from '../unit/worker/cifar10Tar.ts';
import { lossGap, smallCifar10, trainCifar10 } from './cifar10Run.ts';
import { dropFile, keptPixels } from './openedData.ts';
import { expect, test } from './labTest.ts';

/** Few images, and networks so small that even ResNet-18 takes steps at once. */
const small = 'samples-per-task=20&filters=2&memory-per-class=2&evaluation-interval=1000&evaluation-size=10';

test('GEM and iCaRL train past a task boundary, say what they do instead of retrieval, and show the numbers of a step', async ({
  lab,
  page,
}) => {
  await lab.open('lanes=gem,icarl&samples-per-task=50&hidden=16&evaluation-interval=1000&evaluation-size=50');
  await expect(lab.lane('A')).toContainText('Picks nothing to replay');
  await expect(lab.lane('B')).toContainText('It names an image by the class whose mean is nearest');
  await lab.button('Play').click();
  await lab.finish();
  const { run } = await lab.exportRun();
  expect(run.lanes.map(({ method }) => method)).toEqual(['gem', 'icarl']);
  expect(run.lanes.every(({ losses }) => losses.length === 25 && losses.every((loss) => loss !== null))).toBe(true);
  const table = page.getByRole('region', { name: 'Accuracy by task' });
  await expect(table.getByRole('cell')).toHaveText(Array(10).fill(/^\d+$/));

  // The last traced step, in slow motion: the products of GEM's gradients, and how it turned its own by them.
  await lab.button('Slow motion').click();
  const panel = page.getByRole('region', { name: 'What one step does' });
  const lane = (letter: string) => panel.getByRole('radio', { name: letter }).check();
  const numbers = async (name: string, column: number) => {
    const rows = await panel.getByRole('table', { name }).locator('tbody tr').all();
    const texts = await Promise.all(rows.map((row) => row.getByRole('cell').nth(column).innerText()));
    return texts.map((text) => Number(text.replace('−', '-')));
  };
  await lane('A');
  const next = lab.button('Next stage');
  await next.click();
  await next.click();
  const products = await numbers('Products with the gradients of the past', 0);
  expect(products).toHaveLength(4);
  const hurt = products.filter((product) => product < 0).length;
  await expect(panel).toContainText(
    hurt === 0 ? 'None is below 0' : hurt === 1 ? 'One is below 0' : `${hurt} are below`,
  );
  await next.click();
  expect(await numbers('The turned gradient', 1)).toEqual(products);
  const weights = await numbers('The turned gradient', 0);
  expect(Math.min(...weights)).toBeGreaterThanOrEqual(hurt === 0 ? 0 : 0.5);
  expect(Math.min(...(await numbers('The turned gradient', 2)))).toBeGreaterThan(-0.01);
  // iCaRL's targets: 1 for the label, 0 for other new classes, the earlier network's answers for old ones.
  await lane('B');
  await lab.button('Previous stage').click();
  const targets = await numbers('Targets and answers', 0);
  expect(targets.filter((target) => target === 1)).toHaveLength(1);
  await expect(panel).toContainText('against the old answers of 8 classes');
});

test('Permuted MNIST has ten tasks and no iCaRL, and Split MNIST comes back with its own settings', async ({
  lab,
  page,
}) => {
  await lab.open('lanes=icarl,er&samples-per-task=50&hidden=16');
  const scenario = page.getByRole('combobox', { name: 'Scenario' });
  await scenario.selectOption('Permuted MNIST');
  await expect(lab.status()).toHaveText('Step 0 of 1000 · task 1 of 10');
  expect(page.url()).toMatch(/#scenario=permuted-mnist&lanes=er&seed=\d+$/);
  await expect(page.getByRole('list', { name: 'Tasks' }).getByRole('listitem')).toHaveCount(10);
  const methods = lab.lane('A').getByRole('combobox', { name: 'Method' });
  await expect(methods).toHaveValue('er');
  await expect(methods.getByRole('option', { name: 'iCaRL' })).toHaveCount(0);
  await page.evaluate(() => (location.hash += '&samples-per-task=50&hidden=16'));
  await expect(lab.status()).toHaveText('Step 0 of 50 · task 1 of 10');
  await lab.button('Play').click();
  await lab.reach(6);
  await lab.button('Pause').click();
  await scenario.selectOption('Split MNIST');
  await expect(lab.status()).toHaveText('Step 0 of 500 · task 1 of 5');
  expect(page.url()).not.toContain('samples-per-task');

  // Files in MNIST's form keep their own name and the names of their classes.
  await page.evaluate((hash) => (location.hash = hash), `scenario=split-mnist&lanes=fine-tune,er&hidden=16&${small}`);
  await expect(lab.status()).toHaveText('Step 0 of 10 · task 1 of 5');
  const raw = (half: string, kind: string) => `FashionMNIST/raw/${half}-${kind}-ubyte`;
  const files = new Map([
    [raw('train', 'images-idx3'), idxImages(400)],
    [raw('train', 'labels-idx1'), idxLabels(cyclingLabels(400))],
    [raw('t10k', 'images-idx3'), idxImages(100)],
    [raw('t10k', 'labels-idx1'), idxLabels(cyclingLabels(100))],
  ]);
  await dropFile(page, 'fashion.zip', zipOf(files));
  await expect(scenario.locator('option:checked')).toHaveText('Split Fashion-MNIST');
  await expect(lab.status()).toHaveText('Step 0 of 10 · task 1 of 5');
  for (const step of [1, 2]) {
    await lab.button('Step').click();
    await expect(lab.status()).toContainText(`Step ${step} of 10`);
  }
  await expect(page.getByText('From now on, T-shirt/top and Trouser no longer come')).toBeVisible();
  await expect(page.getByRole('listitem', { name: /^Ankle boot: answers/ })).toHaveCount(2);
});

test.describe('with a prepared CIFAR-10 of 300 images', () => {
  test.use({ expectedErrors: [/Failed to load resource: the server responded with a status of 404/] });

  test('a run begins once its first task is there, waits before one that is not, and goes on by Play', async ({
    lab,
    page,
  }) => {
    const half = (count: number) => ({
      count,
      labels: Uint8Array.from({ length: count }, (_, index) => index % 10),
      pixels: Uint8Array.from({ length: 3_072 * count }, (_, index) => (31 * index + (index % 17)) % 256),
    });
    const small = { name: 'CIFAR-10', imageShape: cifar10ImageShape, classNames: cifar10ClassNames };
    const dataset = { ...small, train: half(300), test: half(100) };
    const directory = await mkdtemp(join(tmpdir(), 'cifar10-'));
    const labels = { train: dataset.train.labels, test: dataset.test.labels };
    await writeDataset(dataset, 'made up', planChunks('made up', labels, cifar10Chunks), directory);
    let lacksTaskTwo = true;
    await page.route('**/data/cifar10/**', (route) => {
      const name = new URL(route.request().url()).pathname.split('/').at(-1) ?? '';
      // A chunk is of one class.
      if (lacksTaskTwo && /^train-0[23]/.test(name)) return route.fulfill({ status: 404, body: 'nothing here' });
      return route.fulfill({ path: join(directory, name) });
    });
    await page.goto(`./?backend=wasm#scenario=split-cifar10&lanes=er,er-mir&${smallCifar10}`);
    await expect(lab.status()).toHaveText('Step 0 of 5 · task 1 of 5');
    await lab.button('Play').click();
    await expect(page.getByText('The run waits for these images; Play tries again.')).toContainText(
      /^data\/cifar10\/train-0[23]\S+ is missing on the server \(status 404\)/,
    );
    await expect(lab.status()).toHaveText('Step 1 of 5 · task 1 of 5');
    lacksTaskTwo = false;
    await lab.button('Play').click();
    await lab.reach(5);
    const { run } = await lab.exportRun();
    expect(run.lanes.map(({ losses }) => losses.every((loss) => Number.isFinite(loss)))).toEqual([true, true]);
    expect(run.lanes[1].losses).toHaveLength(5);
    await rm(directory, { recursive: true });
  });
});

test.describe('without the prepared CIFAR-10', () => {
  // The browser may or may not tell of a request that was refused.
  test.use({ expectedErrors: [/Failed to load resource: net::ERR_FAILED/] });

  test('an archive of CIFAR-10 that is short: says what is wrong, and what is whole of it trains', async ({
    lab,
    page,
  }) => {
    await page.route('**/data/cifar10/**', (route) => route.abort());
    await lab.open('lanes=er-mir&samples-per-task=20&hidden=16');
    await dropFile(page, 'cifar-10-binary.tar.gz', await tarOf(cifar10Files(60)));
    const dialog = page.getByRole('dialog', { name: 'Not all of this data is as it should be' });
    await expect(dialog).toContainText('300 training and 60 test images');
    await expect(dialog.getByRole('list', { name: 'Problems' }).getByRole('listitem').first()).toContainText(
      'data_batch',
    );
    await dialog.getByRole('button', { name: 'Use what is whole' }).click();
    await expect(page.getByRole('combobox', { name: 'Scenario' })).toHaveValue('split-cifar10');
    await page.evaluate((hash) => (location.hash = hash), `scenario=split-cifar10&lanes=er-mir&${small}`);
    await expect(lab.status()).toHaveText('Step 0 of 10 · task 1 of 5');
    for (const step of [1, 2, 3]) {
      await lab.button('Step').click();
      await lab.reach(step);
    }
    const picks = lab.lane('A').getByRole('list', { name: 'MIR picks' }).getByRole('listitem');
    await expect(picks.first()).toHaveAccessibleName(/^(Airplane|Automobile), task 1, score [+−]\d+\.\d\d$/);

    await test.step('to its end on wasm and on cpu, from the same first losses', async () => {
      const onCpu = await trainCifar10(lab, ['er-mir'], 'cpu', 60_000);
      const onWasm = await trainCifar10(lab, ['er-mir'], 'wasm', 60_000);
      expect(lossGap(onCpu, onWasm)).toBeLessThan(1e-3);
    });
  });
});

test.describe('MiniImagenet', () => {
  test.setTimeout(180_000);

  test('is asked for where it is needed; a folder with faults can be used in part, or left', async ({ lab, page }) => {
    const files = miniImagenetFiles();
    files.delete(`images/${imageName(7, 0)}`);
    // Pictures of the first three classes are turned by EXIF, in all of its ways.
    const lying = Array.from(
      { length: 15 },
      (_, place) => [Math.floor(place / 5), place % 5, 1 + ((place + Math.floor(place / 5)) % 8)] as const,
    );
    for (const [label, image, turn] of lying) files.set(`images/${imageName(label, image)}`, lyingJpeg(turn));
    const folder = await writeFolder(files);
    await page.goto(`./#scenario=split-miniimagenet&lanes=er-mir&candidates=4&iterations=1&budget=2&${small}`);
    const alert = page.getByRole('alert').filter({ hasText: 'MiniImagenet is not in this browser' });
    const dialog = page.getByRole('dialog', { name: 'Not all of this data is as it should be' });
    for (const answer of ['Leave it', 'Use what is whole']) {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        alert.getByRole('button', { name: 'Open a folder' }).click({ timeout: 60_000 }),
      ]);
      await chooser.setFiles(folder);
      await expect(dialog).toContainText(`1 rows name images that are missing: ${imageName(7, 0)}`, {
        timeout: 60_000,
      });
      await dialog.getByRole('button', { name: answer }).click();
      await expect(dialog).toBeHidden();
    }
    await expect(lab.status()).toHaveText('Step 0 of 20 · task 1 of 20', { timeout: 60_000 });
    for (const step of [1, 2]) {
      await lab.button('Step').click();
      await lab.reach(step);
    }
    const picks = lab.lane('A').getByRole('list', { name: 'MIR picks' }).getByRole('listitem');
    const names = Array.from({ length: 5 }, (_, label) => className(label)).join('|');
    await expect(picks.first()).toHaveAccessibleName(new RegExp(`^(${names}), task 1, score `));
    await expect(page.getByRole('list', { name: 'Tasks' }).getByRole('listitem')).toHaveCount(20);

    await test.step('turned pictures lie as the command line lays them', async () => {
      const kept = await keptPixels(page, 'miniimagenet', 12 * 84 * 84 * 3);
      const compared = new Set<number>();
      let from = 0;
      for (const label of [0, 1, 2]) {
        // One of five is for testing.
        for (const image of splitClass(label, 5, miniImagenetShape).train) {
          const [, , turn] = lying[5 * label + image];
          const expected = squareImage(decodeImage(lyingJpeg(turn)), 84);
          const apart = expected.reduce((sum, value, at) => sum + Math.abs(value - kept[from + at]), 0);
          expect(apart / expected.length, `orientation ${turn}`).toBeLessThan(2);
          compared.add(turn);
          from += expected.length;
        }
      }
      expect(compared.size).toBe(8);
    });
  });
});
