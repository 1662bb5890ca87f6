import { expect, it } from 'vitest';
import { equalGeneratorsWords } from '../../../../src/ui/curves/curveRows.ts';

const rows = (...values: (number | null)[][]) =>
  values.map((row, index) => ({ step: 10 * (index + 1), complete: row.map(() => false), values: row }));

it('says which generators are the same to the last digit, and nothing where they differ', () => {
  expect(equalGeneratorsWords(rows([101.5, 101.5], [99.25, 99.25]))).toBe(
    'A and B share one line: MIR has not searched for their generators, so these have learnt the same.',
  );
  expect(equalGeneratorsWords(rows([101.5, 101.5], [99.25, 99.250001]))).toBeNull();
  expect(equalGeneratorsWords(rows([null, 101.5, 101.5], [null, 99.25, 99.25]))).toMatch(/^B and C share one line/);
  // Lanes without a generator are not alike in that.
  expect(equalGeneratorsWords(rows([null, null, 101.5]))).toBeNull();
  expect(equalGeneratorsWords([])).toBeNull();
});
