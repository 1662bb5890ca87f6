import { methodNames } from '../engine/config.ts';
import { tableIds } from '../engine/paperRow.ts';
import { tableFormats } from '../engine/tableFormats.ts';
import type { Flag } from './readFlags.ts';

/** The flags that only tables have. */
export const tableFlags: readonly Flag[] = [
  { name: 'table', value: 'N', help: `rebuild a table of the paper, one of ${tableIds.join(', ')}` },
  { name: 'rows', value: 'NAME,…', help: `with --table: only these methods, of ${methodNames.join(', ')}` },
  { name: 'group', value: 'TEXT', help: 'with --table: only the rows of this group, for example "Split MNIST" or "M = 100"' },
  { name: 'format', value: 'NAME', help: `with --table: print it as one of ${tableFormats.join(', ')}; markdown if left out` },
];
