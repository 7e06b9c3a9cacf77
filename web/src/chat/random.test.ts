/**
 * A visitor and two agents over a wire that loses, doubles, delays and overtakes, with broken sockets, reloads that keep
 * their memory and such that lose it, hand-overs and agents who are away: whatever happens, nothing is shown twice or
 * out of order, and nothing is missing that one of the two browsers still has.
 */

import { describe, expect, test } from "vitest";

import type { Chat } from "./chat.ts";
import type { Role } from "./frames.ts";
import { FakeBrowser, FakeLocks, FakeStorage } from "./testing/browser.ts";
import { Clock, chances } from "./testing/clock.ts";
import { Network } from "./testing/network.ts";
import { AgentPage, VisitorPage } from "./testing/page.ts";
import { Server } from "./testing/server.ts";

const RUNS = Number(process.env["CHAT_RUNS"] ?? 300);
const FIRST = Number(process.env["CHAT_SEED"] ?? 1);
const INTRO = { name: "ანა", phone: "+995 32 205 32 04", question: "ორმაგი ჯავშანი" };
const AGENTS = ["nino", "giorgi"] as const;
type Agent = (typeof AGENTS)[number];

class World {
  readonly clock = new Clock();
  readonly server = new Server(this.clock);
  readonly chance: () => number;
  readonly network: Network;
  readonly locks = new FakeLocks();
  visitor: VisitorPage;
  readonly agents = new Map<Agent, AgentPage>();
  /** What must be in both transcripts in the end. */
  due = new Set<string>();
  readonly log: string[] = [];
  #said = 0;

  constructor(seed: number) {
    this.chance = chances(seed);
    this.network = new Network(this.clock, this.server, this.chance);
    this.server.onLeft = () => this.#forget(this.chatOf("visitor"));
    this.visitor = this.#openVisitor(new FakeStorage());
    for (const name of AGENTS) this.openAgent(name, new FakeStorage());
  }

