import { describe, expect, test } from "vitest";

import type { Body, ClientFrame, LegFrame, Role } from "./frames.ts";
import { GAP_FOR, RECEIVED_WITHIN, Side } from "./side.ts";
import { LARGEST_REPLAY, sizeOf } from "./transcript.ts";

const INTRO = { name: "ანა", phone: "+995", question: "?" };
const AT = "2026-11-22T13:08:00.123Z";
const PEER = { name: "Nino" };
const SECOND = 1_000;

function joined(leg: number): LegFrame {
  return { event: "chat.joined", chat: "c", leg, peer: PEER };
}

function resumed(leg: number): LegFrame {
  return { event: "chat.resumed", chat: "c", leg, peer: PEER };
}

function peerBack(leg: number, shown: number, lost = false): LegFrame {
  return { event: "chat.peer_back", chat: "c", leg, sent: 0, shown, lost };
}

function message(leg: number, n: number, body: Body | string = `a${n}`, received?: number): LegFrame {
  const said = typeof body === "string" ? { text: body } : body;
  const riding = received === undefined ? {} : { received };
  return { event: "chat.message", chat: "c", leg, n, body: said, from: "agent", at: AT, ...riding };
}

function received(leg: number, n: number): LegFrame {
  return { event: "chat.received", chat: "c", leg, n };
}

/** A side in a leg that is on, nothing of which is under way. */
function talking(role: Role = "agent", leg = 1): Side {
  const side = Side.begin("c", role);
  side.take(joined(leg), 0);
  return side;
}

function texts(side: Side): string[] {
  return side.lines.map((line) => line.text);
}

function deliveries(side: Side): (string | undefined)[] {
  return side.lines.map((line) => line.delivery);
}

function ns(frames: readonly ClientFrame[]): number[] {
  return frames.flatMap((frame) => (frame.action === "chat.message" ? [frame.n] : []));
}

/** All that the times make it send until then, second by second. */
function during(side: Side, from: number, until: number): [number, ClientFrame][] {
  const sent: [number, ClientFrame][] = [];
  for (let now = from; now <= until; now += SECOND) for (const frame of side.tick(now)) sent.push([now / SECOND, frame]);
  return sent;
}

describe("1. what is said", () => {
  test("is numbered, sent and shown at once", () => {
    const side = talking();
    expect(side.say("one", 0)).toEqual([{ action: "chat.message", chat: "c", leg: 1, n: 1, body: { text: "one" } }]);
    expect(ns(side.say("two", 0))).toEqual([2]);
    expect(texts(side)).toEqual(["one", "two"]);
    expect(deliveries(side)).toEqual(["sent", "sent"]);
  });

  test("while it waits is sent once it talks, after the intro and in a message of its own", () => {
    const side = Side.begin("c", "visitor", { intro: INTRO });
    expect(side.say("one", 0)).toEqual([]);
    expect(deliveries(side)).toEqual(["sending"]);
    const bodies = side.take(joined(1), 0).map((frame) => (frame.action === "chat.message" ? frame.body : undefined));
    expect(bodies).toEqual([{ intro: INTRO }, { text: "one" }]);
  });

  test("without a socket is sent after the resumption, behind what was under way", () => {
    const side = talking();
    side.say("one", 0);
    side.close();
    expect(deliveries(side)).toEqual(["sending"]);
    expect(side.say("two", 0)).toEqual([]);
    side.open(0);
    expect(side.say("three", 0)).toEqual([]);
    expect(ns(side.take(resumed(1), 0))).toEqual([1, 2, 3]);
  });

  test("holds 4,000 emoji, and there may be 4,000 of these", () => {
    const side = talking();
    const [frame] = side.say("😀".repeat(4_000), 0);
    expect(sizeOf(frame)).toBeLessThan(32 * 1024);
    for (let n = 0; n < 3_999; n += 1) side.say(`😀${n}`, 0);
    const frames = side.take(peerBack(2, 0, true), 0);
    const replays = frames.flatMap((each) => (each.action === "chat.message" && "replay" in each.body ? [each.body.replay] : []));
    expect(replays.flat().map((said) => said.text)).toEqual(texts(side));
    for (const replay of replays) expect(sizeOf(replay)).toBeLessThanOrEqual(LARGEST_REPLAY);
  });
});

