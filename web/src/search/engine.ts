/** MiniSearch as we use it: whole terms in, since words become terms before. */
import MiniSearch, { type Options } from "minisearch";
import { FIELDS } from "./packing.ts";

/** One article's terms by field, each field's joined by blanks. */
export interface Entry {
  id: number;
  title: string;
  lead: string;
  body: string;
}

/** How terms are indexed and asked for. */
export const options: Options<Entry> = {
  fields: FIELDS,
  tokenize: (text) => text.split(" ").filter((each) => each !== ""),
  processTerm: (term) => term,
  searchOptions: { boost: { title: 8, lead: 3, body: 1 } },
};

export { MiniSearch };
