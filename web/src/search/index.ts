/** The search of the FAQ: built with the pages, asked in the browser. */
export { buildIndex } from "./build.ts";
export { mark, snippet } from "./marking.ts";
export { Search } from "./search.ts";
export type { Hit, Locale, Part, Source } from "./types.ts";
