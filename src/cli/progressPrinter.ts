import type { WriteStream } from 'node:tty';
import { progressLine, type SweepProgress } from './progressLine.ts';

/** Times between two updates of the line on a terminal. */
const updateMilliseconds = 250;

/** What progress is written to: standard error, or anything like it. */
export type ProgressStream = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

/**
 * Progress for people: on a terminal one line that updates in place, elsewhere (log files, CI) one line
 * per finished seed.
 */
export class ProgressPrinter {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #lastUpdate = -Infinity;

  constructor(stream: ProgressStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Called at every step; draws at most four times a second, and nothing where lines cannot be redrawn. */
  update(progress: SweepProgress): void {
    const now = this.#now();
    if (this.#stream.isTTY !== true || now - this.#lastUpdate < updateMilliseconds) return;
    this.#lastUpdate = now;
    this.#stream.write(`\r\x1b[K${progressLine(progress)}`);
  }

  /** A line that stays. */
  line(text: string): void {
    const start = this.#stream.isTTY === true ? '\r\x1b[K' : '';
    this.#stream.write(`${start}${text}\n`);
  }
}
