import { startWorker } from './client.ts';

/** The speed of a worker, in products a millisecond. */
export type GaugeReport = number;

/** A worker that measures how fast it is while others do the same. */
export interface GaugePort {
  measure(milliseconds: number): Promise<GaugeReport>;
  end(): void;
}

/** The numbers of workers to try, as far as they are allowed. */
const tried = [1, 2, 3, 4, 6, 8];
const millisecondsEach = 100;
/** One more worker must be worth it: results within this share of the best count as the best. */
const nearBest = 0.9;

/**
 * How many workers this machine's processor really carries: the fewest that together get nearly as much done as any
 * number of them. Browsers may report more threads than there are cores, and others may use the cores too.
 *
 * @param most from 1 on
 */
export async function usefulWorkers(most: number, makePort: () => GaugePort = browserPort): Promise<number> {
  const counts = tried.filter((count) => count <= most);
  const ports: GaugePort[] = [];
  const totals: number[] = [];
  try {
    for (const count of counts) {
      while (ports.length < count) ports.push(makePort());
      const rates = await Promise.all(ports.map((port) => port.measure(millisecondsEach)));
      totals.push(rates.reduce((sum, rate) => sum + rate, 0));
    }
  } finally {
    for (const port of ports) port.end();
  }
  const best = Math.max(...totals);
  return counts[totals.findIndex((total) => total >= nearBest * best)];
}

function browserPort(): GaugePort {
  const worker = startWorker('gauge');
  return {
    measure: (milliseconds) =>
      new Promise((resolve, reject) => {
        worker.addEventListener('message', ({ data }: MessageEvent<GaugeReport>) => resolve(data), { once: true });
        worker.addEventListener(
          'error',
          () => reject(new Error('The worker that measures the processor could not be loaded.')),
          { once: true },
        );
        worker.postMessage(milliseconds);
      }),
    end: () => worker.terminate(),
  };
}
