/**
 * A zone's clock, from what the browser knows of zones. By Intl alone: the contacts page is one file of 30 KB, in which
 * a library with a table of zones has no room.
 *
 * A moment is in milliseconds since 1970, as Date.now() gives it. A wall time is what the zone's clock shows, written
 * as the moment at which UTC's clock shows it: its parts are those of `new Date(wall)` in UTC.
 */

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the clock of `zone` (IANA) shows at this moment. Throws a RangeError for a zone that the browser does not know. */
export function wallAt(zone: string, at: number): number {
  const [month = 1, day = 1, year = 0, hour = 0, minute = 0, second = 0] = numbersIn(clockOf(zone).format(at));
  return Date.UTC(year, month - 1, day, hour, minute, second) + modulo(at, 1000);
}

/**
 * The moment at which the clock of `zone` shows this. Of one that it shows twice the first; one that it leaves out is as
 * long after the change as it would have been.
 */
export function momentOf(zone: string, wall: number): number {
  // No zone is a day away from UTC, and none changes its clock twice in three days.
  const before = wall - offsetAt(zone, wall - DAY);
  const after = wall - offsetAt(zone, wall + DAY);
  return before !== after && shows(zone, after, wall) && !shows(zone, before, wall) ? after : before;
}

function shows(zone: string, at: number, wall: number): boolean {
  return wallAt(zone, at) === wall;
}

function offsetAt(zone: string, at: number): number {
  return wallAt(zone, at) - at;
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  clocks.set(zone, clock);
  return clock;
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
