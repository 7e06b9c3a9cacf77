import { beforeEach, describe, expect, test } from "vitest";

import { waitAfter } from "./backoff.ts";
import {
  ANSWERS_AT_ONCE, BUSY_EVERY, Connection, type ConnectionOptions, IDLE_EVERY, type Listener, RENEWED_AFTER,
} from "./connection.ts";
import type { AnyFrame } from "./frames.ts";
import { FakeBrowser, type FakeSocket } from "./testing/browser.ts";
import { Clock, settle } from "./testing/clock.ts";

const MINUTE = 60_000;

let clock: Clock;
let browser: FakeBrowser;
let asked: number;

beforeEach(() => {
  clock = new Clock();
  browser = new FakeBrowser(clock);
  asked = 0;
});

function connect(given: Partial<ConnectionOptions> = {}): Connection {
  const address = () => Promise.resolve(`wss://desk.test?ticket=${(asked += 1)}`);
  const connection = new Connection({ address, environment: browser.environment, ...given });
  connection.start();
  return connection;
}

async function opened(given: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = connect(given);
  await settle();
  browser.last.open();
  return connection;
}

/** Opens each socket as soon as it is made; `answers`: it answers pings. */
function letOpen(answers = true): void {
  browser.onSocket = (socket) => {
    clock.after(0, () => (socket.readyState === 0 ? socket.open() : undefined));
    if (answers) answerPings(socket);
  };
}

function answerPings(socket: FakeSocket): void {
  socket.onSend = (frame) => {
    if (frame.action === "ping" && frame.id !== undefined) socket.receive({ event: "pong", id: frame.id });
  };
}

const BUSY: Listener = { isBusy: () => true, believed: () => [{ chat: "c", leg: 3 }] };

describe("a connection", () => {
  test("asks for an address for each socket", async () => {
    letOpen();
    const connection = connect();
    expect(connection.state).toEqual({ kind: "connecting" });
    await clock.pass(0);
    expect(connection.state).toEqual({ kind: "open" });
    browser.last.end();
    await clock.pass(1_000);
    expect(browser.sockets.map((socket) => socket.url)).toEqual(["wss://desk.test?ticket=1", "wss://desk.test?ticket=2"]);
  });

  test("sends what it can, and keeps nothing for later", async () => {
    const connection = connect();
    await settle();
    expect(connection.send({ action: "ping" })).toBe(false);
    browser.last.open();
    expect(connection.send({ action: "ping" })).toBe(true);
    expect(browser.last.sent).toEqual([{ action: "ping" }]);
  });

  test("tells of every frame, also of one that it does not know, and of nothing that is none", async () => {
    const frames: AnyFrame[] = [];
    (await opened()).subscribe({ onFrame: (frame) => frames.push(frame) });
    const weather = { event: "weather", rain: true };
    browser.last.receive(weather);
    for (const data of ["no json", "[]", "null", "{}", '{"event":7}', new ArrayBuffer(2)]) browser.last.onmessage?.({ data });
    expect(frames).toEqual([weather]);
  });

  test("that is stopped opens nothing any more", async () => {
    const connection = await opened();
    connection.stop();
    expect(browser.last.readyState).toBe(3);
    for (const event of ["online", "visible"] as const) browser.tell(event);
    await clock.pass(10 * MINUTE);
    expect([connection.state.kind, browser.sockets.length]).toEqual(["stopped", 1]);
  });

  test("that is stopped before its address comes opens none", async () => {
    const connection = connect();
    connection.stop();
    await settle();
    expect([asked, browser.sockets.length]).toEqual([1, 0]);
  });

  test("that is stopped while it opens closes what comes of it", async () => {
    const connection = connect();
    await settle();
    connection.stop();
    browser.last.open();
    expect([connection.state.kind, browser.last.readyState]).toEqual(["stopped", 3]);
  });
});

