/** Ukrainian: endings taken off by our own short lists; the kept packages have no stemmer that answers twice alike. */
import { ukrainianKeys } from "./keyboard.ts";
import { byLatin, byTable, endingStripper, exchange, fleetingVowel, type Language, wordSet } from "./language.ts";

const LATIN = {
  a: "а", b: "б", c: "ц", d: "д", e: "е", f: "ф", g: "г", h: "г", i: "і", j: "й", k: "к", l: "л", m: "м", n: "н", o: "о",
  p: "п", q: "к", r: "р", s: "с", t: "т", u: "у", v: "в", w: "в", x: "х", y: "и", z: "з",
  yi: "ї",
  ch: "ч", kh: "х", sh: "ш", zh: "ж", ts: "ц", sch: "щ", shch: "щ", zgh: "зг",
  ia: "я", ja: "я", ya: "я", iu: "ю", ju: "ю", yu: "ю", ie: "є", je: "є", ye: "є",
};

const likely = byLatin(LATIN);
const otherwise = byLatin({ ...LATIN, ia: "іа", ie: "іе" });
const reflexive = endingStripper("ся сь", 3);
const inflection = endingStripper(
  `а я у ю і ї и о е є ь й
   ом ем єм ам ям ами ями ах ях ів їв ей ою ею єю ові еві єві
   ий ій ого ього ому ьому им ім их іх ими іми ої
   ив ував ював ає ають ять ить ите мо ую ує уєш уємо уєте ують уй юю ює юють юй`,
  3,
);
const derivation = endingStripper("уванн юванн ованн уван юван ован увал ювал ува юва ова уват юват уюч ан ян анн янн енн інн ен ін ат ят ит іт ил ял ну ост іст", 4);
const squash = byTable({ ї: "і", й: "і", ь: "" });
const fleeting = fleetingVowel("ое", "кнлрцв");
const softened = exchange([["к", "ц"], ["г", "з"]]);
const closed = /[іо](?=[^аеиоуюяіїє]$)/u;

export const ukrainian: Language = {
  common: wordSet(`
    а або би будь був була були було бути в вам вас ваш ви від він вона вони воно де для до є же з за зі і із й його її їх як яка
    які який коли ко кому ласка ли мене мені мій ми мною моя на нам нас не немає ні ну о об по при про та так така таке такий там те ти то тобто
    тільки у уже хто це цей ця ці чи чому що щоб я`),
  letters: "абвгдежзийклмнопрстуфхцчшщьіїєюя",
  stem: (folded) => squash(derivation(inflection(reflexive(folded)))).replace(closed, "о"),
  shapes: (stem) => [...fleeting(stem), ...softened(stem)],
  keys: ukrainianKeys,
  transliterate: (latin) => [likely(latin), otherwise(latin)],
};
