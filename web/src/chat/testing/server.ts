/** The server's side of `docs/chat.md` in memory, for one visitor and some agents. It takes each frame at once. */

import type { Believed, ClientFrame, ResumeChat, Role, ServerFrame, StartChat } from "../frames.ts";

/** A socket as the server has it. */
export interface Wire {
  who: string;
  role: Role;
  tell: (frame: ServerFrame) => void;
}

interface Row {
  id: string;
  startedBy: string;
  state: "waiting" | "offered" | "talking";
  leg: number;
  agent: string | undefined;
  wires: { visitor: Wire | undefined; agent: Wire | undefined };
  offers: number;
}

interface Present {
  available: boolean;
  wire: Wire | undefined;
  chats: Set<string>;
}

type Of<Action extends ClientFrame["action"]> = Extract<ClientFrame, { action: Action }>;
const OTHER = { visitor: "agent", agent: "visitor" } as const;
const PLACES = 3;

export class Server {
  row: Row | undefined;
  readonly agents = new Map<string, Present>();
  readonly #after: (milliseconds: number, run: () => void) => void;
  readonly #now: () => number;
  /** The chat is not this agent's any more. */
  onLeft: (agent: string) => void = () => {};
  readonly #closed = new WeakSet<Wire>();
  #chats = 0;

  constructor(clock: { now: number; after: (milliseconds: number, run: () => void) => unknown }) {
    this.#after = clock.after;
    this.#now = () => clock.now;
  }

  /** What comes late from a socket that is known to be closed is not taken. */
  take(wire: Wire, frame: ClientFrame): void {
    if (this.#closed.has(wire)) return;
    switch (frame.action) {
      case "ping":
        return this.#hear(wire, frame.id, frame.chats);
      case "chat.start":
        return this.#start(wire, frame);
      case "agent.status":
        return this.#setStatus(wire, frame);
      case "chat.accept":
        return this.#accept(wire, frame);
      case "chat.resume":
        return this.#resume(wire, frame);
      case "chat.message":
      case "chat.received":
      case "chat.typing":
        return this.#passOn(wire, frame);
      case "chat.transfer":
        return this.#transfer(wire, frame.chat, frame.to);
      case "chat.propose_ticket":
        return this.row?.wires.visitor?.tell({ event: "chat.propose_ticket", chat: frame.chat });
      case "chat.end":
        return this.#end(wire, frame.chat);
    }
  }

  close(wire: Wire): void {
    this.#closed.add(wire);
    const row = this.row;
    if (row?.wires[wire.role] === wire) {
      row.wires[wire.role] = undefined;
      row.wires[OTHER[wire.role]]?.tell({ event: "chat.peer_away", chat: row.id });
    }
    const agent = this.agents.get(wire.who);
    if (agent?.wire === wire) agent.wire = undefined;
  }

  /** The agent was silent for 75 seconds. */
  takeAway(agent: string): void {
    const present = this.agents.get(agent);
    if (present) present.available = false;
    if (this.row?.agent === agent) this.#back(this.row, "away");
  }

  end(by: "away" | "limit"): void {
    if (this.row) this.#over(this.row, by);
  }

  warn(at: string): void {
    if (!this.row) return;
    for (const wire of Object.values(this.row.wires)) wire?.tell({ event: "chat.ending", chat: this.row.id, at });
  }

  #refuse(wire: Wire, code: string, more: { id?: string; chat?: string; leg?: number; next_open_at?: string } = {}): void {
    wire.tell({ event: "error", code, message: code, ...more });
  }

