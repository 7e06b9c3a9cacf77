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
const postposition = endingStripper("ში ზე ტან დან ტვის მდე გან კენ ვიტ ურტ ზედ", 3);
const caseEnding = endingStripper("ის ისა ის ს სა მა მ იტ ტი იტა ად ადა დ ი ო", 3);
const plural = endingStripper("ებ", 3);
const vowel = endingStripper("ა ე ო უ ი", 3);

export const georgian: Language = {
  common: wordSet(`
    ან არ არა გთხოვთ არის ამ ამის აქვს და ეს თუ თქვენ თქვენი იმ ის კი მაგრამ მას მე მისი მიერ ნუ რა რად რომ რომელი როგორ როდის
    სად სხვა უნდა უფრო ყოველ შესახებ ჩემი ჩვენ ხომ მაშინ ასე ან იქ აქ ვინ რატომ`),
  letters: "აბგდევზიკლმნოპჟრსტუღშჩცძხჯჰ",
  stem: (folded) => vowel(plural(caseEnding(postposition(emphasis(squash(folded)))))),
  shapes: fleetingVowel("აეო", "ნრლმვ"),
  keys: georgianKeys,
  transliterate: (latin) => [transliterate(latin)],
};
