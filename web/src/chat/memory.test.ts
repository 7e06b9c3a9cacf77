import { describe, expect, test } from "vitest";

import type { StorageLike } from "./environment.ts";
import { Memory } from "./memory.ts";
import { FakeStorage } from "./testing/browser.ts";

const HOUR = 60 * 60 * 1000;

function loaded(storage: StorageLike, owner = "anna", now = 0): unknown {
  return Object.fromEntries(new Memory(storage, owner).load("chat.", now));
}

describe("what a tab keeps", () => {
  test("is there after a reload, until it is forgotten", () => {
    const storage = new FakeStorage();
    const memory = new Memory(storage, "anna");
    memory.save("chat.1", { leg: 1 }, 0);
    memory.save("chat.1", { leg: 2 }, 0);
    memory.save("start", "other", 0);
    expect(loaded(storage)).toEqual({ 1: { leg: 2 } });
    memory.forget("chat.1");
    expect(loaded(storage)).toEqual({});
  });

  test("is for nobody else, and then gone", () => {
    const storage = new FakeStorage([["other", "kept"]]);
    new Memory(storage, "anna").save("chat.1", {}, 0);
    expect(loaded(storage, "beka")).toEqual({});
    expect([...storage.items]).toEqual([["other", "kept"]]);
  });

  test("is gone after two hours, when no chat can be on any more", () => {
    const storage = new FakeStorage();
    new Memory(storage, "anna").save("chat.1", {}, 0);
    expect(loaded(storage, "anna", 2 * HOUR)).toEqual({ 1: {} });
    expect(loaded(storage, "anna", 2 * HOUR + 1)).toEqual({});
    expect(storage.length).toBe(0);
  });

  test.each(["no json", "null", "{}", '{"owner":"anna","at":0,"value":{}}'])("is nothing that cannot be read: %s", (kept) => {
    expect(loaded(new FakeStorage([["deskbell.chat.chat.1", kept]]))).toEqual({});
  });

  test("is removed when there is no room for it, since an older state would be wrong", () => {
    const storage = new FakeStorage();
    const memory = new Memory(storage, "anna");
    memory.save("chat.1", { leg: 1 }, 0);
    storage.quota = 80;
    memory.save("chat.1", { leg: 2, transcript: "x".repeat(100) }, 0);
    expect(loaded(storage)).toEqual({});
    memory.save("chat.1", {}, 0);
    expect(loaded(storage)).toEqual({ 1: {} });
  });

  test("is nothing without storage, or with one that refuses everything", () => {
    const refuse = () => {
      throw new DOMException("no", "SecurityError");
    };
    const refusing = { length: 1, key: refuse, getItem: refuse, setItem: refuse, removeItem: refuse };
    for (const storage of [undefined, refusing]) {
      const memory = new Memory(storage, "anna");
      memory.save("chat.1", {}, 0);
      memory.forget("chat.1");
      expect(memory.load("chat.", 0).size).toBe(0);
    }
  });
});
