import { createStore, get } from 'idb-keyval';
import type { DatasetName } from '../core/scenarios.ts';
import { inTime } from './browserStore.ts';

/** Whether an earlier visit opened the dataset and kept it in the browser (keptDataset.ts). */
async function isKept(dataset: DatasetName): Promise<boolean> {
  try {
    return (await inTime(get('record', createStore(`mir-lab-opened-${dataset}`, 'pieces')))) !== undefined;
  } catch {
    return false;
  }
}

/** Whether the site has the dataset. Some hosts answer with a page where they have no file. */
async function isHeld(dataset: DatasetName): Promise<boolean> {
  try {
    const response = await fetch(new URL(`data/${dataset}/manifest.json`, document.baseURI));
    const manifest: unknown = response.ok ? await response.json() : null;
    return typeof manifest === 'object' && manifest !== null;
  } catch {
    return false;
  }
}

/** Whether runs on a dataset can begin: the browser keeps it, or the site has it. Asks only for its manifest. */
export async function hasData(dataset: DatasetName): Promise<boolean> {
  // Nobody may hand MiniImagenet on, so no site holds it.
  return (await isKept(dataset)) || (dataset !== 'miniimagenet' && (await isHeld(dataset)));
}
