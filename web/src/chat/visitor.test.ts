import { beforeEach, describe, expect, test } from "vitest";

import { TYPING_EVERY } from "./chat.ts";
import { FakeStorage } from "./testing/browser.ts";
import { Desk, INTRO, actions, deliveries, its, only, texts } from "./testing/desk.ts";

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

describe("a visitor who starts a chat", () => {
  test("waits, talks, and ends it", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    expect(page.visitor.state).toEqual({ kind: "idle" });
    await desk.pass();
    expect(page.visitor.start(["ka"], INTRO)).toBe(true);
    expect(page.visitor.state).toEqual({ kind: "starting" });
    await desk.pass();
    expect(page.visitor.state).toEqual({ kind: "queued", position: 1 });
    only(agent).accept();
    await desk.pass();
    expect(page.visitor.state).toEqual({ kind: "talking", peer: "nino" });
    expect(only(agent).intro).toEqual(INTRO);
    its(page).say("გამარჯობა");
    await desk.pass(3_000);
    expect(deliveries(its(page))).toEqual(["shown"]);
    page.visitor.end();
    await desk.pass();
    expect([page.visitor.state, only(agent).state]).toEqual([{ kind: "ended", by: "visitor" }, { kind: "ended", by: "visitor" }]);
    expect(texts(its(page))).toEqual(["გამარჯობა"]);
    page.visitor.dismiss();
    expect(page.visitor.state).toEqual({ kind: "idle" });
  });

  test("is told when nobody can take it, and may try again", async () => {
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    await desk.pass();
    expect(page.visitor.state).toEqual({ kind: "unavailable", nextOpenAt: "2026-11-23T05:00:00Z" });
    await desk.available();
    expect(page.visitor.start(["ka"], INTRO)).toBe(true);
    await desk.pass();
    expect(page.visitor.state.kind).toBe("queued");
  });

  test("must say who he is and what he asks, and has one chat at a time", async () => {
    const { visitor } = await desk.talking();
    expect(visitor.visitor.start(["ka"], INTRO)).toBe(false);
    const other = desk.visitor();
    expect(other.visitor.start(["ka"], { ...INTRO, phone: " " })).toBe(false);
    expect(other.visitor.state).toEqual({ kind: "idle" });
  });

  test("sends it until it is answered, as the same start", async () => {
    await desk.available();
    const page = desk.visitor();
    await desk.pass();
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    page.visitor.start(["ka"], INTRO);
    await desk.pass(11_000);
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    await desk.pass(10_000);
    const starts = page.browser.last.of("chat.start");
    expect(starts).toHaveLength(4);
    expect(new Set(starts.map((start) => start.id)).size).toBe(1);
    expect(page.visitor.state.kind).toBe("queued");
    await desk.pass(60_000);
    expect(page.browser.last.of("chat.start")).toHaveLength(4);
  });

  test("sends it again when AWS was busy, and not when it was refused", async () => {
    const page = desk.visitor();
    await desk.pass();
    desk.server.take = () => {};
    page.visitor.start(["ka"], INTRO);
    const starts = () => page.browser.sockets.flatMap((socket) => socket.of("chat.start"));
    const [start] = starts();
    page.browser.last.receive({ event: "error", code: "try_again", message: "", id: start?.id });
    await desk.pass(5_000);
    expect(starts()).toHaveLength(2);
    page.browser.last.receive({ event: "error", code: "invalid_frame", message: "", id: start?.id });
    await desk.pass(60_000);
    expect(starts()).toHaveLength(2);
    expect(page.visitor.state).toEqual({ kind: "unavailable", nextOpenAt: null });
  });

  test("may give up before he is answered: the chat is ended", async () => {
    await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    page.visitor.end();
    expect(page.visitor.state).toEqual({ kind: "idle" });
    await desk.pass();
    expect(desk.server.row).toBeUndefined();
    expect(page.visitor.state).toEqual({ kind: "idle" });
  });

  test("keeps what he says while he waits", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    await desk.pass();
    expect(its(page).say("ერთი")).toBe(true);
    expect(deliveries(its(page))).toEqual(["sending"]);
    only(agent).accept();
    await desk.pass(3_000);
    expect(deliveries(its(page))).toEqual(["shown"]);
    expect(texts(only(agent))).toEqual(["ერთი"]);
  });
});

