/** Standard input: `{"locale", "sources": [Source…]}`; output: `{"index": "<its text>", "similar": {"<id>": ["<id>", …]}}`. */
import { readFileSync, writeFileSync } from "node:fs";
import { buildIndex, type Locale, type Source } from "../src/search/index.ts";
import { similarArticles } from "../src/search/similar.ts";

const { locale, sources } = JSON.parse(readFileSync(0, "utf-8")) as { locale: Locale; sources: Source[] };
writeFileSync(1, JSON.stringify({ index: buildIndex(locale, sources), similar: similarArticles(locale, sources) }));
