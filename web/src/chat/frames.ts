/** The frames of a chat, both ways. `docs/chat.md` says when each comes. */

export type Role = "visitor" | "agent";
export type Language = "ka" | "en" | "ru" | "uk" | "pl";

export interface Intro {
  name: string;
  phone: string;
  question: string;
}

/** A text that was said before: by whom, as which message of which leg, and when. */
export interface Said {
  from: Role;
  leg: number;
  n: number;
  text: string;
  at: string;
}

export type Body = { text: string } | { intro: Intro } | { replay: readonly Said[] };

/** A chat that the page believes in, and its leg; 0: none that it knows. */
export interface Believed {
  chat: string;
  leg: number;
}

export interface Status {
  available: boolean;
  capacity: number;
  locales: readonly Language[];
}

interface OfLeg {
  chat: string;
  leg: number;
}

export type Ping = { action: "ping"; id?: string; chats?: readonly Believed[] };
export type StartChat = { action: "chat.start"; id: string; languages: readonly Language[] };
export type SetStatus = { action: "agent.status" } & Status;
export type SayInChat = { action: "chat.message"; n: number; body: Body; received?: number } & OfLeg;
export type ResumeChat = { action: "chat.resume"; sent: number; shown: number; lost: boolean } & OfLeg;

export type ClientFrame =
  | Ping
  | StartChat
  | SetStatus
  | SayInChat
  | ResumeChat
  | ({ action: "chat.accept" } & OfLeg)
  | ({ action: "chat.received"; n: number } & OfLeg)
  | { action: "chat.typing"; chat: string; leg?: number; received?: number }
  | { action: "chat.propose_ticket"; chat: string }
  | { action: "chat.transfer"; chat: string; to?: string }
  | { action: "chat.end"; chat: string };

export type Ending = "visitor" | "agent" | "away" | "limit" | "unknown";
export type Left = "transferred" | "not_accepted" | "away" | "unknown";

export type SaidFrame = {
  event: "chat.message";
  n: number;
  body: Body;
  from: Role;
  at: string;
  received?: number | null;
} & OfLeg;

export type OfferedFrame = { event: "chat.offered"; account: string; locale: Language; waited: number } & OfLeg;

/** What a side of a chat takes part in; the rest is about where the chat stands. */
export type LegFrame =
  | SaidFrame
  | ({ event: "chat.received"; n: number } & OfLeg)
  | { event: "chat.typing"; chat: string; leg?: number | null; received?: number | null }
  | ({ event: "chat.joined"; peer: { name: string } } & OfLeg)
  | ({ event: "chat.resumed"; peer: { name: string } } & OfLeg)
  | ({ event: "chat.peer_back"; sent: number; shown: number; lost: boolean } & OfLeg);

export type ChatFrame =
  | LegFrame
  | OfferedFrame
  | { event: "chat.queued"; chat: string; position: number }
  | { event: "chat.peer_away"; chat: string }
  | { event: "chat.propose_ticket"; chat: string }
  | ({ event: "chat.left"; why: Left } & OfLeg)
  | { event: "chat.ending"; chat: string; at: string }
  | { event: "chat.ended"; chat: string; by: Ending };

export interface ErrorFrame {
  event: "error";
  code: string;
  message: string;
  id?: string | null;
  chat?: string | null;
  leg?: number | null;
  next_open_at?: string | null;
}

export type StatusFrame = { event: "agent.status" } & Status;
export type ServerFrame =
  | ChatFrame
  | ErrorFrame
  | StatusFrame
  | { event: "queue"; length: number }
  | { event: "pong"; id: string };

/** An event that this module does not know is left alone. */
export interface OtherFrame {
  event: string;
}
export type AnyFrame = ServerFrame | OtherFrame;

const KNOWN: ReadonlySet<string> = new Set<ServerFrame["event"]>([
  "chat.message", "chat.received", "chat.typing", "chat.joined", "chat.resumed", "chat.peer_back", "chat.offered",
  "chat.queued", "chat.peer_away", "chat.propose_ticket", "chat.left", "chat.ending", "chat.ended",
  "error", "agent.status", "queue", "pong",
]);

export function isKnown(frame: AnyFrame): frame is ServerFrame {
  return KNOWN.has(frame.event);
}

const OF_LEG: ReadonlySet<string> = new Set<LegFrame["event"]>([
  "chat.message", "chat.received", "chat.typing", "chat.joined", "chat.resumed", "chat.peer_back",
]);

export function isOfLeg(frame: ChatFrame): frame is LegFrame {
  return OF_LEG.has(frame.event);
}

/** The frame that came, or nothing when it is none. */
export function decode(data: unknown): AnyFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    return isFrame(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

function isFrame(value: unknown): value is AnyFrame {
  return typeof value === "object" && value !== null && "event" in value && typeof value.event === "string";
}
