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

/**
 * Waits until the browser keeps a dataset that the page was given, which it uses meanwhile.
 *
 * @param name as the store's name has it
 * @param count of the bytes asked for
 * @returns the first bytes of its training images
 */
export async function keptPixels(
  page: Page,
  name: 'cifar10' | 'miniimagenet',
  count: number,
): Promise<readonly number[]> {
  let pixels: readonly number[] = [];
  const isKept = async () => {
    const kept = await page.evaluate(readKept, { name, count });
    pixels = kept ?? [];
    return kept !== null;
  };
  await expect.poll(isKept).toBe(true);
  return pixels;
}

/** In the page: the same, or null before the dataset is kept. */
async function readKept({ name, count }: { name: string; count: number }): Promise<number[] | null> {
  const store = `mir-lab-opened-${name}`;
  // Opening a database that is not there would make an empty one.
  if (!(await indexedDB.databases()).some((database) => database.name === store)) return null;
  const ask = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('The database does not answer.', { cause: request.error }));
    });
  const database = await ask(indexedDB.open(store));
  const pieces = database.transaction('pieces').objectStore('pieces');
  const [record, piece] = await Promise.all([ask<unknown>(pieces.get('record')), ask<unknown>(pieces.get('train 0'))]);
  database.close();
  // The record is written last.
  return record !== undefined && piece instanceof Uint8Array ? [...piece.subarray(0, count)] : null;
}
