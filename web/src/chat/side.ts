/**
 * One side of a chat: its leg, its counts, what it sent and what it has shown. Pure: frames and times in, frames out.
 * The numbers in comments are the rules of `docs/chat.md`.
 */

import { Again } from "./again.ts";
import type { ClientFrame, Intro, LegFrame, Role, SaidFrame } from "./frames.ts";
import { type Sent, due, dueAt, forHeartbeat, markSent } from "./outbox.ts";
import {
  type SideGiven, type SideMemory, beginLeg, carryUnsent, isDelivered, linesOf, markReceived, newMemory, receivedOf,
  showInOrder,
} from "./side_memory.ts";
import type { Line } from "./transcript.ts";

export const RECEIVED_WITHIN = 2_000;
export const GAP_FOR = 60_000;

export class Side {
  readonly #memory: SideMemory;
  /** The leg is on, and on this socket. */
  #isAttached = false;
  /** The `chat.resume` that has no answer yet. */
  #asked: Again | undefined;
  /** Since when something is shown that the other side was not told of. */
  #owedSince: number | undefined;
  #gapSince: number | undefined;

  private constructor(memory: SideMemory) {
    this.#memory = memory;
  }

  static begin(chat: string, role: Role, given: SideGiven = {}): Side {
    return new Side(newMemory(chat, role, given));
  }

  static restore(memory: SideMemory): Side {
    return new Side(structuredClone(memory));
  }

  serialize(): SideMemory {
    return this.#memory;
  }

  get chat(): string {
    return this.#memory.chat;
  }

  get role(): Role {
    return this.#memory.role;
  }

