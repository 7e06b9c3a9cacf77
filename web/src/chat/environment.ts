/** What a page has of its browser: clock, timers, chance, sockets, what the window tells, a tab's storage and locks. */

export interface Socket {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  send(data: string): void;
  close(): void;
}

export const OPEN = 1;

export type WindowEvent = "online" | "offline" | "visible" | "hidden";

export interface Environment {
  now: () => number;
  random: () => number;
  newId: () => string;
  /** Runs it once after so many milliseconds; gives what calls it off. */
  after: (milliseconds: number, run: () => void) => () => void;
  openSocket: (url: string) => Socket;
  isOnline: () => boolean;
  /** Gives what stops listening. */
  listen: (to: WindowEvent, run: () => void) => () => void;
}

export interface StorageLike {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** As much of Web Locks as a chat needs. */
export interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

export function browser(): Environment {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    newId: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    after: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds);
      return () => clearTimeout(timer);
    },
    openSocket: (url) => new WebSocket(url) as unknown as Socket,
    isOnline: () => navigator.onLine,
    listen: listenInBrowser,
  };
}

function listenInBrowser(to: WindowEvent, run: () => void): () => void {
  const isOfPage = to === "visible" || to === "hidden";
  const target: EventTarget = isOfPage ? document : window;
  const heard = () => {
    if (!isOfPage || document.visibilityState === to) run();
  };
  const event = isOfPage ? "visibilitychange" : to;
  target.addEventListener(event, heard);
  return () => target.removeEventListener(event, heard);
}

/** The tab's own storage; undefined where the browser keeps a page from it. */
export function tabStorage(): StorageLike | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

export function browserLocks(): Locks | undefined {
  return "locks" in navigator ? navigator.locks : undefined;
}
