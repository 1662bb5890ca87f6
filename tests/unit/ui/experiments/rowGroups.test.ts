import { expect, it } from 'vitest';
import { type tableIds, tableLines } from '../../../../src/core/paperTable.ts';
import { rowsOf } from '../../../../src/state/sweepPlan.ts';
import { rowGroups } from '../../../../src/ui/experiments/ResultTable.tsx';

const titles = (table: (typeof tableIds)[number]) =>
  rowGroups(tableLines(rowsOf(table), [0], () => undefined)).map(({ title, lines }) => `${title}: ${lines.length}`);

it('groups each table as the paper does, and loses no row', () => {
  expect(titles(1)).toEqual(['Split MNIST: 10', 'Permuted MNIST: 8']);
  expect(titles(2)).toEqual(['Without memory: 3', 'M = 20: 4', 'M = 50: 4', 'M = 100: 4']);
  expect(titles(3)).toEqual(['M = 100: 3']);
  expect(titles(4)).toEqual(['MiniImagenet: 2']);
  expect(titles(5)).toEqual(['Split MNIST: 2', 'Permuted MNIST: 2']);
  expect(titles('figure-4')).toEqual(['1,000 latents: 2', '5,000 latents: 2', '10,000 latents: 2']);
});
