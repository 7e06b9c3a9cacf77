/** The five languages of the page, and which of them a reader is shown. */

const LOCALES = ["ka", "en", "ru", "uk", "pl"] as const;
export type Locale = (typeof LOCALES)[number];

/** What the address and the browser say of the reader. */
export interface Reader {
  /** With its `#`, as in `location.hash`. */
  hash: string;
  /** With its `?`, as in `location.search`. */
  search: string;
  /** As in `navigator.languages`, best first. */
  languages: readonly string[];
}

/** The language in the hash, else in `?locale=`, else the first of the browser's that there is, else English. */
export function chooseLocale({ hash, search, languages }: Reader): Locale {
  const wanted = [hash.slice(1), new URLSearchParams(search).get("locale") ?? "", ...languages];
  return wanted.map(localeOf).find((locale) => locale !== undefined) ?? "en";
}

/** `ru` of `ru-GE`. */
function localeOf(tag: string): Locale | undefined {
  const [language] = tag.toLowerCase().split("-");
  return LOCALES.find((locale) => locale === language);
}
