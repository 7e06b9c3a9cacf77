/** A page of a visitor's or an agent's, as a test opens, reloads and closes it. */

import { AgentDesk } from "../agent.ts";
import { Connection } from "../connection.ts";
import { pageOn } from "../page.ts";
import { VisitorChat } from "../visitor.ts";
import { FakeBrowser, FakeLocks, FakeStorage } from "./browser.ts";
import type { Clock } from "./clock.ts";

export interface Made {
  storage?: FakeStorage | undefined;
  locks?: FakeLocks | undefined;
  owner?: string;
  browser?: FakeBrowser;
}

class OpenPage {
  readonly browser: FakeBrowser;
  readonly connection: Connection;
  readonly storage: FakeStorage | undefined;
  protected readonly page;
  readonly #tab;

  constructor(clock: Clock, { storage, locks, owner = "anna", browser = new FakeBrowser(clock) }: Made) {
    this.browser = browser;
    this.storage = storage;
    this.#tab = locks?.inTab();
    const { environment } = this.browser;
    this.connection = new Connection({ address: () => Promise.resolve("wss://desk.test"), environment });
    this.page = pageOn(this.connection, environment, { owner, storage, locks: this.#tab });
  }

  /** The page goes, as by a reload: nothing of it runs any more. */
  unload(): void {
    this.connection.stop();
    this.browser.isGone = true;
    this.#tab?.closeTab();
  }
}

export class VisitorPage extends OpenPage {
  readonly visitor: VisitorChat;

  constructor(clock: Clock, made: Made = {}) {
    super(clock, made);
    this.visitor = new VisitorChat(this.page, () => {});
    this.connection.subscribe(this.visitor);
    this.connection.start();
  }
}

export class AgentPage extends OpenPage {
  readonly desk: AgentDesk;

  constructor(clock: Clock, made: Made = {}) {
    super(clock, made);
    this.desk = new AgentDesk(this.page, () => {});
    this.connection.subscribe(this.desk);
    this.connection.start();
  }
}
