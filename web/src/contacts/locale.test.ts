import { expect, test } from "vitest";

import { chooseLocale } from "./locale.ts";

const nobody = { hash: "", search: "", languages: [] };

test.each([
  ["the hash before all else", { hash: "#pl", search: "?locale=ru", languages: ["ka"] }, "pl"],
  ["then the address", { hash: "", search: "?from=pms&locale=ru", languages: ["ka"] }, "ru"],
  ["then the browser", { hash: "", search: "", languages: ["uk-UA", "en"] }, "uk"],
  ["the browser's first that there is", { hash: "", search: "", languages: ["de-DE", "fr", "KA-GE", "en"] }, "ka"],
  ["English where there is none", { hash: "#de", search: "?locale=fr", languages: ["it"] }, "en"],
  ["English where nothing is known", nobody, "en"],
  ["no language by a name that every object has", { ...nobody, hash: "#constructor", search: "?locale=toString" }, "en"],
  ["nothing of a hash that is another's", { ...nobody, hash: "#data", search: "?locale=ka" }, "ka"],
])("the language is by %s", (_, reader, locale) => {
  expect(chooseLocale(reader)).toBe(locale);
});
