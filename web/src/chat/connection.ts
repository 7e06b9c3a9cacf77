/** A page's one websocket: opened again when it is lost, renewed before it ends, and heard of while it is alive. */

import { waitAfter } from "./backoff.ts";
import { type Environment, OPEN, type Socket } from "./environment.ts";
import { type AnyFrame, type Believed, type ClientFrame, type Ping, decode } from "./frames.ts";
import { Timers } from "./timers.ts";

export type ConnectionState =
  | { kind: "stopped" }
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; retryAt: number }
  | { kind: "offline" };

export interface Listener {
  onState?(state: ConnectionState): void;
  /** A socket is open: the first, or one that takes over from another. */
  onOpen?(): void;
  onClose?(): void;
  onFrame?(frame: AnyFrame): void;
  /** Whether its user is available, waits or talks, so that heartbeats are needed. */
  isBusy?(): boolean;
  believed?(): Believed[];
  onHeartbeat?(): void;
}

export interface ConnectionOptions {
  /** A fresh address for each socket, as `POST /v1/connections` gives it. */
  address(): Promise<string>;
  /** When the token ends that the last address was asked with. */
  expiresAt?(): number | undefined;
  environment: Environment;
}

const MINUTE = 60_000;
export const BUSY_EVERY = 25_000;
export const IDLE_EVERY = 4 * MINUTE;
/** So often a busy page asks what it missed, also while it sends other frames all the time. */
export const ASKS_EVERY = 100_000;
/** API Gateway closes a socket after 2 hours. */
export const RENEWED_AFTER = 110 * MINUTE;
const RENEWED_BEFORE_END = MINUTE;
const RENEWED_AT_MOST_EVERY = 30_000;
const OPENS_WITHIN = 20_000;
const ANSWERS_WITHIN = 20_000;
export const ANSWERS_AT_ONCE = 5_000;
const STAYS_FOR = 5_000;
const STABLE_AFTER = 5_000;
const OFFLINE_RETRY = 30_000;

