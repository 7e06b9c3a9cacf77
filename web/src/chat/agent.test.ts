import { beforeEach, describe, expect, test } from "vitest";

import { Desk, INTRO, STATUS, actions, deliveries, its, only, texts } from "./testing/desk.ts";

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

describe("an agent", () => {
  test("is offered a chat, with whose it is and for how long", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    const now = desk.clock.now;
    await desk.pass();
    expect(only(agent).state).toEqual({
      kind: "offered", leg: 1, account: "demo/hotel", locale: "ka", waited: 1, until: now + 30_000,
    });
    expect(only(agent).say("ადრეა")).toBe(false);
  });

  test("who does not accept is unavailable until he says otherwise", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    await desk.pass(31_000);
    expect(only(agent).state).toEqual({ kind: "left", why: "not_accepted" });
    expect(agent.desk.status?.available).toBe(false);
    agent.desk.dismiss(only(agent).id);
    agent.desk.setStatus(STATUS);
    await desk.pass();
    expect(only(agent).state).toMatchObject({ kind: "offered", leg: 2 });
    only(agent).accept();
    await desk.pass();
    expect(only(agent).state).toEqual({ kind: "talking", peer: "demo/hotel" });
  });

  test("whose accepting is lost sends it again, also on another socket", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    await desk.pass();
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    only(agent).accept();
    await desk.pass();
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    desk.network.cut(agent.browser);
    await desk.pass(1_000);
    expect(actions(agent.browser.last.sent)).toContain("chat.accept");
    expect(only(agent).state.kind).toBe("talking");
    expect(page.visitor.state.kind).toBe("talking");
  });

  test("whose offer is over is told so", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    await desk.pass();
    agent.browser.last.receive({ event: "error", code: "offer_over", message: "", chat: only(agent).id });
    expect(only(agent).state).toEqual({ kind: "left", why: "not_accepted" });
    await desk.pass(20_000);
    expect(agent.browser.last.of("chat.accept")).toEqual([]);
  });

  test("says what he takes on each socket anew, before he resumes his chats", async () => {
    const { agent } = await desk.talking();
    desk.network.cut(agent.browser);
    await desk.pass(1_000);
    expect(actions(agent.browser.last.sent).slice(0, 2)).toEqual(["agent.status", "chat.resume"]);
    expect(agent.browser.last.of("agent.status")).toEqual([{ action: "agent.status", ...STATUS }]);
  });

  test("sends it until it is answered, and heeds the server's word after that", async () => {
    const agent = desk.agent();
    desk.server.take = () => {};
    await desk.pass();
    agent.desk.setStatus(STATUS);
    await desk.pass(11_000);
    expect(agent.browser.last.of("agent.status")).toHaveLength(3);
    agent.browser.last.receive({ event: "agent.status", ...STATUS, available: false });
    expect(agent.desk.status?.available).toBe(true);
    agent.browser.last.receive({ event: "agent.status", ...STATUS });
    await desk.pass(20_000);
    expect(agent.browser.last.of("agent.status")).toHaveLength(3);
    agent.browser.last.receive({ event: "agent.status", ...STATUS, available: false });
    expect(agent.desk.status?.available).toBe(false);
    agent.browser.last.receive({ event: "queue", length: 4 });
    expect(agent.desk.queueLength).toBe(4);
  });

  test("has heartbeats while he is available or talks, and not when he does neither", async () => {
    const agent = await desk.available();
    const beats = () => agent.browser.last.of("ping").filter((ping) => ping.id !== undefined);
    await desk.pass(50_000);
    expect(beats()).toHaveLength(2);
    agent.desk.setStatus({ ...STATUS, available: false });
    await desk.pass(100_000);
    expect(beats()).toHaveLength(2);
  });

  test("has several chats on one socket, and their frames apart", async () => {
    const { agent } = await desk.talking();
    only(agent).say("პირველს");
    for (const frame of [
      { event: "chat.offered", chat: "chat-9", leg: 4, account: "demo/other", locale: "en", waited: 0 },
      { event: "chat.joined", chat: "chat-9", leg: 4, peer: { name: "demo/other" } },
      { event: "chat.message", chat: "chat-9", leg: 4, n: 1, body: { text: "hello" }, from: "visitor", at: "" },
    ]) agent.browser.last.receive(frame);
    const [first, second] = agent.desk.chats.values();
    expect([first && texts(first), second && texts(second)]).toEqual([["პირველს"], ["hello"]]);
    expect(agent.desk.believed()).toEqual([{ chat: "chat-1", leg: 1 }, { chat: "chat-9", leg: 4 }]);
    second?.say("hi");
    expect(agent.browser.last.of("chat.message").at(-1)).toMatchObject({ chat: "chat-9", leg: 4, n: 1, received: 1 });
  });
});

