import { describe, expect, test } from "vitest";

import { Again } from "./again.ts";

describe("what is not answered", () => {
  test("is sent again after 5, 10 and 20 seconds, then every 25", () => {
    const again = new Again(1_000);
    const times: number[] = [];
    for (let now = 1_000; now <= 120_000; now += 500) if (again.take(now)) times.push(now - 1_000);
    expect(times).toEqual([5_000, 10_000, 20_000, 45_000, 70_000, 95_000]);
  });

  test("is sent once, however late its time is heard of", () => {
    const again = new Again(0);
    expect([again.take(60_000), again.take(60_000), again.dueAt]).toEqual([true, false, 70_000]);
  });
});
