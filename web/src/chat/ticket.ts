/** Into a ticket: what was said in a chat, as its user's own text or, where that is too long, as the ticket's file. */

import type { Intro, Role } from "./frames.ts";
import { lengthOf } from "./text.ts";
import type { Line } from "./transcript.ts";

/** The reader's language. */
export interface TicketWords {
  nameOf(from: Role): string;
  timeOf(at: string): string;
  /** The ticket's text where the chat itself is in the file. */
  inFile: string;
  fileName: string;
}

export interface TicketDraft {
  text: string;
  file?: File;
}

export const LONGEST_TICKET = 20_000;

/** `intro`: the question that the chat began with stands first. */
export function ticketFrom(said: readonly Line[], words: TicketWords, intro?: Intro): TicketDraft {
  const lines = said.map(({ from, text, at }) => `${words.timeOf(at)} ${words.nameOf(from)}: ${text}`);
  const text = [...(intro ? [intro.question] : []), ...lines].join("\n\n");
  if (lengthOf(text) <= LONGEST_TICKET) return { text };
  return { text: words.inFile, file: new File([text], words.fileName, { type: "text/plain" }) };
}
