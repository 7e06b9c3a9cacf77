/** Going on after a reload with the chats that this tab kept. */

import { Chat } from "./chat.ts";
import type { Role } from "./frames.ts";
import { KEPT_CHATS, type KeptChat, type Page } from "./page.ts";
import { Side } from "./side.ts";

export async function restoreChats(page: Page, role: Role, onChange: () => void): Promise<Chat[]> {
  const kept = [...page.memory.load<KeptChat>(KEPT_CHATS, page.environment.now()).values()];
  return Promise.all(kept.filter(({ side }) => side.role === role).map((each) => restore(page, each, onChange)));
}

/** A chat that another tab holds is elsewhere, and the copy that is here of no use. */
async function restore(page: Page, { side, state }: KeptChat, onChange: () => void): Promise<Chat> {
  const chat = new Chat(page, Side.restore(side), state, onChange);
  if (state.kind === "elsewhere" || (await chat.lock())) return chat;
  page.memory.forget(KEPT_CHATS + side.chat);
  const lost = Side.begin(side.chat, side.role, { intro: side.intro, lost: true });
  return new Chat(page, lost, { kind: "elsewhere" }, onChange);
}