export class Connection {
  state: ConnectionState = { kind: "stopped" };
  readonly #options: ConnectionOptions;
  readonly #environment: Environment;
  readonly #listeners = new Set<Listener>();
  readonly #timers: Timers<"dial" | "heartbeat" | "renewal" | "answer" | "stable">;
  #stopListening: (() => void)[] = [];
  #socket: Socket | undefined;
  /** The attempt that is under way; what belongs to an older one is let go. */
  #attempt: object | undefined;
  #tries = 0;
  #beatAt = 0;
  #sentAt = 0;
  #heardAt = 0;
  #askedAt = 0;
  #pings = 0;
  #isOnline = true;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#timers = new Timers(options.environment);
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  /** Gives what stops listening. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.state.kind !== "stopped") return;
    const { listen } = this.#environment;
    this.#stopListening = [
      listen("online", () => this.#comeOnline()),
      listen("offline", () => this.#goOffline()),
      listen("visible", () => this.#beSeen()),
    ];
    this.#isOnline = this.#environment.isOnline();
    this.#dial();
  }

  stop(): void {
    for (const stop of this.#stopListening.splice(0)) stop();
    this.#attempt = undefined;
    this.#drop();
    this.#timers.cancelAll();
    this.#be({ kind: "stopped" });
  }

  /** False when no socket is open; nothing is kept for later. */
  send(frame: ClientFrame): boolean {
    if (!this.#socket || !this.isOpen) return false;
    this.#socket.send(JSON.stringify(frame));
    this.#sentAt = this.#environment.now();
    this.#planHeartbeat();
    return true;
  }

  #dial(): void {
    const attempt = {};
    this.#attempt = attempt;
    this.#timers.set("dial", OPENS_WITHIN, () => this.#fail(attempt));
    if (!this.#socket) this.#be({ kind: "connecting" });
    this.#open(attempt).catch(() => this.#fail(attempt));
  }

  async #open(attempt: object): Promise<void> {
    const url = await this.#options.address();
    if (attempt !== this.#attempt) return;
    const socket = this.#environment.openSocket(url);
    socket.onopen = () => (attempt === this.#attempt ? this.#opened(socket) : socket.close());
    socket.onmessage = ({ data }) => this.#hear(socket, data);
    socket.onclose = () => (socket === this.#socket ? this.#closed() : this.#fail(attempt));
  }

  #opened(socket: Socket): void {
    const before = this.#socket;
    this.#attempt = undefined;
    this.#timers.cancel("dial", "answer");
    this.#socket = socket;
    if (before) this.#environment.after(STAYS_FOR, () => before.close());
    this.#timers.set("stable", STABLE_AFTER, () => (this.#tries = 0));
    this.#beatAt = this.#sentAt = this.#heardAt = this.#askedAt = this.#environment.now();
    this.#planHeartbeat();
    this.#timers.set("renewal", this.#renewedAfter(), () => this.#dial());
    this.#be({ kind: "open" });
    this.#each((listener) => listener.onOpen?.());
  }

  #renewedAfter(): number {
    const { now, random } = this.#environment;
    const end = (this.#options.expiresAt?.() ?? Infinity) - now() - RENEWED_BEFORE_END;
    return Math.max(RENEWED_AT_MOST_EVERY, Math.min(RENEWED_AFTER, end) - Math.round(random() * RENEWED_BEFORE_END));
  }

  /** A frame came, on the socket or on one that was replaced a moment ago; the errors of that one concern nobody. */
  #hear(socket: Socket, data: unknown): void {
    const frame = decode(data);
    const isCurrent = socket === this.#socket;
    if (isCurrent) {
      this.#heardAt = this.#environment.now();
      this.#timers.cancel("answer");
    }
    if (frame && (isCurrent || frame.event !== "error")) this.#each((listener) => listener.onFrame?.(frame));
  }

  #fail(attempt: object): void {
    if (attempt !== this.#attempt) return;
    this.#attempt = undefined;
    this.#retry();
  }

  #closed(): void {
    this.#drop();
    if (!this.#attempt) this.#retry();
    else this.#be({ kind: "connecting" });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#timers.cancel("heartbeat", "renewal", "answer", "stable");
    if (!socket) return;
    socket.onclose = socket.onmessage = null;
    socket.close();
    this.#each((listener) => listener.onClose?.());
  }

  #retry(): void {
    const { now, random } = this.#environment;
    const wait = this.#isOnline ? waitAfter(this.#tries, random()) : OFFLINE_RETRY;
    this.#tries += 1;
    this.#timers.set("dial", wait, () => this.#dial());
    if (this.#socket) return;
    this.#be(this.#isOnline ? { kind: "waiting", retryAt: now() + wait } : { kind: "offline" });
  }

  #dialNow(): void {
    this.#tries = 0;
    if (!this.#attempt) this.#dial();
  }

  #comeOnline(): void {
    this.#isOnline = true;
    if (this.#socket) this.#probe(ANSWERS_AT_ONCE);
    else this.#dialNow();
  }

  #goOffline(): void {
    this.#isOnline = false;
    this.#attempt = undefined;
    this.#drop();
    this.#retry();
  }

  #beSeen(): void {
    if (this.#socket) this.#probe(ANSWERS_AT_ONCE);
    else this.#dialNow();
  }

  /** Asks for an answer; a socket that gives none is dead, whatever the browser thinks of it. */
  #probe(within: number): void {
    this.#timers.set("answer", within, () => {
      this.#drop();
      this.#dialNow();
    });
    this.#ping({ id: `${(this.#pings += 1)}` });
  }

  #ping(asked: { id?: string }): void {
    const chats = [...this.#listeners].flatMap((listener) => (listener.believed ? [listener.believed()] : []));
    const ping: Ping = { action: "ping", ...asked, ...(chats.length > 0 ? { chats: chats.flat() } : {}) };
    this.#beatAt = this.#askedAt = this.#environment.now();
    this.send(ping);
  }

  /** Pings cost what texts cost: none is sent while others are, and none is answered while others come. */
  #beat(): void {
    const now = this.#environment.now();
    if (now < this.#sentAt + BUSY_EVERY && now < this.#askedAt + ASKS_EVERY) {
      this.#beatAt = this.#sentAt;
      this.#planHeartbeat();
    } else if (now < this.#heardAt + BUSY_EVERY) this.#ping({});
    else this.#probe(ANSWERS_WITHIN);
    this.#each((listener) => listener.onHeartbeat?.());
  }

  /** Every 25 seconds while somebody is busy. */
  #planHeartbeat(): void {
    const isBusy = [...this.#listeners].some((listener) => listener.isBusy?.());
    const at = this.#beatAt + (isBusy ? BUSY_EVERY : IDLE_EVERY);
    this.#timers.set("heartbeat", Math.max(0, at - this.#environment.now()), () => this.#beat());
  }

  #be(state: ConnectionState): void {
    this.state = state;
    this.#each((listener) => listener.onState?.(state));
  }

  #each(tell: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) tell(listener);
  }
}
