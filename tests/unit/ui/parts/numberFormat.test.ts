import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { megabytes, percent, rate, signedScore } from '../../../../src/ui/parts/words.ts';

describe('percent', () => {
  it('has one decimal, or as many as asked for, and a dash for nothing', () => {
    expect([percent(0.7143), percent(0.7143, 0), percent(1), percent(null), percent(Number.NaN)]).toEqual([
      '71.4',
      '71',
      '100.0',
      '–',
      '–',
    ]);
    expect([percent(-0.05), percent(-0.0001)]).toEqual(['−5.0', '0.0']);
  });
});

describe('signedScore', () => {
  it('has a sign and at most three digits', () => {
    expect([2.413, -0.034, 12.34, -123.4, 0, -0.001].map(signedScore)).toEqual([
      '+2.41',
      '−0.03',
      '+12.3',
      '−123',
      '+0.00',
      '+0.00',
    ]);
    expect([Infinity, -Infinity, Number.NaN].map(signedScore)).toEqual(['+∞', '−∞', '?']);
  });

  it('fits in five characters up to 999 and stays close to the number', () => {
    fc.assert(
      fc.property(fc.double({ min: -999, max: 999, noNaN: true }), (score) => {
        const text = signedScore(score);
        expect(text.length).toBeLessThanOrEqual(5);
        expect(Math.abs(Number(text.replace('−', '-')) - score)).toBeLessThanOrEqual(
          Math.max(0.0051, 0.0051 * Math.abs(score)),
        );
      }),
    );
  });
});

describe('rate and megabytes', () => {
  it('are short', () => {
    expect([rate(0), rate(7.26), rate(410.4), rate(1_234)]).toEqual(['0.0', '7.3', '410', '1,234']);
    expect(megabytes(2_411_724)).toBe('2.4 MB');
  });
});
