/** Makes the index of one language's articles. */
import { type Entry, MiniSearch, options } from "./engine.ts";
import { pack } from "./packing.ts";
import type { Locale, Source } from "./types.ts";
import { termsIn } from "./words.ts";

/** The index's file: ids, titles and addresses of the articles and which terms each has, without their texts. */
export function buildIndex(locale: Locale, sources: readonly Source[]): string {
  const engine = new MiniSearch(options);
  engine.addAll(sources.map((source, id) => entryOf(source, id, locale)));
  return pack(locale, sources.map(({ id, title, text }) => [id, title, text]), engine.toJSON());
}

/** An article's terms by field. */
export function entryOf({ title, summary, keywords, body }: Source, id: number, locale: Locale): Entry {
  const terms = (...texts: string[]): string => texts.flatMap((each) => termsIn(each, locale)).join(" ");
  return { id, title: terms(title), lead: terms(summary, ...keywords), body: terms(body) };
}
