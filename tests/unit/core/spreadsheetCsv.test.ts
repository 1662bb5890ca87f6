import { expect, it } from 'vitest';
import { csvIn, plainCsv, spreadsheetCsv } from '../../../src/core/csv.ts';

const plain = [
  'method,seeds,accuracy,difference,note',
  'er-mir,0 1,0.8733333333333333,-0.5,"says ""a, b; c"""',
  'er,2,1e-7,,=SUM(A1)',
  'gem,3,12,-0,-x',
].join('\r\n');

it('has semicolons, decimal commas, a byte-order mark and no formula', () => {
  expect(spreadsheetCsv(plain)).toBe(
    [
      '\uFEFFmethod;seeds;accuracy;difference;note',
      'er-mir;0 1;0,8733333333333333;-0,5;"says ""a, b; c"""',
      "er;2;1e-7;;'=SUM(A1)",
      "gem;3;12;-0;'-x",
      '',
    ].join('\r\n'),
  );
});

it('comes back with every number, and leaves the other kind as it is', () => {
  const harmless = plain.replace('=SUM', 'SUM').replace('-x', 'x');
  expect(plainCsv(spreadsheetCsv(harmless))).toBe(harmless);
  expect(plainCsv(harmless)).toBe(harmless);
  expect([csvIn('plain', plain), csvIn('spreadsheet', plain)]).toEqual([plain, spreadsheetCsv(plain)]);
});
