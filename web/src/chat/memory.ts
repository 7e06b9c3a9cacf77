/**
 * What a tab keeps over a reload. Without storage nothing is kept, and what could not be kept is removed: an older
 * state would be worse than none, since it has counts that were used since.
 */

import type { StorageLike } from "./environment.ts";

const PREFIX = "deskbell.chat.";
const KEPT_FOR = 2 * 60 * 60 * 1000;

/** Goes up when what is kept changes its shape: a page of an older build left what this one cannot use. */
const SHAPE = 1;

interface Kept {
  shape: number;
  owner: string;
  at: number;
  value: unknown;
}

export class Memory {
  readonly #storage: StorageLike | undefined;
  readonly #owner: string;

  /** `owner`: whose the page is. What another one left in this tab is removed. */
  constructor(storage: StorageLike | undefined, owner: string) {
    this.#storage = storage;
    this.#owner = owner;
  }

  /** Whether it outlives the page, as far as the browser lets it. */
  get isKept(): boolean {
    return quietly(() => this.#storage?.length) !== undefined;
  }

  save(name: string, value: unknown, now: number): void {
    const kept: Kept = { shape: SHAPE, owner: this.#owner, at: now, value };
    try {
      this.#storage?.setItem(PREFIX + name, JSON.stringify(kept));
    } catch {
      this.forget(name);
    }
  }

  forget(name: string): void {
    quietly(() => this.#storage?.removeItem(PREFIX + name));
  }

  /** What was kept under names that begin so, by name. */
  load<T>(beginning: string, now: number): Map<string, T> {
    const found = new Map<string, T>();
    for (const name of this.#names()) {
      const kept = this.#read(name);
      if (kept?.owner !== this.#owner || kept.shape !== SHAPE || now - kept.at > KEPT_FOR) this.forget(name);
      else if (name.startsWith(beginning)) found.set(name.slice(beginning.length), kept.value as T);
    }
    return found;
  }

  #names(): string[] {
    const storage = this.#storage;
    if (storage === undefined) return [];
    const keys = quietly(() => Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? ""));
    return (keys ?? []).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
  }

  #read(name: string): Kept | undefined {
    const kept = quietly(() => JSON.parse(this.#storage?.getItem(PREFIX + name) ?? "null") as Kept | null);
    return kept ?? undefined;
  }
}

function quietly<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
