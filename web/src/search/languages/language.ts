/** What the search knows of a language, and how endings are taken off where nobody keeps a stemmer. */
export interface Language {
  /** Folded words that say nothing about an article: not indexed, not looked for. */
  common: ReadonlySet<string>;
  /** The term of a folded word, in which its inflected forms meet. */
  stem: (folded: string) => string;
  /** Each letter that may stand where a wrong one was typed. */
  letters: string;
  /** Other shapes that the stem of one word takes: a vowel that comes and goes. */
  shapes: (stem: string) => string[];
  /** What stands on the keys of an English keyboard, by the key as it is typed. */
  keys?: Readonly<Record<string, string>>;
  /** What a word in Latin letters may be in this language's own, likeliest first. */
  transliterate?: (latin: string) => string[];
}

/** A set of words written one after another. */
export function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/u));
}

/** Takes off the longest of these endings that leaves at least so many letters; at most one. */
export function endingStripper(endings: string, least: number): (word: string) => string {
  const longestFirst = [...wordSet(endings)].sort((a, b) => b.length - a.length);
  return (word) => {
    const ending = longestFirst.find((each) => word.length - each.length >= least && word.endsWith(each));
    return ending === undefined ? word : word.slice(0, -ending.length);
  };
}

/** The stem without its last vowel or with one of these before its last consonant, if it has or could have such: звонок and звонк. */
export function fleetingVowel(vowels: string, last: string): (stem: string) => string[] {
  const withVowel = new RegExp(`^(.{2,})[${vowels}]([${last}])$`, "u");
  const without = new RegExp(`^(.+[^${vowels}аеиоуыэюяіїєaeiouyაეიოუ])([${last}])$`, "u");
  return (stem) => {
    const short = withVowel.exec(stem);
    if (short) return [`${short[1] ?? ""}${short[2] ?? ""}`];
    const [, head = "", tail = ""] = without.exec(stem) ?? [];
    return head === "" ? [] : Array.from(vowels, (vowel) => `${head}${vowel}${tail}`);
  };
}

/** The stem with its last consonant hard for soft and soft for hard, if it is one of these pairs: drukark and drukarc. */
export function exchange(pairs: readonly (readonly [hard: string, soft: string])[]): (stem: string) => string[] {
  const bothWays = pairs.flatMap(([hard, soft]) => [[hard, soft], [soft, hard]] as const);
  return (stem) => bothWays.filter(([from]) => stem.endsWith(from)).map(([from, to]) => stem.slice(0, -from.length) + to);
}

/** Letter by letter, the longest of the table's keys first; what the table does not have stays. */
export function byTable(table: Readonly<Record<string, string>>): (text: string) => string {
  const keys = Object.keys(table).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(keys.map((key) => key.replace(/[[\]\\.^]/gu, "\\$&")).join("|"), "gu");
  return (text) => text.replace(pattern, (key) => table[key] ?? key);
}

/** Cyrillic for Latin letters by a table; a y that closes a syllable is й, whatever the table says of others. */
export function byLatin(table: Readonly<Record<string, string>>): (text: string) => string {
  const read = byTable(table);
  return (text) => read(text.replace(/([aeiouy])y(?![aeiou])/gu, "$1й"));
}
