/**
 * Gives the event loop turns, so that messages from the page arrive between two steps. Sends itself a
 * message: a timer would wait 4 ms each time.
 */
export class Turns {
  readonly #channel = new MessageChannel();
  #waiting: (() => void)[] = [];

  constructor() {
    this.#channel.port1.onmessage = () => this.#resume();
  }

  /** Resolves once every message that is waiting now has been handled. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#channel.port2.postMessage(null);
    });
  }

  /** Ends it; who still waits goes on at once. */
  close(): void {
    this.#channel.port1.close();
    this.#resume();
  }

  #resume(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
