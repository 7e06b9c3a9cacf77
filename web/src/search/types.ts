/** What goes into a search and what comes out of it. */
export type Locale = "ka" | "en" | "ru" | "uk" | "pl";

/** One article as it is indexed; `text` is the address of its own small file, in which its plain text stands. */
export interface Source {
  id: string;
  title: string;
  summary: string;
  keywords: string[];
  body: string;
  text: string;
}

/** One article that was found; `words` are the index's words in it that answer the query: `mark` knows them again. */
export interface Hit {
  id: string;
  title: string;
  text: string;
  score: number;
  words: string[];
}

/** A piece of a text: what answers the query, or what stands between. */
export interface Part {
  text: string;
  isMatch: boolean;
}
