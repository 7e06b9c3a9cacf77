/** Timers by name: one that is set again replaces the one before. */

import type { Environment } from "./environment.ts";

export class Timers<Name extends string> {
  readonly #after: Environment["after"];
  readonly #running = new Map<Name, () => void>();

  constructor(environment: Environment) {
    this.#after = environment.after;
  }

  set(name: Name, milliseconds: number, run: () => void): void {
    this.cancel(name);
    const cancel = this.#after(milliseconds, () => {
      this.#running.delete(name);
      run();
    });
    this.#running.set(name, cancel);
  }

  cancel(...names: Name[]): void {
    for (const name of names) {
      this.#running.get(name)?.();
      this.#running.delete(name);
    }
  }

  cancelAll(): void {
    this.cancel(...this.#running.keys());
  }
}
