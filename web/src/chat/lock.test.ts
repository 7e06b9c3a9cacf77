import { beforeEach, describe, expect, test } from "vitest";

import type { Locks } from "./environment.ts";
import { LOCKED_WITHIN, TabLock } from "./lock.ts";
import { FakeBrowser, FakeLocks } from "./testing/browser.ts";
import { Clock, settle } from "./testing/clock.ts";

let clock: Clock;
let locks: FakeLocks;
let taken: string[];

beforeEach(() => {
  clock = new Clock();
  locks = new FakeLocks();
  taken = [];
});

function tab(name: string, its: Locks | undefined = locks.inTab(), chat = "anna.1"): TabLock {
  return new TabLock(its, new FakeBrowser(clock).environment, chat, () => taken.push(name));
}

describe("of the tabs that have a chat's memory", () => {
  test("one has its lock", async () => {
    expect(await tab("first").take()).toBe(true);
    const second = tab("second").take();
    await clock.pass(LOCKED_WITHIN);
    expect(await second).toBe(false);
    expect(taken).toEqual([]);
  });

  test("the next one has it when that is let go", async () => {
    const first = tab("first");
    await first.take();
    const second = tab("second").take();
    first.release();
    expect(await second).toBe(true);
  });

  test("a reloaded page waits for the one that goes", async () => {
    const its = locks.inTab();
    await tab("before", its).take();
    const after = tab("after").take();
    await clock.pass(LOCKED_WITHIN / 2);
    its.closeTab();
    await settle();
    expect(await after).toBe(true);
  });

  test("one takes it from another, who hears of it", async () => {
    const [first, second] = [tab("first"), tab("second")];
    await first.take();
    expect(await second.takeOver()).toBe(true);
    await settle();
    expect(taken).toEqual(["first"]);
    const again = first.take();
    await clock.pass(LOCKED_WITHIN);
    expect(await again).toBe(false);
  });

  test("whoever has it has it when asked again", async () => {
    const first = tab("first");
    await first.take();
    expect(await first.take()).toBe(true);
    expect(await first.takeOver()).toBe(true);
    await clock.pass(LOCKED_WITHIN);
    expect(taken).toEqual([]);
  });

  test("each may where the browser has no locks, or refuses them", async () => {
    const refusing: Locks = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };
    expect(await tab("first", refusing).take()).toBe(true);
    expect(await new TabLock(undefined, new FakeBrowser(clock).environment, "1", () => {}).take()).toBe(true);
  });

  test("those of another chat have nothing to do with it", async () => {
    await tab("first").take();
    expect(await tab("second", locks.inTab(), "anna.2").take()).toBe(true);
  });
});
