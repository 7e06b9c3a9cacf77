/** How a text becomes words, and a word the term that stands in the index. */
import { languages } from "./languages/index.ts";
import type { Locale } from "./types.ts";

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’ʼ‘`´-][\p{L}\p{M}\p{N}]+)*/gu;
const APOSTROPHES = /['’ʼ‘`´]/gu;
const LATIN_WITH_MARKS = /[\u00c0-\u024f]/gu;
const MARKS = /\p{M}/gu;
const SHORT_PART = 2; // wi-fi and e-mail are one word, answer-book is two

/** A word as it stands in a text, and where. */
export interface Token {
  word: string;
  at: number;
}

/** The words of a text in their order, as written. */
export function split(text: string): Token[] {
  return Array.from(text.matchAll(WORD), (match) => ({ word: match[0], at: match.index }));
}

/** Small letters without apostrophes and without the marks of Latin letters; ё is е, ґ is г. */
export function fold(word: string): string {
  return word
    .normalize("NFC")
    .toLowerCase()
    .replace(APOSTROPHES, "")
    .replace(LATIN_WITH_MARKS, (letter) => letter.normalize("NFD").replace(MARKS, ""))
    .replaceAll("ł", "l")
    .replaceAll("ё", "е")
    .replaceAll("ґ", "г");
}

/** What is looked for when a word was asked for: itself, the parts of a hyphenated one, or nothing where these are common ones (почему-то). */
export function foldedParts(word: string, locale: Locale): string[] {
  const parts = fold(word).split("-");
  if (parts.every((part) => languages[locale].common.has(part))) return [];
  return parts.some((part) => part.length <= SHORT_PART) ? [parts.join("")] : parts;
}

/** A folded word's term; undefined for a word that every text has. */
export function term(folded: string, locale: Locale): string | undefined {
  const language = languages[locale];
  return language.common.has(folded) ? undefined : language.stem(folded);
}

/** The terms by which a written word is found: none, its own, or those of its parts and of all of them as one. */
export function termsOf(word: string, locale: Locale): string[] {
  const parts = fold(word).split("-");
  return [...new Set([...parts, parts.join("")])].flatMap((part) => term(part, locale) ?? []);
}

/** All terms of a text in their order. */
export function termsIn(text: string, locale: Locale): string[] {
  return split(text).flatMap(({ word }) => termsOf(word, locale));
}
