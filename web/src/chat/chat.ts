/** One chat on one page: its side, where it stands, what is kept of it, and what is asked until it is answered. */

import { Asks, type Asked } from "./asks.ts";
import {
  type Believed, type ChatFrame, type ClientFrame, type ErrorFrame, type Intro, type OfferedFrame, isOfLeg,
} from "./frames.ts";
import { TabLock } from "./lock.ts";
import { KEPT_CHATS, type KeptChat, type Page } from "./page.ts";
import { Side } from "./side.ts";
import { type ChatState, isLive, stateAfter } from "./state.ts";
import { cleaned } from "./text.ts";
import type { Line } from "./transcript.ts";

export const TYPING_EVERY = 10_000;
const TYPES_FOR = 12_000;
const LEFT_WITHIN = 5_000;

export class Chat {
  state: ChatState;
  /** Until when the other side is typing. */
  typesUntil = 0;
  isTicketProposed = false;
  endsAt: string | undefined;
  /** An agent's own texts that nobody had when the chat was taken from him and offered again: his to say once more. */
  undelivered: string[] = [];
  /** The code of the error that answered the last transfer. */
  refused: string | undefined;
  readonly #page: Page;
  #side: Side;
  readonly #lock: TabLock;
  readonly #onChange: () => void;
  readonly #asks = new Asks();
  /** What is asked once the outbox is empty, or by then. */
  #leaving: { what: "end" | "transfer"; frame: ClientFrame; by: number } | undefined;
  #typedAt = -Infinity;
  #cancelWake: (() => void) | undefined;

  constructor(page: Page, side: Side, state: ChatState, onChange: () => void) {
    this.#page = page;
    this.#side = side;
    this.state = state;
    this.#onChange = onChange;
    const name = `${page.owner}.${side.chat}`;
    this.#lock = new TabLock(page.locks, page.environment, name, () => this.beElsewhere());
  }

  get id(): string {
    return this.#side.chat;
  }

  get lines(): Line[] {
    return this.#side.lines;
  }

  get intro(): Intro | undefined {
    return this.#side.intro;
  }

  get isPeerTyping(): boolean {
    return this.#now < this.typesUntil;
  }

  /** The end or a hand-over is under way: nothing is said after that. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined || this.#asks.has("end", "transfer");
  }

  get #now(): number {
    return this.#page.environment.now();
  }

  lock(): Promise<boolean> {
    return this.#lock.take();
  }

  /** Whether it was taken; a blank or too long text is not, nor one for a chat that is not here. */
  say(text: string): boolean {
    const clean = cleaned(text);
    if (clean === undefined || !this.#canSay) return false;
    this.#typedAt = -Infinity;
    this.#do(this.#side.say(clean, this.#now));
    return true;
  }

  get #canSay(): boolean {
    return isLive(this.state) && this.state.kind !== "offered" && !this.isLeaving;
  }

  /** For each key; the other side hears of the first one, then every ten seconds. */
  typing(): void {
    if (this.#now < this.#typedAt + TYPING_EVERY) return;
    const frames = this.#side.type();
    if (frames.length > 0) this.#typedAt = this.#now;
    this.#do(frames);
  }

  end(): void {
    this.#leaveBy("end", { action: "chat.end", chat: this.id });
  }

  accept(): void {
    if (this.state.kind !== "offered") return;
    void this.#lock.take();
    this.#ask("accept", { action: "chat.accept", chat: this.id, leg: this.state.leg });
  }

  /** To this agent, or to whoever is free. */
  transfer(to?: string): void {
    this.#leaveBy("transfer", { action: "chat.transfer", chat: this.id, ...(to === undefined ? {} : { to }) });
  }

  #leaveBy(what: "end" | "transfer", frame: ClientFrame): void {
    if (!isLive(this.state)) return;
    this.refused = undefined;
    this.#leaving = { what, frame, by: this.#now + LEFT_WITHIN };
    this.#do([]);
  }

  proposeTicket(): void {
    this.#page.send({ action: "chat.propose_ticket", chat: this.id });
  }

  /** The chat is on another page, and its user wants it here. */
  takeOver(): void {
    if (this.state.kind !== "elsewhere") return;
    void this.#lock.takeOver();
    this.#bringBack();
  }

