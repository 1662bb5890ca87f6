import { crc32 } from 'node:zlib';
import { expect, type Locator } from '@playwright/test';
import { openSmallCifar10 } from './cifar10Run.ts';
import { test } from './labTest.ts';
import { violations } from './pageChecks.ts';

const namesOf = (list: Locator) =>
  list.getByRole('listitem').evaluateAll((items) => items.map((item) => item.ariaLabel ?? ''));

test('the networks are asked about test digits, and Fine-tune forgets 0 and 1 in task 2', async ({ lab, page }) => {
  await lab.open(
    'lanes=fine-tune,er-mir&samples-per-task=200&hidden=64&evaluation-interval=10&evaluation-size=50&seed=1',
  );
  const digits = page.getByRole('region', { name: 'Ask the networks' }).getByRole('list', { name: 'Test digits' });
  const answers = (letter: string) => lab.lane(letter).getByRole('list', { name: `Lane ${letter} answers` });

  await test.step('before the first step nothing is taught', async () => {
    expect(await namesOf(digits)).toEqual(
      Array.from({ length: 10 }, (_, digit) => `${digit}, task ${Math.floor(digit / 2) + 1}`),
    );
    await expect(answers('A').getByRole('listitem')).toHaveCount(10);
    for (const name of await namesOf(answers('A'))) expect(name).toMatch(/^\d: answers \d, \d+ %, not taught yet$/);
  });

  await test.step('at the end of task 1, 0 and 1 are right, and the others not taught yet', async () => {
    for (let step = 1; step <= 20; step++) await lab.button('Step').click();
    await expect(lab.status()).toHaveText(/^Step 20 of/);
    for (const letter of ['A', 'B']) {
      await expect
        .poll(async () => (await namesOf(answers(letter))).slice(0, 2).join())
        .toMatch(/^0: answers 0, \d+ %,1: answers 1, \d+ %$/);
      for (const name of (await namesOf(answers(letter))).slice(2))
        expect(name).toMatch(/: answers [01], \d+ %, not taught yet$/);
    }
  });

  await test.step('in task 2 Fine-tune forgets them, live, while 2 and 3 come to be right', async () => {
    const lane = page.getByRole('region', { name: 'Lane A' });
    await expect(lane.getByRole('term').first()).toHaveText('right');
    await lab.button('Step').click();
    await expect(lane.getByRole('term').first(), 'its accuracy is of the time before').toHaveText('before');
    await lab.button('Play').click();
    await expect
      .poll(() => namesOf(answers('A')), { intervals: [50] })
      .toEqual(expect.arrayContaining([expect.stringMatching(/^0: answers [2-9], \d+ %, forgotten$/)]));
    await lab.finish();
    const last = await namesOf(answers('A'));
    expect(last.slice(0, 2)).toEqual([
      expect.stringMatching(/^0: answers [2-9], \d+ %, forgotten$/),
      expect.stringMatching(/^1: answers [2-9], \d+ %, forgotten$/),
    ]);
    expect(last.join(), 'what is learnt last is known').toMatch(/8: answers 8, \d+ %|9: answers 9, \d+ %/);
    expect((await namesOf(answers('B'))).filter((name) => name.endsWith('forgotten')).length).toBeLessThan(
      last.filter((name) => name.endsWith('forgotten')).length,
    );
  });

  await test.step('a digit drawn with the mouse is answered by all lanes, while paused, and is kept', async () => {
    await lab.button('Draw a digit').click();
    const dialog = page.getByRole('dialog', { name: 'Draw a digit' });
    const drawing = dialog.getByRole('application', { name: 'Your digit' });
    const drawn = dialog.getByRole('list', { name: 'Answers' });
    expect(await namesOf(drawn)).toEqual(['Lane A, Fine-tune: nothing drawn yet', 'Lane B, ER-MIR: nothing drawn yet']);
    const box = await drawing.boundingBox();
    if (box === null) throw new Error('The drawing area has no place on the page.');
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    // A zero.
    await page.mouse.move(...at(0.5, 0.15));
    await page.mouse.down();
    for (let part = 1; part <= 24; part++) {
      const angle = (2 * Math.PI * part) / 24;
      await page.mouse.move(...at(0.5 + 0.22 * Math.sin(angle), 0.5 - 0.35 * Math.cos(angle)));
    }
    await page.mouse.up();
    await expect(drawn.getByRole('listitem').nth(1)).toHaveAccessibleName(/^Lane B, ER-MIR: answers 0, \d+ %$/);
    await expect(drawn.getByRole('listitem').first()).toHaveAccessibleName(/^Lane A, Fine-tune: answers [89], \d+ %$/);
    expect(await violations(page)).toEqual([]);

    await dialog.getByRole('button', { name: 'Clear' }).click();
    await expect(drawn.getByRole('listitem').first()).toHaveAccessibleName('Lane A, Fine-tune: nothing drawn yet');
    // A one, by keyboard alone.
    await drawing.focus();
    for (let move = 0; move < 9; move++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    await expect(dialog.getByRole('status')).toHaveText('Pen down, column 14, row 5');
    for (let move = 0; move < 18; move++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await expect(drawn.getByRole('listitem').nth(1)).toHaveAccessibleName(/^Lane B, ER-MIR: answers 1, \d+ %$/);
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    await expect(digits.getByRole('listitem')).toHaveCount(11);
    await expect(digits.getByRole('listitem').last()).toHaveAccessibleName('Your digit');
    await expect(answers('B').getByRole('listitem').last()).toHaveAccessibleName(/^Your digit: answers 1, \d+ %$/);
  });

  await test.step('reset forgets what was right once', async () => {
    await lab.button('Reset').click();
    await lab.ready();
    await expect(answers('A').getByRole('listitem').first()).toHaveAccessibleName(
      /^0: answers \d, \d+ %, not taught yet$/,
    );
  });
});

test('an own picture is asked about on CIFAR-10, and a file that is no picture gives one sentence', async ({
  lab,
  page,
}) => {
  await openSmallCifar10(lab);
  const small = 'filters=1&samples-per-task=10&evaluation-size=5';
  await page.goto('about:blank');
  await page.goto(`./#scenario=split-cifar10&lanes=fine-tune&${small}`);
  await lab.ready();
  await lab.button('Ask about your own picture').click();
  const dialog = page.getByRole('dialog', { name: 'Ask about your own picture' });
  const answered = dialog.getByRole('list', { name: 'Answers' }).getByRole('listitem');
  await dialog.getByLabel('Picture file').setInputFiles({
    name: 'notes.png',
    mimeType: 'image/png',
    buffer: Buffer.from('This is no picture.'),
  });
  await expect(dialog.getByRole('alert')).toHaveText(
    'notes.png could not be read as a picture. Choose a PNG, JPEG, WebP or GIF file.',
  );
  await expect(answered).toHaveAccessibleName('Lane A, Fine-tune: no picture yet');
  const huge = Buffer.from(await page.screenshot());
  // A browser itself refuses only much larger ones. Width and height of a PNG stand in its first chunk, with their checksum behind.
  huge.writeUInt32BE(16_000, 16);
  huge.writeUInt32BE(16_000, 20);
  huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
  await dialog.getByLabel('Picture file').setInputFiles({ name: 'huge.png', mimeType: 'image/png', buffer: huge });
  await expect(dialog.getByRole('alert')).toHaveText(
    'huge.png has 16,000 × 16,000 pixels; at most 100 million are opened. Choose a smaller picture.',
  );
  await dialog.getByLabel('Picture file').setInputFiles({
    name: 'page.png',
    mimeType: 'image/png',
    buffer: await page.screenshot(),
  });
  await expect(answered).toHaveAccessibleName(/^Lane A, Fine-tune: answers \w+, \d+ %$/);
  await expect(dialog.getByRole('alert')).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  const shown = page.getByRole('list', { name: 'Test images' }).getByRole('listitem');
  await expect(shown).toHaveCount(11);
  await expect(
    lab.lane('A').getByRole('list', { name: 'Lane A answers' }).getByRole('listitem').last(),
  ).toHaveAccessibleName(/^Your picture: answers \w+, \d+ %$/);
});
