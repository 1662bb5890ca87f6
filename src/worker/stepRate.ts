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
