import type { Page } from '@playwright/test';
import { expect, test } from './labTest.ts';

/** What of React's tree says which components rendered for a commit. */
interface Fiber {
  readonly type: unknown;
  readonly flags: number;
  readonly memoizedProps: { readonly 'aria-label'?: string } | null;
  readonly child: Fiber | null;
  readonly sibling: Fiber | null;
  readonly alternate: Fiber | null;
}

declare global {
  interface Window {
    /** How many components have rendered in each region, by its name; outside of all under "". */
    rendered: Record<string, number>;
    __REACT_DEVTOOLS_GLOBAL_HOOK__: unknown;
  }
}

/** Counts what renders, as React tells tools for developers; to be called before the page is opened. */
async function countRendering(page: Page): Promise<void> {
  await page.addInitScript(() => {
    /** React's flag of a component that rendered. */
    const performedWork = 1;
    window.rendered = {};
    function children(fiber: Fiber | null): Fiber[] {
      const all: Fiber[] = [];
      for (let child = fiber?.child ?? null; child !== null; child = child.sibling) all.push(child);
      return all;
    }
    function visit(before: Fiber | null, now: Fiber, region: string): void {
      const name = now.memoizedProps?.['aria-label'];
      const inside = now.type === 'section' && name !== undefined ? name : region;
      const component = typeof now.type === 'function' || (typeof now.type === 'object' && now.type !== null);
      if (component && (now.flags & performedWork) !== 0) {
        window.rendered[inside] = (window.rendered[inside] ?? 0) + 1;
      }
      // What is below is as it was.
      if (before !== null && before.child === now.child) return;
      const old = new Set(children(before));
      for (const child of children(now)) {
        if (!old.has(child)) visit(child.alternate, child, inside);
      }
    }
    window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
      supportsFiber: true,
      renderers: new Map(),
      inject: () => 1,
      checkDCE: () => undefined,
      onCommitFiberUnmount: () => undefined,
      onPostCommitFiberRoot: () => undefined,
      onCommitFiberRoot: (_renderer: number, root: { readonly current: Fiber }) =>
        visit(root.current.alternate, root.current, ''),
    };
  });
}

const measured = ['Average accuracy', 'Average forgetting', 'Accuracy by task', 'Ask the networks'] as const;

test('a step draws what it changes: charts and tables are drawn when something was measured', async ({ lab, page }) => {
  await countRendering(page);
  await lab.open('lanes=er,er-mir&samples-per-task=300&hidden=32&evaluation-interval=10&evaluation-size=20');
  async function stepTo(last: number): Promise<Record<string, number>> {
    await page.evaluate(() => (window.rendered = {}));
    for (let step = (await lab.currentStep()) + 1; step <= last; step += 1) {
      await lab.button('Step').click();
      await lab.reach(step);
    }
    // Until what is drawn when there is time for it is drawn, too.
    await expect(lab.lane('B').getByRole('list', { name: 'Incoming batch' }).getByRole('listitem')).toHaveCount(10);
    await page.waitForTimeout(600);
    return page.evaluate(() => window.rendered);
  }
  await stepTo(2);

  const between = await stepTo(6);
  expect(measured.map((name) => between[name] ?? 0)).toEqual([0, 0, 0, 0]);
  expect(between['Lane B']).toBeGreaterThan(0);
  expect(between['What one step does']).toBeGreaterThan(0);

  const evaluated = await stepTo(11);
  expect(evaluated['Average accuracy']).toBeGreaterThan(0);
  expect(evaluated['Accuracy by task']).toBeGreaterThan(0);
});
