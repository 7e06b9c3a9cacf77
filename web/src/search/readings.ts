/** What a query may mean besides what it says: keys of another layout, or the language in Latin letters. */
import { languages } from "./languages/index.ts";
import { fromEnglishKeys, toEnglishKeys } from "./languages/keyboard.ts";
import type { Locale } from "./types.ts";

/** All readings of a query, the query itself first, none twice. */
export function readings(query: string, locale: Locale): string[] {
  const { keys, transliterate } = languages[locale];
  const typed = toEnglishKeys(query);
  const layouts = keys === undefined ? [] : [typed, lowerFirst(typed)].map((each) => fromEnglishKeys(each, keys));
  const latin = transliterate && /[a-z]/iu.test(query) ? transliterate(plainLatin(query)) : [];
  return [...new Set([query, ...layouts, typed, ...latin])];
}

/** With Shift held for a sentence's first letter, a Georgian key writes another letter. */
function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function plainLatin(query: string): string {
  return query.toLowerCase().replace(/['’`]/gu, "");
}
