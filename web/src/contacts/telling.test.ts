import { describe, expect, test } from "vitest";

import { wallAt } from "../calendar/zone.ts";
import { type Words, tell } from "./telling.ts";

const WORDS: Words = {
  title: "Contacts", open: "Open", closed: "Closed", until: "until {time} {day}", again: "again {day} at {time}",
  today: "today", tomorrow: "tomorrow", on_date: "on {day} {month}",
  weekdays: ["on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday"],
  months: "January February March April May June July August September October November December".split(" "),
};
const FRIDAY = "2026-11-20T14:30:00Z";

function told(isOpen: boolean, change: string | undefined, { now = FRIDAY, zone = "Asia/Tbilisi" } = {}): string {
  const status = { isOpen, change: change === undefined ? undefined : Date.parse(change) };
  const { state, when } = tell(status, Date.parse(now), WORDS, (at) => wallAt(zone, at));
  return `${state} ${when}`.trim();
}

describe("of who opens or closes", () => {
  test.each([
    ["2026-11-20T15:00:00Z", "again today at 19:00"],
    ["2026-11-20T20:00:00Z", "again tomorrow at 0:00"],
    ["2026-11-21T05:05:00Z", "again tomorrow at 9:05"],
    ["2026-11-22T05:00:00Z", "again on Sunday at 9:00"],
    ["2026-11-23T05:00:00Z", "again on Monday at 9:00"],
    ["2026-11-26T19:59:00Z", "again on Thursday at 23:59"],
    ["2026-11-27T05:00:00Z", "again on 27 November at 9:00"],
    ["2027-01-11T05:00:00Z", "again on 11 January at 9:00"],
  ])("the day is told as people say it: %s is %s", (change, when) => {
    expect(told(false, change)).toBe(`Closed ${when}`);
  });

  test("the day and the hour are the reader's", () => {
    const monday = "2026-11-23T05:00:00Z";
    expect(told(false, monday, { zone: "Europe/Warsaw" })).toBe("Closed again on Monday at 6:00");
    expect(told(false, monday, { zone: "America/Los_Angeles" })).toBe("Closed again on Sunday at 21:00");
    expect(told(false, monday, { now: "2026-11-22T22:00:00Z" })).toBe("Closed again today at 9:00");
    expect(told(false, monday, { now: "2026-11-22T22:00:00Z", zone: "Europe/Warsaw" })).toBe("Closed again tomorrow at 6:00");
  });

  test("an hour is that of its own day, also when the clock changes before it", () => {
    const facts = { now: "2026-03-27T17:00:00Z", zone: "Europe/Warsaw" };
    expect(told(false, "2026-03-30T06:00:00Z", facts)).toBe("Closed again on Monday at 8:00");
    expect(told(false, "2026-03-27T23:00:00Z", facts)).toBe("Closed again tomorrow at 0:00");
  });

  test("closing at midnight is at the end of the day before", () => {
    expect(told(true, "2026-11-20T20:00:00Z")).toBe("Open until 24:00 today");
    expect(told(true, "2026-11-20T20:01:00Z")).toBe("Open until 0:01 tomorrow");
    expect(told(true, "2026-11-21T20:00:00Z")).toBe("Open until 24:00 tomorrow");
  });
});

test("of who never opens or closes there is only how it is now", () => {
  expect(told(true, undefined)).toBe("Open");
  expect(told(false, undefined)).toBe("Closed");
  expect(told(true, "2026-11-20T15:00:00Z")).toBe("Open until 19:00 today");
});
