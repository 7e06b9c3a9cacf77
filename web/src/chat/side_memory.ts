/** What a side of a chat keeps, and how each event changes it. */

import type { Body, Intro, Role, Said } from "./frames.ts";
import type { Sent } from "./outbox.ts";
import { type Delivery, type Entry, type Line, asSaid, find, insert, pieces } from "./transcript.ts";

export interface SideMemory {
  chat: string;
  role: Role;
  leg: number;
  /** Legs up to this one are over for it, whatever it knows of them. */
  after: number;
  sent: number;
  shown: number;
  /** The server is to begin a new leg for this side. */
  lost: boolean;
  outbox: Sent[];
  early: { n: number; body: Body; at: string }[];
  transcript: Entry[];
  intro?: Intro;
  peerIntro?: Intro;
}

export interface SideGiven {
  intro?: Intro | undefined;
  lost?: boolean;
  after?: number;
}

export function newMemory(chat: string, role: Role, { intro, lost = false, after = 0 }: SideGiven): SideMemory {
  const memory: SideMemory = {
    chat, role, lost, after, leg: 0, sent: 0, shown: 0, outbox: [], early: [], transcript: [],
  };
  return intro ? { ...memory, intro } : memory;
}

/** Counts begin anew, and what was sent before is said again. What was not is left for `carryUnsent`. */
export function beginLeg(memory: SideMemory, leg: number): void {
  Object.assign(memory, { leg, sent: 0, shown: 0, outbox: [], early: [] });
  if (memory.intro) put(memory, { intro: memory.intro });
  for (const replay of pieces(memory.transcript.flatMap((entry) => asSaid(entry) ?? []))) {
    const { n } = put(memory, { replay });
    for (const said of replay) carry(memory, said, n);
  }
}

/** The message of this leg that it is in: when that was received, the other side has shown it. */
function carry(memory: SideMemory, said: Said, carrier: number): void {
  const entry = find(memory.transcript, said);
  if (entry?.from === memory.role) entry.carrier = carrier;
}

export function put(memory: SideMemory, body: Body): Sent {
  memory.sent += 1;
  const sent: Sent = { n: memory.sent, body, again: 0 };
  memory.outbox.push(sent);
  return sent;
}

/** Puts each own text that was never sent into a message of its own; gives these. */
export function carryUnsent(memory: SideMemory): Sent[] {
  return memory.transcript.filter(isUnsent).map((entry) => {
    const sent = put(memory, { text: entry.text });
    Object.assign(entry, { leg: memory.leg, n: sent.n, carrier: sent.n });
    return sent;
  });
}

function isUnsent(entry: Entry): boolean {
  return entry.leg === undefined;
}

/** Shows what has come without a gap; whether that was something. */
export function showInOrder(memory: SideMemory): boolean {
  const before = memory.shown;
  for (let next = nextOf(memory); next; next = nextOf(memory)) {
    show(memory, next);
    memory.shown = next.n;
  }
  memory.early = memory.early.filter((each) => each.n > memory.shown);
  return memory.shown > before;
}

function nextOf(memory: SideMemory): SideMemory["early"][number] | undefined {
  return memory.early.find((each) => each.n === memory.shown + 1);
}

function show(memory: SideMemory, { n, body, at }: SideMemory["early"][number]): void {
  const from = memory.role === "visitor" ? "agent" : "visitor";
  if ("intro" in body) memory.peerIntro = body.intro;
  else if ("text" in body) memory.transcript.push({ from, leg: memory.leg, n, text: body.text, at });
  else for (const said of body.replay) learn(memory, said);
}

/** What the other side says again: what is known is passed over, what is not is put in its place. */
function learn(memory: SideMemory, said: Said): void {
  if (!find(memory.transcript, said)) insert(memory.transcript, said);
  const entry = find(memory.transcript, said);
  if (entry?.from === memory.role) entry.isShown = true;
}

/** Up to which of its messages the other side has told that it had shown them. */
export function receivedOf(memory: SideMemory): number {
  return (memory.outbox[0]?.n ?? memory.sent + 1) - 1;
}

/** The other side has shown all up to `n`. */
export function markReceived(memory: SideMemory, n: number): void {
  memory.outbox = memory.outbox.filter((sent) => sent.n > n);
  for (const entry of memory.transcript) {
    if (entry.carrier !== undefined && entry.carrier <= n) entry.isShown = true;
  }
}

export function isDelivered(memory: SideMemory): boolean {
  return memory.outbox.length === 0 && !memory.transcript.some(isUnsent);
}

/** What the page shows; what was sent counts as sent only while the leg is on. */
export function linesOf(memory: SideMemory, isAttached: boolean): Line[] {
  return memory.transcript.map((entry) => {
    const { from, text, at } = entry;
    if (from !== memory.role) return { from, text, at };
    const onTheWay: Delivery = isAttached && !isUnsent(entry) ? "sent" : "sending";
    return { from, text, at, delivery: entry.isShown ? "shown" : onTheWay };
  });
}