  #browser(who: string, role: Role): FakeBrowser {
    const browser = new FakeBrowser(this.clock);
    browser.chance = this.chance;
    this.network.join(browser, who, role);
    return browser;
  }

  #openVisitor(storage: FakeStorage): VisitorPage {
    return new VisitorPage(this.clock, { storage, locks: this.locks, browser: this.#browser("anna", "visitor") });
  }

  openAgent(name: Agent, storage: FakeStorage): AgentPage {
    const page = new AgentPage(this.clock, { storage, locks: this.locks, owner: name, browser: this.#browser(name, "agent") });
    page.desk.setStatus({ available: true, capacity: 3, locales: ["ka"] });
    this.agents.set(name, page);
    return page;
  }

  agent(name: string | undefined): AgentPage | undefined {
    return this.agents.get(name as Agent);
  }

  /** The chat as this side's page has it: for the agent, on the page of the one who has it as the server knows. */
  chatOf(role: Role): Chat | undefined {
    if (role === "visitor") return this.visitor.visitor.chat;
    return this.agent(this.server.row?.agent)?.desk.chats.get(this.server.row?.id ?? "");
  }

  textsOf(role: Role): string[] {
    return this.chatOf(role)?.lines.map((line) => line.text) ?? [];
  }

  /** Only what this chat still holds can be asked for from now on. */
  #forget(holder: Chat | undefined): void {
    const held = new Set(holder?.lines.map((line) => line.text));
    this.due = new Set([...this.due].filter((text) => held.has(text)));
  }

  cut(page: VisitorPage | AgentPage | undefined): void {
    const unheard = this.chance() < 0.3 ? Math.floor(this.chance() * 20_000) : 0;
    if (page) this.network.cut(page.browser, unheard);
  }

  storm(): void {
    this.network.weather = { loss: this.chance() * 0.3, doubling: this.chance() * 0.3, delay: 500 + this.chance() * 9_500 };
  }

  say(role: Role): void {
    const chat = this.chatOf(role);
    const who = role === "visitor" ? "v" : (this.server.row?.agent ?? "?");
    const text = `${who}-${String((this.#said += 1)).padStart(4, "0")}`;
    // What an agent says whom the chat was taken from already stays with him.
    const isHeard = role === "visitor" || this.server.row?.state === "talking";
    if (chat?.say(text) && isHeard) this.due.add(text);
  }

  reloadVisitor(isKept: boolean): void {
    const { storage } = this.visitor;
    this.visitor.unload();
    // Who is offered the chat begins empty, whatever his page still has of it.
    if (!isKept) this.#forget(this.server.row?.state === "talking" ? this.chatOf("agent") : undefined);
    this.visitor = this.#openVisitor(isKept && storage ? storage : new FakeStorage());
    void this.visitor.visitor.restore();
  }

  reloadAgent(name: Agent, isKept: boolean): void {
    const page = this.agents.get(name);
    page?.unload();
    if (!isKept && this.server.row?.agent === name) this.#forget(this.chatOf("visitor"));
    const opened = this.openAgent(name, isKept && page?.storage ? page.storage : new FakeStorage());
    void opened.desk.restore();
  }

  /** What the people do all the while: they accept, come back, and make themselves available. */
  tend(): void {
    const { visitor } = this.visitor;
    if (visitor.state.kind === "elsewhere") visitor.chat?.takeOver();
    else if (visitor.state.kind !== "starting" && !visitor.chat) visitor.start(["ka"], INTRO);
    for (const { desk } of this.agents.values()) {
      for (const chat of desk.chats.values()) {
        if (chat.state.kind === "offered") chat.accept();
        if (chat.state.kind === "elsewhere") chat.takeOver();
      }
      if (desk.status?.available === false) desk.setStatus({ ...desk.status, available: true });
    }
  }

  /** What is wrong at this moment. */
  fault(): string | undefined {
    const pages = [...this.agents.values()].flatMap(({ desk }) => [...desk.chats.values()]);
    for (const chat of [this.chatOf("visitor"), ...pages]) {
      const texts = chat?.lines.map((line) => line.text) ?? [];
      if (new Set(texts).size < texts.length) return `twice: ${texts.join(" ")}`;
      for (const who of ["v", ...AGENTS]) {
        const said = texts.filter((text) => text.startsWith(`${who}-`));
        if (said.join() !== said.toSorted().join()) return `out of order: ${texts.join(" ")}`;
      }
    }
    return undefined;
  }

  unsettled(): string | undefined {
    const [visitors, agents] = [this.textsOf("visitor"), this.textsOf("agent")];
    const missing = [...this.due].filter((text) => !visitors.includes(text) || !agents.includes(text));
    if (this.server.row?.state !== "talking") return `the chat is ${this.server.row?.state ?? "over"}`;
    const states = [this.chatOf("visitor")?.state.kind, this.chatOf("agent")?.state.kind];
    if (states.join() !== "talking,talking") return `states: ${states.join()}`;
    if (missing.length > 0) return `missing: ${missing.join(" ")} in ${visitors.join(" ")} | ${agents.join(" ")}`;
    if (visitors.toSorted().join() !== agents.toSorted().join()) return `not the same: ${visitors.join(" ")} | ${agents.join(" ")}`;
    const open = [this.chatOf("visitor"), this.chatOf("agent")].flatMap((chat) => chat?.lines ?? []);
    const unshown = open.filter((line) => line.delivery !== undefined && line.delivery !== "shown");
    return unshown.length > 0 ? `not told as shown: ${unshown.map((line) => line.text).join(" ")}` : undefined;
  }
}

/** What may happen, and how often of a hundred times. */
const HAPPENINGS: readonly [number, string, (world: World, name: Agent) => void][] = [
  [35, "", (world) => world.say("visitor")],
  [35, "", (world) => world.say("agent")],
  [6, "the visitor's socket breaks", (world) => world.cut(world.visitor)],
  [6, "the agent's socket breaks", (world, name) => world.cut(world.agent(name))],
  [3, "the visitor reloads", (world) => world.reloadVisitor(true)],
  [3, "the agent reloads", (world, name) => world.reloadAgent(name, true)],
  [3, "the visitor's memory is lost", (world) => world.reloadVisitor(false)],
  [3, "the agent's memory is lost", (world, name) => world.reloadAgent(name, false)],
  [3, "the chat is handed over", (world) => world.chatOf("agent")?.transfer()],
  [1.5, "the agent was away", (world) => world.server.takeAway(world.server.row?.agent ?? "")],
  [1.5, "a storm", (world) => world.storm()],
];

function act(world: World): void {
  const name = world.chance() < 0.5 ? "nino" : "giorgi";
  let left = world.chance() * 100;
  for (const [often, what, happen] of HAPPENINGS) {
    left -= often;
    if (left > 0) continue;
    if (what) world.log.push(`${world.clock.now}: ${what} (${name})`);
    happen(world, name);
    return;
  }
}

async function play(seed: number): Promise<World> {
  const world = new World(seed);
  await world.clock.pass(100);
  world.tend();
  await world.clock.pass(1_000);
  world.tend();
  await world.clock.pass(1_000);
  world.network.weather = { loss: world.chance() * 0.1, doubling: world.chance() * 0.2, delay: world.chance() * 3_000 };
  for (let step = 0; step < 60; step += 1) {
    act(world);
    await world.clock.pass(Math.floor(world.chance() ** 2 * 8_000));
    world.tend();
    expect(world.fault(), `seed ${seed} step ${step}\n${world.log.join("\n")}`).toBeUndefined();
  }
  world.network.weather = { loss: 0, doubling: 0, delay: 100 };
  for (let wait = 0; wait < 20; wait += 1) {
    await world.clock.pass(10_000);
    world.tend();
  }
  return world;
}

describe("whatever happens", () => {
  test.each(Array.from({ length: RUNS }, (_, index) => FIRST + index))("seed %i", async (seed) => {
    const world = await play(seed);
    expect(world.fault(), `seed ${seed}\n${world.log.join("\n")}`).toBeUndefined();
    expect(world.unsettled(), `seed ${seed}\n${world.log.join("\n")}`).toBeUndefined();
  });
});