describe("2. a message that comes", () => {
  test("is shown when it is the next", () => {
    const side = talking();
    side.take(message(1, 1), 0);
    side.take(message(1, 2), 0);
    expect(side.lines).toEqual([{ from: "visitor", text: "a1", at: AT }, { from: "visitor", text: "a2", at: AT }]);
  });

  test("too early waits for those before it", () => {
    const side = talking();
    side.take(message(1, 3), 0);
    side.take(message(1, 2), 0);
    expect(texts(side)).toEqual([]);
    side.take(message(1, 1), 0);
    expect(texts(side)).toEqual(["a1", "a2", "a3"]);
  });

  test("twice is shown once, early or not, and acknowledged again", () => {
    const side = talking();
    for (const n of [2, 2]) side.take(message(1, n), 0);
    expect(side.serialize().early).toHaveLength(1);
    for (const n of [1, 1, 2]) side.take(message(1, n), 0);
    expect(texts(side)).toEqual(["a1", "a2"]);
    expect(side.tick(RECEIVED_WITHIN)).toEqual([{ action: "chat.received", chat: "c", leg: 1, n: 2 }]);
    side.take(message(1, 1), 5_000);
    expect(side.tick(5_000 + RECEIVED_WITHIN)).toEqual([{ action: "chat.received", chat: "c", leg: 1, n: 2 }]);
  });

  test("of an older leg is dropped", () => {
    const side = talking("agent", 2);
    expect(side.take(message(1, 1), 0)).toEqual([]);
    expect(texts(side)).toEqual([]);
  });

  test("of a newer leg is dropped, and the chat resumed, once for all that come", () => {
    const side = talking();
    const resume = { action: "chat.resume", chat: "c", leg: 1, sent: 0, shown: 0, lost: false };
    expect(side.take(message(2, 1), 0)).toEqual([resume]);
    expect(side.take(message(2, 2), 0)).toEqual([]);
    expect(side.tick(4_999)).toEqual([]);
    expect(side.tick(5_000)).toEqual([resume]);
    side.take(resumed(2), 0);
    expect(side.tick(50_000)).toEqual([]);
    expect(texts(side)).toEqual([]);
  });

  test("brings the visitor's first words", () => {
    const side = talking();
    side.take(message(1, 1, { intro: INTRO }), 0);
    expect(side.intro).toEqual(INTRO);
    expect(texts(side)).toEqual([]);
  });
});

describe("3. what is shown is told", () => {
  test("with the next message", () => {
    const side = talking();
    side.take(message(1, 1), 0);
    side.take(message(1, 2), 0);
    expect(side.say("b", 1_000)).toEqual([{ action: "chat.message", chat: "c", leg: 1, n: 1, body: { text: "b" }, received: 2 }]);
    expect(during(side, 1_000, 4_000)).toEqual([]);
  });

  test("with the next typing", () => {
    const side = talking();
    expect(side.type()).toEqual([{ action: "chat.typing", chat: "c" }]);
    side.take(message(1, 1), 0);
    expect(side.type()).toEqual([{ action: "chat.typing", chat: "c", leg: 1, received: 1 }]);
    expect(side.type()).toEqual([{ action: "chat.typing", chat: "c" }]);
  });

  test("alone after 2 seconds, once, from the first on", () => {
    const side = talking();
    side.take(message(1, 1), 0);
    side.take(message(1, 2), 1_500);
    expect(side.nextAt()).toBe(RECEIVED_WITHIN);
    expect(side.tick(RECEIVED_WITHIN - 1)).toEqual([]);
    expect(side.tick(RECEIVED_WITHIN)).toEqual([{ action: "chat.received", chat: "c", leg: 1, n: 2 }]);
    expect(side.tick(10_000)).toEqual([]);
    expect(side.nextAt()).toBe(Infinity);
  });

  test("for nothing beyond a gap", () => {
    const side = talking();
    side.take(message(1, 2), 0);
    expect(side.tick(RECEIVED_WITHIN)).toEqual([]);
  });
});

