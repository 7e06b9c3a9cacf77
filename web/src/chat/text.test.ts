import { describe, expect, test } from "vitest";

import { LONGEST_TEXT, cleaned, cleanedIntro, lengthOf } from "./text.ts";

const BELL = "🛎️";

describe("a text", () => {
  test("is kept as it was typed", () => {
    expect(cleaned(" ნომერი 204,\n\tдва гостя ")).toBe(" ნომერი 204,\n\tдва гостя ");
  });

  test("holds at most 4,000 characters, however many bytes each has", () => {
    expect(cleaned("😀".repeat(LONGEST_TEXT))).toBe("😀".repeat(LONGEST_TEXT));
    expect(cleaned("😀".repeat(LONGEST_TEXT) + "a")).toBeUndefined();
    expect(lengthOf(BELL)).toBe(2);
  });

  test.each(["", " ", "\n\t ", "\u0000", "\u00a0\u2003"])("that is blank is none: %j", (text) => {
    expect(cleaned(text)).toBeUndefined();
  });

  test("loses what the server refuses", () => {
    expect(cleaned("a\r\nb\rc\u0007d\u007fe\u0085f")).toBe("a\nb\ncdef");
    expect(cleaned("half \ud83d of one")).toBe("half \ufffd of one");
  });
});

describe("an intro", () => {
  const intro = { name: "ანა", phone: "+995 32 205 32 04", question: "?" };

  test("is taken whole", () => {
    expect(cleanedIntro({ ...intro, name: "ან\u0000ა" })).toEqual(intro);
  });

  test.each([{ name: " " }, { phone: "" }, { question: "\n" }, { name: "a".repeat(101) }, { phone: "1".repeat(33) }])(
    "with something missing or too long is not: %j",
    (change) => {
      expect(cleanedIntro({ ...intro, ...change })).toBeUndefined();
    },
  );
});
