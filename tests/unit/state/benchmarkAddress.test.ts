import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectNames } from '../../../src/core/timing.ts';
import {
  defaultBenchmark,
  isBenchmarkAddress,
  readBenchmark,
  writeBenchmark,
} from '../../../src/state/benchmarkState.ts';
import { isSweepAddress } from '../../../src/state/sweepAddress.ts';
import { readAddress } from '../../../src/state/url.ts';

describe('the address of a benchmark', () => {
  it('comes back as it was written', () => {
    const plans = fc.record({
      subjects: fc.subarray([...subjectNames]),
      steps: fc.option(fc.integer({ min: 1, max: 10_000 })),
      engineOnly: fc.boolean(),
    });
    fc.assert(
      fc.property(plans, (plan) => {
        const hash = `#${writeBenchmark(plan)}`;
        expect(readBenchmark(hash)).toEqual({ plan, problems: [] });
        expect([isBenchmarkAddress(hash), isSweepAddress(hash)]).toEqual([true, false]);
        expect(readAddress({ hash, search: '' }).problems).toEqual([]);
      }),
    );
  });

  it.each([
    ['#view=benchmark&methods=er,mir', /methods=er,mir; allowed is some of fine-tune, er,/],
    ['#view=benchmark&methods=ae', /methods=ae; allowed is some of/],
    ['#view=benchmark&steps=0', /steps=0; allowed is a whole number from 1 to 10000/],
    ['#view=benchmark&steps=many', /steps=many/],
    ['#view=benchmark&only=stock', /only=stock; allowed is engine, or nothing/],
  ])('%s has a default and says what is wrong', (hash, problem) => {
    expect(readBenchmark(hash)).toEqual({ plan: defaultBenchmark, problems: [expect.stringMatching(problem)] });
  });

  it('is not the lab’s', () => {
    for (const hash of ['', '#lanes=er', '#view=experiments']) expect(isBenchmarkAddress(hash)).toBe(false);
  });
});
