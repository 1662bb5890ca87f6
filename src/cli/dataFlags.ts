import type { Flag } from './readFlags.ts';
import type { ReadDatasetOptions } from './readDataset.ts';
import { UsageError } from './usageError.ts';

/** The flags of every command that trains on a dataset of the user's own. */
export const dataFlags: readonly Flag[] = [
  { name: 'data', value: 'PATH', help: 'split-miniimagenet: a folder or zip of images with train.csv, val.csv and test.csv; others: a folder of prepared files' },
  { name: 'use-partial-data', value: null, help: 'go on with what is whole of that data, if not all of it is' },
];

/**
 * What the flags say.
 *
 * @throws UsageError for an empty path
 */
export function dataOptions(values: ReadonlyMap<string, string>): ReadDatasetOptions {
  const data = values.get('data');
  if (data === '') throw new UsageError('--data is ""; allowed is a folder, or a zip of images.');
  return { ...(data === undefined ? {} : { data }), usePartial: values.has('use-partial-data') };
}
