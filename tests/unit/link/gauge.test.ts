import { describe, expect, it } from 'vitest';
import { type GaugePort, usefulWorkers } from '../../../src/link/poolWorker.ts';

/** Workers that share the speed of a processor with this many cores, each at most 1. */
class Processor {
  open = 0;
  readonly asked: number[] = [];
  #measuring = 0;

  readonly #cores: number;

  constructor(cores: number) {
    this.#cores = cores;
  }

  makePort(): GaugePort {
    this.open += 1;
    return {
      measure: async () => {
        this.#measuring += 1;
        await Promise.resolve();
        const together = this.#measuring;
        await Promise.resolve();
        this.asked.push(together);
        this.#measuring = 0;
        return Math.min(1, this.#cores / together);
      },
      end: () => (this.open -= 1),
    };
  }
}

describe('usefulWorkers', () => {
  it.each([
    [1, 8, 1],
    [2, 8, 2],
    [4, 8, 4],
    [16, 8, 8],
    [16, 3, 3],
    [2, 1, 1],
    // Within a tenth of what eight would get done.
    [6.5, 8, 6],
  ])('is the fewest that get nearly the most done: %d cores, at most %d: %d', async (cores, most, expected) => {
    const processor = new Processor(cores);
    expect(await usefulWorkers(most, () => processor.makePort())).toBe(expected);
    expect(processor.open).toBe(0);
    expect(Math.max(...processor.asked)).toBeLessThanOrEqual(most);
  });

  it('ends its workers where one cannot measure', async () => {
    let open = 0;
    const broken = (): GaugePort => {
      open += 1;
      return { measure: () => Promise.reject(new Error('not loaded')), end: () => (open -= 1) };
    };
    await expect(usefulWorkers(4, broken)).rejects.toThrow('not loaded');
    expect(open).toBe(0);
  });
});
