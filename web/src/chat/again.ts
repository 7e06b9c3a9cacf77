/** When something is sent again that nothing has answered. */

export const AGAIN_AFTER = [5_000, 10_000, 20_000] as const;
const LAST = 20_000;
const THEN_EVERY = 25_000;

/** What is asked of the server until it answers. */
export class Again {
  readonly #firstAt: number;
  #times = 0;

  /** It was sent now for the first time. */
  constructor(now: number) {
    this.#firstAt = now;
  }

  get dueAt(): number {
    const late = Math.max(0, this.#times + 1 - AGAIN_AFTER.length);
    return this.#firstAt + (AGAIN_AFTER[this.#times] ?? LAST) + late * THEN_EVERY;
  }

  /** Whether it is to be sent now; it counts as sent then, once however late it is. */
  take(now: number): boolean {
    const isDue = this.dueAt <= now;
    while (this.dueAt <= now) this.#times += 1;
    return isDue;
  }
}