  #bringBack(): void {
    this.#side.lose();
    this.state = { kind: "resuming" };
    this.opened();
  }

  beElsewhere(): void {
    if (!isLive(this.state)) return;
    this.#asks.clear();
    this.#leaving = undefined;
    this.#side.lose();
    this.state = { kind: "elsewhere" };
    this.#do([]);
  }

  /** A socket is open, the first or a new one. */
  opened(): void {
    if (!isLive(this.state)) return;
    const isAsked = this.#page.isOpen() && this.state.kind !== "offered";
    const frames = isAsked ? this.#side.open(this.#now) : [];
    this.#do([...frames, ...this.#asks.anew(this.#now)]);
  }

  closed(): void {
    this.#side.close();
    this.#do([]);
  }

  heartbeat(): void {
    if (!isLive(this.state)) return;
    // A `chat.peer_away` that came late would hide that the other side is back: the server is asked.
    const asking = this.state.kind === "peerAway" ? this.#side.ask(this.#now) : [];
    this.#do([...asking, ...this.#side.heartbeat(this.#now)]);
  }

  believed(): Believed | undefined {
    if (!isLive(this.state)) return undefined;
    return { chat: this.id, leg: this.state.kind === "queued" ? 0 : this.#leg };
  }

  take(frame: ChatFrame): void {
    if (!this.#concerns(frame)) return;
    if (frame.event === "chat.left" && frame.leg < this.#leg) return;
    this.#do(this.#taken(frame));
  }

  /** What puts an agent's chat away may come late, of a time before he had it again: a heartbeat's answer tells. */
  #concerns(frame: ChatFrame): boolean {
    if (this.state.kind === "elsewhere") return frame.event === "chat.ended";
    return this.#isPutAway ? frame.event === "chat.joined" : this.state.kind !== "ended";
  }

  get #isPutAway(): boolean {
    const { state } = this;
    return this.#side.role === "agent" && (state.kind === "left" || (state.kind === "ended" && state.by === "unknown"));
  }

  /** The leg that is on, or offered. */
  get #leg(): number {
    return this.state.kind === "offered" ? this.state.leg : this.#side.leg;
  }

  #taken(frame: ChatFrame): ClientFrame[] {
    const frames = isOfLeg(frame) ? this.#side.take(frame, this.#now) : [];
    if (isOfLeg(frame) && !this.#side.agreesWith(frame)) return frames;
    if (frame.event === "chat.queued") frames.push(...this.#wait());
    this.state = stateAfter(this.state, frame, this.#now);
    this.#note(frame);
    return frames;
  }

  /** A `chat.queued` may come late, of a time before the talk that is on: the server is asked which it is. */
  #wait(): ClientFrame[] {
    const wasOn = this.#side.isAttached;
    this.#side.wait();
    return wasOn ? this.#side.ask(this.#now) : [];
  }

  #note(frame: ChatFrame): void {
    if (frame.event === "chat.typing") this.typesUntil = this.#now + TYPES_FOR;
    else if (frame.event === "chat.message") this.typesUntil = 0;
    else if (frame.event === "chat.propose_ticket") this.isTicketProposed = true;
    else if (frame.event === "chat.ending") this.endsAt = frame.at;
    if (this.state.kind !== "offered") this.#asks.delete("accept");
    if (!isLive(this.state)) this.#leave();
  }

  /** An agent's side begins empty with each offer, and an offer that is told again ends when it was to end. */
  offer(frame: OfferedFrame): void {
    if (frame.leg <= this.#leg) return;
    this.#asks.clear();
    const isOpen = (line: Line) => line.delivery !== undefined && line.delivery !== "shown";
    this.undelivered = this.lines.filter(isOpen).map((line) => line.text);
    this.#side = Side.begin(this.id, "agent", { after: frame.leg - 1 });
    this.state = stateAfter(this.state, frame, this.#now);
    this.#do([]);
  }

  refuse(error: ErrorFrame): void {
    switch (error.code) {
      case "chat_over":
        return this.#beOver();
      case "chat_elsewhere":
        return this.#isPutAway ? this.#bringBack() : this.#side.isAsking ? undefined : this.beElsewhere();
      case "leg_over":
        return isLive(this.state) ? this.#do(this.#side.miss(error.leg ?? 0, this.#now)) : undefined;
      case "offer_over":
        return this.state.kind === "offered" ? this.#leaveAs({ kind: "left", why: "not_accepted" }) : undefined;
      case "agent_unavailable":
        this.#asks.delete("transfer");
        this.refused = error.code;
        return this.#do([]);
    }
  }

  #beOver(): void {
    if (!isLive(this.state) || this.state.kind === "offered") return;
    if (this.#asks.has("transfer")) this.#leaveAs({ kind: "left", why: "transferred" });
    else this.#leaveAs({ kind: "ended", by: this.#asks.has("end") ? this.#side.role : "unknown" });
  }

  #leaveAs(state: ChatState): void {
    this.state = state;
    this.#leave();
    this.#do([]);
  }

  #leave(): void {
    this.#side.close();
    this.#asks.clear();
    this.#leaving = undefined;
    this.#lock.release();
  }

  #ask(what: Asked, frame: ClientFrame): void {
    this.#asks.add(what, frame, this.#now);
    this.#do([frame]);
  }

  /** After each change: kept before anything of it is sent, so that no memory is older than what went out. */
  #do(frames: readonly ClientFrame[]): void {
    this.#keep();
    for (const frame of frames) this.#page.send(frame);
    this.#tryLeaving();
    this.#planWake();
    this.#onChange();
  }

  #keep(): void {
    const { memory } = this.#page;
    const kept: KeptChat = { side: this.#side.serialize(), state: this.state };
    if (isLive(this.state) || this.state.kind === "elsewhere") memory.save(KEPT_CHATS + this.id, kept, this.#now);
    else memory.forget(KEPT_CHATS + this.id);
  }

  #tryLeaving(): void {
    const leaving = this.#leaving;
    if (leaving === undefined || (this.#isUnderWay && this.#now < leaving.by)) return;
    this.#leaving = undefined;
    this.#ask(leaving.what, leaving.frame);
  }

  /** Something of this leg was not received yet. */
  get #isUnderWay(): boolean {
    return (this.state.kind === "talking" || this.state.kind === "peerAway") && !this.#side.isDelivered;
  }

  #planWake(): void {
    this.#cancelWake?.();
    const typing = this.isPeerTyping ? this.typesUntil : Infinity;
    const at = Math.min(this.#side.nextAt(), this.#asks.nextAt(), this.#leaving?.by ?? Infinity, typing);
    const wait = Math.ceil(Math.max(0, at - this.#now));
    this.#cancelWake = at === Infinity ? undefined : this.#page.environment.after(wait, () => this.#wake());
  }

  #wake(): void {
    this.#do([...this.#side.tick(this.#now), ...this.#asks.due(this.#now)]);
  }
}
