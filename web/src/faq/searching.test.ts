import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { MEANT_AFTER, Searching, type Shown, TYPED_WITHIN } from "./searching.ts";

/** What each search finds, and when it answers. */
class Box {
  readonly shown: Shown<string>[] = [];
  readonly asked: string[] = [];
  misses = 0;
  answersAfter = 0;
  isDown = false;
  readonly searching: Searching<string>;

  constructor(known = "") {
    this.searching = new Searching<string>(
      {
        find: async (query) => {
          this.asked.push(query);
          const { isDown, answersAfter } = this;
          if (answersAfter) await new Promise((resolve) => setTimeout(resolve, answersAfter));
          if (isDown) throw new Error("down");
          return query.startsWith("zz") ? [] : [query];
        },
        show: (shown) => this.shown.push(shown),
        miss: () => (this.misses += 1),
        after: (milliseconds, run) => {
          const timer = setTimeout(run, milliseconds);
          return () => clearTimeout(timer);
        },
      },
      known,
    );
  }

  get last(): Shown<string> | undefined {
    return this.shown.at(-1);
  }
}

describe("searching while somebody types", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

  it("asks once the typing rests", async () => {
    const box = new Box();
    for (const typed of ["fi", "fil", "file"]) {
      box.searching.typed(typed);
      await pass(TYPED_WITHIN - 1);
    }
    expect(box.asked).toEqual([]);
    await pass(1);
    expect(box.asked).toEqual(["file"]);
    expect(box.last).toEqual({ kind: "found", hits: ["file"] });
  });

  it("asks nothing for a single letter, and shows nothing any more", async () => {
    const box = new Box();
    await Promise.all([box.searching.now("f"), pass(1)]);
    expect(box.asked).toEqual([]);
    expect(box.last).toEqual({ kind: "blank" });
    await Promise.all([box.searching.now("fi"), pass(1)]);
    expect(box.asked).toEqual(["fi"]);
  });

  it("never shows a late answer for something newer", async () => {
    const box = new Box();
    box.answersAfter = 1000;
    const old = box.searching.now("old");
    await pass(10);
    box.answersAfter = 0;
    const recent = box.searching.now("new");
    await pass(2000);
    expect([await old, await recent]).toEqual([false, true]);
    expect(box.shown).toEqual([{ kind: "found", hits: ["new"] }]);
  });

  it("shows no answer to what was typed over meanwhile", async () => {
    const box = new Box();
    box.answersAfter = 50;
    void box.searching.now("zz");
    box.searching.typed("file");
    await pass(100);
    expect(box.shown).toEqual([]);
    await pass(MEANT_AFTER * 2);
    expect(box.last).toEqual({ kind: "found", hits: ["file"] });
    expect(box.misses).toBe(0);
  });

  it("counts a search that found nothing once, when it has stood for a while", async () => {
    const box = new Box();
    box.searching.typed("zz");
    await pass(TYPED_WITHIN + MEANT_AFTER - 1);
    expect([box.last?.kind, box.misses]).toEqual(["nothing", 0]);
    await pass(1);
    expect(box.misses).toBe(1);
    for (const typed of ["file", "zz"]) {
      box.searching.typed(typed);
      await pass(TYPED_WITHIN + MEANT_AFTER);
    }
    expect(box.misses).toBe(1);
    box.searching.typed("zzz");
    await pass(TYPED_WITHIN + MEANT_AFTER);
    expect(box.misses).toBe(2);
  });

  it("counts no half word", async () => {
    const box = new Box();
    box.searching.typed("zz");
    await pass(TYPED_WITHIN + MEANT_AFTER - 1);
    box.searching.typed("zzfile");
    await pass(TYPED_WITHIN);
    box.searching.typed("file");
    await pass(TYPED_WITHIN + MEANT_AFTER);
    expect(box.misses).toBe(0);
  });

  it("does not count again what the page was opened with", async () => {
    const box = new Box("zz");
    void box.searching.now("zz");
    await pass(MEANT_AFTER);
    expect([box.last?.kind, box.misses]).toEqual(["nothing", 0]);
    void box.searching.now("zzz");
    await pass(MEANT_AFTER);
    expect(box.misses).toBe(1);
  });

  it("says that it failed, and counts no miss for it", async () => {
    const box = new Box();
    box.isDown = true;
    void box.searching.now("zz");
    await pass(MEANT_AFTER);
    expect([box.last?.kind, box.misses]).toEqual(["failed", 0]);
  });
});