describe("after a loss it waits", () => {
  test("any time up to a limit that grows from half a second to thirty", () => {
    expect([0, 1, 2, 5, 6, 7, 50].map((tries) => waitAfter(tries, 1))).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
    expect(waitAfter(3, 0)).toBe(0);
    expect(waitAfter(3, 0.25)).toBe(1_000);
  });

  test("longer each time, and says until when", async () => {
    const connection = connect({ address: () => Promise.reject(new Error("503")) });
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries += 1) {
      await settle();
      if (connection.state.kind !== "waiting") throw new Error(connection.state.kind);
      waits.push(connection.state.retryAt - clock.now);
      await clock.pass(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  test("differently for each page", async () => {
    const waits = new Set<number>();
    for (const chance of [0.1, 0.5, 0.9]) {
      browser.chance = () => chance;
      const connection = connect({ address: () => Promise.reject(new Error("503")) });
      await settle();
      if (connection.state.kind === "waiting") waits.add(connection.state.retryAt - clock.now);
      connection.stop();
    }
    expect([...waits]).toEqual([50, 250, 450]);
  });

  test("shortly again once a socket was good for a while, not when it only opened", async () => {
    letOpen();
    const connection = connect();
    const waited = async (openFor: number) => {
      await clock.pass(openFor);
      browser.last.end();
      const wait = connection.state.kind === "waiting" ? connection.state.retryAt - clock.now : -1;
      await clock.pass(wait);
      return wait;
    };
    expect([await waited(100), await waited(100), await waited(100)]).toEqual([250, 500, 1_000]);
    expect(await waited(10_000)).toBe(250);
  });

  test("also for one that never opens, and for an address that never comes", async () => {
    const connection = connect();
    await clock.pass(20_000);
    expect(connection.state.kind).toBe("waiting");
    await clock.pass(500);
    expect(browser.sockets).toHaveLength(2);
    browser.sockets[0]?.open();
    expect(browser.sockets[0]?.readyState).toBe(3);
    const silent = connect({ address: () => new Promise(() => {}) });
    await clock.pass(20_000);
    expect(silent.state.kind).toBe("waiting");
  });

  test("when the address is none that a socket can be opened at", async () => {
    browser.onSocket = () => {
      throw new SyntaxError("no address");
    };
    const connection = connect();
    await settle();
    expect(connection.state.kind).toBe("waiting");
  });
});

describe("it is renewed", () => {
  test("before two hours, by a socket that is open before the old one closes", async () => {
    letOpen();
    browser.chance = () => 0;
    const events: string[] = [];
    connect().subscribe({ onOpen: () => events.push("open"), onClose: () => events.push("close") });
    await clock.pass(RENEWED_AFTER - 1);
    expect(browser.sockets).toHaveLength(1);
    await clock.pass(1);
    const [old, renewed] = browser.sockets;
    expect([old?.readyState, renewed?.readyState]).toEqual([1, 1]);
    await clock.pass(5_000);
    expect([old?.readyState, renewed?.readyState]).toEqual([3, 1]);
    expect(events).toEqual(["open", "open"]);
  });

  test("before its token ends", async () => {
    letOpen();
    let expiresAt = 0;
    const address = () => {
      expiresAt = clock.now + 60 * MINUTE;
      return Promise.resolve("wss://desk.test");
    };
    connect({ address, expiresAt: () => expiresAt });
    await clock.pass(58 * MINUTE);
    expect(browser.sockets).toHaveLength(1);
    await clock.pass(MINUTE);
    expect(browser.sockets).toHaveLength(2);
  });

  test("not without a pause when no token lasts", async () => {
    letOpen();
    connect({ expiresAt: () => clock.now });
    await clock.pass(5 * MINUTE);
    expect(browser.sockets.length).toBeLessThanOrEqual(11);
  });

  test("with what comes on the old one heard, except its errors", async () => {
    letOpen();
    const frames: AnyFrame[] = [];
    connect().subscribe({ onFrame: (frame) => frames.push(frame) });
    await clock.pass(0);
    await clock.pass(RENEWED_AFTER - MINUTE / 2);
    frames.length = 0;
    const [old, renewed] = browser.sockets;
    old?.receive({ event: "chat.ended", chat: "c", by: "agent" });
    old?.receive({ event: "error", code: "chat_elsewhere", message: "", chat: "c" });
    renewed?.receive({ event: "error", code: "leg_over", message: "", chat: "c" });
    expect(frames.map((frame) => ("code" in frame ? frame.code : frame.event))).toEqual(["chat.ended", "leg_over"]);
  });

  test("again, when the renewal fails, while the old one serves", async () => {
    letOpen();
    const connection = connect();
    await clock.pass(0);
    browser.onSocket = (socket) => clock.after(0, () => socket.end());
    await clock.pass(RENEWED_AFTER);
    expect(browser.sockets.length).toBeGreaterThan(2);
    expect([connection.state.kind, connection.isOpen]).toEqual(["open", true]);
    letOpen();
    await clock.pass(MINUTE);
    expect(browser.sockets[0]?.readyState).toBe(3);
    expect(connection.isOpen).toBe(true);
  });
});

describe("heartbeats", () => {
  test("come every 25 seconds while somebody is busy, with the chats that are believed in", async () => {
    letOpen();
    connect().subscribe(BUSY);
    await clock.pass(4 * BUSY_EVERY);
    expect(browser.last.of("ping")).toEqual(["1", "2", "3", "4"].map((id) => ({ action: "ping", id, chats: [{ chat: "c", leg: 3 }] })));
  });

  test("come with no chats from a page that could have some, so that it is told of what it does not know", async () => {
    letOpen();
    connect().subscribe({ isBusy: () => true, believed: () => [] });
    await clock.pass(BUSY_EVERY);
    expect(browser.last.of("ping")).toEqual([{ action: "ping", id: "1", chats: [] }]);
  });

  test("come every 4 minutes else", async () => {
    letOpen();
    connect();
    await clock.pass(IDLE_EVERY - 1);
    expect(browser.last.sent).toEqual([]);
    await clock.pass(1);
    expect(browser.last.sent).toEqual([{ action: "ping", id: "1" }]);
  });

  test("come sooner from the moment on in which somebody becomes busy", async () => {
    letOpen();
    let isBusy = false;
    const connection = connect();
    connection.subscribe({ isBusy: () => isBusy });
    await clock.pass(MINUTE);
    isBusy = true;
    connection.send({ action: "chat.start", id: "s", languages: ["ka"] });
    await clock.pass(BUSY_EVERY - 1);
    expect(browser.last.of("ping")).toHaveLength(0);
    await clock.pass(1);
    expect(browser.last.of("ping")).toHaveLength(1);
  });

  test("are spared while other frames are sent, but for one in 100 seconds that asks what was missed", async () => {
    letOpen();
    const connection = connect();
    let beats = 0;
    connection.subscribe({ ...BUSY, onHeartbeat: () => (beats += 1) });
    for (let second = 0; second < 90; second += 10) {
      connection.send({ action: "chat.typing", chat: "c" });
      await clock.pass(10_000);
    }
    expect(browser.last.of("ping")).toHaveLength(0);
    expect(beats).toBeGreaterThanOrEqual(3);
    for (let second = 0; second < 40; second += 10) {
      connection.send({ action: "chat.typing", chat: "c" });
      await clock.pass(10_000);
    }
    expect(browser.last.of("ping")).toHaveLength(1);
  });

  test("follow what was sent last by 25 seconds", async () => {
    letOpen();
    const connection = connect();
    connection.subscribe(BUSY);
    await clock.pass(BUSY_EVERY - 1_000);
    connection.send({ action: "chat.typing", chat: "c" });
    await clock.pass(BUSY_EVERY - 1);
    expect(browser.last.of("ping")).toHaveLength(0);
    await clock.pass(1);
    expect(browser.last.of("ping")).toHaveLength(1);
  });

  test("are answered only where nothing else came for 25 seconds", async () => {
    letOpen();
    connect().subscribe(BUSY);
    await clock.pass(BUSY_EVERY - 1_000);
    browser.last.receive({ event: "chat.typing", chat: "c" });
    await clock.pass(1_000);
    await clock.pass(BUSY_EVERY);
    expect(browser.last.of("ping").map(({ id }) => id)).toEqual([undefined, "1"]);
  });

  test("have what waits for one sent too", async () => {
    letOpen();
    let beats = 0;
    connect().subscribe({ ...BUSY, onHeartbeat: () => (beats += 1) });
    await clock.pass(3 * BUSY_EVERY);
    expect(beats).toBe(3);
  });

  test("that nothing answers show that the socket is dead", async () => {
    letOpen(false);
    const connection = connect();
    connection.subscribe(BUSY);
    await clock.pass(BUSY_EVERY + 19_999);
    expect(browser.sockets).toHaveLength(1);
    await clock.pass(2);
    expect(browser.sockets).toHaveLength(2);
    expect([browser.sockets[0]?.readyState, connection.isOpen]).toEqual([3, true]);
  });

  test("are answered by whatever comes", async () => {
    letOpen(false);
    connect().subscribe(BUSY);
    await clock.pass(BUSY_EVERY + 1_000);
    browser.last.receive({ event: "queue", length: 1 });
    await clock.pass(20_000);
    expect(browser.sockets).toHaveLength(1);
  });
});

describe("a page that is seen again", () => {
  test("asks at once whether its socket lives, and takes another after 5 seconds of silence", async () => {
    letOpen(false);
    connect();
    await clock.pass(MINUTE);
    browser.tell("visible");
    expect(browser.last.sent).toEqual([{ action: "ping", id: "1" }]);
    await clock.pass(ANSWERS_AT_ONCE - 1);
    expect(browser.sockets).toHaveLength(1);
    await clock.pass(1);
    expect(browser.sockets).toHaveLength(2);
  });

  test("keeps a socket that answers", async () => {
    letOpen();
    connect();
    await clock.pass(MINUTE);
    browser.tell("hidden");
    browser.tell("visible");
    await clock.pass(MINUTE);
    expect([browser.sockets.length, browser.last.of("ping").length]).toEqual([1, 1]);
  });

  test("does not wait any longer", async () => {
    const connection = connect({ address: () => Promise.reject(new Error("503")) });
    await clock.pass(MINUTE);
    browser.tell("visible");
    expect(connection.state.kind).toBe("connecting");
    await settle();
    expect(connection.state).toEqual({ kind: "waiting", retryAt: clock.now + 250 });
  });
});

describe("a page without a network", () => {
  test("says so, and opens a socket once there is one", async () => {
    letOpen();
    const connection = connect();
    await clock.pass(0);
    browser.tell("offline");
    expect([connection.state.kind, browser.last.readyState]).toEqual(["offline", 3]);
    await clock.pass(10_000);
    expect(browser.sockets).toHaveLength(1);
    browser.tell("online");
    await clock.pass(0);
    expect([connection.state.kind, browser.sockets.length]).toEqual(["open", 2]);
  });

  test("tries now and then all the same, since browsers err", async () => {
    browser.isOnline = false;
    browser.onSocket = (socket) => clock.after(0, () => socket.end());
    const connection = connect();
    await clock.pass(MINUTE);
    expect([connection.state.kind, browser.sockets.length]).toEqual(["offline", 3]);
    letOpen();
    await clock.pass(MINUTE);
    expect(connection.state.kind).toBe("open");
  });

  test("that came back with its socket asks whether that lives", async () => {
    letOpen(false);
    connect();
    await clock.pass(0);
    browser.tell("online");
    await clock.pass(ANSWERS_AT_ONCE + 1);
    expect(browser.sockets).toHaveLength(2);
  });
});
