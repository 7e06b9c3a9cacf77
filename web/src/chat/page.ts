/** What a chat needs of the page that it is on. */

import type { Connection } from "./connection.ts";
import type { Environment, Locks, StorageLike } from "./environment.ts";
import type { ClientFrame } from "./frames.ts";
import { Memory } from "./memory.ts";
import type { SideMemory } from "./side_memory.ts";
import type { ChatState } from "./state.ts";

export interface Page {
  environment: Environment;
  owner: string;
  memory: Memory;
  locks?: Locks | undefined;
  /** False when no socket is open. */
  send(frame: ClientFrame): boolean;
  isOpen(): boolean;
}

/** What a tab keeps of a chat, under this and its id. */
export interface KeptChat {
  side: SideMemory;
  state: ChatState;
}

export const KEPT_CHATS = "chat.";

export interface Tab {
  /** Whose the page is: what the tab keeps is for nobody else. */
  owner: string;
  storage?: StorageLike | undefined;
  locks?: Locks | undefined;
}

export function pageOn(connection: Connection, environment: Environment, { owner, storage, locks }: Tab): Page {
  return {
    environment,
    owner,
    memory: new Memory(storage, owner),
    locks,
    send: (frame) => connection.send(frame),
    isOpen: () => connection.isOpen,
  };
}
