/** What is said of a service: whether it is open, and until or from when, by the reader's own clock. */

import { DAY, MINUTE } from "../calendar/zone.ts";

/**
 * The words of one language. They come with the page, the names of days and months too: browsers leave languages out
 * (Chromium has no Georgian), and the cases that these names need in a sentence are in none of them.
 */
export interface Words {
  title: string;
  open: string;
  closed: string;
  /** Of who is open, with {day} and {time}. */
  until: string;
  /** Of who is closed, with {day} and {time}. */
  again: string;
  today: string;
  tomorrow: string;
  /** A day further away than a week, with {day} and {month}. */
  on_date: string;
  /** "on Monday" and the others, Monday first. */
  weekdays: readonly string[];
  /** As they stand in `on_date`, January first. */
  months: readonly string[];
}

/** Whether a service is open, and the moment at which it next opens or closes. */
export interface Status {
  isOpen: boolean;
  change: number | undefined;
}

export interface Told {
  state: string;
  /** Blank when nothing changes within a year. */
  when: string;
}

/** What is said at the moment `now`; `wallOf` gives what the reader's clock shows at a moment, as in `wallAt`. */
export function tell({ isOpen, change }: Status, now: number, words: Words, wallOf: (at: number) => number): Told {
  const state = isOpen ? words.open : words.closed;
  if (change === undefined) return { state, when: "" };
  const wall = wallOf(change);
  // Who closes at midnight closes today, at 24:00.
  const isDaysEnd = isOpen && wall % DAY === 0;
  const day = dayInWords(Math.floor(wallOf(now) / DAY) * DAY, Math.floor(wall / DAY) * DAY - (isDaysEnd ? DAY : 0), words);
  return { state, when: filled(isOpen ? words.until : words.again, { day, time: isDaysEnd ? "24:00" : timeOf(wall) }) };
}

function dayInWords(today: number, day: number, words: Words): string {
  const days = (day - today) / DAY;
  const date = new Date(day);
  if (days <= 0) return words.today;
  if (days === 1) return words.tomorrow;
  if (days < 7) return words.weekdays[(date.getUTCDay() + 6) % 7] ?? "";
  return filled(words.on_date, { day: String(date.getUTCDate()), month: words.months[date.getUTCMonth()] ?? "" });
}

function timeOf(wall: number): string {
  const minutes = Math.floor((wall % DAY) / MINUTE);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

function filled(pattern: string, facts: Record<string, string>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? "");
}
