import { expect, type Locator } from '@playwright/test';
import { test } from './labTest.ts';

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

  await test.step('reset forgets what was right once', async () => {
    await lab.button('Reset').click();
    await lab.ready();
    await expect(answers('A').getByRole('listitem').first()).toHaveAccessibleName(
      /^0: answers \d, \d+ %, not taught yet$/,
    );
  });
});
