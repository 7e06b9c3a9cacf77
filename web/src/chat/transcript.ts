/** What was said in a chat, as one side knows it, and how it is said again to a side that does not. */

import type { Role, Said } from "./frames.ts";

/** A text that was sent is known, to both sides and in every leg, by who said it first as which message of which leg. */
export interface Entry {
  from: Role;
  text: string;
  at: string;
  leg?: number;
  n?: number;
  /** Own: the message of this leg that carries it. */
  carrier?: number;
  /** Own: the other side has shown it. */
  isShown?: true;
}

export type Delivery = "sending" | "sent" | "shown";

/** What a page shows: own texts with how far they came. */
export interface Line {
  from: Role;
  text: string;
  at: string;
  delivery?: Delivery;
}

/** Bytes of the JSON of a replay's entries. */
export const LARGEST_REPLAY = 24 * 1024;
const encoder = new TextEncoder();

export function sizeOf(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

/** The entries that were sent, in order, in pieces that fit a replay each. */
export function pieces(said: readonly Said[]): Said[][] {
  const found: Said[][] = [];
  let piece: Said[] = [];
  let room = 0;
  for (const each of said) {
    const size = sizeOf(each) + 1;
    if (size > room) {
      piece = [];
      found.push(piece);
      room = LARGEST_REPLAY - 1;
    }
    piece.push(each);
    room -= size;
  }
  return found;
}

/** As it goes into a replay; nothing for what was never sent. */
export function asSaid({ from, leg, n, text, at }: Entry): Said | undefined {
  return leg === undefined || n === undefined ? undefined : { from, leg, n, text, at };
}

export function find(transcript: readonly Entry[], { from, leg, n }: Said): Entry | undefined {
  return transcript.find((each) => each.from === from && each.leg === leg && each.n === n);
}

/** Puts it in its place: before what was said in later legs, in the order of who said it. */
export function insert(transcript: Entry[], said: Said): void {
  const isOwn = (each: Entry) => each.from === said.from;
  const before = transcript.findLastIndex((each) => isOwn(each) && compare(each, said) < 0) + 1;
  const laterOwn = transcript.findIndex((each) => isOwn(each) && compare(each, said) > 0);
  const later = transcript.findIndex((each) => legOf(each) > said.leg);
  const places = [later, laterOwn].filter((place) => place >= 0);
  transcript.splice(Math.max(before, Math.min(transcript.length, ...places)), 0, { ...said });
}

/** What was never sent is said in a leg that is yet to come. */
function legOf(entry: Entry): number {
  return entry.leg ?? Infinity;
}

function compare(entry: Entry, said: Said): number {
  return legOf(entry) === said.leg ? (entry.n ?? 0) - said.n : legOf(entry) - said.leg;
}
