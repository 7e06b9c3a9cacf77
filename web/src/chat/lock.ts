/** Which tab may use what is kept of a chat: a duplicated tab has a copy of it, and its counts would be used twice. */

import type { Environment, Locks } from "./environment.ts";

const PREFIX = "deskbell.chat.";
/** A page that is reloaded may hold its lock for a moment longer. */
export const LOCKED_WITHIN = 1_000;

type Options = { signal?: AbortSignal; steal?: boolean };

/** Without locks every tab may. */
export class TabLock {
  readonly #locks: Locks | undefined;
  readonly #environment: Environment;
  readonly #name: string;
  readonly #onTaken: () => void;
  #held: { release: () => void } | undefined;

  /** `name`: of the person and the chat, since both sides may be in one browser. `onTaken`: by another tab. */
  constructor(locks: Locks | undefined, environment: Environment, name: string, onTaken: () => void) {
    this.#locks = locks;
    this.#environment = environment;
    this.#name = PREFIX + name;
    this.#onTaken = onTaken;
  }

  /** Whether this tab has it now. */
  take(): Promise<boolean> {
    const giveUp = new AbortController();
    const cancel = this.#environment.after(LOCKED_WITHIN, () => giveUp.abort());
    return this.#request({ signal: giveUp.signal }).finally(cancel);
  }

  /** From whichever tab has it: its user wants the chat here. */
  takeOver(): Promise<boolean> {
    return this.#request({ steal: true });
  }

  release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #request(options: Options): Promise<boolean> {
    const locks = this.#locks;
    if (locks === undefined || this.#held) return Promise.resolve(true);
    return new Promise((resolve) => {
      const held = { release: () => {} };
      const hold = () => new Promise<void>((release) => {
        held.release = release;
        this.#held = held;
        resolve(true);
      });
      locks.request(this.#name, options, hold).catch((error: unknown) => {
        // A browser that refuses locks is one without them.
        resolve(!isAborted(error));
        this.#lose(held);
      });
    });
  }

  #lose(held: object): void {
    if (this.#held !== held) return;
    this.#held = undefined;
    this.#onTaken();
  }
}

/** Not to be had, or taken by another tab. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
