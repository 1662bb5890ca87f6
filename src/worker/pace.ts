import { watchingSpeed } from '../core/stream.ts';
import type { Speed } from '../link/protocol.ts';

/**
 * Gives the event loop a turn, so that messages from the page arrive between two steps; resolves after those that are
 * waiting already. It uses a message, because a timer would wait 4 ms each time and longer in a hidden tab.
 */
export function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** A wait that can be cut short. */
export class Alarm {
  #ring: () => void = () => {};

  /** Ends the wait, if there is one. */
  ring(): void {
    this.#ring();
  }

  /** Resolves after some milliseconds, which may be infinite, or when it rings. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(milliseconds) ? setTimeout(resolve, milliseconds) : undefined;
      this.#ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * Waits for a promise until the signal aborts. The work behind the promise goes on, so that others who share it still
 * get its result.
 *
 * @throws the signal's reason once it aborts
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abandon = () => reject(signal.reason as Error);
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}

/**
 * Does work that says when a part of it begins that may be slow; `tell` hears if that has taken `quiet` milliseconds,
 * and when it is over.
 */
export async function toldIfSlow<Result>(
  work: (onSlowPart: () => void) => Promise<Result>,
  quiet: number,
  tell: (busy: boolean) => void,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const told = { busy: false };
  const say = (busy: boolean) => {
    told.busy = busy;
    tell(busy);
  };
  try {
    return await work(() => (timer ??= setTimeout(say, quiet, true)));
  } finally {
    clearTimeout(timer);
    if (told.busy) say(false);
  }
}

/** Steps per second up to which every step is shown. */
const watchable = 5;
/** Milliseconds between two traces at higher speeds: at most 8 a second. */
const traceInterval = 125;
/** There, steps from one trace to the next: a traced step of a ResNet takes a fifth longer than another. */
const traceSteps = 3;

/** How far a run may go, and how fast: the result of the viewer's commands. */
export class Pace {
  speed: Speed;
  /** After which steps, from one up to the other, it goes on slowly; null if nowhere. */
  lingersIn: { readonly from: number; readonly to: number } | null = null;
  /** The last step taken. */
  #at = 0;
  /** Steps still to take: 0 while paused, infinite while playing. */
  #steps = 0;
  /** The step at which playing ends in a pause; infinite if it does not. */
  #until = Number.POSITIVE_INFINITY;
  #tracedAt = Number.NEGATIVE_INFINITY;
  /** Steps since then. */
  #untraced = Number.POSITIVE_INFINITY;
  #stepBeganAt = Number.NEGATIVE_INFINITY;

  constructor(speed: Speed) {
    this.speed = speed;
  }

  /** Plays on; to the end of a step if one is named, then pauses. */
  play(until = Number.POSITIVE_INFINITY): void {
    this.#until = until;
    this.#steps = until > this.#at ? Number.POSITIVE_INFINITY : 0;
  }

  pause(): void {
    this.#steps = 0;
    this.#until = Number.POSITIVE_INFINITY;
  }

  /** One step more, then pause. */
  step(): void {
    this.#steps = this.playing ? 1 : this.#steps + 1;
    this.#until = Number.POSITIVE_INFINITY;
  }

  get playing(): boolean {
    return this.#steps === Number.POSITIVE_INFINITY;
  }

  get paused(): boolean {
    return this.#steps === 0;
  }

  /** A step has been taken: the next one, or the one named. */
  stepped(step = this.#at + 1): void {
    this.#at = step;
    this.#steps = Math.max(0, this.#steps - 1);
    if (step >= this.#until) this.pause();
  }

  /** The speed in force. */
  get #limited(): Speed {
    const range = this.lingersIn;
    if (range === null || this.#at < range.from || this.#at >= range.to) return this.speed;
    return Math.min(watchingSpeed, this.speed ?? watchingSpeed);
  }

  /** Whether the viewer can follow single steps. */
  get watched(): boolean {
    const speed = this.#limited;
    const pausesNext = this.#at + 1 >= this.#until;
    return !this.playing || pausesNext || (speed !== null && speed <= watchable);
  }

  /** Notes that a step begins, and says whether to trace it for display. */
  beginStep(now: number): boolean {
    this.#stepBeganAt = now;
    this.#untraced += 1;
    if (!this.watched && (now - this.#tracedAt < traceInterval || this.#untraced < traceSteps)) return false;
    this.#tracedAt = now;
    this.#untraced = 0;
    return true;
  }

  /** Milliseconds from `now` until the next step may begin. */
  nextStepIn(now: number): number {
    const speed = this.#limited;
    if (speed === null || !this.playing) return 0;
    return Math.max(0, this.#stepBeganAt + 1_000 / speed - now);
  }
}

/** Milliseconds over which steps per second are counted. */
const span = 1_000;

/** Steps per second over the last second, or over the last two steps where they are further apart. */
export class StepRate {
  #times: number[] = [];

  /** Counts a step that ended at `now`, in milliseconds. */
  count(now: number): void {
    this.#times.push(now);
    while (this.#times.length > 2 && now - (this.#times[0] ?? now) > span) this.#times.shift();
  }

  /** Forgets what was counted, so that a pause does not look like slow steps. */
  restart(): void {
    this.#times = [];
  }

  /** 0 until there have been two steps. */
  get perSecond(): number {
    const first = this.#times[0] ?? 0;
    const elapsed = (this.#times.at(-1) ?? 0) - first;
    return elapsed > 0 ? ((this.#times.length - 1) * span) / elapsed : 0;
  }
}
