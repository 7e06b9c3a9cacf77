/** Standard output: the browser's search as one script that sets `DeskbellSearch`, as small as the pages get it. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "../../web/node_modules/vite/dist/node/index.js";

const entry = "src/search/search.ts";
const lib = { entry, name: "DeskbellSearch", formats: ["iife"] as const };
const built = await build({
  root: fileURLToPath(new URL("../../web", import.meta.url)),
  configFile: false,
  logLevel: "error",
  publicDir: false,
  build: { write: false, target: "es2022", lib: { ...lib, formats: [...lib.formats] } },
});
writeFileSync(1, [built].flat().flatMap((each) => ("output" in each ? each.output : [])).map((each) => ("code" in each ? each.code : "")).join(""));
