import { describe, expect, test } from "vitest";

import type { Role, Said } from "./frames.ts";
import { type Entry, LARGEST_REPLAY, insert, pieces, sizeOf } from "./transcript.ts";

const AT = "2026-11-22T13:08:00.123Z";

function said(from: Role, leg: number, n: number, text = `${from[0]}${leg}.${n}`): Said {
  return { from, leg, n, text, at: AT };
}

describe("pieces of a replay", () => {
  test("are none of nothing", () => {
    expect(pieces([])).toEqual([]);
  });

  test("hold everything once, in order", () => {
    const all = Array.from({ length: 1_000 }, (_, n) => said("visitor", 1, n + 1, "ტექსტი ".repeat(20)));
    expect(pieces(all).length).toBeGreaterThan(10);
    expect(pieces(all).flat()).toEqual(all);
  });

  test("take at most 24 KiB of JSON, and as much of it as there is", () => {
    const all = Array.from({ length: 300 }, (_, n) => said("agent", 2, n + 1, "🛎️\n".repeat((n * 37) % 400)));
    const found = pieces(all);
    for (const [index, piece] of found.entries()) {
      expect(sizeOf(piece)).toBeLessThanOrEqual(LARGEST_REPLAY);
      const next = found[index + 1]?.[0];
      if (next) expect(sizeOf([...piece, next])).toBeGreaterThan(LARGEST_REPLAY);
    }
  });

  test("fill 24 KiB to the last byte", () => {
    const empty = sizeOf([said("visitor", 1, 1, "")]);
    const exact = said("visitor", 1, 1, "a".repeat(LARGEST_REPLAY - empty));
    expect(pieces([exact, said("visitor", 1, 2)])).toHaveLength(2);
    const [first, second] = [said("visitor", 1, 1, "a".repeat(1_000)), said("visitor", 1, 2, "")];
    const room = LARGEST_REPLAY - sizeOf([first, second]);
    expect(pieces([first, { ...second, text: "a".repeat(room) }])).toHaveLength(1);
    expect(pieces([first, { ...second, text: "a".repeat(room + 1) }])).toHaveLength(2);
  });

  test("carry the longest text there can be, each in one of its own", () => {
    const longest = [said("visitor", 1, 1, "😀".repeat(4_000)), said("agent", 1, 1, "😀".repeat(4_000))];
    expect(pieces(longest)).toEqual(longest.map((each) => [each]));
  });
});

describe("what is learnt later", () => {
  function placed(transcript: Entry[], ...more: Said[]): string[] {
    const copy = [...transcript];
    for (const each of more) insert(copy, each);
    return copy.map((entry) => entry.text);
  }

  test("stands before what was said in later legs, and before what is still unsent", () => {
    const unsent: Entry = { from: "visitor", text: "unsent", at: AT };
    expect(placed([said("agent", 2, 1), unsent], said("agent", 1, 1))).toEqual(["a1.1", "a2.1", "unsent"]);
    expect(placed([unsent], said("visitor", 1, 1))).toEqual(["v1.1", "unsent"]);
  });

  test("stands after what was there of its leg", () => {
    expect(placed([said("agent", 1, 1)], said("visitor", 1, 7), said("agent", 1, 2))).toEqual(["a1.1", "v1.7", "a1.2"]);
  });

  test("stands in its author's order, wherever the other side's texts are", () => {
    const mixed = [said("visitor", 2, 1), said("agent", 1, 6), said("agent", 1, 8)];
    expect(placed(mixed, said("agent", 1, 7))).toEqual(["v2.1", "a1.6", "a1.7", "a1.8"]);
  });
});
