/** Which articles are near an article: those that have what its title, summary and keywords say. */
import { entryOf } from "./build.ts";
import { MiniSearch, options } from "./engine.ts";
import type { Locale, Source } from "./types.ts";

const MOST = 3;
const LEAST = 0.01; // of the score that an article reaches for its own words: less is a word by chance

/** Up to 3 ids for each article's id, the nearest first. */
export function similarArticles(locale: Locale, sources: readonly Source[]): Record<string, string[]> {
  const engine = new MiniSearch(options);
  const entries = sources.map((source, id) => entryOf(source, id, locale));
  engine.addAll(entries);
  return Object.fromEntries(
    entries.map(({ id, title, lead }) => {
      const found = engine.search(`${title} ${lead}`);
      const own = found.find((each) => each.id === id)?.score ?? 0;
      const near = found.filter((each) => each.id !== id && each.score >= LEAST * own).slice(0, MOST);
      return [sources[id]?.id ?? "", near.map((each) => sources[each.id as number]?.id ?? "")];
    }),
  );
}