describe("4. what the other side has shown", () => {
  test.each([
    ["alone", received(1, 2)],
    ["with a message", message(1, 1, "b", 2)],
    ["with a typing", { event: "chat.typing", chat: "c", leg: 1, received: 2 } as const],
    ["when it is back", peerBack(1, 2)],
  ])("is sent no more: %s", (_, frame) => {
    const side = talking();
    for (const text of ["one", "two", "three"]) side.say(text, 0);
    side.take(frame, 0);
    expect(deliveries(side).slice(0, 3)).toEqual(["shown", "shown", "sent"]);
    expect(ns(during(side, 0, 5_000).map(([, each]) => each))).toEqual([3]);
    side.take(received(1, 3), 6_000);
    expect(side.isDelivered).toBe(true);
  });

  test("of another leg means nothing", () => {
    const side = talking("agent", 2);
    side.say("one", 0);
    side.take(received(1, 1), 0);
    side.take(received(3, 1), 0);
    expect(deliveries(side)).toEqual(["sent"]);
    expect(side.isDelivered).toBe(false);
  });

  test("beyond what was sent was said by another memory of the same person: a new leg is asked for", () => {
    const side = talking();
    side.say("one", 0);
    expect(side.take(received(1, 4), 0)).toEqual([
      { action: "chat.resume", chat: "c", leg: 1, sent: 1, shown: 0, lost: true },
    ]);
    expect(deliveries(side)).toEqual(["sending"]);
    const [first] = side.take(resumed(2), 0);
    expect(first).toMatchObject({ leg: 2, n: 1, body: { replay: [{ from: "agent", leg: 1, n: 1, text: "one" }] } });
  });
});

describe("5. what was not received", () => {
  test("is sent again after 5, 10 and 20 seconds, then with each heartbeat", () => {
    const side = talking();
    side.say("one", 0);
    expect(during(side, 0, 24_000).map(([at, frame]) => [at, ...ns([frame])])).toEqual([[5, 1], [10, 1], [20, 1]]);
    expect(side.nextAt()).toBe(Infinity);
    expect(ns(side.heartbeat(25_000))).toEqual([1]);
    expect(ns(side.heartbeat(50_000))).toEqual([1]);
  });

  test("before that is not hurried by a heartbeat", () => {
    const side = talking();
    side.say("one", 0);
    side.tick(5_000);
    expect(side.heartbeat(9_000)).toEqual([]);
  });

  test("is sent again as it was, with what is to be told by then", () => {
    const side = talking();
    side.say("one", 0);
    side.take(message(1, 1), 4_000);
    expect(side.tick(5_000)).toEqual([
      { action: "chat.message", chat: "c", leg: 1, n: 1, body: { text: "one" }, received: 1 },
    ]);
  });

  test("waits for the socket, and is sent once when it is there, however late", () => {
    const side = talking();
    side.say("one", 0);
    side.say("two", 0);
    side.close();
    expect(side.tick(30_000)).toEqual([]);
    expect(side.heartbeat(30_000)).toEqual([]);
    side.open(30_000);
    expect(ns(side.take(resumed(1), 30_000))).toEqual([1, 2]);
    expect(side.tick(30_000)).toEqual([]);
  });

  test("is all sent when the other side is back", () => {
    const side = talking();
    for (const text of ["one", "two", "three"]) side.say(text, 0);
    expect(ns(side.take(peerBack(1, 1), 1_000))).toEqual([2, 3]);
  });
});