describe("a chat is handed over", () => {
  test("with all that was said, the last word of the one who hands it over too", async () => {
    const { visitor, agent } = await desk.talking();
    const giorgi = await desk.available("giorgi");
    its(visitor).say("ერთი");
    only(agent).say("ორი");
    await desk.pass(3_000);
    desk.network.weather = { loss: 1, doubling: 0, delay: 0 };
    only(agent).say("გადაგრთავთ გიორგისთან");
    only(agent).transfer();
    desk.network.weather = { loss: 0, doubling: 0, delay: 0 };
    await desk.pass(1_000);
    expect([only(agent).isLeaving, only(agent).state.kind, only(agent).say("და")]).toEqual([true, "talking", false]);
    await desk.pass(3_990);
    expect(agent.browser.last.of("chat.transfer")).toEqual([]);
    await desk.pass(2_000);
    expect(only(agent).state).toEqual({ kind: "left", why: "transferred" });
    only(giorgi).accept();
    await desk.pass(3_000);
    const said = ["ერთი", "ორი", "გადაგრთავთ გიორგისთან"];
    expect([texts(its(visitor)), texts(only(giorgi))]).toEqual([said, said]);
    expect(only(giorgi).intro).toEqual(INTRO);
    expect(visitor.visitor.state).toEqual({ kind: "talking", peer: "giorgi" });
  });

  test("and offered to him again gives him back what nobody had", async () => {
    const { visitor, agent } = await desk.talking();
    only(agent).say("ერთი");
    await desk.pass(3_000);
    desk.network.cut(visitor.browser);
    visitor.unload();
    only(agent).say("ორი");
    await desk.pass();
    desk.server.takeAway("nino");
    await desk.pass();
    agent.desk.setStatus(STATUS);
    await desk.pass();
    expect([only(agent).state.kind, only(agent).lines, only(agent).undelivered]).toEqual(["offered", [], ["ორი"]]);
  });

  test("after five seconds also when the visitor cannot be reached, and what he did not get is seen", async () => {
    const { visitor, agent } = await desk.talking();
    await desk.available("giorgi");
    desk.network.cut(visitor.browser);
    visitor.unload();
    only(agent).say("აღარ მივა");
    only(agent).transfer("giorgi");
    await desk.pass(4_999);
    expect(agent.browser.last.of("chat.transfer")).toEqual([]);
    await desk.pass(100);
    expect(agent.browser.last.of("chat.transfer")).toEqual([{ action: "chat.transfer", chat: "chat-1", to: "giorgi" }]);
    expect(only(agent).state).toEqual({ kind: "left", why: "transferred" });
    expect(deliveries(only(agent))).toEqual(["sending"]);
  });

  test("to nobody when there is nobody, and stays", async () => {
    const { agent } = await desk.talking();
    only(agent).transfer();
    await desk.pass(10_000);
    expect(only(agent).state.kind).toBe("talking");
    expect([only(agent).refused, only(agent).isLeaving]).toEqual(["agent_unavailable", false]);
    expect(only(agent).say("აქ ვარ")).toBe(true);
    expect(agent.browser.last.of("chat.transfer")).toHaveLength(1);
  });

  test("and comes back to the first one, who reads it all once", async () => {
    const { visitor, agent } = await desk.talking();
    const giorgi = await desk.available("giorgi");
    its(visitor).say("ერთი");
    await desk.pass(3_000);
    only(agent).transfer();
    await desk.pass(5_000);
    only(giorgi).accept();
    await desk.pass(3_000);
    only(giorgi).say("ორი");
    await desk.pass(3_000);
    only(giorgi).transfer();
    await desk.pass(5_000);
    only(agent).accept();
    await desk.pass(3_000);
    only(agent).say("სამი");
    await desk.pass(3_000);
    const said = ["ერთი", "ორი", "სამი"];
    expect([texts(its(visitor)), texts(only(agent))]).toEqual([said, said]);
  });
});