  /** The last one that it knows of. */
  get leg(): number {
    return Math.max(this.#memory.leg, this.#memory.after);
  }

  get isLost(): boolean {
    return this.#memory.lost;
  }

  /** A `chat.resume` was not answered yet. */
  get isAsking(): boolean {
    return this.#asked !== undefined;
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  get intro(): Intro | undefined {
    return this.#memory.intro ?? this.#memory.peerIntro;
  }

  /** Everything said was received. */
  get isDelivered(): boolean {
    return isDelivered(this.#memory);
  }

  get lines(): Line[] {
    return linesOf(this.#memory, this.#isAttached);
  }

  /** Whether what it took tells of the leg that is on; what a side leaves alone says nothing of the chat either. */
  agreesWith({ leg }: LegFrame): boolean {
    return !this.#memory.lost && (leg === undefined || leg === null || leg === this.#memory.leg);
  }

  /** 1. Said while the leg is not on, it is sent once it is, or once the next one is. */
  say(text: string, now: number): ClientFrame[] {
    this.#memory.transcript.push({ from: this.role, text, at: new Date(now).toISOString() });
    return this.#sendUnsent(now);
  }

  type(): ClientFrame[] {
    if (!this.#isAttached) return [];
    const { chat, leg } = this.#memory;
    return [{ action: "chat.typing", chat, ...(this.#owedSince === undefined ? {} : { leg, ...this.#ride() }) }];
  }

  /** 7. A new socket: the chat is to come to it. */
  open(now: number): ClientFrame[] {
    this.close();
    return this.ask(now);
  }

  /** The socket is lost, or the chat is on another one. */
  close(): void {
    this.#isAttached = false;
    this.#asked = undefined;
  }

  /** The chat waits: its leg is over, and the next one is not on yet. */
  wait(): void {
    this.close();
    this.#memory.lost = false;
  }

  /** Another memory of the same person may have used the leg: only a new one is safe. */
  lose(): void {
    this.close();
    this.#memory.lost = true;
  }

  /** An error said which leg is on. */
  miss(leg: number, now: number): ClientFrame[] {
    return leg > this.leg ? this.ask(now) : [];
  }

  /** How the chat stands, by one `chat.resume` at a time: for a side that is lost each of them begins a leg. */
  ask(now: number): ClientFrame[] {
    if (this.#asked) return [];
    this.#asked = new Again(now);
    return [this.#resume()];
  }

  take(frame: LegFrame, now: number): ClientFrame[] {
    if ((frame.leg ?? Infinity) <= this.#memory.after) return [];
    if (frame.event === "chat.resumed") return this.#resumed(frame.leg, now);
    // Only the answer to its own `chat.resume` names a leg that is new to a side that lost its memory.
    if (this.#memory.lost) return [];
    switch (frame.event) {
      case "chat.joined":
        return this.#enter(frame.leg, now, this.#isAttached);
      case "chat.peer_back":
        return this.#peerBack(frame.leg, frame.shown, now);
      case "chat.message":
        return this.#message(frame, now);
      case "chat.received":
        return this.#received(frame.leg, frame.n, now);
      case "chat.typing":
        return this.#received(frame.leg ?? 0, frame.received ?? 0, now);
    }
  }

  /** 3 and 5. What is due by now. */
  tick(now: number): ClientFrame[] {
    const frames: ClientFrame[] = this.#asked?.take(now) ? [this.#resume()] : [];
    if (!this.#isAttached) return frames;
    frames.push(...this.#send(due(this.#memory.outbox, now), now));
    if (this.#owedSince !== undefined && now >= this.#owedSince + RECEIVED_WITHIN) {
      const { chat, leg, shown } = this.#memory;
      this.#owedSince = undefined;
      frames.push({ action: "chat.received", chat, leg, n: shown });
    }
    return frames;
  }

  /** When `tick` has something to do. */
  nextAt(): number {
    const asked = this.#asked?.dueAt ?? Infinity;
    if (!this.#isAttached) return asked;
    const owed = this.#owedSince === undefined ? Infinity : this.#owedSince + RECEIVED_WITHIN;
    return this.#memory.outbox.reduce((first, sent) => Math.min(first, dueAt(sent)), Math.min(asked, owed));
  }

  /** 5. With each heartbeat. A gap that stays for so long is one that nobody can fill any more. */
  heartbeat(now: number): ClientFrame[] {
    if (!this.#isAttached) return [];
    if (this.#memory.early.length > 0 && now >= (this.#gapSince ??= now) + GAP_FOR) return this.#beginAnew(now);
    return this.#send(forHeartbeat(this.#memory.outbox), now);
  }

  #resumed(leg: number, now: number): ClientFrame[] {
    if (this.#memory.lost && leg <= this.#memory.leg) return [];
    this.#memory.lost = false;
    return this.#enter(leg, now, false);
  }

  /** The leg is on, on this socket; `isKnown`: and was before. */
  #enter(leg: number, now: number, isKnown: boolean): ClientFrame[] {
    const memory = this.#memory;
    if (leg < memory.leg) return [];
    this.#isAttached = true;
    this.#asked = undefined;
    if (leg > memory.leg) return this.#begin(leg, now);
    return [...(isKnown ? [] : this.#send(memory.outbox, now)), ...this.#sendUnsent(now)];
  }

  /** 6. */
  #begin(leg: number, now: number): ClientFrame[] {
    beginLeg(this.#memory, leg);
    this.#owedSince = this.#gapSince = undefined;
    return [...this.#send(this.#memory.outbox, now), ...this.#sendUnsent(now)];
  }

  /** 8. Who has shown less than he had told came back with an older memory. */
  #peerBack(leg: number, shown: number, now: number): ClientFrame[] {
    if (leg > this.#memory.leg) return this.#begin(leg, now);
    if (leg < this.#memory.leg) return [];
    if (shown < receivedOf(this.#memory)) return this.#beginAnew(now);
    const frames = this.#received(leg, shown, now);
    return this.#memory.lost ? frames : this.#send(this.#memory.outbox, now);
  }

  /** 2. */
  #message(frame: SaidFrame, now: number): ClientFrame[] {
    const memory = this.#memory;
    if (frame.leg > memory.leg) return this.ask(now);
    if (frame.leg < memory.leg) return [];
    const frames = this.#received(frame.leg, frame.received ?? 0, now);
    if (memory.lost) return frames;
    if (frame.n <= memory.shown) this.#owedSince ??= now;
    else if (!memory.early.some((each) => each.n === frame.n)) this.#keepAndShow(frame, now);
    return frames;
  }

  #keepAndShow({ n, body, at }: SaidFrame, now: number): void {
    const memory = this.#memory;
    memory.early.push({ n, body, at });
    if (showInOrder(memory)) {
      this.#owedSince ??= now;
      this.#gapSince = undefined;
    }
    if (memory.early.length > 0) this.#gapSince ??= now;
  }

  /** 4. Who has shown more than was sent speaks of another memory of this person. */
  #received(leg: number, n: number, now: number): ClientFrame[] {
    if (leg !== this.#memory.leg) return [];
    if (n > this.#memory.sent) return this.#beginAnew(now);
    markReceived(this.#memory, n);
    return [];
  }

  #beginAnew(now: number): ClientFrame[] {
    this.lose();
    return this.ask(now);
  }

  #resume(): ClientFrame {
    this.#owedSince = undefined;
    const { chat, leg, sent, shown, lost } = this.#memory;
    return { action: "chat.resume", chat, leg, sent, shown, lost };
  }

  #sendUnsent(now: number): ClientFrame[] {
    return this.#isAttached ? this.#send(carryUnsent(this.#memory), now) : [];
  }

  #send(messages: readonly Sent[], now: number): ClientFrame[] {
    if (!this.#isAttached) return [];
    const { chat, leg } = this.#memory;
    return messages.map((sent) => {
      markSent(sent, now);
      return { action: "chat.message", chat, leg, n: sent.n, body: sent.body, ...this.#ride() };
    });
  }

  /** 3. What has been shown and was not told yet rides along. */
  #ride(): { received?: number } {
    if (this.#owedSince === undefined) return {};
    this.#owedSince = undefined;
    return { received: this.#memory.shown };
  }
}
