import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { below, drawWithoutReplacement, randomStream, shuffled, symmetricUniform } from '../../../src/core/random.ts';

const first = (seed: number, purpose: Parameters<typeof randomStream>[1], count = 8) => {
  const random = randomStream(seed, purpose);
  return Array.from({ length: count }, () => below(1_000_000, random));
};

describe('randomStream', () => {
  it('depends on seed and purpose and on nothing else', () => {
    expect(first(3, 'memory')).toEqual(first(3, 'memory'));
    expect(first(3, 'memory')).not.toEqual(first(4, 'memory'));
    expect(first(3, 'memory')).not.toEqual(first(3, 'retrieval'));
  });

  it('gives neighbouring seeds unrelated numbers', () => {
    const draws = Array.from({ length: 2_000 }, (_, seed) => first(seed, 'data', 1)[0] / 1_000_000);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const lagged = draws.slice(1).reduce((sum, draw, index) => sum + (draw - 0.5) * (draws[index] - 0.5), 0);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(lagged / draws.length) * 12).toBeLessThan(0.07);
  });
});

describe('below', () => {
  it('is uniform (chi-square, 9 degrees of freedom, 99.9% quantile 27.88)', () => {
    const random = randomStream(0, 'init');
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 50_000; draw++) counts[below(10, random)] += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 5_000) ** 2 / 5_000, 0);
    expect(chiSquare).toBeLessThan(27.88);
  });
});

describe('symmetricUniform', () => {
  it('fills [−limit, limit) with variance limit²/3', () => {
    const values = Array.from(symmetricUniform(20_000, 0.3, randomStream(1, 'init')));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.3);
    expect(Math.max(...values)).toBeLessThan(0.3);
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(variance / (0.09 / 3)).toBeCloseTo(1, 1);
  });
});

describe('drawing', () => {
  it('draws distinct members of the pool and leaves the pool alone', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.nat(),
        (pool, seed, wish) => {
          const values = Int32Array.from(pool);
          const count = wish % (pool.length + 1);
          const drawn = drawWithoutReplacement(values, count, randomStream(seed, 'retrieval'));
          expect(drawn).toHaveLength(count);
          expect(new Set(drawn).size).toBe(count);
          expect([...drawn].every((value) => values.includes(value))).toBe(true);
          expect([...values]).toEqual([...Int32Array.from(pool)]);
        },
      ),
    );
  });

  it('begins a larger draw with the smaller one', () => {
    const pool = Int32Array.from({ length: 40 }, (_, index) => index);
    const few = drawWithoutReplacement(pool, 5, randomStream(2, 'retrieval'));
    const many = drawWithoutReplacement(pool, 30, randomStream(2, 'retrieval'));
    expect([...many.slice(0, 5)]).toEqual([...few]);
  });

  it('shuffles every order of three equally often (chi-square, 5 degrees of freedom, 99.9% quantile 20.52)', () => {
    const random = randomStream(5, 'data');
    const counts = new Map<string, number>();
    for (let round = 0; round < 12_000; round++) {
      const order = shuffled(Int32Array.of(0, 1, 2), random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0);
    expect(counts.size).toBe(6);
    expect(chiSquare).toBeLessThan(20.52);
  });
});
