/** The index as a file: sorted words that share beginnings, numbers as characters, none of the articles' texts. */
import type { AsPlainObject } from "minisearch";
import { digits, frontCode, frontDecode, type Reader, reader } from "./digits.ts";
import type { Locale } from "./types.ts";

export const FIELDS = ["title", "lead", "body"];

/** One article's line in the index: id, title, address of its text. */
export type Article = [id: string, title: string, text: string];

/** What a file of the index says; `index` is as MiniSearch keeps it. */
export interface Unpacked {
  locale: Locale;
  articles: Article[];
  index: AsPlainObject;
}

interface Packed {
  version: 1;
  locale: Locale;
  articles: Article[];
  lengths: string;
  words: string;
  uses: string;
}

type Uses = Map<number, number[]>; // by article: how often in each field

/** The file's text. */
export function pack(locale: Locale, articles: Article[], index: AsPlainObject): string {
  const entries = [...index.index].sort(([a], [b]) => (a < b ? -1 : 1));
  const packed: Packed = {
    version: 1,
    locale,
    articles,
    lengths: articles.map((_, i) => FIELDS.map((_field, f) => digits(index.fieldLength[i]?.[f] ?? 0)).join("")).join(""),
    words: frontCode(entries.map(([word]) => word)),
    uses: entries.map(([, fields]) => packUses(usesOf(fields))).join(""),
  };
  return JSON.stringify(packed);
}

/** What `pack` was given; an Error says that the text is no such file. */
export function unpack(text: string): Unpacked {
  const packed = parse(text);
  const words = frontDecode(packed.words);
  const read = reader(packed.uses);
  const entries = words.map((word): AsPlainObject["index"][number] => [word, fieldsOf(readUses(read, packed.articles.length))]);
  if (!read.isAtEnd()) throw new Error("The search index has uses without words");
  return { locale: packed.locale, articles: packed.articles, index: plainObject(packed, entries) };
}

function parse(text: string): Packed {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new Error("The search index is not JSON", { cause });
  }
  if (!isPacked(found)) throw new Error("The search index has another shape than this version reads");
  return found;
}

function isPacked(found: unknown): found is Packed {
  const { version, locale, articles, ...texts } = Object(found) as Partial<Record<keyof Packed, unknown>>;
  return (
    version === 1 &&
    ["ka", "en", "ru", "uk", "pl"].includes(locale as string) &&
    [texts.lengths, texts.words, texts.uses].every((each) => typeof each === "string") &&
    Array.isArray(articles) &&
    articles.every(isArticle)
  );
}

function isArticle(found: unknown): found is Article {
  return Array.isArray(found) && found.length === 3 && found.every((each) => typeof each === "string");
}

function plainObject(packed: Packed, entries: AsPlainObject["index"]): AsPlainObject {
  const read = reader(packed.lengths);
  const lengths = packed.articles.map(() => FIELDS.map(() => read.next()));
  const sums = FIELDS.map((_, f) => lengths.reduce((sum, each) => sum + (each[f] ?? 0), 0));
  return {
    documentCount: lengths.length,
    nextId: lengths.length,
    documentIds: Object.fromEntries(lengths.map((_, i) => [i, i])),
    fieldIds: Object.fromEntries(FIELDS.map((field, f) => [field, f])),
    fieldLength: Object.fromEntries(lengths.entries()),
    averageFieldLength: sums.map((sum) => sum / Math.max(1, lengths.length)),
    storedFields: {},
    index: entries,
    serializationVersion: 2,
  };
}

function usesOf(fields: AsPlainObject["index"][number][1]): Uses {
  const uses: Uses = new Map();
  for (const [field, counts] of Object.entries(fields)) {
    for (const [article, count] of Object.entries(counts as Record<string, number>)) {
      const found = uses.get(Number(article)) ?? FIELDS.map(() => 0);
      found[Number(field)] = count;
      uses.set(Number(article), found);
    }
  }
  return new Map([...uses].sort(([a], [b]) => a - b));
}

function fieldsOf(uses: Uses): AsPlainObject["index"][number][1] {
  const inField = (f: number) => [...uses].flatMap(([article, counts]) => (counts[f] ? [[article, counts[f]] as const] : []));
  const fields = FIELDS.map((_, f) => [f, Object.fromEntries(inField(f))] as const);
  return Object.fromEntries(fields.filter(([, counts]) => Object.keys(counts).length > 0));
}

// An article is its distance from the one before, doubled; odd when it is more than once in the body, and then the counts follow.
function packUses(uses: Uses): string {
  let before = -1;
  let text = digits(uses.size);
  for (const [article, counts] of uses) {
    const isPlain = counts.join() === "0,0,1";
    text += digits((article - before) * 2 + (isPlain ? 0 : 1)) + (isPlain ? "" : counts.map(digits).join(""));
    before = article;
  }
  return text;
}

function readUses(read: Reader, articles: number): Uses {
  const uses: Uses = new Map();
  let article = -1;
  for (let left = read.next(); left > 0; left--) {
    const step = read.next();
    article += step >> 1;
    if (step < 2 || article >= articles) throw new Error("The search index names an article that it does not have");
    uses.set(article, step % 2 === 0 ? [0, 0, 1] : FIELDS.map(() => read.next()));
  }
  return uses;
}
