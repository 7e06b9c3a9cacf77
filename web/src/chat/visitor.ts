/** The visitor's chat, for the widget: he has one at most. */

import { Again } from "./again.ts";
import { Chat } from "./chat.ts";
import type { Listener } from "./connection.ts";
import { type AnyFrame, type Believed, type ErrorFrame, type Intro, type Language, type StartChat, isKnown } from "./frames.ts";
import type { Page } from "./page.ts";
import { restoreChats } from "./restore.ts";
import { Side } from "./side.ts";
import { type ChatState, isLive } from "./state.ts";
import { cleanedIntro } from "./text.ts";

interface Start {
  frame: StartChat;
  intro: Intro;
}

const KEPT_START = "start";
const LOOK_AGAIN_AFTER = 3_000;

export class VisitorChat implements Listener {
  /** The last one, also when it is over: what was said in it can be read until `dismiss`. */
  chat: Chat | undefined;
  readonly #page: Page;
  readonly #onChange: () => void;
  #start: Start | undefined;
  /** Starts whose user gave up before they were answered. */
  readonly #unwanted = new Set<string>();
  #before: ChatState = { kind: "idle" };
  #cancelAgain: (() => void) | undefined;

  constructor(page: Page, onChange: () => void) {
    this.#page = page;
    this.#onChange = onChange;
  }

  get state(): ChatState {
    return this.chat?.state ?? this.#before;
  }

  /** After a page was loaded: goes on with what this tab kept. */
  async restore(): Promise<void> {
    const [chat] = await restoreChats(this.#page, "visitor", this.#onChange);
    const start = this.#page.memory.load<Start>(KEPT_START, this.#page.environment.now()).get("");
    this.chat = chat;
    if (chat) chat.opened();
    else if (start) this.#begin(start);
    this.#onChange();
  }

  /** Whether it was taken: not without name, phone and question, nor while a chat is on. */
  start(languages: readonly Language[], intro: Intro): boolean {
    const clean = cleanedIntro(intro);
    if (clean === undefined || this.#isOn()) return false;
    const frame: StartChat = { action: "chat.start", id: this.#page.environment.newId(), languages };
    this.#begin({ frame, intro: clean });
    return true;
  }

  /** Ends the chat, or gives up its start. */
  end(): void {
    if (this.#start) this.#giveUp(this.#start);
    else this.chat?.end();
  }

  /** Forgets a chat that is over, or why none could be started. */
  dismiss(): void {
    if (this.#isOn()) return;
    this.chat = undefined;
    this.#show({ kind: "idle" });
  }

  onOpen(): void {
    this.#sendStart();
    this.chat?.opened();
    if (!this.#isOn() && !this.#page.memory.isKept) this.#lookForChat();
  }

  /** A page whose memory goes with it is told whether a chat is on; the page before may still seem to have it. */
  #lookForChat(): void {
    const look = () => (this.chat || this.#start ? undefined : this.#page.send({ action: "ping", chats: [] }));
    look();
    this.#page.environment.after(LOOK_AGAIN_AFTER, look);
  }

  onClose(): void {
    this.chat?.closed();
  }

  isBusy(): boolean {
    return this.#isOn();
  }

  believed(): Believed[] {
    const believed = this.chat?.believed();
    return believed ? [believed] : [];
  }

  onHeartbeat(): void {
    this.chat?.heartbeat();
  }

  onFrame(frame: AnyFrame): void {
    if (!isKnown(frame)) return;
    if (frame.event === "error") this.#refuse(frame);
    else if (!("chat" in frame)) return;
    else if (this.chat?.id === frame.chat) this.chat.take(frame);
    else if (frame.event === "chat.queued" || frame.event === "chat.joined") this.#meet(frame.chat)?.take(frame);
  }

  #isOn(): boolean {
    return this.#start !== undefined || (this.chat !== undefined && isLive(this.chat.state));
  }

  #begin(start: Start): void {
    this.chat = undefined;
    this.#start = start;
    this.#page.memory.save(KEPT_START, start, this.#page.environment.now());
    this.#show({ kind: "starting" });
    this.#sendStart();
  }

  /** Sent until it is answered: a start that is repeated is the same one. */
  #sendStart(again = new Again(this.#page.environment.now())): void {
    const { now, after } = this.#page.environment;
    this.#cancelAgain?.();
    if (this.#start === undefined) return;
    this.#page.send(this.#start.frame);
    again.take(now());
    this.#cancelAgain = after(again.dueAt - now(), () => this.#sendStart(again));
  }

  /** The chat that this page's start began, or one that its user did not wait for. */
  #meet(id: string): Chat | undefined {
    if (this.#start === undefined) {
      if (this.#unwanted.size > 0) this.#page.send({ action: "chat.end", chat: id });
      return undefined;
    }
    const side = Side.begin(id, "visitor", { intro: this.#start.intro });
    this.#answered();
    this.chat = new Chat(this.#page, side, { kind: "starting" }, this.#onChange);
    void this.chat.lock();
    return this.chat;
  }

  #refuse(error: ErrorFrame): void {
    if (this.chat && this.chat.id === error.chat) this.chat.refuse(error);
    else if (this.#start && this.#start.frame.id === error.id) this.#refuseStart(error, this.#start.intro);
    else if (!this.#isOn() && error.code === "chat_elsewhere" && error.chat) void this.#goOn(error.chat);
  }

  /** A chat of this visitor's that no page has, and of which this one knows nothing: its memory was lost. */
  async #goOn(id: string): Promise<void> {
    const chat = new Chat(this.#page, Side.begin(id, "visitor", { lost: true }), { kind: "resuming" }, this.#onChange);
    this.chat = chat;
    if (await chat.lock()) chat.opened();
    else chat.beElsewhere();
  }

  #refuseStart(error: ErrorFrame, intro: Intro): void {
    if (error.code === "try_again" || error.code === "too_many_frames") return;
    this.#answered();
    if (error.code === "chat_exists" && error.chat) {
      const side = Side.begin(error.chat, "visitor", { intro, lost: true });
      this.chat = new Chat(this.#page, side, { kind: "elsewhere" }, this.#onChange);
    }
    this.#show({ kind: "unavailable", nextOpenAt: error.next_open_at ?? null });
  }

  #giveUp(start: Start): void {
    this.#unwanted.add(start.frame.id);
    this.#answered();
    this.#show({ kind: "idle" });
  }

  #answered(): void {
    this.#start = undefined;
    this.#cancelAgain?.();
    this.#page.memory.forget(KEPT_START);
  }

  #show(state: ChatState): void {
    this.#before = state;
    this.#onChange();
  }
}
