/** An agent's chats, for the agents' page: several on one socket, the offers, and whether he takes any. */

import { Again } from "./again.ts";
import { Chat } from "./chat.ts";
import type { Listener } from "./connection.ts";
import { type AnyFrame, type Believed, type ChatFrame, type ErrorFrame, type Status, type StatusFrame, isKnown } from "./frames.ts";
import type { Page } from "./page.ts";
import { restoreChats } from "./restore.ts";
import { Side } from "./side.ts";
import { type ChatState, isLive } from "./state.ts";

const MOST_BELIEVED = 20;

export class AgentDesk implements Listener {
  /** Those of this page, also those that are over until they are dismissed. */
  readonly chats = new Map<string, Chat>();
  /** What this agent takes; nothing until he said so on this page. */
  status: Status | undefined;
  queueLength = 0;
  readonly #page: Page;
  readonly #onChange: () => void;
  #isAnswered = true;
  #cancelAgain: (() => void) | undefined;

  constructor(page: Page, onChange: () => void) {
    this.#page = page;
    this.#onChange = onChange;
  }

  /** After a page was loaded: goes on with what this tab kept. */
  async restore(): Promise<void> {
    for (const chat of await restoreChats(this.#page, "agent", this.#onChange)) {
      this.chats.set(chat.id, chat);
      chat.opened();
    }
    this.#onChange();
  }

  setStatus(status: Status): void {
    this.status = { ...status, locales: [...new Set(status.locales)] };
    this.#sendStatus();
    this.#onChange();
  }

  dismiss(id: string): void {
    const chat = this.chats.get(id);
    if (chat && !isLive(chat.state)) this.chats.delete(id);
    this.#onChange();
  }

  onOpen(): void {
    this.#sendStatus();
    for (const chat of this.chats.values()) chat.opened();
    // Whatever chats the server knows of, this page has lost: it is told at once instead of after a heartbeat.
    if (this.believed().length === 0) this.#page.send({ action: "ping", chats: [] });
  }

  onClose(): void {
    for (const chat of this.chats.values()) chat.closed();
  }

  isBusy(): boolean {
    return this.status?.available === true || [...this.chats.values()].some((chat) => isLive(chat.state));
  }

  believed(): Believed[] {
    return [...this.chats.values()].flatMap((chat) => chat.believed() ?? []).slice(0, MOST_BELIEVED);
  }

  onHeartbeat(): void {
    for (const chat of this.chats.values()) chat.heartbeat();
  }

  onFrame(frame: AnyFrame): void {
    if (!isKnown(frame)) return;
    if (frame.event === "error") this.#refuse(frame);
    else if (frame.event === "agent.status") this.#take(frame);
    else if (frame.event === "queue") this.#count(frame.length);
    else if ("chat" in frame) this.#takeOfChat(frame);
  }

  #refuse(error: ErrorFrame): void {
    const chat = this.chats.get(error.chat ?? "");
    if (!chat && error.code === "chat_elsewhere" && error.chat) void this.#goOn(error.chat);
    const wasUnknown = chat?.state.kind === "resuming";
    chat?.refuse(error);
    // Asked for because of a frame that came late: there is nothing to show.
    if (chat && wasUnknown && !isLive(chat.state) && chat.lines.length === 0) this.dismiss(chat.id);
  }

  #takeOfChat(frame: ChatFrame): void {
    const chat = this.chats.get(frame.chat);
    if (frame.event === "chat.offered") (chat ?? this.#add(frame.chat, false, { kind: "idle" })).offer(frame);
    else if (chat) this.#takeAs(chat, frame);
    else if (frame.event === "chat.joined") void this.#goOn(frame.chat);
  }

  /** Whom the server takes a chat from, since he is not there, is not available any more either. */
  #takeAs(chat: Chat, frame: ChatFrame): void {
    chat.take(frame);
    const isAway = frame.event === "chat.left" && (frame.why === "away" || frame.why === "not_accepted");
    if (isAway && this.status && this.#isAnswered) this.status = { ...this.status, available: false };
    if (isAway) this.#onChange();
  }

  /** A chat of this agent's that no page has, and of which this one knows nothing: its memory was lost. */
  async #goOn(id: string): Promise<void> {
    const chat = this.#add(id, true, { kind: "resuming" });
    if (await chat.lock()) chat.opened();
    else chat.beElsewhere();
  }

  #add(id: string, lost: boolean, state: ChatState): Chat {
    const chat = new Chat(this.#page, Side.begin(id, "agent", { lost }), state, this.#onChange);
    this.chats.set(id, chat);
    return chat;
  }

  #count(length: number): void {
    this.queueLength = length;
    this.#onChange();
  }

  /** An answer, or the server's own word; what comes while another answer is due is older than what was asked. */
  #take({ available, capacity, locales }: StatusFrame): void {
    const told = { available, capacity, locales };
    if (!this.#isAnswered && !isSame(told, this.status)) return;
    this.#isAnswered = true;
    this.#cancelAgain?.();
    this.status = told;
    this.#onChange();
  }

  /** On each socket anew, and until it is answered: offers come to the one that sent it last. */
  #sendStatus(): void {
    this.#cancelAgain?.();
    if (this.status === undefined) return;
    this.#isAnswered = false;
    this.#send(this.status, new Again(this.#page.environment.now()));
  }

  #send(status: Status, again: Again): void {
    const { now, after } = this.#page.environment;
    this.#page.send({ action: "agent.status", ...status });
    again.take(now());
    this.#cancelAgain = after(again.dueAt - now(), () => this.#send(status, again));
  }
}

function isSame(one: Status, other: Status | undefined): boolean {
  const parts = (status: Status) => [status.available, status.capacity, ...status.locales].join();
  return other !== undefined && parts(one) === parts(other);
}
