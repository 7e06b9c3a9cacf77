/** When a message is sent again that the other side has not received. */

import { AGAIN_AFTER } from "./again.ts";
import type { Body } from "./frames.ts";

export interface Sent {
  n: number;
  body: Body;
  /** When it was sent first; never yet without it. */
  firstAt?: number;
  /** How many of the times in AGAIN_AFTER are over. */
  again: number;
}

/** When it is due; after the last time it goes with each heartbeat. */
export function dueAt(sent: Sent): number {
  const after = AGAIN_AFTER[sent.again];
  return after === undefined || sent.firstAt === undefined ? Infinity : sent.firstAt + after;
}

/** Those that are due. */
export function due(outbox: readonly Sent[], now: number): Sent[] {
  return outbox.filter((sent) => dueAt(sent) <= now);
}

/** It is sent now, for whatever reason. */
export function markSent(sent: Sent, now: number): void {
  sent.firstAt ??= now;
  while (dueAt(sent) <= now) sent.again += 1;
}

/** Those that only heartbeats send again. */
export function forHeartbeat(outbox: readonly Sent[]): Sent[] {
  return outbox.filter((sent) => sent.again >= AGAIN_AFTER.length);
}
