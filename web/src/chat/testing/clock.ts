/** Time that passes only when a test says so. */

const MOST_AT_ONCE = 10_000;

interface Waiting {
  at: number;
  order: number;
  run: () => void;
}

export class Clock {
  now = Date.parse("2026-11-22T13:00:00Z");
  readonly #waiting = new Set<Waiting>();
  #order = 0;

  after = (milliseconds: number, run: () => void): (() => void) => {
    const waiting = { at: this.now + Math.max(0, milliseconds), order: (this.#order += 1), run };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  };

  async pass(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    await settle();
    let atOnce = 0;
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#waiting.delete(next);
      atOnce = next.at >= this.now + 1 ? 0 : atOnce + 1;
      if (atOnce > MOST_AT_ONCE) throw new Error("time stands still");
      this.now = next.at;
      next.run();
      await settle();
    }
    this.now = until;
  }

  #next(until: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const each of this.#waiting) {
      if (each.at > until) continue;
      if (!first || each.at < first.at || (each.at === first.at && each.order < first.order)) first = each;
    }
    return first;
  }
}

/** Lets promises that are ready go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
}

/** The same chances for the same seed (mulberry32). */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