describe("6. a new leg", () => {
  function held(role: Role = "visitor"): Side {
    const side = Side.begin("c", role, role === "visitor" ? { intro: INTRO } : {});
    side.take(joined(1), 0);
    side.say("one", 0);
    side.take(message(1, 1), 0);
    return side;
  }

  test.each([["joined", joined(2)], ["resumed", resumed(2)], ["peer_back", peerBack(2, 0, true)]])(
    "begins with %s: the visitor's intro, what was said, and counts from 0",
    (_, frame) => {
      const side = held();
      const frames = side.take(frame, 5_000);
      expect(frames).toMatchObject([
        { leg: 2, n: 1, body: { intro: INTRO } },
        { leg: 2, n: 2, body: { replay: [
          { from: "visitor", leg: 1, n: 2, text: "one" }, { from: "agent", leg: 1, n: 1, text: "a1", at: AT },
        ] } },
      ]);
      expect(ns(side.say("two", 5_000))).toEqual([3]);
      side.take(message(2, 1, "b1"), 5_000);
      expect(texts(side)).toEqual(["one", "a1", "two", "b1"]);
    },
  );

  test.each([joined(2), resumed(2), peerBack(2, 2), joined(1), peerBack(1, 0)])(
    "that is the same or an older one changes nothing: %j",
    (frame) => {
      const side = held();
      side.take(joined(2), 0);
      side.take(received(2, 2), 0);
      side.say("two", 0);
      side.take(message(2, 2, "early"), 0);
      side.take(frame, 0);
      expect(ns(side.say("three", 0))).toEqual([4]);
      side.take(message(2, 1, "first"), 0);
      expect(texts(side)).toEqual(["one", "a1", "two", "three", "first", "early"]);
    },
  );

  test("forgets what came early and what was under way", () => {
    const side = talking();
    side.say("one", 0);
    side.take(message(1, 2), 0);
    side.take(joined(2), 0);
    side.take(message(2, 1, "b1"), 0);
    expect(texts(side)).toEqual(["one", "b1"]);
    expect(ns(during(side, 0, 5_000).map(([, frame]) => frame))).toEqual([1]);
  });

  test("carries what had not been received, and knows when it is", () => {
    const side = held();
    side.take(joined(2), 0);
    expect(deliveries(side)).toEqual(["sent", undefined]);
    side.take(received(2, 1), 0);
    expect(deliveries(side)).toEqual(["sent", undefined]);
    side.take(received(2, 2), 0);
    expect(deliveries(side)).toEqual(["shown", undefined]);
  });

  const replay = [
    { from: "visitor", leg: 1, n: 2, text: "one", at: AT }, { from: "agent", leg: 1, n: 1, text: "a1", at: AT },
  ] as const;

  test("for a side that knows nothing brings everything, before what it said itself", () => {
    const side = talking("agent", 2);
    side.say("hello", 0);
    side.take(message(2, 1, { intro: INTRO }), 0);
    side.take(message(2, 2, { replay: replay.slice(0, 1) }), 0);
    side.take(message(2, 3, { replay: replay.slice(1) }), 0);
    expect(texts(side)).toEqual(["one", "a1", "hello"]);
    side.take(message(2, 4, "two"), 0);
    expect(texts(side)).toEqual(["one", "a1", "hello", "two"]);
  });

  test("brings a side that knows all nothing, and counts as shown", () => {
    const side = held();
    side.take(joined(2), 0);
    side.take(message(2, 1, { replay }), 0);
    expect(texts(side)).toEqual(["one", "a1"]);
    expect(side.tick(RECEIVED_WITHIN)).toEqual([{ action: "chat.received", chat: "c", leg: 2, n: 1 }]);
  });

  test("brings a side that knows the rest what it lacks, though it reads the same", () => {
    const side = held();
    side.take(joined(2), 0);
    side.take(message(2, 1, { replay: [...replay, { from: "agent", leg: 1, n: 2, text: "a1", at: AT }] }), 0);
    expect(texts(side)).toEqual(["one", "a1", "a1"]);
  });

  test("tells a side that its text had come, though its `received` was lost", () => {
    const side = held();
    side.take(joined(2), 0);
    side.take(message(2, 1, { replay }), 0);
    expect(deliveries(side)).toEqual(["shown", undefined]);
  });

  test("learnt of without a socket is begun, and said once there is one", () => {
    const side = held();
    side.open(0);
    expect(side.take(peerBack(2, 0, true), 0)).toEqual([]);
    expect(ns(side.take(resumed(2), 0))).toEqual([1, 2]);
  });
});

describe("7. a new socket", () => {
  test("is where the chat is to come", () => {
    const side = talking();
    side.say("one", 0);
    side.take(message(1, 1), 0);
    side.close();
    expect(side.open(0)).toEqual([{ action: "chat.resume", chat: "c", leg: 1, sent: 1, shown: 1, lost: false }]);
    expect(side.type()).toEqual([]);
  });

  test("is asked for again until it is answered", () => {
    const side = talking();
    side.open(0);
    const again = during(side, 0, 75_000).map(([at, frame]) => [at, frame.action]);
    expect(again).toEqual([5, 10, 20, 45, 70].map((at) => [at, "chat.resume"]));
    side.take(resumed(1), 75_000);
    expect(during(side, 75_000, 120_000)).toEqual([]);
  });

  test("after a reload that kept the memory goes on where it was", () => {
    const side = talking();
    side.say("one", 0);
    side.take(message(1, 1), 0);
    side.take(message(1, 3), 0);
    const again = Side.restore(JSON.parse(JSON.stringify(side.serialize())) as ReturnType<Side["serialize"]>);
    expect(again.open(0)).toEqual([{ action: "chat.resume", chat: "c", leg: 1, sent: 1, shown: 1, lost: false }]);
    expect(ns(again.take(resumed(1), 0))).toEqual([1]);
    again.take(message(1, 2), 0);
    expect(texts(again)).toEqual(["one", "a1", "a2", "a3"]);
  });

  test("without memory begins a leg of its own, of which only the answer tells", () => {
    const side = Side.begin("c", "visitor", { intro: INTRO, lost: true });
    const resume = { action: "chat.resume", chat: "c", leg: 0, sent: 0, shown: 0, lost: true };
    expect(side.open(0)).toEqual([resume]);
    side.say("still there?", 0);
    for (const frame of [joined(4), peerBack(4, 0), message(4, 9), message(5, 1)]) expect(side.take(frame, 0)).toEqual([]);
    expect(side.tick(5_000)).toEqual([resume]);
    expect(side.take(resumed(5), 0)).toMatchObject([
      { leg: 5, n: 1, body: { intro: INTRO } }, { leg: 5, n: 2, body: { text: "still there?" } },
    ]);
    expect(texts(side)).toEqual(["still there?"]);
    expect(side.open(0)).toMatchObject([{ leg: 5, lost: false }]);
  });

  test("with a memory that another page has used since begins one too", () => {
    const side = talking();
    side.say("one", 0);
    side.lose();
    expect(side.open(0)).toMatchObject([{ leg: 1, lost: true }]);
    expect(side.take(resumed(1), 0)).toEqual([]);
    expect(side.take(resumed(3), 0)).toMatchObject([{ leg: 3, n: 1, body: { replay: [{ leg: 1, n: 1, text: "one" }] } }]);
  });
});

