/** English: Snowball's stemmer. */
import { stemmer } from "@orama/stemmers/english";
import { type Language, wordSet } from "./language.ts";

// Snowball writes "ad" for adding and "add" for add.
const DOUBLED = /([bdfgmnprt])\1$/u;

export const english: Language = {
  common: wordSet(`
    a about after all also an and any are as at be before but by can could do does dont for from had has have how i
    if in into is it its just long me more much my no not of on only or our please should so some than that the
    their them then there these they this those to until us very want was we were what when where which who why will
    with would you your`),
  letters: "abcdefghijklmnopqrstuvwxyz",
  stem: (folded) => stemmer(folded).replace(DOUBLED, "$1"),
  shapes: () => [],
};
