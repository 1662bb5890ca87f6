import { describe, expect, it } from 'vitest';
import { sameItems } from '../../../../src/ui/parts/contexts.ts';

describe('sameItems', () => {
  const one = { step: 1 };
  const other = { step: 1 };

  it('compares arrays place by place, by identity', () => {
    expect(sameItems([one, null, 2], [one, null, 2])).toBe(true);
    expect(sameItems([one], [other])).toBe(false);
    expect(sameItems<unknown[]>([1, 2], [2, 1])).toBe(false);
    expect(sameItems([1], [1, 2])).toBe(false);
    expect(sameItems<unknown[]>([undefined], [])).toBe(false);
    expect(sameItems([Number.NaN], [Number.NaN])).toBe(true);
  });

  it('compares objects key by key', () => {
    expect(sameItems({ a: one, b: undefined }, { b: undefined, a: one })).toBe(true);
    expect(sameItems<object>({ a: one, b: undefined }, { a: one, c: undefined })).toBe(false);
    expect(sameItems<object>({ a: one }, { a: one, b: 1 })).toBe(false);
  });

  it('tells a selection from none', () => {
    expect(sameItems<object | null>(null, {})).toBe(false);
    expect(sameItems<object | null>({}, null)).toBe(false);
    expect(sameItems(null, null)).toBe(true);
  });
});
