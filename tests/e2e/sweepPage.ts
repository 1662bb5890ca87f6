import { expect, type Locator, type Page, type Worker } from '@playwright/test';
import { readFile } from 'node:fs/promises';

/** Two rows, three seeds, few images and units: a run takes a second or two. */
export const smallSweep =
  'view=experiments&table=1&rows=split-mnist.er,split-mnist.er-mir&seeds=3&samples-per-task=50&hidden=16&backend=wasm';

/** The Experiments view through its roles and names. */
export class SweepPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(hash = smallSweep): Promise<void> {
    await this.page.goto(`./#${hash}`);
    await expect(this.status()).toHaveText(/\d+ of \d+ runs?/);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Leaves the page in the moment in which so many runs or more are finished, closes it, and tells how many were. */
  async closeAt(runs: number): Promise<number> {
    await this.page.evaluate((wanted) => {
      const look = () => {
        const done = parseInt(document.querySelector('[role=status]')?.textContent ?? '');
        if (done >= wanted) location.replace(`about:blank#${done}`);
      };
      new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
    }, runs);
    await this.page.waitForURL(/^about:blank#/, { timeout: 60_000 });
    const done = Number(new URL(this.page.url()).hash.slice(1));
    await this.page.close();
    return done;
  }

  status(): Locator {
    return this.page.getByRole('status');
  }

  /** The workers that train the runs; one that ends meanwhile is none any more. */
  async workers(): Promise<Worker[]> {
    const named = this.page.workers().map(async (worker) => ({
      worker,
      name: await worker.evaluate(() => self.name).catch(() => ''),
    }));
    return (await Promise.all(named)).filter(({ name }) => name.startsWith('sweep ')).map(({ worker }) => worker);
  }

  /** Runs that have finished or failed. */
  async done(): Promise<number> {
    return Number(/^(\d+) of/.exec((await this.status().textContent()) ?? '')?.[1]);
  }

  async reach(runs: number): Promise<void> {
    await expect.poll(() => this.done(), { timeout: 60_000, intervals: [50] }).toBeGreaterThanOrEqual(runs);
  }

  async finish(): Promise<void> {
    await expect(this.status()).toHaveText(/^(\d+) of \1 runs? · finished$/, { timeout: 80_000 });
  }

  /** A row of the table, by the name of its box: "ER, Split MNIST". */
  row(name: string): Locator {
    return this.page
      .getByRole('row')
      .filter({ has: this.page.getByRole('checkbox', { name: `Run ${name}`, exact: true }) });
  }

  async exportTable(format: 'CSV' | 'JSON' | 'Markdown' | 'LaTeX'): Promise<string> {
    await this.button('Export table').click();
    return (await this.#download(this.page.getByRole('menuitem', { name: format, exact: true }))).toString('utf8');
  }

  async exportCurves(chart: string, format: 'PNG' | 'SVG' | 'CSV'): Promise<Buffer> {
    await this.page.getByRole('region', { name: chart, exact: true }).getByRole('button', { name: 'Export' }).click();
    return this.#download(this.page.getByRole('menuitem', { name: format, exact: true }));
  }

  async #download(item: Locator): Promise<Buffer> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), item.click()]);
    return readFile(await download.path());
  }
}
