/** Numbers and sorted words as characters that gzip likes. */

// 32 characters end a number, the other 32 say that more digits come.
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVabcdefghijklmnopqrstuvwxyzWXYZ_-";
const BASE = 32;

/** Takes numbers from a text, one after another; an Error says that there is none. */
export interface Reader {
  next(): number;
  isAtEnd(): boolean;
}

/** A whole number from 0 on; small ones take one character. */
export function digits(value: number): string {
  return leading(Math.floor(value / BASE)) + DIGITS.charAt(value % BASE);
}

function leading(value: number): string {
  return value === 0 ? "" : leading(Math.floor(value / BASE)) + DIGITS.charAt(BASE + (value % BASE));
}

/** Reads what `digits` wrote. */
export function reader(text: string): Reader {
  let at = 0;
  const next = (value = 0): number => {
    const digit = at < text.length ? DIGITS.indexOf(text.charAt(at)) : -1;
    if (digit < 0) throw new Error("The search index ends too early or has a character that is no digit");
    at += 1;
    const sum = value * BASE + (digit % BASE);
    return digit < BASE ? sum : next(sum);
  };
  return { next: () => next(), isAtEnd: () => at === text.length };
}

/** Sorted words, each as the number of letters that it has in common with the one before, and its rest. */
export function frontCode(words: readonly string[]): string {
  return words.map((word, i) => withoutShared(words[i - 1] ?? "", word)).join(" ");
}

/** Reads what `frontCode` wrote. */
export function frontDecode(text: string): string[] {
  let before = "";
  const whole = (coded: string): string => (before = before.slice(0, DIGITS.indexOf(coded.charAt(0))) + coded.slice(1));
  return text === "" ? [] : text.split(" ").map(whole);
}

function withoutShared(before: string, word: string): string {
  let length = 0;
  while (length < BASE - 1 && length < before.length && before[length] === word[length]) length += 1;
  return digits(length) + word.slice(length);
}
