import { expect, it } from "vitest";
import { similarArticles } from "./similar.ts";
import type { Source } from "./types.ts";

function article(id: string, title: string, summary = ""): Source {
  return { id, title, summary, keywords: [], body: "", text: `/${id}` };
}

it("names the nearest articles first, three at most, never the article itself", () => {
  const sources = [
    article("a", "Cancel a booking", "Bookings of guests"),
    article("b", "Cancel a booking of a group", "Groups and their bookings"),
    article("c", "Move a booking"),
    article("d", "Booking by phone"),
    article("e", "Booking by letter"),
    article("f", "Print an invoice"),
  ];
  const similar = similarArticles("en", sources);
  expect(similar["a"]?.[0]).toBe("b");
  expect(similar["a"]).toHaveLength(3);
  expect(similar["a"]).not.toContain("a");
  expect(similar["f"]).toEqual([]);
});