describe("a visitor who talks", () => {
  test("is not taken a text from that is blank or too long", async () => {
    const { visitor } = await desk.talking();
    expect(its(visitor).say("😀".repeat(4_001))).toBe(false);
    expect(its(visitor).say(" \n")).toBe(false);
    expect(its(visitor).say("😀".repeat(4_000))).toBe(true);
    expect(its(visitor).lines).toHaveLength(1);
  });

  test("is heard typing at the start, and every ten seconds", async () => {
    const { visitor, agent } = await desk.talking();
    for (let second = 0; second < 25; second += 1) {
      its(visitor).typing();
      await desk.pass(1_000);
      expect(only(agent).isPeerTyping).toBe(true);
    }
    expect(visitor.browser.last.of("chat.typing")).toHaveLength(3);
    its(visitor).say("ა");
    await desk.pass();
    expect(only(agent).isPeerTyping).toBe(false);
    its(visitor).typing();
    its(visitor).typing();
    expect(visitor.browser.last.of("chat.typing")).toHaveLength(4);
    await desk.pass(12_000 + TYPING_EVERY);
    expect(only(agent).isPeerTyping).toBe(false);
  });

  test("sees that the other side is away, and back", async () => {
    const { visitor, agent } = await desk.talking();
    desk.network.cut(agent.browser);
    await desk.pass(0);
    expect(visitor.visitor.state).toEqual({ kind: "peerAway", peer: "nino" });
    await desk.pass(1_000);
    expect(visitor.visitor.state).toEqual({ kind: "talking", peer: "nino" });
  });

  test("waits at the head of the queue when the agent is away for long, and loses nothing", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    desk.network.cut(agent.browser);
    agent.unload();
    its(visitor).say("ორი");
    await desk.pass();
    desk.server.takeAway("nino");
    await desk.pass();
    expect(visitor.visitor.state.kind).toBe("queued");
    its(visitor).say("სამი");
    const giorgi = await desk.available("giorgi");
    only(giorgi).accept();
    await desk.pass(3_000);
    expect(texts(only(giorgi))).toEqual(["ერთი", "ორი", "სამი"]);
    expect(only(giorgi).intro).toEqual(INTRO);
    expect(deliveries(its(visitor))).toEqual(["shown", "shown", "shown"]);
  });

  test("is asked whether to go on by a ticket, and warned before the end", async () => {
    const { visitor, agent } = await desk.talking();
    only(agent).proposeTicket();
    desk.server.warn("2026-11-22T15:00:00Z");
    await desk.pass();
    expect([its(visitor).isTicketProposed, its(visitor).endsAt]).toEqual([true, "2026-11-22T15:00:00Z"]);
    desk.server.end("limit");
    await desk.pass();
    expect([visitor.visitor.state, only(agent).state]).toEqual([{ kind: "ended", by: "limit" }, { kind: "ended", by: "limit" }]);
  });

  test("sends heartbeats with the leg that he knows, and none for a chat that is over", async () => {
    const { visitor } = await desk.talking();
    await desk.pass(25_000);
    expect(visitor.browser.last.of("ping").at(-1)?.chats).toEqual([{ chat: "chat-1", leg: 1 }]);
    visitor.visitor.end();
    await desk.pass(0);
    const before = visitor.browser.last.of("ping").length;
    await desk.pass(290_000);
    expect(visitor.browser.last.of("ping").length - before).toBeLessThan(3);
    expect(visitor.browser.last.of("ping").at(-1)?.chats).toEqual([]);
  });

  test("ends it once his last word has come, and says nothing after that", async () => {
    const { visitor, agent } = await desk.talking();
    await desk.pass(3_000);
    its(visitor).say("ნახვამდის");
    visitor.visitor.end();
    expect([its(visitor).isLeaving, its(visitor).say("და")]).toEqual([true, false]);
    await desk.pass(1_000);
    expect(visitor.visitor.state.kind).toBe("talking");
    await desk.pass(1_100);
    expect(visitor.visitor.state.kind).toBe("ended");
    expect(texts(only(agent))).toEqual(["ნახვამდის"]);
  });

  test("ends a chat even when the first word of it is lost", async () => {
    const { visitor } = await desk.talking();
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    visitor.visitor.end();
    await desk.pass(11_000);
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    await desk.pass(5_000);
    expect(desk.server.row).toBeUndefined();
    expect(visitor.visitor.state).toEqual({ kind: "ended", by: "visitor" });
  });

  test("ends it though its end is not told", async () => {
    const { visitor } = await desk.talking();
    await desk.pass(3_000);
    visitor.visitor.end();
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    await desk.pass(1_000);
    expect(desk.server.row).toBeUndefined();
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    await desk.pass(5_000);
    expect(visitor.visitor.state).toEqual({ kind: "ended", by: "visitor" });
  });
});

