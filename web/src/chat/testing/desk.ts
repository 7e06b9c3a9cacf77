/** A visitor's page, an agent's page and the server between them, for tests that begin with a chat. */

import type { Chat } from "../chat.ts";
import type { ClientFrame } from "../frames.ts";
import { FakeBrowser, FakeLocks, FakeStorage } from "./browser.ts";
import { Clock } from "./clock.ts";
import { Network } from "./network.ts";
import { AgentPage, type Made, VisitorPage } from "./page.ts";
import { Server } from "./server.ts";

export const INTRO = { name: "ანა", phone: "+995 32 205 32 04", question: "ორმაგი ჯავშანი" };
export const STATUS = { available: true, capacity: 3, locales: ["ka", "en"] } as const;

export class Desk {
  readonly clock = new Clock();
  readonly server = new Server(this.clock);
  readonly network = new Network(this.clock, this.server);
  /** Of the visitor's browser; the agents have others. */
  readonly locks = new FakeLocks();

  visitor(made: Made = {}): VisitorPage {
    const browser = new FakeBrowser(this.clock);
    this.network.join(browser, "anna", "visitor");
    return new VisitorPage(this.clock, { storage: new FakeStorage(), locks: this.locks, browser, ...made });
  }

  agent(name = "nino", made: Made = {}): AgentPage {
    const browser = new FakeBrowser(this.clock);
    this.network.join(browser, name, "agent");
    return new AgentPage(this.clock, { storage: new FakeStorage(), locks: new FakeLocks(), browser, owner: name, ...made });
  }

  async pass(milliseconds = 100): Promise<void> {
    await this.clock.pass(milliseconds);
  }

  async available(name = "nino", made: Made = {}): Promise<AgentPage> {
    const page = this.agent(name, made);
    page.desk.setStatus(STATUS);
    await this.pass();
    return page;
  }

  /** Both talk. */
  async talking(made: Made = {}): Promise<{ visitor: VisitorPage; agent: AgentPage }> {
    const agent = await this.available();
    const visitor = this.visitor(made);
    await this.pass();
    visitor.visitor.start(["ka"], INTRO);
    await this.pass();
    only(agent).accept();
    await this.pass();
    return { visitor, agent };
  }
}

/** The one chat of an agent's page. */
export function only(page: AgentPage): Chat {
  const [chat, ...others] = page.desk.chats.values();
  if (!chat || others.length > 0) throw new Error(`${page.desk.chats.size} chats`);
  return chat;
}

/** The visitor's. */
export function its(page: VisitorPage): Chat {
  if (!page.visitor.chat) throw new Error("no chat");
  return page.visitor.chat;
}

export function texts(chat: Chat): string[] {
  return chat.lines.map((line) => line.text);
}

export function deliveries(chat: Chat): string[] {
  return chat.lines.flatMap((line) => line.delivery ?? []);
}

export function actions(frames: readonly ClientFrame[]): string[] {
  return frames.map((frame) => frame.action);
}
