import { beforeEach, describe, expect, test } from "vitest";

import { FakeStorage } from "./testing/browser.ts";
import { Desk, INTRO, its, only, texts } from "./testing/desk.ts";
import type { VisitorPage } from "./testing/page.ts";

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

async function duplicated(page: VisitorPage): Promise<VisitorPage> {
  const copy = desk.visitor({ storage: page.storage?.copy() });
  void copy.visitor.restore();
  await desk.pass(2_000);
  return copy;
}

describe("a duplicated tab", () => {
  test("leaves the chat alone that the first one has", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass(3_000);
    const copy = await duplicated(visitor);
    expect(copy.visitor.state).toEqual({ kind: "elsewhere" });
    expect(copy.browser.last.sent).toEqual([]);
    expect(its(copy).say("არა")).toBe(false);
    its(visitor).say("ორი");
    await desk.pass(3_000);
    expect(texts(only(agent))).toEqual(["ერთი", "ორი"]);
  });

  test("takes it over without its memory, which is behind", async () => {
    const { visitor, agent } = await desk.talking();
    const copy = await duplicated(visitor);
    its(visitor).say("ერთი");
    await desk.pass(3_000);
    its(copy).takeOver();
    await desk.pass(3_000);
    expect(copy.browser.last.of("chat.resume")).toMatchObject([{ leg: 0, lost: true }]);
    expect(visitor.visitor.state).toEqual({ kind: "elsewhere" });
    its(copy).say("ორი");
    await desk.pass();
    only(agent).say("სამი");
    await desk.pass(3_000);
    for (const chat of [its(copy), only(agent)]) expect(texts(chat)).toEqual(["ერთი", "ორი", "სამი"]);
    expect(only(agent).intro).toEqual(INTRO);
  });

  test("gives it back, and the first one learns what was said meanwhile", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass(3_000);
    const copy = await duplicated(visitor);
    its(copy).takeOver();
    await desk.pass();
    its(copy).say("ორი");
    await desk.pass(3_000);
    its(visitor).takeOver();
    await desk.pass(3_000);
    expect(copy.visitor.state).toEqual({ kind: "elsewhere" });
    its(visitor).say("სამი");
    await desk.pass(3_000);
    for (const chat of [its(visitor), only(agent)]) expect(texts(chat)).toEqual(["ერთი", "ორი", "სამი"]);
  });

  test("after its own reload still knows that the chat is elsewhere", async () => {
    const { visitor } = await desk.talking();
    const copy = await duplicated(visitor);
    its(copy).takeOver();
    await desk.pass();
    visitor.unload();
    const again = desk.visitor({ storage: visitor.storage });
    void again.visitor.restore();
    await desk.pass(2_000);
    expect(again.visitor.state).toEqual({ kind: "elsewhere" });
    expect(copy.visitor.state.kind).toBe("talking");
  });

  test("may use the memory once the first one is closed", async () => {
    const { visitor } = await desk.talking();
    const storage = visitor.storage?.copy();
    visitor.unload();
    const copy = desk.visitor({ storage });
    await copy.visitor.restore();
    await desk.pass();
    expect(copy.visitor.state.kind).toBe("talking");
    expect(desk.server.row?.leg).toBe(1);
  });
});

describe("another device of the same person", () => {
  test("takes the chat over, and the first page stops", async () => {
    const { visitor, agent } = await desk.talking();
    its(visitor).say("ერთი");
    await desk.pass(3_000);
    const phone = desk.visitor({ storage: new FakeStorage(), locks: undefined });
    await desk.pass();
    phone.visitor.start(["ka"], INTRO);
    await desk.pass();
    expect(phone.visitor.state).toEqual({ kind: "elsewhere" });
    its(phone).takeOver();
    await desk.pass(3_000);
    expect(texts(its(phone))).toEqual(["ერთი"]);
    its(visitor).say("ორი");
    await desk.pass();
    expect(visitor.visitor.state).toEqual({ kind: "elsewhere" });
    await desk.pass(120_000);
    expect([visitor.visitor.state.kind, phone.visitor.state.kind]).toEqual(["elsewhere", "talking"]);
    its(visitor).takeOver();
    await desk.pass(3_000);
    expect(texts(only(agent))).toEqual(["ერთი", "ორი"]);
  });
});
