/** Looks for articles in a language's index, as the query stands or as it was probably meant. */
import { type Entry, MiniSearch, options } from "./engine.ts";
import { languages } from "./languages/index.ts";
import type { Language } from "./languages/language.ts";
import { type Article, type Unpacked, unpack } from "./packing.ts";
import { readings } from "./readings.ts";
import type { Hit, Locale } from "./types.ts";
import { foldedParts, split, term } from "./words.ts";

const ENOUGH = 0.5; // of what the query's words say, an article must have
const SUGGESTIONS = { most: 3, enough: 0.6 };
const GUESSED = 0.8; // and what a word with another letter is
const GUESSED_FROM = 4; // letters: a word of five may have lost one, and its ending
const FUZZY_FROM = 5; // letters of a stem: of a shorter one, one letter is too much

interface Found {
  score: number;
  share: number; // 1: every word of the query as it stands
  terms: string[];
}

/** By an article's place in the index. */
type Matches = ReadonlyMap<number, Found>;

/** The index of one language, ready to be asked. */
export class Search {
  readonly #locale: Locale;
  readonly #articles: readonly Article[];
  readonly #terms: ReadonlySet<string>;
  readonly #engine: MiniSearch<Entry>;

  private constructor({ locale, articles, index }: Unpacked) {
    this.#locale = locale;
    this.#articles = articles;
    this.#terms = new Set(index.index.map(([each]) => each));
    this.#engine = MiniSearch.loadJS(index, options);
  }

  /** Reads what `buildIndex` wrote; an Error says what is wrong with anything else. */
  static load(json: string): Search {
    return new Search(unpack(json));
  }

  /** The articles that answer a query, best first; none when too few of its words are known. */
  find(query: string, limit = 10): Hit[] {
    return this.#hits(this.#best(query), limit, ENOUGH);
  }

  /** At most 3 articles for a sentence as it is typed: nobody asked for them, so they have more of it than those that `find` gives. */
  suggest(subject: string): Hit[] {
    return this.#hits(this.#best(subject), SUGGESTIONS.most, SUGGESTIONS.enough);
  }

  #best(query: string): Matches {
    let best: Matches = new Map();
    for (const reading of readings(query, this.#locale)) {
      const found = this.#read(reading, query);
      if (topShare(found) > topShare(best)) best = found;
      if (topShare(best) === 1) break;
    }
    return best;
  }

  // A word that means nothing in this reading is taken as it was typed: "скрин wi-fi" may have one of either.
  #read(reading: string, query: string): Matches {
    const typed = query.split(/\s+/u);
    const words = reading.split(/\s+/u).flatMap((chunk, i) => {
      const found = this.#lookAll(chunk, reading === query);
      return found.some(({ size }) => size > 0) ? found : this.#lookAll(typed[i] ?? chunk, false);
    });
    return this.#together(words);
  }

  #lookAll(chunk: string, isTyped: boolean): Matches[] {
    const words = split(chunk).flatMap(({ word }) => foldedParts(word));
    const wanted = words.filter((word) => (isTyped || word.length > 1) && term(word, this.#locale) !== undefined);
    return wanted.map((word) => this.#look(word, isTyped));
  }

  // A rare word says more than a frequent one, an unknown word most of all: so nonsense beside a word that is known finds nothing.
  #together(words: readonly Matches[]): Matches {
    const weights = words.map(({ size }) => Math.log(1 + this.#articles.length / (size || 0.5)));
    const whole = weights.reduce((sum, each) => sum + each, 0);
    const all = new Map<number, Found>();
    for (const [w, matches] of words.entries()) {
      for (const [article, found] of matches) {
        const before = all.get(article) ?? { score: 0, share: 0, terms: [] };
        all.set(article, {
          score: before.score + found.score,
          share: before.share + (found.share * (weights[w] ?? 0)) / whole,
          terms: [...before.terms, ...found.terms],
        });
      }
    }
    return all;
  }

  #look(word: string, isTyped: boolean): Matches {
    const stem = this.#term(word);
    const asMeant = this.#ask([stem, ...this.#language.shapes(stem)], { prefix: stem.length > 2 });
    if (asMeant.size > 0 || word.length < GUESSED_FROM || /\d/u.test(word)) return asMeant;
    return weaken(
      firstOf(
        () => this.#ask(isTyped ? this.#corrections(word) : [stem], { fuzzy: isTyped || stem.length < FUZZY_FROM ? 0 : 1 }),
        () => this.#ask(beginnings(word)),
      ),
    );
  }

  // A stem hides what was typed ("applicatiodns" has none of "applications"), so it is the word that is corrected.
  #corrections(word: string): string[] {
    const { letters } = this.#language;
    if (!Array.from(word).some((letter) => letters.includes(letter))) return [];
    const stems = edits(word, letters).filter((each) => each.length > GUESSED_FROM).map((each) => this.#term(each));
    return [...new Set(stems)].filter((each) => each.length >= GUESSED_FROM && this.#terms.has(each));
  }

  get #language(): Language {
    return languages[this.#locale];
  }

  #term(word: string): string {
    return term(word, this.#locale) ?? word;
  }

  #ask(terms: string[], how: { prefix?: boolean; fuzzy?: number } = {}): Matches {
    const queries = terms.map((each) => ({ queries: [each], ...how }));
    const results = this.#engine.search({ combineWith: "OR", queries });
    return new Map(
      results.map((each) => [
        each.id as number,
        { score: each.score, share: Math.max(...each.terms.map((found) => likeness(found, terms))), terms: each.terms },
      ]),
    );
  }

  #hits(found: Matches, limit: number, enough: number): Hit[] {
    return [...found]
      .filter(([, { share }]) => share >= enough)
      .map(([i, { score, share, terms }]) => this.#hit(i, score * share ** 2, terms))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }

  #hit(i: number, score: number, words: string[]): Hit {
    const [id, title, text] = this.#articles[i] ?? ["", "", ""];
    return { id, title, text, score, words };
  }
}

function topShare(found: Matches): number {
  return Math.max(0, ...Array.from(found.values(), ({ share }) => share));
}

function firstOf(...guesses: (() => Matches)[]): Matches {
  for (const guess of guesses) {
    const found = guess();
    if (found.size > 0) return found;
  }
  return new Map();
}

/** A beginning is worth the less the more is missing; half at least. */
function likeness(found: string, terms: readonly string[]): number {
  const lengths = terms.filter((each) => found.startsWith(each)).map((each) => each.length);
  return (1 + Math.max(0, ...lengths) / found.length) / 2;
}

function weaken(found: Matches): Matches {
  return new Map(Array.from(found, ([article, each]) => [article, { ...each, share: GUESSED }]));
}

/** All words from which one typing error makes this one: a letter too much, too few, another one, or two changed over. */
function edits(word: string, letters: string): string[] {
  return Array.from({ length: word.length + 1 }, (_, i) => {
    const [head, tail] = [word.slice(0, i), word.slice(i)];
    const put = Array.from(letters, (letter) => [head + letter + tail, head + letter + tail.slice(1)]).flat();
    return [head + tail.slice(1), head + tail.charAt(1) + tail.charAt(0) + tail.slice(2), ...put];
  }).flat();
}

/** The word without its last letters, for an ending that no list has. */
function beginnings(word: string): string[] {
  return [1, 2, 3].map((cut) => word.slice(0, -cut)).filter((each) => each.length > 3);
}
