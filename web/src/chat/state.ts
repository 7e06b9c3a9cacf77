/** Where a chat stands, as its page shows it. */

import type { ChatFrame, Ending, Language, Left, OfferedFrame } from "./frames.ts";

export type ChatState =
  | { kind: "idle" }
  | { kind: "starting" }
  | { kind: "unavailable"; nextOpenAt: string | null }
  | { kind: "queued"; position: number }
  | { kind: "offered"; leg: number; account: string; locale: Language; waited: number; until: number }
  | { kind: "talking"; peer: string }
  | { kind: "peerAway"; peer: string }
  /** Asked for after a loss of memory; where it stands is not known yet. */
  | { kind: "resuming" }
  | { kind: "elsewhere" }
  | { kind: "ended"; by: Ending }
  | { kind: "left"; why: Left };

const OFFERED_FOR = 30_000;
const LIVE: ReadonlySet<ChatState["kind"]> = new Set(["queued", "offered", "talking", "peerAway", "resuming"]);

/** Whether this page takes part in it. */
export function isLive(state: ChatState): boolean {
  return LIVE.has(state.kind);
}

export function stateAfter(state: ChatState, frame: ChatFrame, now: number): ChatState {
  switch (frame.event) {
    case "chat.queued":
      return { kind: "queued", position: frame.position };
    case "chat.offered":
      return offered(frame, now);
    case "chat.joined":
    case "chat.resumed":
      return { kind: "talking", peer: frame.peer.name };
    case "chat.peer_away":
      return state.kind === "talking" ? { kind: "peerAway", peer: state.peer } : state;
    case "chat.left":
      return { kind: "left", why: frame.why };
    case "chat.ended":
      return { kind: "ended", by: frame.by };
    case "chat.peer_back":
    case "chat.message":
    case "chat.received":
    case "chat.typing":
      return state.kind === "peerAway" ? { kind: "talking", peer: state.peer } : state;
    default:
      return state;
  }
}

function offered({ leg, account, locale, waited }: OfferedFrame, now: number): ChatState {
  return { kind: "offered", leg, account, locale, waited, until: now + OFFERED_FOR };
}
