import type { Page } from '@playwright/test';
import { expect } from './labTest.ts';

/** Drops a file onto the page, as from a folder on the desktop. */
export async function dropFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ base64, fileName }) => {
      const made = new DataTransfer();
      made.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], fileName));
      return made;
    },
    { base64: Buffer.from(bytes).toString('base64'), fileName: name },
  );
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await expect(page.getByText('Drop data or a run here')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}
