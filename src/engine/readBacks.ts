import type { ExperimentEvent } from '../core/events.ts';

/** Turns values that have arrived into events; called in the order in which the values were asked for. */
export type Arrival = () => readonly ExperimentEvent[];

/** Some read-backs as one: none of their events comes before all have arrived. */
export async function together(readings: readonly Promise<Arrival>[]): Promise<Arrival> {
  const arrivals = await Promise.all(readings);
  return () => arrivals.flatMap((arrival) => arrival());
}

interface Pending {
  arrival: Arrival | null;
  readonly settled: Promise<void>;
}

/**
 * Values on their way back from the backend, in the order in which they were asked for. Training goes on meanwhile. It
 * waits only when more than `limit` read-backs are under way, so that a slow device never gets work faster than it does
 * it.
 */
export class ReadBacks {
  private readonly queue: Pending[] = [];
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Queues values that are being read back. */
  push(reading: Promise<Arrival>): void {
    const pending: { arrival: Arrival | null; settled: Promise<void> } = {
      arrival: null,
      settled: reading.then(
        (arrival) => {
          pending.arrival = arrival;
        },
        (error: unknown) => {
          pending.arrival = () => {
            throw error;
          };
        },
      ),
    };
    this.queue.push(pending);
  }

  /**
   * The events of the values that have arrived. Waits only for read-backs above the limit. Throws what a read-back
   * threw.
   */
  async arrived(): Promise<ExperimentEvent[]> {
    const over = this.queue.length - this.limit;
    if (over > 0) await this.queue[over - 1].settled;
    return this.take();
  }

  /** The events of everything under way, once it is there. */
  async all(): Promise<ExperimentEvent[]> {
    await Promise.all(this.queue.map(({ settled }) => settled));
    return this.take();
  }

  private take(): ExperimentEvent[] {
    const events: ExperimentEvent[] = [];
    while (this.queue.length > 0) {
      const { arrival } = this.queue[0];
      if (arrival === null) break;
      this.queue.shift();
      events.push(...arrival());
    }
    return events;
  }
}
