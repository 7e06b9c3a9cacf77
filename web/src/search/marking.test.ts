import { describe, expect, it } from "vitest";
import { buildIndex, type Locale, mark, type Part, Search, snippet } from "./index.ts";
import { articlesIn } from "./testing/articles.ts";

function matches(parts: Part[]): string[] {
  return parts.filter(({ isMatch }) => isMatch).map(({ text }) => text);
}

function textOf(parts: Part[]): string {
  return parts.map(({ text }) => text).join("");
}

describe("a mark", () => {
  it.each<[Locale, string, string, string[]]>([
    ["ka", "ჯავშანი", "გააუქმეთ ჯავშნები კალენდარში", ["ჯავშნები"]],
    ["en", "bookings", "A booking, two Bookings, one look", ["booking", "Bookings"]],
    ["ru", "zvonok", "Ждём звонка от гостя", ["звонка"]],
    ["uk", "вхід", "Біля входу", ["входу"]],
    ["pl", "gosciem", "Do gościa i o gościach", ["gościa", "gościach"]],
  ])("stands on every form of a word in %s: %s", (locale, query, text, expected) => {
    const search = Search.load(buildIndex(locale, [{ id: "a", title: text, summary: "", keywords: [], body: "", text: "/a" }]));
    const [hit] = search.find(query);
    expect(matches(mark(text, hit ?? { words: [] }, locale))).toEqual(expected);
  });

  it("leaves a text without a match in one piece, and an empty one empty", () => {
    expect(mark("Nothing here", { words: ["chat"] }, "en")).toEqual([{ text: "Nothing here", isMatch: false }]);
    expect(mark("", { words: ["chat"] }, "en")).toEqual([]);
  });

  it("gives the text back letter by letter, tags and all", () => {
    const text = "<b>chat</b> & chats\n\tО чате, комп’ютер 🙂 chat";
    const parts = mark(text, { words: ["chat"] }, "en");
    expect(textOf(parts)).toBe(text);
    expect(matches(parts)).toEqual(["chat", "chats", "chat"]);
  });
});

describe("a snippet", () => {
  const text = `${"Somewhere else. ".repeat(20)}Here a guest may cancel the booking himself. ${"And more words follow. ".repeat(20)}`;

  it("is the stretch with the match, cut between words", () => {
    const parts = snippet(text, { words: ["cancel", "book"] }, "en", 80);
    expect(matches(parts)).toEqual(["cancel", "booking"]);
    expect(textOf(parts)).toMatch(/^….*\bcancel the booking\b.*…$/u);
    expect(textOf(parts).length).toBeLessThanOrEqual(82);
  });

  it("is the beginning when nothing matches, and the whole of a short text", () => {
    expect(textOf(snippet(text, { words: [] }, "en", 20))).toBe("Somewhere else.…");
    expect(textOf(snippet("Short  text", { words: ["text"] }, "en"))).toBe("Short text");
  });

  it.each<Locale>(["ka", "en", "ru", "uk", "pl"])("never is longer than asked for, wherever the match stands, in %s", (locale) => {
    for (const { body } of articlesIn(locale)) {
      for (const length of [10, 25, 60, 400]) {
        const parts = snippet(body, { words: body.toLowerCase().split(" ") }, locale, length);
        expect(textOf(parts).length).toBeLessThanOrEqual(length + 2);
        expect(body).toContain(textOf(parts).replace(/^…|…$/gu, ""));
      }
    }
  });
});
