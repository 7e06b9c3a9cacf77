/** What the widget and the agents' page use of the chat. */

export { AgentDesk } from "./agent.ts";
export { Chat } from "./chat.ts";
export { Connection, type ConnectionOptions, type ConnectionState, type Listener } from "./connection.ts";
export { type Environment, type Locks, type StorageLike, browser, browserLocks, tabStorage } from "./environment.ts";
export type { Ending, Intro, Language, Left, Role, Said, Status } from "./frames.ts";
export { type Page, type Tab, pageOn } from "./page.ts";
export { type ChatState, isLive } from "./state.ts";
export { LONGEST_TEXT, lengthOf } from "./text.ts";
export { type TicketDraft, type TicketWords, ticketFrom } from "./ticket.ts";
export type { Delivery, Line } from "./transcript.ts";
export { VisitorChat } from "./visitor.ts";