describe("an agent's page that is reloaded", () => {
  test("goes on with the memory of the tab", async () => {
    const { visitor, agent } = await desk.talking();
    only(agent).say("ერთი");
    await desk.pass();
    agent.unload();
    its(visitor).say("ორი");
    const again = desk.agent("nino", { storage: agent.storage });
    await again.desk.restore();
    await desk.pass(1_000);
    expect(texts(only(again))).toEqual(["ერთი", "ორი"]);
    expect(desk.server.row?.leg).toBe(1);
  });

  test("without memory is told of its chat, begins a leg, and learns everything from the visitor", async () => {
    const { visitor, agent } = await desk.talking();
    only(agent).say("ერთი");
    await desk.pass();
    its(visitor).say("ორი");
    await desk.pass(3_000);
    agent.unload();
    await desk.pass();
    const again = await desk.available();
    await desk.pass(3_000);
    expect(texts(only(again))).toEqual(["ერთი", "ორი"]);
    expect(only(again).intro).toEqual(INTRO);
    expect(desk.server.row?.leg).toBe(2);
    only(again).say("სამი");
    await desk.pass(3_000);
    expect(texts(its(visitor))).toEqual(["ერთი", "ორი", "სამი"]);
  });

  test("between offer and answer goes on with the offer", async () => {
    const agent = await desk.available();
    const page = desk.visitor();
    await desk.pass();
    page.visitor.start(["ka"], INTRO);
    await desk.pass();
    agent.unload();
    const again = desk.agent("nino", { storage: agent.storage });
    await again.desk.restore();
    again.desk.setStatus(STATUS);
    await desk.pass(1_000);
    only(again).accept();
    await desk.pass();
    expect(page.visitor.state.kind).toBe("talking");
  });

  test("is not haunted by a chat that ended", async () => {
    const { visitor, agent } = await desk.talking();
    visitor.visitor.end();
    await desk.pass(3_000);
    agent.desk.dismiss(only(agent).id);
    agent.browser.last.receive({ event: "chat.joined", chat: "chat-1", leg: 1, peer: { name: "demo/hotel" } });
    await desk.pass(3_000);
    expect(agent.desk.chats.size).toBe(0);
  });
});

describe("late frames of the server's", () => {
  test("that an older leg of the chat left, or was offered, change nothing", async () => {
    const { agent } = await desk.talking();
    const offer = { event: "chat.offered", chat: "chat-1", account: "a", locale: "ka", waited: 0 };
    only(agent).say("ერთი");
    agent.browser.last.receive({ ...offer, leg: 1 });
    agent.browser.last.receive({ event: "chat.left", chat: "chat-1", leg: 0, why: "not_accepted" });
    expect([only(agent).state.kind, texts(only(agent))]).toEqual(["talking", ["ერთი"]]);
    agent.browser.last.receive({ ...offer, leg: 3 });
    agent.browser.last.receive({ event: "chat.left", chat: "chat-1", leg: 2, why: "away" });
    expect([only(agent).state.kind, texts(only(agent))]).toEqual(["offered", []]);
    agent.browser.last.receive({ event: "chat.left", chat: "chat-1", leg: 3, why: "not_accepted" });
    expect(only(agent).state.kind).toBe("left");
  });

  test("that the chat is over, of a time before he had it, is put right by a heartbeat", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass();
    agent.browser.last.receive({ event: "error", code: "chat_over", message: "", chat: "chat-1" });
    expect(only(agent).state).toEqual({ kind: "ended", by: "unknown" });
    await desk.pass(25_000);
    its(visitor).say("ორი");
    await desk.pass();
    expect([only(agent).state.kind, texts(only(agent))]).toEqual(["talking", ["ერთი", "ორი"]]);
  });

  test("that a chat left, though he has it and no page of his does, is put right on the next socket", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass();
    agent.browser.last.receive({ event: "chat.left", chat: "chat-1", leg: 1, why: "away" });
    desk.network.cut(agent.browser);
    await desk.pass(1_000);
    its(visitor).say("ორი");
    await desk.pass();
    expect([only(agent).state.kind, texts(only(agent))]).toEqual(["talking", ["ერთი", "ორი"]]);
  });

  test("that a chat is not his does not keep him from having it later", async () => {
    const { agent } = await desk.talking();
    agent.browser.last.receive({ event: "chat.ended", chat: "chat-1", by: "unknown" });
    expect(only(agent).state.kind).toBe("ended");
    agent.browser.last.receive({ event: "chat.offered", chat: "chat-1", leg: 2, account: "a", locale: "ka", waited: 0 });
    expect(only(agent).state.kind).toBe("offered");
  });
});
