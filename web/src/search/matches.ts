/** What articles have of a query's words, and what that comes to. */

const GUESSED = 0.8; // what a word with another letter is worth beside the word

/** What one article has of a word or of a query. */
export interface Found {
  score: number;
  share: number; // 1: every word of the query as it stands
  terms: string[];
  isTitled: boolean; // the article is about it
}

/** By an article's place in the index. */
export type Matches = ReadonlyMap<number, Found>;

/** A word of a query. */
export interface Word {
  found: Matches;
  weight: number; // how much it says of what is looked for
}

/** Adds up what each article has of these words; one of the title weighs as much as an unknown one. */
export function together(words: readonly Word[], unknown: number): Matches {
  const articles = new Set(words.flatMap(({ found }) => [...found.keys()]));
  return new Map(Array.from(articles, (article) => [article, addUp(words, article, unknown)]));
}

function addUp(words: readonly Word[], article: number, unknown: number): Found {
  const here = words.map((word) => word.found.get(article));
  const weights = words.map(({ weight }, i) => (here[i]?.isTitled ? unknown : weight));
  const found = here.filter((each) => each !== undefined);
  return {
    score: sum(found.map(({ score }) => score)),
    share: sum(weights.map((weight, i) => weight * (here[i]?.share ?? 0))) / sum(weights),
    terms: found.flatMap(({ terms }) => terms),
    isTitled: found.some(({ isTitled }) => isTitled),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

/** The most of the query that an article has, from 0 to 1. */
export function topShare(found: Matches): number {
  return Math.max(0, ...Array.from(found.values(), ({ share }) => share));
}

/** What the first guess that finds anything finds. */
export function firstOf(...guesses: (() => Matches)[]): Matches {
  for (const guess of guesses) {
    const found = guess();
    if (found.size > 0) return found;
  }
  return new Map();
}

/** The same, worth less: it is what a guess found. */
export function weaken(found: Matches): Matches {
  return new Map(Array.from(found, ([article, each]) => [article, { ...each, share: GUESSED }]));
}
