/**
 * A visitor and an agent over real sockets, by the clients that the pages use: they talk while their sockets are cut.
 * Takes where and who they are as JSON on standard input, and prints what each of them has read in the end.
 */

import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

import { WebSocket } from "ws";

import { AgentDesk, type Chat, Connection, type Environment, type Listener, VisitorChat, pageOn } from "../src/chat/index.ts";

interface Caller {
  api_url: string;
  token: string;
}

interface Given {
  site_url: string;
  visitor: Caller;
  agent: Caller;
}

const TEXTS = 20;
const CUTS = 10;
const WITHIN = 120_000;
const INTRO = { name: "ანა", phone: "+995 32 205 32 04", question: "ორმაგი ჯავშანი 🛎️" };

/** Node as a browser that has one page of this origin open, and whose sockets can be cut. */
class NodePage {
  readonly environment: Environment;
  readonly connection: Connection;
  readonly #open = new Set<WebSocket>();

  constructor({ api_url, token }: Caller, path: string, origin: string) {
    this.environment = {
      now: () => Date.now(),
      random: () => Math.random(),
      newId: () => randomUUID(),
      after: (milliseconds, run) => {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
      openSocket: (url) => this.#made(new WebSocket(url, { origin })),
      isOnline: () => true,
      listen: () => () => {},
    };
    const address = () => askForAddress(`${api_url}${path}`, token);
    this.connection = new Connection({ address, environment: this.environment });
  }

  start<Client extends Listener>(make: (page: ReturnType<typeof pageOn>) => Client): Client {
    const client = make(pageOn(this.connection, this.environment, { owner: "page" }));
    this.connection.subscribe(client);
    this.connection.start();
    return client;
  }

  /** Whether there was a socket to cut: the other side hears of it only when it looks. */
  cut(): boolean {
    const sockets = [...this.#open];
    for (const socket of sockets) socket.terminate();
    return sockets.length > 0;
  }

  #made(socket: WebSocket): ReturnType<Environment["openSocket"]> {
    socket.on("open", () => this.#open.add(socket));
    socket.on("close", () => this.#open.delete(socket));
    socket.on("error", () => {});
    return socket as unknown as ReturnType<Environment["openSocket"]>;
  }
}

async function askForAddress(url: string, token: string): Promise<string> {
  const answer = await fetch(url, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return ((await answer.json()) as { url: string }).url;
}

async function until<Found>(what: string, found: () => Found | undefined | false): Promise<Found> {
  const end = Date.now() + WITHIN;
  while (Date.now() < end) {
    const value = found();
    if (value !== undefined && value !== false) return value;
    await sleep(50);
  }
  throw new Error(`it did not come: ${what}`);
}

/** Starts until somebody can take it: an agent's status may be on its way yet. */
async function start(visitor: VisitorChat): Promise<void> {
  await until("a place in the queue", () => {
    if (visitor.state.kind === "idle" || visitor.state.kind === "unavailable") visitor.start(["ka"], INTRO);
    return visitor.state.kind === "queued" || visitor.state.kind === "talking";
  });
}

async function accept(desk: AgentDesk): Promise<Chat> {
  const chat = await until("an offer", () => [...desk.chats.values()].find(({ state }) => state.kind === "offered"));
  chat.accept();
  await until("the joining", () => chat.state.kind === "talking");
  return chat;
}

async function talk(pages: readonly NodePage[], chats: readonly Chat[]): Promise<number> {
  let cuts = 0;
  for (let n = 1; n <= TEXTS; n += 1) {
    for (const chat of chats) chat.say(`${chat === chats[0] ? "v" : "a"}${n} ტექსტი 😀`);
    await sleep(Math.random() * 300);
    if (Math.random() < (CUTS - cuts) / (TEXTS - n + 1) && pages[Math.random() < 0.5 ? 0 : 1]?.cut()) cuts += 1;
  }
  while (cuts < CUTS) {
    if (pages[cuts % 2]?.cut()) cuts += 1;
    await sleep(100);
  }
  return cuts;
}

function isSettled(chat: Chat): boolean {
  return chat.lines.length === 2 * TEXTS && chat.lines.every(({ delivery }) => delivery === undefined || delivery === "shown");
}

async function play({ site_url, visitor: who, agent: whom }: Given): Promise<object> {
  const pages = [
    new NodePage(who, "/v1/connections", site_url), new NodePage(whom, "/v1/agent/connections", site_url),
  ] as const;
  const visitor = pages[0].start((page) => new VisitorChat(page, () => {}));
  const desk = pages[1].start((page) => new AgentDesk(page, () => {}));
  try {
    desk.setStatus({ available: true, capacity: 3, locales: ["ka"] });
    await start(visitor);
    const agents = await accept(desk);
    const its = await until("the visitor's chat", () => visitor.state.kind === "talking" && visitor.chat);
    const cuts = await talk(pages, [its, agents]);
    await until("everything on both sides", () => isSettled(its) && isSettled(agents));
    visitor.end();
    await until("the end", () => its.state.kind === "ended" && agents.state.kind === "ended");
    return { visitor: its.lines, agent: agents.lines, intro: agents.intro, cuts, states: [its.state, agents.state] };
  } finally {
    for (const page of pages) page.connection.stop();
  }
}

console.log(JSON.stringify(await play(JSON.parse(await text(process.stdin)) as Given)));
