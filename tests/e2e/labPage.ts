import { type Download, expect, type Locator, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import type { RunFile } from '../../src/core/runFile.ts';

export type CurveName = 'Average accuracy' | 'Average forgetting' | 'Negative ELBO';

/** Few images and few units: a whole run takes seconds, even where graphics are imitated in software. */
export const smallRun = 'samples-per-task=100&hidden=32&evaluation-interval=5&evaluation-size=50';

/** The shortest run that replays: ten steps of one lane, two in each task. */
export const tinyRun = 'lanes=er-mir&samples-per-task=20&hidden=16&evaluation-interval=5&evaluation-size=20';

/** The page through its roles and names, which are a contract with people who use a screen reader. */
export class LabPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  lane(letter: string): Locator {
    return this.page.getByRole('region', { name: `Lane ${letter}` });
  }

  curves(name: CurveName): Locator {
    return this.page.getByRole('region', { name });
  }

  notices(): Locator {
    return this.page.getByRole('list', { name: 'Notices' });
  }

  status(): Locator {
    return this.page.getByRole('status');
  }

  /** Opens the page, with settings for the hash and a query such as "?backend=cpu", and waits until a run is ready. */
  async open(hash = '', search = ''): Promise<void> {
    await this.page.goto(`./${search}#${hash}`);
    await this.ready();
  }

  /** Waits for step 0. */
  async ready(): Promise<void> {
    await expect(this.status()).toHaveText(/^Step 0 of \d+ · task 1 of \d+$/);
  }

  async currentStep(): Promise<number> {
    return Number(/^Step (\d+) of/.exec((await this.status().textContent()) ?? '')?.[1]);
  }

  /** Waits until at least `step` steps are trained. */
  async reach(step: number, timeout = 60_000): Promise<void> {
    await expect.poll(() => this.currentStep(), { timeout, intervals: [100] }).toBeGreaterThanOrEqual(step);
  }

  /** Waits until every step is trained and the last evaluation is in. */
  async finish(): Promise<void> {
    await expect(this.status()).toHaveText(/^Step (\d+) of \1 · task (\d+) of \2$/, { timeout: 60_000 });
    await expect(this.button('Play')).toBeVisible();
  }

  /** Sets the speed slider: 0 is one step a second, 2 is five, 7 is full speed. */
  async setSpeed(position: number): Promise<void> {
    await this.page.getByRole('slider', { name: 'Speed' }).fill(String(position));
  }

  async setRetrieval(letter: string, retrieval: 'Random' | 'MIR'): Promise<void> {
    await this.lane(letter)
      .getByRole('radiogroup', { name: 'Retrieval' })
      .getByRole('radio', { name: retrieval })
      .check();
  }

  async exportCurves(
    name: CurveName,
    format: 'PNG' | 'SVG' | 'CSV',
  ): Promise<{ readonly fileName: string; readonly bytes: Buffer }> {
    await this.curves(name).getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.getByRole('menuitem', { name: format }).click(),
    ]);
    return { fileName: download.suggestedFilename(), bytes: await contentOf(download) };
  }

  async exportRun(): Promise<{ readonly text: string; readonly run: RunFile }> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.button('Export run').click()]);
    const text = (await contentOf(download)).toString('utf8');
    return { text, run: JSON.parse(text) as RunFile };
  }

  async importRun(name: string, text: string): Promise<void> {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), this.button('Import run').click()]);
    await chooser.setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
  }
}

async function contentOf(download: Download): Promise<Buffer> {
  return readFile(await download.path());
}
