/** English: Snowball's stemmer. */
import { stemmer } from "@orama/stemmers/english";
import { type Language, wordSet } from "./language.ts";

// Snowball writes "ad" for adding and "add" for add.
const DOUBLED = /([bdfgmnprt])\1$/u;

export const english: Language = {
  common: wordSet(`
    a an and are as at be but by can could do does dont for from had has have how i if in into is it its me my no not of
    on or our please should so that the their them then there these they this to was we were what when where which who why will
    with would you your`),
  letters: "abcdefghijklmnopqrstuvwxyz",
  stem: (folded) => stemmer(folded).replace(DOUBLED, "$1"),
  shapes: () => [],
};