  #own(wire: Wire, chat: string): Row | undefined {
    const row = this.row;
    if (row?.id === chat && (wire.role === "visitor" || row.agent === wire.who)) return row;
    this.#refuse(wire, "chat_over", { chat });
    return undefined;
  }

  #hear(wire: Wire, id: string | undefined, chats: readonly Believed[] | undefined): void {
    if (id !== undefined) wire.tell({ event: "pong", id });
    if (chats === undefined) return;
    const known = new Map(chats.map(({ chat, leg }) => [chat, leg]));
    const row = this.row;
    const own = row && (wire.role === "visitor" || row.agent === wire.who) ? row : undefined;
    if (own) this.#tellAgain(own, wire, known.get(own.id));
    for (const chat of known.keys()) if (chat !== own?.id) this.#tellGone(wire, chat);
  }

  #tellGone(wire: Wire, chat: string): void {
    const isAnothers = this.row?.id === chat && wire.role === "agent";
    if (isAnothers) wire.tell({ event: "chat.left", chat, leg: this.row?.leg ?? 0, why: "unknown" });
    else wire.tell({ event: "chat.ended", chat, by: "unknown" });
  }

  #tellAgain(row: Row, wire: Wire, leg: number | undefined): void {
    const its = row.wires[wire.role];
    const isOn = its === wire || (its === undefined && wire.role === "agent" && row.state === "offered");
    if (isOn && leg !== legToKnow(row, wire.role)) this.#tellState(row, wire);
    else if (!isOn && (leg !== undefined || !its)) this.#refuse(wire, "chat_elsewhere", { chat: row.id, leg: row.leg });
  }

  #tellState(row: Row, wire: Wire): void {
    if (row.state === "talking") wire.tell({ event: "chat.joined", chat: row.id, leg: row.leg, peer: peerOf(row, wire.role) });
    else if (wire.role === "visitor") wire.tell({ event: "chat.queued", chat: row.id, position: 1 });
    else this.#tellOffer(row, wire);
  }

  #tellOffer(row: Row, wire: Wire): void {
    wire.tell({ event: "chat.offered", chat: row.id, leg: row.leg, account: "demo/hotel", locale: "ka", waited: 1 });
  }

  #start(wire: Wire, frame: StartChat): void {
    const row = this.row;
    if (row && row.startedBy !== frame.id) return this.#refuse(wire, "chat_exists", { id: frame.id, chat: row.id });
    if (row) {
      row.wires.visitor = wire;
      return this.#tellState(row, wire);
    }
    if (!this.#free()) return this.#refuse(wire, "chat_unavailable", { id: frame.id, next_open_at: "2026-11-23T05:00:00Z" });
    const wires = { visitor: wire, agent: undefined };
    this.row = {
      id: `chat-${(this.#chats += 1)}`, startedBy: frame.id, state: "waiting", leg: 0, agent: undefined, wires, offers: 0,
    };
    this.#tellState(this.row, wire);
    this.#handOut();
  }

  #setStatus(wire: Wire, { available, capacity, locales }: Of<"agent.status">): void {
    const chats = this.agents.get(wire.who)?.chats ?? new Set<string>();
    this.agents.set(wire.who, { available, wire, chats });
    wire.tell({ event: "agent.status", available, capacity, locales });
    if (this.row?.state === "offered" && this.row.agent === wire.who) this.#tellOffer(this.row, wire);
    this.#handOut();
  }

  #free(except?: string): string | undefined {
    return [...this.agents].find(([who, it]) => who !== except && it.available && it.wire && it.chats.size < PLACES)?.[0];
  }

  #handOut(to?: string, except?: string): void {
    const row = this.row;
    const agent = to ?? this.#free(except) ?? this.#free();
    if (row?.state !== "waiting" || agent === undefined) return;
    const leg = row.leg + 1;
    Object.assign(row, { state: "offered", agent, leg });
    this.agents.get(agent)?.chats.add(row.id);
    const wire = this.agents.get(agent)?.wire;
    if (wire) this.#tellOffer(row, wire);
    this.#after(30_000, () => {
      if (this.row !== row || row.state !== "offered" || row.leg !== leg) return;
      const present = this.agents.get(agent);
      if (present) present.available = false;
      this.#back(row, "not_accepted");
    });
  }

  #back(row: Row, why: "transferred" | "not_accepted" | "away", to?: string): void {
    const { agent } = row;
    const wire = row.wires.agent ?? this.agents.get(agent ?? "")?.wire;
    if (agent !== undefined) this.agents.get(agent)?.chats.delete(row.id);
    Object.assign(row, { state: "waiting", agent: undefined });
    row.wires.agent = undefined;
    if (agent !== undefined) this.onLeft(agent);
    wire?.tell({ event: "chat.left", chat: row.id, leg: row.leg, why });
    if (why !== "transferred") wire?.tell({ event: "agent.status", available: false, capacity: PLACES, locales: ["ka"] });
    if (row.wires.visitor) this.#tellState(row, row.wires.visitor);
    this.#handOut(to, agent);
  }

  #accept(wire: Wire, { chat, leg }: Of<"chat.accept">): void {
    const row = this.row;
    const isToBeHad = row && (row.state === "talking" ? row.leg >= leg : row.leg === leg);
    if (row?.id !== chat || row.agent !== wire.who || !isToBeHad) return this.#refuse(wire, "offer_over", { chat });
    row.state = "talking";
    row.wires.agent = wire;
    this.#tellState(row, wire);
    if (row.wires.visitor) this.#tellState(row, row.wires.visitor);
    else wire.tell({ event: "chat.peer_away", chat });
  }

  #resume(wire: Wire, { chat, leg, sent, shown, lost }: ResumeChat): void {
    const row = this.#own(wire, chat);
    if (!row) return;
    if (row.state === "offered" && wire.role === "agent") return this.#tellOffer(row, wire);
    row.wires[wire.role] = wire;
    if (row.state !== "talking") return this.#tellState(row, wire);
    const before = row.leg;
    if (lost) row.leg += 1;
    wire.tell({ event: "chat.resumed", chat, leg: row.leg, peer: peerOf(row, wire.role) });
    const counts = before === row.leg && leg === row.leg ? { sent, shown } : { sent: 0, shown: 0 };
    const peer = row.wires[OTHER[wire.role]];
    if (peer) peer.tell({ event: "chat.peer_back", chat, leg: row.leg, ...counts, lost });
    else wire.tell({ event: "chat.peer_away", chat });
  }

  #passOn(wire: Wire, frame: Of<"chat.message" | "chat.received" | "chat.typing">): void {
    const row = this.#own(wire, frame.chat);
    if (!row) return;
    if (row.wires[wire.role] !== wire) return this.#refuse(wire, "chat_elsewhere", { chat: row.id });
    if (row.state !== "talking" || (frame.leg ?? row.leg) !== row.leg) {
      return this.#refuse(wire, "leg_over", { chat: row.id, leg: row.leg });
    }
    const { action, ...rest } = frame;
    const said = action === "chat.message" ? { from: wire.role, at: new Date(this.#now()).toISOString() } : {};
    const passed = { event: action, ...rest, ...said } as ServerFrame;
    const peer = row.wires[OTHER[wire.role]];
    if (peer) peer.tell(passed);
    else wire.tell({ event: "chat.peer_away", chat: row.id });
  }

  #transfer(wire: Wire, chat: string, to: string | undefined): void {
    const row = this.#own(wire, chat);
    if (!row) return;
    if (row.state !== "talking") return this.#refuse(wire, "chat_over", { chat });
    if (!this.#free(wire.who)) return this.#refuse(wire, "agent_unavailable", { chat });
    this.#back(row, "transferred", to);
  }

  #end(wire: Wire, chat: string): void {
    const row = this.#own(wire, chat);
    if (row) this.#over(row, wire.role);
  }

  #over(row: Row, by: "visitor" | "agent" | "away" | "limit"): void {
    this.row = undefined;
    const agent = row.agent === undefined ? undefined : this.agents.get(row.agent);
    agent?.chats.delete(row.id);
    for (const wire of [row.wires.visitor, row.wires.agent ?? agent?.wire]) {
      wire?.tell({ event: "chat.ended", chat: row.id, by });
    }
  }
}

function legToKnow(row: Row, role: Role): number {
  return row.state === "talking" || role === "agent" ? row.leg : 0;
}

function peerOf(row: Row, role: Role): { name: string } {
  return { name: role === "visitor" ? (row.agent ?? "") : "demo/hotel" };
}
