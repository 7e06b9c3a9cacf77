/** What a search box does while somebody types, without the page: when is searched, and what counts as found nothing. */

export const TYPED_WITHIN = 120;
/** So long a search that found nothing has to stand before it is counted: half a word is no search. */
export const MEANT_AFTER = 1500;
const SHORTEST = 2;

/** What is shown of a search. */
export type Shown<T> =
  | { readonly kind: "blank" }
  | { readonly kind: "found"; readonly hits: readonly T[] }
  | { readonly kind: "nothing" }
  | { readonly kind: "failed" };

export interface Surroundings<T> {
  /** The articles that answer a search; rejects where it cannot be asked. */
  find(query: string): Promise<readonly T[]>;
  show(shown: Shown<T>): void;
  /** A search found nothing, and was meant. */
  miss(): void;
  /** Runs it after so many milliseconds, unless what it gives is called before. */
  after(milliseconds: number, run: () => void): () => void;
}

export class Searching<T> {
  readonly #around: Surroundings<T>;
  readonly #missed: Set<string>;
  #cancelRun = () => {};
  #cancelMiss = () => {};
  /** Counts what was typed, so that a late answer is never shown for something newer. */
  #asked = 0;

  /** `known`: a search that the page was opened with; it was counted, if at all, when it was typed. */
  constructor(around: Surroundings<T>, known = "") {
    this.#around = around;
    this.#missed = new Set([known]);
  }

  /** Something was typed: it is searched for when the typing rests. */
  typed(query: string): void {
    this.#begin();
    this.#cancelRun = this.#around.after(TYPED_WITHIN, () => void this.now(query));
  }

  /** Searches at once, and gives whether that is what is shown. */
  async now(query: string): Promise<boolean> {
    const asked = this.#begin();
    const shown = await this.#answer(query);
    if (asked !== this.#asked) return false;
    this.#around.show(shown);
    if (shown.kind === "nothing" && !this.#missed.has(query)) this.#countLater(query);
    return true;
  }

  #begin(): number {
    this.#cancelRun();
    this.#cancelMiss();
    return ++this.#asked;
  }

  async #answer(query: string): Promise<Shown<T>> {
    if (query.length < SHORTEST) return { kind: "blank" };
    try {
      const hits = await this.#around.find(query);
      return hits.length ? { kind: "found", hits } : { kind: "nothing" };
    } catch {
      return { kind: "failed" };
    }
  }

  #countLater(query: string): void {
    this.#cancelMiss = this.#around.after(MEANT_AFTER, () => {
      this.#missed.add(query);
      this.#around.miss();
    });
  }
}
