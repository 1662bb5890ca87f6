import { fileURLToPath } from 'node:url';
import type { PreparedName } from '../engine/data/preparedData.ts';

/** Where the prepared files of a dataset are: the static site serves them from the same place. */
export function dataDirectory(name: PreparedName): string {
  return fileURLToPath(new URL(`../../public/data/${name}/`, import.meta.url));
}
