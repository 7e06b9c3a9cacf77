/** The five languages. */
import type { Locale } from "../types.ts";
import { english } from "./english.ts";
import { georgian } from "./georgian.ts";
import type { Language } from "./language.ts";
import { polish } from "./polish.ts";
import { russian } from "./russian.ts";
import { ukrainian } from "./ukrainian.ts";

export const languages: Readonly<Record<Locale, Language>> = {
  ka: georgian,
  en: english,
  ru: russian,
  uk: ukrainian,
  pl: polish,
};
