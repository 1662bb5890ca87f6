import type { ExperimentEvent, TracedStep } from '../engine/events.ts';
import type { PageEvent, Thumbnails } from './protocol.ts';

/** Milliseconds between two groups: at most 20 a second. */
const interval = 50;

/** Gathers events, in order, and sends them in groups; traced steps get their thumbnails. Pictures move along uncopied. */
export class EventGroup {
  readonly #thumbnailsOf: (step: TracedStep) => Thumbnails;
  readonly #send: (events: readonly PageEvent[], transfer: Transferable[]) => void;
  #events: PageEvent[] = [];
  /** A set, because empty pictures may share one buffer, and a buffer can move only once. */
  #transfer = new Set<ArrayBuffer>();
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(
    thumbnailsOf: (step: TracedStep) => Thumbnails,
    send: (events: readonly PageEvent[], transfer: Transferable[]) => void,
  ) {
    this.#thumbnailsOf = thumbnailsOf;
    this.#send = send;
  }

  add(event: ExperimentEvent): void {
    switch (event.kind) {
      case 'traced': {
        const thumbnails = this.#thumbnailsOf(event);
        this.#events.push({ ...event, thumbnails });
        this.#moves(Object.values<Uint8Array>({ ...thumbnails }));
        if (event.retrieval !== null && event.retrieval.kind !== 'memory') this.#moves(Object.values(event.retrieval.pictures));
        break;
      }
      case 'reconstructed':
        this.#events.push(event);
        this.#moves(Object.values(event.pictures));
        break;
      default:
        this.#events.push(event);
    }
  }

  #moves(pictures: readonly Uint8Array[]): void {
    for (const { buffer } of pictures) this.#transfer.add(buffer as ArrayBuffer);
  }

  /** Milliseconds from `now` until the gathered events may be sent; infinite if there are none. */
  dueIn(now: number): number {
    return this.#events.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.#sentAt + interval - now);
  }

  /** Sends what was gathered, if a group is due. */
  sendIfDue(now: number): void {
    if (this.dueIn(now) === 0) this.sendAll(now);
  }

  /** Sends what was gathered, at once. */
  sendAll(now: number): void {
    if (this.#events.length === 0) return;
    const [events, transfer] = [this.#events, [...this.#transfer]];
    this.#events = [];
    this.#transfer = new Set();
    this.#sentAt = now;
    this.#send(events, transfer);
  }
}
