import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cifar10Batch } from '../../../../src/engine/data/cifar10.ts';

/** A record of which each plane counts up from its own start. */
function record(label: number, starts: readonly [number, number, number]): Uint8Array {
  const bytes = new Uint8Array(3_073);
  bytes[0] = label;
  starts.forEach((start, plane) => {
    for (let pixel = 0; pixel < 1_024; pixel++) bytes[1 + plane * 1_024 + pixel] = start + pixel;
  });
  return bytes;
}

function places(images: number) {
  return { labels: new Uint8Array(images), pixels: new Uint8Array(images * 3_072), filled: new Uint8Array(images) };
}

describe('Cifar10Batch', () => {
  it('turns planes into pixels, whatever the pieces that the bytes come in', () => {
    const whole = Uint8Array.from([...record(3, [0, 100, 200]), ...record(9, [50, 60, 70])]);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const target = places(2);
        const batch = new Cifar10Batch(target);
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        for (let i = 1; i < edges.length; i++) batch.push(whole.subarray(edges[i - 1], edges[i]));
        expect([...target.labels]).toEqual([3, 9]);
        expect([...target.filled]).toEqual([1, 1]);
        expect([...target.pixels.subarray(0, 6)]).toEqual([0, 100, 200, 1, 101, 201]);
        expect([...target.pixels.subarray(3_072 + 3 * 1_023)]).toEqual([
          (50 + 1_023) & 255,
          (60 + 1_023) & 255,
          (70 + 1_023) & 255,
        ]);
        expect(batch.bytes).toBe(2 * 3_073);
      }),
      { numRuns: 40 },
    );
  });

  it('leaves the place of an impossible label empty, and fills no place with half a record', () => {
    const target = places(3);
    const batch = new Cifar10Batch(target);
    batch.push(record(10, [1, 2, 3]));
    batch.push(record(4, [1, 2, 3]));
    batch.push(record(5, [1, 2, 3]).subarray(0, 3_072));
    expect([...target.filled]).toEqual([0, 1, 0]);
    expect(batch.wrongLabels).toEqual([10]);
    expect(target.pixels.subarray(0, 3_072).every((value) => value === 0)).toBe(true);
  });

  it('counts and drops what is beyond its last place', () => {
    const target = places(1);
    const batch = new Cifar10Batch(target);
    for (const label of [7, 8, 255]) batch.push(record(label, [0, 0, 0]));
    expect([...target.labels]).toEqual([7]);
    expect(batch.bytes).toBe(3 * 3_073);
    expect(batch.wrongLabels).toEqual([]);
  });
});
