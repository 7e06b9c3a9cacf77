/** Georgian: endings taken off in their order, and letters that Latin and a forgotten Shift do not tell apart made one. */
import { georgianKeys } from "./keyboard.ts";
import { byTable, endingStripper, fleetingVowel, type Language, wordSet } from "./language.ts";

const LATIN = {
  a: "ა", b: "ბ", c: "ც", d: "დ", e: "ე", f: "ფ", g: "გ", h: "ჰ", i: "ი", j: "ჯ", k: "კ", l: "ლ", m: "მ", n: "ნ", o: "ო",
  p: "პ", q: "ქ", r: "რ", s: "ს", t: "ტ", u: "უ", v: "ვ", w: "წ", x: "ხ", y: "ყ", z: "ზ",
  ch: "ჩ", dz: "ძ", gh: "ღ", kh: "ხ", ph: "ფ", sh: "შ", th: "თ", ts: "ც", tz: "ც", zh: "ჟ",
};

const transliterate = byTable(LATIN);
// The endings below are in these letters too.
const squash = byTable({ თ: "ტ", ქ: "კ", ყ: "კ", ფ: "პ", წ: "ც", ჭ: "ჩ" });
const emphasis = endingStripper("ც ვე ცა", 3);
const postposition = endingStripper("ში ზე ტან დან ტვის მდე გან კენ ურტ ზედ", 2);
const caseEnding = endingStripper("ის ისა ისას ს სა მა მ იტ იტი იტა ად ადა დ ი ო", 2);
const plural = endingStripper("ებ", 2);
const vowel = endingStripper("ა ე ო უ ი", 2);
const NO_POSTPOSITION = /იში$/u; // ანგარიში is an account, not "in ანგარი"

// -ება is a noun's own ending and looks like a plural, so that is taken off on both sides of the last vowel.
function stem(folded: string): string {
  const word = emphasis(squash(folded));
  const noun = NO_POSTPOSITION.test(word) ? word : postposition(word);
  return plural(vowel(plural(caseEnding(noun))));
}

export const georgian: Language = {
  common: wordSet(`
    ამ ამის ან არ არა არის ასე აქ აქვს გთხოვთ და ეს ვერ ვინ თუ თქვენ თქვენი იმ ის იქ კი მაგრამ მას მაშინ მე მიერ
    მისი ნუ რა რად რამე რატომ როგორ როდის რომ რომელი სად სხვა უნდა უფრო ყველა ყოველ შეიძლება შემიძლია შესახებ ჩემი
    ჩვენ ხომ`),
  letters: "აბგდევზიკლმნოპჟრსტუღშჩცძხჯჰ",
  stem,
  shapes: fleetingVowel("აეო", "ნრლმვ"),
  keys: georgianKeys,
  transliterate: (latin) => [transliterate(latin)],
};
