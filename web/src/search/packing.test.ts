import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { entryOf } from "./build.ts";
import { MiniSearch, options } from "./engine.ts";
import { buildIndex, type Locale, Search, type Source } from "./index.ts";
import { unpack } from "./packing.ts";
import { articlesIn } from "./testing/articles.ts";

const MOST_BYTES = 60_000;

describe("an index", () => {
  it.each<Locale>(["ka", "en", "ru", "uk", "pl"])("comes back from its file as it was, in %s", (locale) => {
    const engine = new MiniSearch(options);
    engine.addAll(articlesIn(locale).map((source, id) => entryOf(source, id, locale)));
    const { index, articles } = unpack(buildIndex(locale, articlesIn(locale)));
    const inOrder = (terms: typeof index.index) => new Map([...terms].sort(([a], [b]) => (a < b ? -1 : 1)));
    const { index: terms, ...rest } = engine.toJSON();
    expect(inOrder(index.index)).toEqual(inOrder(terms));
    const averageFieldLength = rest.averageFieldLength.map((each): unknown => expect.closeTo(each));
    expect({ ...index, dirtCount: 0 }).toEqual({ ...rest, averageFieldLength, storedFields: {}, index: index.index });
    expect(articles.map(([id]) => id)).toEqual(articlesIn(locale).map(({ id }) => id));
  });

  it("of no articles finds nothing", () => {
    expect(Search.load(buildIndex("en", [])).find("chat")).toEqual([]);
  });

  it("has no text of an article", () => {
    const [source] = articlesIn("en");
    expect(buildIndex("en", [{ ...source, body: "verbatim sentences vanish" } as Source])).not.toMatch(/sentences vanish/u);
  });

  it("of 200 articles of 100 words, as many different ones as texts have, stays small", () => {
    const index = buildIndex("ka", zipfian(200, 100));
    expect(gzipSync(index).length).toBeLessThan(MOST_BYTES);
    expect(unpack(index).index.index.length).toBeGreaterThan(4_000);
  });
});

describe("what is no index is refused", () => {
  const whole = JSON.parse(buildIndex("en", articlesIn("en"))) as Record<string, unknown>;

  it("while the whole one is taken", () => {
    expect(Search.load(JSON.stringify(whole)).find("chat")).toHaveLength(1);
  });

  it.each<[string, string]>([
    ["no JSON", "<html>"],
    ["null", "null"],
    ["a list", "[]"],
    ["another version", JSON.stringify({ ...whole, version: 2 })],
    ["another language", JSON.stringify({ ...whole, locale: "de" })],
    ["an article without its title", JSON.stringify({ ...whole, articles: [["a"]] })],
    ["uses that end early", JSON.stringify({ ...whole, uses: "1" })],
    ["uses of no word", JSON.stringify({ ...whole, uses: `${String(whole["uses"])}12` })],
    ["a character that is no digit", JSON.stringify({ ...whole, uses: "é" })],
    ["an article that is not there", JSON.stringify({ ...whole, articles: [] })],
    ["lengths that are missing", JSON.stringify({ ...whole, lengths: "" })],
  ])("%s", (_, text) => {
    expect(() => Search.load(text)).toThrow(/^The search index /u);
  });
});

/** Articles of made-up words, the frequent ones as frequent as in a language; the same at each run. */
function zipfian(articles: number, words: number): Source[] {
  let state = 1;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * below);
  };
  const syllables = ["ბა", "გე", "დი", "ლო", "მუ", "ნა", "რე", "სი", "ხო", "შა", "ჯე", "ვი", "ზო", "კა", "ღე"];
  const made = (): string => Array.from({ length: 2 + next(3) }, () => syllables[next(syllables.length)]).join("");
  const dictionary = Array.from({ length: 12_000 }, () => `${made()}ნდ`);
  const word = (): string => dictionary[Math.floor(dictionary.length ** Math.sqrt(next(1_000_000) / 1_000_000))] ?? "";
  const text = (length: number): string => Array.from({ length }, word).join(" ");
  const address = (id: string): string => `/faq/ka/${id}/text.${next(2 ** 31).toString(36)}.json`;
  const article = (id: string): Source => ({ id, title: text(5), summary: text(12), keywords: [text(3)], body: text(words), text: address(id) });
  return Array.from({ length: articles }, (_, i) => article(`section/${i}`));
}
