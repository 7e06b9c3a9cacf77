/** A browser's parts as tests play them: sockets, a window's events, a tab's storage, the locks of all tabs. */

import type { Environment, Locks, Socket, StorageLike, WindowEvent } from "../environment.ts";
import type { ClientFrame } from "../frames.ts";
import type { Clock } from "./clock.ts";

export class FakeSocket implements Socket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  readonly sent: ClientFrame[] = [];
  /** Who hears of what is sent, and of the end. */
  onSend: (frame: ClientFrame) => void = () => {};
  onEnd: () => void = () => {};

  constructor(url: string) {
    this.url = url;
  }

  send(data: string): void {
    const frame = JSON.parse(data) as ClientFrame;
    this.sent.push(frame);
    this.onSend(frame);
  }

  close(): void {
    this.end();
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  receive(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** By whomever. */
  end(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onEnd();
    this.onclose?.();
  }

  of<Action extends ClientFrame["action"]>(action: Action): Extract<ClientFrame, { action: Action }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrame, { action: Action }> => frame.action === action);
  }
}

export class FakeBrowser {
  readonly sockets: FakeSocket[] = [];
  readonly environment: Environment;
  isOnline = true;
  /** Its page was left: no timer of it runs any more. */
  isGone = false;
  chance = () => 0.5;
  /** What happens to a socket that is made; by default nothing, so that it is not open yet. */
  onSocket: (socket: FakeSocket) => void = () => {};
  readonly #heard = new Map<WindowEvent, Set<() => void>>();
  static #ids = 0;

  constructor(clock: Clock) {
    this.environment = {
      now: () => clock.now,
      random: () => this.chance(),
      newId: () => `id-${(FakeBrowser.#ids += 1)}`,
      after: (milliseconds, run) => clock.after(milliseconds, () => (this.isGone ? undefined : run())),
      openSocket: (url) => this.#made(new FakeSocket(url)),
      isOnline: () => this.isOnline,
      listen: (to, run) => {
        const heard = this.#heard.get(to) ?? new Set();
        this.#heard.set(to, heard.add(run));
        return () => heard.delete(run);
      },
    };
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  tell(event: WindowEvent): void {
    if (event === "online" || event === "offline") this.isOnline = event === "online";
    for (const run of this.#heard.get(event) ?? []) run();
  }

  #made(socket: FakeSocket): FakeSocket {
    this.sockets.push(socket);
    this.onSocket(socket);
    return socket;
  }
}

export class FakeStorage implements StorageLike {
  readonly items: Map<string, string>;
  /** Characters; what would be more is refused. */
  quota = Infinity;

  constructor(items: Iterable<readonly [string, string]> = []) {
    this.items = new Map(items);
  }

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (value.length > this.quota) throw new DOMException("full", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  /** As a duplicated tab has it. */
  copy(): FakeStorage {
    return new FakeStorage(this.items);
  }
}

interface Held {
  tab: object;
  steal: (error: Error) => void;
}

interface Waiting {
  tab: object;
  grant: () => void;
}

/** Web Locks over all tabs of a browser. */
export class FakeLocks {
  readonly #held = new Map<string, Held>();
  readonly #waiting = new Map<string, Waiting[]>();

  /** Those of one tab, which go with it. */
  inTab(): Locks & { closeTab: () => void } {
    const tab = {};
    return {
      request: (name, options, held) => this.#request(tab, name, options, held),
      closeTab: () => this.#close(tab),
    };
  }

  #request(
    tab: object, name: string, options: { signal?: AbortSignal; steal?: boolean }, held: () => Promise<void>,
  ): Promise<unknown> {
    return new Promise<void>((resolve, reject: (error: Error) => void) => {
      const grant = () => {
        const mine = { tab, steal: reject };
        this.#held.set(name, mine);
        void held().then(() => {
          if (this.#held.get(name) === mine) this.#free(name);
          resolve();
        });
      };
      const before = this.#held.get(name);
      if (before && options.steal) before.steal(new DOMException("stolen", "AbortError"));
      if (!before || options.steal) return grant();
      const waiting = { tab, grant };
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), waiting]);
      options.signal?.addEventListener("abort", () => {
        if (this.#giveUp(name, (each) => each === waiting)) reject(new DOMException("given up", "AbortError"));
      });
    });
  }

  #giveUp(name: string, who: (waiting: Waiting) => boolean): boolean {
    const waiting = this.#waiting.get(name) ?? [];
    const left = waiting.filter((each) => !who(each));
    this.#waiting.set(name, left);
    return left.length < waiting.length;
  }

  #free(name: string): void {
    this.#held.delete(name);
    this.#waiting.get(name)?.shift()?.grant();
  }

  #close(tab: object): void {
    for (const name of this.#waiting.keys()) this.#giveUp(name, (each) => each.tab === tab);
    for (const [name, held] of [...this.#held]) if (held.tab === tab) this.#free(name);
  }
}
