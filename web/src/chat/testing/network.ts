/** Between pages and server: what is sent takes time, may be lost, doubled and overtaken, and sockets break. */

import type { FakeBrowser, FakeSocket } from "./browser.ts";
import type { Clock } from "./clock.ts";
import type { Server, Wire } from "./server.ts";

export interface Weather {
  /** Chances from 0 to 1. */
  loss: number;
  doubling: number;
  /** Milliseconds that a frame may take at most. */
  delay: number;
}

export const FAIR: Weather = { loss: 0, doubling: 0, delay: 0 };

export class Network {
  weather = FAIR;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #chance: () => number;
  readonly #open = new Map<FakeBrowser, Set<FakeSocket>>();

  constructor(clock: Clock, server: Server, chance: () => number = () => 0.5) {
    this.#clock = clock;
    this.#server = server;
    this.#chance = chance;
  }

  join(browser: FakeBrowser, who: string, role: Wire["role"]): void {
    browser.onSocket = (socket) => this.#connect(browser, socket, who, role);
  }

  /** All sockets of this page break; the server hears of it at once, or only after `unheard` milliseconds. */
  cut(browser: FakeBrowser, unheard = 0): void {
    for (const socket of this.#open.get(browser) ?? []) {
      const { onEnd } = socket;
      socket.onEnd = () => this.#clock.after(unheard, onEnd);
      socket.end();
    }
  }

  #connect(browser: FakeBrowser, socket: FakeSocket, who: string, role: Wire["role"]): void {
    const wire: Wire = { who, role, tell: (frame) => this.#carry(() => socket.readyState === 1 && socket.receive(frame)) };
    const open = this.#open.get(browser) ?? new Set();
    this.#open.set(browser, open.add(socket));
    socket.onSend = (frame) => this.#carry(() => this.#server.take(wire, frame));
    socket.onEnd = () => {
      open.delete(socket);
      this.#clock.after(this.#wait(), () => this.#server.close(wire));
    };
    this.#clock.after(this.#wait(), () => socket.readyState === 0 && socket.open());
  }

  #wait(): number {
    return Math.floor(this.#chance() * this.weather.delay);
  }

  #carry(arrive: () => unknown): void {
    const { loss, doubling } = this.weather;
    if (this.#chance() < loss) return;
    const times = this.#chance() < doubling ? 2 : 1;
    for (let time = 0; time < times; time += 1) this.#clock.after(this.#wait(), arrive);
  }
}

