/** How long to wait before a lost socket is opened again: any time up to a limit that grows. */

const FIRST = 500;
const LONGEST = 30_000;

/** `tries`: how many failed before; `chance`: from 0 to 1. */
export function waitAfter(tries: number, chance: number): number {
  return Math.round(chance * Math.min(LONGEST, FIRST * 2 ** tries));
}
