import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { type Hours, isOpen, nextChange } from "./calendar.ts";
import { DAY, momentOf, wallAt } from "./zone.ts";

interface Case {
  what: string;
  hours: Hours;
  at: string;
  open_now: boolean;
  next_change_at: string | null;
}

const file = new URL("../../../tests/cases/calendar.json", import.meta.url);
const { open: cases } = JSON.parse(readFileSync(file, "utf-8")) as { open: Case[] };

test("there are cases enough to be held to", () => {
  expect(cases.length).toBeGreaterThan(40);
});

test("the last interval before a year of holidays closes too, and nothing comes after it", () => {
  const friday = Date.parse("2026-11-20T12:00Z");
  const holidays = Array.from({ length: 70 }, (_, week) => new Date(friday + (week + 1) * 7 * DAY).toISOString().slice(0, 10));
  const hours = { zone: "UTC", weekly: [{ days: [5], from: "08:00", to: "17:00" }], holidays };
  expect(nextChange(hours, friday)).toBe(Date.parse("2026-11-20T17:00Z"));
  expect(nextChange(hours, friday + DAY)).toBeUndefined();
  expect(nextChange({ ...hours, holidays: holidays.slice(0, 40) }, friday + DAY)).toBe(Date.parse("2027-09-03T08:00Z"));
});

test.each(cases)("$what", ({ hours, at, open_now, next_change_at }) => {
  const moment = Date.parse(at);
  expect(isOpen(hours, moment)).toBe(open_now);
  expect(nextChange(hours, moment)).toBe(next_change_at === null ? undefined : Date.parse(next_change_at));
});

describe("a zone's clock", () => {
  test("is read at any moment, to the millisecond", () => {
    expect(wallAt("Europe/Moscow", Date.parse("2026-11-20T14:00:00.123Z"))).toBe(Date.parse("2026-11-20T17:00:00.123Z"));
    expect(wallAt("Asia/Kathmandu", Date.parse("1969-12-31T23:59:59.999Z"))).toBe(Date.parse("1970-01-01T05:29:59.999Z"));
  });

  test.each([
    ["an ordinary one", "2026-06-01T12:00Z", "2026-06-01T10:00Z"],
    ["one left out", "2026-03-29T02:30Z", "2026-03-29T01:30Z"],
    ["one shown twice", "2026-10-25T02:30Z", "2026-10-25T00:30Z"],
    ["one just before it changes", "2026-03-29T01:59Z", "2026-03-29T00:59Z"],
    ["one just after it has changed", "2026-10-25T03:00Z", "2026-10-25T02:00Z"],
  ])("is put back to a moment: %s", (_, wall, at) => {
    expect(momentOf("Europe/Warsaw", Date.parse(wall))).toBe(Date.parse(at));
  });

  test("that the browser does not know is refused", () => {
    expect(() => wallAt("Europe/Atlantis", 0)).toThrow(RangeError);
    expect(wallAt("UTC", 0)).toBe(0);
  });
});