describe("errors", () => {
  test.each([
    ["chat_over", { kind: "ended", by: "unknown" }],
    ["chat_elsewhere", { kind: "elsewhere" }],
    ["leg_over", { kind: "talking", peer: "nino" }],
    ["offer_over", { kind: "talking", peer: "nino" }],
    ["too_many_frames", { kind: "talking", peer: "nino" }],
    ["try_again", { kind: "talking", peer: "nino" }],
    ["invalid_frame", { kind: "talking", peer: "nino" }],
  ])("%s about the chat", async (code, state) => {
    const { visitor } = await desk.talking();
    visitor.browser.last.receive({ event: "error", code, message: "", chat: "chat-1", leg: 2 });
    expect(visitor.visitor.state).toEqual(state);
    const resumes = visitor.browser.last.of("chat.resume");
    expect(resumes.length).toBe(code === "leg_over" ? 1 : 0);
  });

  test("about another chat, and an event that nobody knows, change nothing", async () => {
    const { visitor } = await desk.talking();
    visitor.browser.last.receive({ event: "error", code: "chat_over", message: "", chat: "chat-0" });
    visitor.browser.last.receive({ event: "chat.ended", chat: "chat-0", by: "agent" });
    visitor.browser.last.receive({ event: "chat.danced", chat: "chat-1" });
    expect(visitor.visitor.state.kind).toBe("talking");
  });
});

describe("a socket that breaks", () => {
  test("costs nothing of what is said, in the order in which it was", async () => {
    const { visitor, agent } = await desk.talking();
    for (let n = 1; n <= 20; n += 1) {
      its(visitor).say(`v${n}`);
      only(agent).say(`a${n}`);
      desk.network.cut(n % 2 ? visitor.browser : agent.browser);
      await desk.pass(300);
    }
    await desk.pass(10_000);
    for (const chat of [its(visitor), only(agent)]) {
      for (const who of ["v", "a"]) {
        expect(texts(chat).filter((text) => text.startsWith(who))).toEqual(Array.from({ length: 20 }, (_, n) => `${who}${n + 1}`));
      }
      expect(new Set(deliveries(chat))).toEqual(new Set(["shown"]));
    }
  });

  test("is replaced, and the chat comes along before anything is sent there", async () => {
    const { visitor } = await desk.talking();
    desk.network.cut(visitor.browser);
    its(visitor).say("ერთი");
    await desk.pass(1_000);
    expect(actions(visitor.browser.last.sent)).toEqual(["chat.resume", "chat.message", "chat.message"]);
  });
});

describe("on a new socket", () => {
  test("that the chat is not there yet is no news until its resumption is answered", async () => {
    const { visitor } = await desk.talking();
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    desk.network.cut(visitor.browser);
    await desk.pass(1_000);
    visitor.browser.last.receive({ event: "error", code: "chat_elsewhere", message: "", chat: "chat-1", leg: 1 });
    expect(visitor.visitor.state.kind).toBe("talking");
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    await desk.pass(5_000);
    visitor.browser.last.receive({ event: "error", code: "chat_elsewhere", message: "", chat: "chat-1", leg: 1 });
    expect(visitor.visitor.state.kind).toBe("elsewhere");
  });
});

describe("late frames of the server's", () => {
  test("a place in the queue after the joining: the server is asked", async () => {
    const { visitor, agent } = await desk.talking();
    visitor.browser.last.receive({ event: "chat.queued", chat: "chat-1", position: 1 });
    its(visitor).say("ერთი");
    expect(visitor.visitor.state.kind).toBe("queued");
    await desk.pass();
    expect(visitor.visitor.state.kind).toBe("talking");
    expect(texts(only(agent))).toEqual(["ერთი"]);
    expect(visitor.browser.last.of("chat.resume")).toHaveLength(1);
  });

  test("and where its answer is lost, a heartbeat tells", async () => {
    const { visitor, agent } = await desk.talking();
    visitor.browser.last.receive({ event: "chat.queued", chat: "chat-1", position: 1 });
    visitor.browser.last.receive({ event: "chat.queued", chat: "chat-1", position: 2 });
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    await desk.pass(1_000);
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    its(visitor).say("ერთი");
    await desk.pass(24_000);
    expect(visitor.visitor.state.kind).toBe("talking");
    expect(texts(only(agent))).toEqual(["ერთი"]);
  });

  test("that the other side is away, when it is back, too", async () => {
    const { visitor } = await desk.talking();
    await desk.pass(3_000);
    visitor.browser.last.receive({ event: "chat.peer_away", chat: "chat-1" });
    await desk.pass(20_000);
    expect(visitor.visitor.state.kind).toBe("peerAway");
    await desk.pass(5_000);
    expect(visitor.visitor.state.kind).toBe("talking");
  });

  test("of an older leg say nothing of the chat", async () => {
    const { visitor } = await desk.talking();
    visitor.browser.last.receive({ event: "chat.peer_away", chat: "chat-1" });
    visitor.browser.last.receive({ event: "chat.joined", chat: "chat-1", leg: 0, peer: { name: "giorgi" } });
    expect(visitor.visitor.state).toEqual({ kind: "peerAway", peer: "nino" });
  });
});

