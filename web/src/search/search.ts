/** Looks for articles in a language's index, as the query stands or as it was probably meant. */
import { type Entry, MiniSearch, options } from "./engine.ts";
import { beginnings, edits, likeness } from "./guesses.ts";
import { languages } from "./languages/index.ts";
import type { Language } from "./languages/language.ts";
import { firstOf, type Matches, together, topShare, weaken, type Word } from "./matches.ts";
import { type Article, type Unpacked, unpack } from "./packing.ts";
import { readings } from "./readings.ts";
import type { Hit, Locale } from "./types.ts";
import { foldedParts, split, term } from "./words.ts";

const ENOUGH = 0.5; // of what the query's words say, an article must have
const SUGGESTIONS = 3;
const LONGEST = 120; // letters of a query that are looked at
const GUESSED_FROM = 4; // letters: a word of five may have lost one, and its ending
const FUZZY_FROM = 5; // letters of a stem: of a shorter one, one letter is too much

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
    return this.#hits(this.#best(query), limit);
  }

  /** At most 3 articles for a sentence as it is typed. */
  suggest(subject: string): Hit[] {
    return this.find(subject, SUGGESTIONS);
  }

  #best(asked: string): Matches {
    const query = asked.slice(0, LONGEST);
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
      const meant = this.#lookAll(chunk, reading === query);
      const isMeant = this.#isCommon(chunk) || meant.some(({ found }) => found.size > 0);
      return isMeant ? meant : this.#lookAll(typed[i] ?? chunk, false);
    });
    return together(words, this.#weight(0));
  }

  #isCommon(chunk: string): boolean {
    const written = split(chunk);
    return written.length > 0 && written.every(({ word }) => foldedParts(word, this.#locale).length === 0);
  }

  #lookAll(chunk: string, isTyped: boolean): Word[] {
    const words = split(chunk).flatMap(({ word }) => foldedParts(word, this.#locale));
    // One letter that is left of a guess says nothing.
    const wanted = words.filter((word) => (term(word, this.#locale)?.length ?? 0) > (isTyped ? 0 : 1));
    return wanted.map((word) => this.#look(word, isTyped));
  }

  // A rare word says more than a frequent one, one that is unknown or of the title most of all: so nonsense beside a known word finds nothing.
  #weight(articles: number): number {
    return Math.log(1 + this.#articles.length / (articles || 0.5));
  }

  #look(word: string, isTyped: boolean): Word {
    const stem = this.#term(word);
    const found = this.#ask([stem, ...this.#language.shapes(stem)], { prefix: stem.length > 2 });
    return found.size > 0 ? { found, weight: this.#weight(found.size) } : { found: this.#guess(word, isTyped), weight: this.#weight(0) };
  }

  #guess(word: string, isTyped: boolean): Matches {
    if (word.length < GUESSED_FROM || /\d/u.test(word)) return new Map();
    const stem = this.#term(word);
    return weaken(
      firstOf(
        () => (isTyped ? this.#ask(this.#corrections(word)) : this.#ask([stem], { fuzzy: stem.length < FUZZY_FROM ? 0 : 1 })),
        () => this.#ask(beginnings(word)),
      ),
    );
  }

  // A stem hides what was typed ("applicatiodns" has none of "applications"), so it is the word that is corrected.
  #corrections(word: string): string[] {
    const { letters } = this.#language;
    if (!Array.from(word).some((letter) => letters.includes(letter))) return [];
    const stems = edits(word, letters).filter((each) => each.length > GUESSED_FROM).map((each) => this.#term(each));
    return [...new Set(stems)].filter((each) => each.length >= (word.length > GUESSED_FROM ? 3 : 4) && this.#terms.has(each));
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
        {
          score: each.score,
          share: Math.max(...each.terms.map((found) => likeness(found, terms))),
          terms: each.terms,
          isTitled: Object.values(each.match).some((fields) => fields.includes("title")),
        },
      ]),
    );
  }

  #hits(found: Matches, limit: number): Hit[] {
    return [...found]
      .filter(([, { share }]) => share >= ENOUGH)
      .map(([i, { score, share, terms }]) => this.#hit(i, score * share ** 2, terms))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }

  #hit(i: number, score: number, words: string[]): Hit {
    const [id, title, text] = this.#articles[i] ?? ["", "", ""];
    return { id, title, text, score, words };
  }
}
