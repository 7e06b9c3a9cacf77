import { describe, expect, test } from "vitest";

import { LONGEST_TICKET, type TicketWords, ticketFrom } from "./ticket.ts";
import type { Line } from "./transcript.ts";

const WORDS: TicketWords = {
  nameOf: (from) => (from === "visitor" ? "ანა" : "ნინო"),
  timeOf: (at) => at.slice(11, 16),
  inFile: "საუბარი დართულ ფაილშია.",
  fileName: "ჩატი.txt",
};
const AT = "2026-11-22T13:08:00.123Z";
const INTRO = { name: "ანა", phone: "+995", question: "ორმაგი ჯავშანი" };

function line(text: string, from: Line["from"] = "visitor"): Line {
  return { from, text, at: AT };
}

describe("a chat becomes a ticket", () => {
  test("as it was said, the question first", () => {
    const draft = ticketFrom([line("ნომერი 204"), line("ვნახავ.\nერთი წუთი", "agent")], WORDS, INTRO);
    expect(draft).toEqual({ text: "ორმაგი ჯავშანი\n\n13:08 ანა: ნომერი 204\n\n13:08 ნინო: ვნახავ.\nერთი წუთი" });
  });

  test("without a question, and without a word", () => {
    expect(ticketFrom([line("ა")], WORDS).text).toBe("13:08 ანა: ა");
    expect(ticketFrom([], WORDS, INTRO).text).toBe("ორმაგი ჯავშანი");
  });

  test("up to 20,000 characters as its text, emoji counted once each", () => {
    const head = "13:08 ანა: ".length;
    const full = ticketFrom([line("😀".repeat(LONGEST_TICKET - head))], WORDS);
    expect(Array.from(full.text)).toHaveLength(LONGEST_TICKET);
    expect(full.file).toBeUndefined();
  });

  test("beyond that as its file, whole", async () => {
    const lines = Array.from({ length: 6 }, () => line("😀".repeat(4_000)));
    const { text, file } = ticketFrom(lines, WORDS, INTRO);
    expect(text).toBe(WORDS.inFile);
    expect([file?.name, file?.type]).toEqual(["ჩატი.txt", "text/plain"]);
    const said = lines.map((each) => `13:08 ანა: ${each.text}`);
    expect(await file?.text()).toBe([INTRO.question, ...said].join("\n\n"));
  });
});
