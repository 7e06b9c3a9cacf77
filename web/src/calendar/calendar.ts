/**
 * Open hours: the rules of chalicelib/domain/calendar.py, for pages that ask no server. Both are held to
 * tests/cases/calendar.json, which also says what the rules are.
 */

import { DAY, MINUTE, momentOf, wallAt } from "./zone.ts";

/** How far is looked ahead, in days: more than a year, for who opens on one day of it. */
const HORIZON = 400;

/** Open on these ISO weekdays from HH:MM to HH:MM; an end that is not later is the next day's, as is 24:00. */
export interface Interval {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
}

/** Who is open when, in the clock of `zone` (IANA). On a holiday (YYYY-MM-DD) nothing begins. */
export interface Hours {
  readonly zone: string;
  readonly weekly: readonly Interval[];
  readonly holidays: readonly string[];
}

interface Span {
  readonly opened: number;
  readonly closed: number;
}

/** Whether somebody is there at this moment. The end of an interval is outside it. */
export function isOpen(hours: Hours, at: number): boolean {
  for (const { opened, closed } of spans(hours, at)) {
    if (opened > at) return false;
    if (at < closed) return true;
  }
  return false;
}

/** When it closes if it is open at `at`, or opens if it is not; undefined when that is not within a year. */
export function nextChange(hours: Hours, at: number): number | undefined {
  let until: number | undefined;
  for (const { opened, closed } of spans(hours, at)) {
    if (until === undefined && opened > at) return opened;
    if (until !== undefined && opened > until) return until;
    until = Math.max(until ?? closed, closed);
  }
  return until !== undefined && until < at + (HORIZON - 4) * DAY ? until : undefined;
}

/** Every interval that ends after this moment, in the order of their beginnings, but for those of no length. */
function* spans(hours: Hours, after: number): Generator<Span> {
  const today = Math.floor(wallAt(hours.zone, after) / DAY) * DAY;
  let waiting: Span[] = [];
  for (let day = today - 2 * DAY; day < today + (HORIZON - 2) * DAY; day += DAY) {
    // Where a clock change takes a day's last hour, what was to begin in it begins on the next day.
    const midnight = momentOf(hours.zone, day);
    const over = waiting.findIndex(({ opened }) => opened >= midnight);
    yield* waiting.splice(0, over < 0 ? waiting.length : over);
    if (hours.holidays.includes(new Date(day).toISOString().slice(0, 10))) continue;
    waiting = [...waiting, ...spansOf(day, hours).filter(({ opened, closed }) => closed > Math.max(after, opened))];
    waiting.sort((one, other) => one.opened - other.opened);
  }
  yield* waiting;
}

function spansOf(day: number, { weekly, zone }: Hours): Span[] {
  const weekday = new Date(day).getUTCDay() || 7;
  return weekly.filter(({ days }) => days.includes(weekday)).map(({ from, to }) => ({
    opened: momentOf(zone, day + lengthOf(from)),
    closed: momentOf(zone, day + lengthOf(to) + (to <= from ? DAY : 0)),
  }));
}

/** How long after midnight it is HH:MM. */
function lengthOf(clock: string): number {
  return (Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))) * MINUTE;
}
