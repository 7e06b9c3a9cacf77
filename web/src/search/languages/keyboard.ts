/** Keyboards: which letter another layout has on the key of an English one. */
const EN = "`qwertyuiop[]\\asdfghjkl;'zxcvbnm,.";
const EN_SHIFTED = '~QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>';
const RU = "ёйцукенгшщзхъ\\фывапролджэячсмитьбю";
const UK = "'йцукенгшщзхїґфівапролджєячсмитьбю";
const KA = "`ქწერტყუიოპ[]\\ასდფგჰჯკლ;'ზხცვბნმ,.";
const KA_SHIFTED: Readonly<Record<string, string>> = { W: "ჭ", R: "ღ", T: "თ", S: "შ", J: "ჟ", Z: "ძ", C: "ჩ" };

type Keys = Readonly<Record<string, string>>;

function pairs(from: string, to: string): [string, string][] {
  return Array.from(from, (key, i) => [key, to[i] ?? key]);
}

function changed(all: [string, string][]): Keys {
  return Object.fromEntries(all.filter(([key, letter]) => key !== letter));
}

export const russianKeys = changed([...pairs(EN, RU), ...pairs(EN_SHIFTED, RU)]);
export const ukrainianKeys = changed([...pairs(EN, UK), ...pairs(EN_SHIFTED, UK)]);
export const georgianKeys: Keys = { ...changed([...pairs(EN, KA), ...pairs(EN_SHIFTED, KA)]), ...KA_SHIFTED };

const typedBy: Keys = Object.fromEntries(
  [...pairs(KA, EN), ...pairs(UK, EN), ...pairs(RU, EN), ...Object.entries(KA_SHIFTED).map(([key, letter]): [string, string] => [letter, key])]
    .filter(([letter]) => /\p{L}/u.test(letter) && !/[a-z]/u.test(letter)),
);

/** What these keys write with an English keyboard: Cyrillic and Georgian letters become the keys that they stand on. */
export function toEnglishKeys(text: string): string {
  return Array.from(text, (letter) => typedBy[letter] ?? typedBy[letter.toLowerCase()] ?? letter).join("");
}

/** What the keys of an English keyboard write with this layout. */
export function fromEnglishKeys(text: string, keys: Keys): string {
  return Array.from(text, (key) => keys[key] ?? key).join("");
}
