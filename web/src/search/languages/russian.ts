/** Russian: Snowball's stemmer, then letters that Latin and haste do not tell apart made one. */
import { stemmer } from "@orama/stemmers/russian";
import { russianKeys } from "./keyboard.ts";
import { byLatin, byTable, fleetingVowel, type Language, wordSet } from "./language.ts";

const LATIN = {
  a: "а", b: "б", c: "ц", d: "д", e: "е", f: "ф", g: "г", h: "х", i: "и", j: "й", k: "к", l: "л", m: "м", n: "н", o: "о",
  p: "п", q: "к", r: "р", s: "с", t: "т", u: "у", v: "в", w: "в", x: "х", y: "ы", z: "з",
  ch: "ч", kh: "х", sh: "ш", zh: "ж", ts: "ц", tz: "ц", sch: "щ", shh: "щ", shch: "щ",
  ia: "я", ja: "я", ya: "я", iu: "ю", ju: "ю", yu: "ю", je: "е", ye: "е", jo: "е", yo: "е",
};
// счёт, выезд, джем, кс: what the first guess takes for щ, е, дй, х
const OTHERWISE = { ...LATIN, sch: "сч", ye: "ые", j: "дж", x: "кс", c: "к", ia: "иа" };

const likely = byLatin(LATIN);
const otherwise = byLatin(OTHERWISE);
const squash = byTable({ э: "е", ы: "и", й: "и", ъ: "", ь: "", щ: "ш" });

// Snowball takes печать for a verb, and печати for a noun.
const NOUNS: Readonly<Record<string, string>> = { печать: "печат" };

export const russian: Language = {
  common: wordSet(`
    а без бы был была были было быть в вам вас ваш во вот все всех вы где да для до его ее если есть еще же за и из
    или им их к как какая какие какой ко когда кто ли меня мне могу мое можем может можно мой моя мы на надо нам нас
    не нет ни но ну нужно о об он она они от по под пожалуйста после почему при с сколько со так такое там те тем
    тех то тоже только тот у уже чего чем что чтобы эта эти это этот я`),
  letters: "абвгдежзийклмнопрстуфхцчшщыьэюя",
  stem: (folded) => squash(NOUNS[folded] ?? stemmer(folded)),
  shapes: fleetingVowel("ое", "кнлрцв"),
  keys: russianKeys,
  transliterate: (latin) => [likely(latin), otherwise(latin)],
};
