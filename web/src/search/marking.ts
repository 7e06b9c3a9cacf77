/** Shows where in a text a hit's words stand; text in, text out, never HTML. */
import type { Hit, Locale, Part } from "./types.ts";
import { split, termsOf, type Token } from "./words.ts";

const LENGTH = 160;
const LEAD = 40; // letters shown before the first match

/** The whole text in pieces: a word that answers the query in any of its forms is a match. */
export function mark(text: string, hit: Pick<Hit, "words">, locale: Locale): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { word, at: start } of matches(text, hit, locale)) {
    parts.push({ text: text.slice(at, start), isMatch: false }, { text: word, isMatch: true });
    at = start + word.length;
  }
  return [...parts, { text: text.slice(at), isMatch: false }].filter((part) => part.text !== "");
}

/** The stretch of a text with the most of the hit's words, marked; an ellipsis stands where it was cut. */
export function snippet(text: string, hit: Pick<Hit, "words">, locale: Locale, length = LENGTH): Part[] {
  const flat = text.replace(/\s+/gu, " ").trim();
  const start = wordStart(flat, bestStart(matches(flat, hit, locale), locale, length));
  const end = wordEnd(flat, start + length);
  const cut = `${start > 0 ? "…" : ""}${flat.slice(start, end)}${end < flat.length ? "…" : ""}`;
  return mark(cut, hit, locale);
}

function matches(text: string, { words }: Pick<Hit, "words">, locale: Locale): Token[] {
  const wanted = new Set(words);
  return split(text).filter(({ word }) => termsOf(word, locale).some((each) => wanted.has(each)));
}

function bestStart(found: Token[], locale: Locale, length: number): number {
  const worth = (first: Token): number => {
    const near = found.filter(({ word, at }) => at >= first.at && at + word.length <= first.at + length - LEAD);
    return new Set(near.flatMap(({ word }) => termsOf(word, locale))).size;
  };
  const best = found.reduce<Token | undefined>((best, each) => (best && worth(best) >= worth(each) ? best : each), undefined);
  return Math.max(0, (best?.at ?? 0) - LEAD);
}

function wordStart(text: string, at: number): number {
  return at === 0 ? 0 : text.indexOf(" ", at) + 1;
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const space = text.lastIndexOf(" ", at);
  return space > 0 ? space : at;
}
