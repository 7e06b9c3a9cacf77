/** What else a word may have been, and how like a found term is to one that was looked for. */

/** All words from which one typing error makes this one: a letter too much, too few, another one, or two changed over. */
export function edits(word: string, letters: string): string[] {
  return Array.from({ length: word.length + 1 }, (_, i) => {
    const [head, tail] = [word.slice(0, i), word.slice(i)];
    const put = Array.from(letters, (letter) => [head + letter + tail, head + letter + tail.slice(1)]).flat();
    return [head + tail.slice(1), head + tail.charAt(1) + tail.charAt(0) + tail.slice(2), ...put];
  }).flat();
}

/** The word without its last letters, for an ending that no list has. */
export function beginnings(word: string): string[] {
  return [1, 2, 3].map((cut) => word.slice(0, -cut)).filter((each) => each.length > 3);
}

/** A beginning is worth the less the more is missing; half at least. */
export function likeness(found: string, terms: readonly string[]): number {
  const lengths = terms.filter((each) => found.startsWith(each)).map((each) => each.length);
  return (1 + Math.max(0, ...lengths) / found.length) / 2;
}