describe("8. the other side that is back", () => {
  test("with less shown than it had told has an older memory: a new leg is asked for", () => {
    const side = talking();
    for (const text of ["one", "two", "three"]) side.say(text, 0);
    side.take(received(1, 2), 0);
    expect(side.take(peerBack(1, 1), 0)).toMatchObject([{ action: "chat.resume", leg: 1, lost: true }]);
    const [frame] = side.take(resumed(2), 0);
    expect(frame).toMatchObject({ body: { replay: [{ text: "one" }, { text: "two" }, { text: "three" }] } });
  });

  test("with as much is not asked for anything", () => {
    const side = talking();
    for (const text of ["one", "two"]) side.say(text, 0);
    side.take(received(1, 2), 0);
    expect(side.take(peerBack(1, 2), 0)).toEqual([]);
  });
});

describe("11. an agent's side", () => {
  test("takes no leg that was before its offer", () => {
    const side = Side.begin("c", "agent", { after: 4 });
    for (const frame of [joined(4), resumed(4), peerBack(4, 0), message(4, 1)]) expect(side.take(frame, 0)).toEqual([]);
    side.take(joined(5), 0);
    side.take(message(5, 1), 0);
    expect(texts(side)).toEqual(["a1"]);
  });
});

describe("what nothing else would heal", () => {
  test("an error that names a newer leg has the chat resumed, one about this or an older one not", () => {
    const side = talking("agent", 2);
    for (const leg of [1, 2]) expect(side.miss(leg, 0)).toEqual([]);
    expect(side.miss(3, 0)).toMatchObject([{ action: "chat.resume", leg: 2 }]);
    expect(side.miss(3, 0)).toEqual([]);
  });

  test("a gap that stays for a minute has a new leg begun", () => {
    const side = talking();
    side.take(message(1, 2), 0);
    expect(side.heartbeat(GAP_FOR - 1)).toEqual([]);
    expect(side.heartbeat(GAP_FOR)).toMatchObject([{ action: "chat.resume", lost: true }]);
  });

  test("a gap that moves does not", () => {
    const side = talking();
    side.take(message(1, 2), 0);
    side.take(message(1, 4), 30_000);
    side.take(message(1, 1), 50_000);
    expect(side.heartbeat(GAP_FOR)).toEqual([]);
    side.take(message(1, 3), 70_000);
    expect(side.heartbeat(10 * GAP_FOR)).toEqual([]);
    expect(texts(side)).toEqual(["a1", "a2", "a3", "a4"]);
  });

  test("while the chat waits nothing is sent, and its leg is not counted on", () => {
    const side = talking();
    side.say("one", 0);
    side.wait();
    expect(side.say("two", 0)).toEqual([]);
    expect(during(side, 0, 30_000)).toEqual([]);
    expect(side.take(joined(3), 30_000)).toMatchObject([
      { n: 1, body: { replay: [{ leg: 1, n: 1, text: "one" }] } }, { n: 2, body: { text: "two" } },
    ]);
  });

  test("an older leg does not bring a waiting chat to life", () => {
    const side = talking("agent", 2);
    side.wait();
    for (const frame of [joined(1), resumed(1)]) side.take(frame, 0);
    expect(side.say("one", 0)).toEqual([]);
  });

  test("a chat that was thought to wait goes on in its leg", () => {
    const side = talking();
    side.say("one", 0);
    side.wait();
    side.say("two", 0);
    expect(ns(side.take(joined(1), 0))).toEqual([1, 2]);
  });
});
