/** Lets pieces of work begin in the order in which they ask, while their sizes together stay within a limit. */
export class Room {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: { readonly size: number; readonly enter: () => void }[] = [];

  /** @param limit what may be taken at a time; something larger gets the room to itself */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits until there is room.
   *
   * @returns a function that gives the room back; call it once
   */
  async enter(size: number): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#fits(size)) {
      await new Promise<void>((enter) => this.#waiting.push({ size, enter }));
    } else {
      this.#taken += size;
    }
    return () => this.#leave(size);
  }

  #fits(size: number): boolean {
    return this.#taken === 0 || this.#taken + size <= this.#limit;
  }

  #leave(size: number): void {
    this.#taken -= size;
    for (let next = this.#waiting.at(0); next !== undefined && this.#fits(next.size); next = this.#waiting.at(0)) {
      this.#waiting.shift();
      this.#taken += next.size;
      next.enter();
    }
  }
}
