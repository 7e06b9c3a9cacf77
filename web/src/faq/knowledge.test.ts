import { beforeEach, describe, expect, it } from "vitest";

import { buildIndex, type Source } from "../search/index.ts";
import { Knowledge } from "./knowledge.ts";

const FILE: Source = {
  id: "requests/file",
  title: "How to add a file",
  summary: "One file a message.",
  keywords: ["attachment"],
  body: "A screenshot says more than words.",
  text: "/faq/en/requests/file/text.abc.json",
};
const FILES: Record<string, string> = {
  "/faq/en/search.json": JSON.stringify({ index: "/faq/en/index.abc.json", foreign: { "requests/file": "pl" } }),
  "/faq/en/index.abc.json": buildIndex("en", [FILE]),
  [FILE.text]: JSON.stringify({ text: FILE.body }),
};

describe("the knowledge base of a language", () => {
  let fetched: string[];
  let isDown: boolean;
  let knowledge: Knowledge;

  beforeEach(() => {
    fetched = [];
    isDown = false;
    knowledge = new Knowledge("en", (address) => {
      fetched.push(address);
      const file = FILES[address];
      return isDown || file === undefined ? Promise.reject(new Error("down")) : Promise.resolve(file);
    });
  });

  it("fetches nothing before it is asked", () => {
    expect(fetched).toEqual([]);
  });

  it("fetches its index once, however often it is asked", async () => {
    const [first, second] = await Promise.all([knowledge.find("file", 3), knowledge.find("screenshot", 3)]);
    await knowledge.suggest("My file is refused");
    expect([first[0]?.id, second[0]?.id]).toEqual([FILE.id, FILE.id]);
    expect(fetched).toEqual(["/faq/en/search.json", "/faq/en/index.abc.json"]);
  });

  it("asks again for what could not be fetched", async () => {
    isDown = true;
    await expect(knowledge.find("file", 3)).rejects.toThrow("down");
    isDown = false;
    expect(await knowledge.find("file", 3)).toHaveLength(1);
  });

  it("asks anew where the index is when the one it knew of is gone", async () => {
    const pointers = ["/faq/en/index.gone.json", "/faq/en/index.abc.json"];
    const moved = new Knowledge("en", (address) => {
      if (address.endsWith("search.json")) return Promise.resolve(JSON.stringify({ index: pointers.shift(), foreign: {} }));
      const file = FILES[address];
      return file === undefined ? Promise.reject(new Error("gone")) : Promise.resolve(file);
    });
    await expect(moved.find("file", 3)).rejects.toThrow("gone");
    expect(await moved.find("file", 3)).toHaveLength(1);
  });

  it("knows the language of an article that this one does not have", async () => {
    const [hit] = await knowledge.find("file", 3);
    if (!hit) throw new Error("nothing was found");
    expect(await knowledge.localeOf(hit)).toBe("pl");
    expect(await knowledge.localeOf({ ...hit, id: "requests/other" })).toBe("en");
  });

  it("shows what stands around the match, from the article's own file", async () => {
    const [hit] = await knowledge.find("screenshot", 3);
    if (!hit) throw new Error("nothing was found");
    const parts = await knowledge.snippetOf(hit);
    expect(parts.map(({ text }) => text).join("")).toBe(FILE.body);
    expect(parts.find(({ isMatch }) => isMatch)?.text.toLowerCase()).toBe("screenshot");
  });
});
