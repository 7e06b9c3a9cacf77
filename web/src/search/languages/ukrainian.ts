/** Ukrainian: endings taken off by our own short lists: they bring more forms together than the one stemmer that is kept (docs/decisions/0024-search.md). */
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
    а або би був будь була були було бути в вам вас ваш ви вона вони воно все всі від він де для до же з за зі й
    його ко коли кому ласка ли мене мені ми мною може можемо можна можу моя моє мій на нам нас не немає ну ні о об
    по потрібно при про після скільки та так така таке такий там те ти тим тих то тобто той треба ті тільки у уже
    уся усі хто це цей ця ці чи чому що щоб я як яка який які є і із їх її`),
  letters: "абвгдежзийклмнопрстуфхцчшщьіїєюя",
  stem: (folded) => squash(derivation(inflection(reflexive(folded)))).replace(closed, "о"),
  shapes: (stem) => [...fleeting(stem), ...softened(stem)],
  keys: ukrainianKeys,
  transliterate: (latin) => [likely(latin), otherwise(latin)],
};