describe("a reload", () => {
  test("goes on with the memory of the tab", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass();
    visitor.unload();
    only(agent).say("ორი");
    const again = desk.visitor({ storage: visitor.storage });
    await again.visitor.restore();
    expect(again.visitor.state).toEqual({ kind: "talking", peer: "nino" });
    expect(texts(its(again))).toEqual(["ერთი"]);
    await desk.pass(1_000);
    expect(texts(its(again))).toEqual(["ერთი", "ორი"]);
    expect(desk.server.row?.leg).toBe(1);
  });

  test("at whatever moment finds no memory that is older than what was sent", async () => {
    const { visitor } = await desk.talking();
    const kept: boolean[] = [];
    visitor.browser.last.onSend = (frame) => {
      if (frame.action === "chat.message") kept.push([...(visitor.storage?.items.values() ?? [])].join().includes(`"sent":${frame.n}`));
    };
    its(visitor).say("ერთი");
    its(visitor).say("ორი");
    expect(kept).toEqual([true, true]);
  });

  test("finds a chat over that ended meanwhile, with all that was said", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass();
    visitor.unload();
    only(agent).end();
    await desk.pass();
    const again = desk.visitor({ storage: visitor.storage });
    await again.visitor.restore();
    await desk.pass();
    expect(again.visitor.state).toEqual({ kind: "ended", by: "unknown" });
    expect(texts(its(again))).toEqual(["ერთი"]);
    expect(again.storage?.length).toBe(0);
  });

  test("while a start is not answered starts the same chat", async () => {
    await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    page.unload();
    const again = desk.visitor({ storage: page.storage });
    await again.visitor.restore();
    await desk.pass();
    expect(again.visitor.state.kind).toBe("queued");
    expect(again.browser.last.of("chat.start")[0]?.id).toBe(page.browser.last.of("chat.start")[0]?.id);
  });

  test("without storage is told of the chat, and the agent's page says everything again", async () => {
    const { visitor, agent } = await desk.talking({ storage: undefined });
    its(visitor).say("ერთი");
    await desk.pass();
    only(agent).say("ორი");
    await desk.pass(3_000);
    visitor.unload();
    const again = desk.visitor({ storage: undefined });
    await again.visitor.restore();
    expect(again.visitor.state).toEqual({ kind: "idle" });
    await desk.pass(4_000);
    expect(again.visitor.state).toEqual({ kind: "talking", peer: "nino" });
    its(again).say("სამი");
    await desk.pass(3_000);
    expect(texts(its(again))).toEqual(["ერთი", "ორი", "სამი"]);
    expect([only(agent).intro, desk.server.row?.leg]).toEqual([INTRO, 2]);
  });

  test.each([["another tab's", new FakeStorage()], ["a full one", Object.assign(new FakeStorage(), { quota: 300 })]])(
    "with %s storage finds the chat by starting, and the agent's page says everything again",
    async (_, storage) => {
      const { visitor, agent } = await desk.talking(storage.quota < 1_000 ? { storage } : {});
      its(visitor).say("ერთი");
      await desk.pass();
      only(agent).say("ორი");
      await desk.pass(3_000);
      visitor.unload();
      const again = desk.visitor({ storage });
      await again.visitor.restore();
      await desk.pass();
      expect(again.visitor.state).toEqual({ kind: "idle" });
      again.visitor.start(["ka"], { ...INTRO, question: "ისევ მე" });
      await desk.pass();
      expect(again.visitor.state).toEqual({ kind: "elsewhere" });
      its(again).takeOver();
      expect(its(again).say("სამი")).toBe(true);
      await desk.pass(3_000);
      expect(again.visitor.state).toEqual({ kind: "talking", peer: "nino" });
      expect(texts(its(again))).toEqual(["ერთი", "ორი", "სამი"]);
      expect(texts(only(agent))).toEqual(["ერთი", "ორი", "სამი"]);
      expect(only(agent).intro?.question).toBe("ისევ მე");
      expect(desk.server.row?.leg).toBe(2);
    },
  );

  test("by another user of the same tab finds nothing of the first one's chat", async () => {
    const { visitor } = await desk.talking();
    its(visitor).say("საიდუმლო");
    visitor.unload();
    const other = desk.visitor({ storage: visitor.storage, owner: "beka" });
    await other.visitor.restore();
    await desk.pass();
    expect(other.visitor.state).toEqual({ kind: "idle" });
    expect(other.storage?.length).toBe(0);
  });
});
