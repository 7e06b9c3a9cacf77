/** What was asked of the server about a chat and is asked again until something answers it. */

import { Again } from "./again.ts";
import type { ClientFrame } from "./frames.ts";

export type Asked = "accept" | "end" | "transfer";

export class Asks {
  readonly #asked = new Map<Asked, { frame: ClientFrame; again: Again }>();

  has(...what: Asked[]): boolean {
    return what.some((each) => this.#asked.has(each));
  }

  add(what: Asked, frame: ClientFrame, now: number): void {
    this.#asked.set(what, { frame, again: new Again(now) });
  }

  delete(what: Asked): void {
    this.#asked.delete(what);
  }

  clear(): void {
    this.#asked.clear();
  }

  /** On a new socket all of them go at once. */
  anew(now: number): ClientFrame[] {
    for (const ask of this.#asked.values()) ask.again = new Again(now);
    return Array.from(this.#asked.values(), ({ frame }) => frame);
  }

  due(now: number): ClientFrame[] {
    return Array.from(this.#asked.values()).flatMap(({ frame, again }) => (again.take(now) ? [frame] : []));
  }

  nextAt(): number {
    return Math.min(...Array.from(this.#asked.values(), ({ again }) => again.dueAt));
  }
}
