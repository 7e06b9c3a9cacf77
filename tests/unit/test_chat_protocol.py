"""docs/chat.md's rules for the two sides of a chat: one by one, then with all that can come between them.

The search plays everything that can happen within bounds, with the very rules by which the tests' pages talk. Its
server keeps what docs/chat.md lets it keep. A frame that it only passes on is passed on at once: one that lies before
it is like one that lies behind it, and like a lost one when it is taken too late. A `chat.resume` does lie before it,
since what it does depends on when it is taken. A reload whose memory is kept is a lost socket.
"""

import gc
import json
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.chatting import (
    LARGEST_REPLAY,
    Entry,
    Frame,
    InjectedWire,
    Intro,
    Joined,
    Memory,
    Message,
    PeerBack,
    Queued,
    Received,
    Refused,
    Resume,
    Resumed,
    Role,
    Rules,
    Sent,
    Side,
    Step,
    Taken,
    Talker,
)

INTRO = Intro("ანა", "+995 555 000000", "ნომერი 204?")
VISITOR, AGENT = SIDES = (0, 1)
NAMES = "va"
TEXTS = (("v1", "v2"), ("a1",))
"""What each side says, in this order."""


def _joined(leg: int = 1) -> Frame:
    return {"event": "chat.joined", "chat": "c", "leg": leg, "peer": {"name": "ნინო"}}


def _resumed(leg: int = 1) -> Frame:
    return {"event": "chat.resumed", "chat": "c", "leg": leg, "peer": {"name": "ნინო"}}


def _back(shown: int, leg: int = 1) -> Frame:
    return {"event": "chat.peer_back", "chat": "c", "leg": leg, "sent": 9, "shown": shown, "lost": False}


def _message(n: int, body: str | list[Frame], *, leg: int = 1, **others: Any) -> Frame:
    """What the other side said, as it comes."""
    what = {"text": body} if isinstance(body, str) else {"replay": body}
    facts = {"leg": leg, "n": n, "body": what, "from": "visitor", "at": "2026-11-27T10:00:00.000Z"}
    return {"event": "chat.message", "chat": "c", **facts, **others}


def _received(n: int, leg: int = 1) -> Frame:
    return {"event": "chat.received", "chat": "c", "leg": leg, "n": n}


def _entry(from_: Role, leg: int, n: int, text: str) -> Frame:
    return {"from": from_, "leg": leg, "n": n, "text": text, "at": "2026-11-27T10:00:00.000Z"}


def _side(role: Role = "agent", **others: Any) -> Side:
    """A side that talks, in leg 1, and has nothing more to send."""
    side = Side("c", role, **others)
    side.take(_joined(), 0)
    return side


def _numbers(frames: list[Frame]) -> list[int]:
    return [frame["n"] for frame in frames if frame["action"] == "chat.message"]


def _shown(side: Side) -> list[str]:
    return [text for _, text in side.texts]


def test_a_visitor_introduces_himself_first_in_every_leg():
    side = Side("c", "visitor", INTRO)
    for leg in (1, 2):
        (first,) = side.take(_joined(leg), 0)
        assert (first["leg"], first["n"], first["body"]) == (leg, 1, {"intro": msgspec.to_builtins(INTRO)})


def test_what_is_said_is_counted_from_one_and_told_with_its_leg():
    side = _side()
    frames = [*side.say("ერთი", 0), *side.say("ორი", 0)]
    told = {"action": "chat.message", "chat": "c", "leg": 1}
    assert frames == [{**told, "n": 1, "body": {"text": "ერთი"}}, {**told, "n": 2, "body": {"text": "ორი"}}]


def test_what_was_said_before_there_was_a_leg_is_said_once_there_is_one():
    side = Side("c", "visitor", INTRO)
    assert side.say("ვიცდი", 0) == []
    assert [frame["body"] for frame in side.take(_joined(), 5)][1:] == [{"text": "ვიცდი"}]
    assert side.texts == [("visitor", "ვიცდი")]


def test_a_message_is_shown_once_however_often_it_comes():
    side = _side()
    for _ in range(3):
        side.take(_message(1, "ა"), 0)
    assert side.texts == [("visitor", "ა")]


def test_an_early_message_waits_for_those_before_it():
    side = _side()
    for n in (3, 2, 3):
        side.take(_message(n, str(n)), 0)
        assert _shown(side) == []
    side.take(_message(1, "1"), 0)
    assert _shown(side) == ["1", "2", "3"]


def test_received_rides_on_the_next_message():
    side = _side()
    assert side.take(_message(1, "ა"), 0) == []
    assert [frame.get("received") for frame in (*side.say("ბ", 1), *side.say("გ", 1))] == [1, None]
    assert side.tick(3) == []


def test_received_rides_on_typing_with_its_leg():
    side = _side()
    side.take(_message(1, "ა"), 0)
    assert side.typing(1) == [{"action": "chat.typing", "chat": "c", "leg": 1, "received": 1}]
    assert side.typing(1) == [{"action": "chat.typing", "chat": "c", "leg": 1}]


def test_received_goes_alone_after_two_seconds():
    side = _side()
    side.take(_message(1, "ა"), 10)
    side.take(_message(2, "ბ"), 11)
    assert side.tick(11.9) == []
    assert side.tick(12) == [{"action": "chat.received", "chat": "c", "leg": 1, "n": 2}]
    assert side.tick(14) == []


def test_what_was_shown_already_is_received_again():
    side = _side()
    side.take(_message(1, "ა"), 0)
    side.tick(2)
    side.take(_message(1, "ა"), 5)
    assert side.tick(7) == [{"action": "chat.received", "chat": "c", "leg": 1, "n": 1}]


def test_a_message_is_sent_again_after_5_10_and_20_seconds_then_each_25():
    side = _side()
    side.say("ა", 100)
    assert [now for now in range(100, 200) if _numbers(side.tick(now))] == [105, 110, 120, 145, 170, 195]


def test_what_is_late_is_sent_once():
    side = _side()
    side.say("ა", 0)
    assert _numbers(side.tick(1000)) == [1]
    assert side.tick(1000) == []


def test_what_was_received_is_not_sent_again():
    side = _side()
    for text in "აბგ":
        side.say(text, 0)
    side.take(_received(2), 1)
    assert _numbers(side.tick(5)) == [3]


@pytest.mark.parametrize(
    "frame", [_message(1, "ა", received=2), {**_received(2), "event": "chat.typing", "received": 2}]
)
def test_received_that_rides_counts_like_one_that_comes_alone(frame):
    side = _side()
    side.say("ა", 0)
    side.say("ბ", 0)
    side.take(frame, 1)
    assert _numbers(side.tick(5)) == []


@pytest.mark.parametrize("event", ["chat.received", "chat.typing"])
def test_received_of_another_leg_says_nothing(event):
    side = _side()
    side.take(_joined(2), 0)
    side.say("ა", 0)
    side.take({"event": event, "chat": "c", "leg": 1, "n": 1, "received": 1}, 1)
    assert _numbers(side.tick(5)) == [1]


def test_a_message_of_an_older_leg_is_dropped():
    side = _side()
    side.take(_joined(2), 0)
    assert side.take(_message(1, "ა"), 0) == []
    assert side.tick(30) == []
    assert side.texts == []


def test_a_message_of_a_newer_leg_is_dropped_and_asks_once():
    side = _side()
    resume = {"action": "chat.resume", "chat": "c", "leg": 1, "sent": 0, "shown": 0, "lost": False}
    assert side.take(_message(1, "ა", leg=2), 0) == [resume]
    assert side.take(_message(2, "ბ", leg=2), 0) == []
    assert side.texts == []


@pytest.mark.parametrize(
    ("code", "leg", "asks"), [("leg_over", 2, True), ("leg_over", 1, False), ("chat_elsewhere", None, True)]
)
def test_a_refusal_asks_where_the_chat_stands_unless_it_is_known(code, leg, asks):
    side = _side()
    frames = side.take({"event": "error", "code": code, "message": "", "chat": "c", "leg": leg}, 0)
    assert [frame["action"] for frame in frames] == (["chat.resume"] if asks else [])


def test_where_the_chat_stands_is_asked_again_until_it_is_answered():
    side = _side()
    side.cut()
    assert len(side.resume(0)) == 1
    assert [now for now in range(50) if side.tick(now)] == [5, 10, 20, 45]
    side.take(_resumed(), 50)
    assert side.tick(100) == []


def test_nothing_is_sent_without_a_socket():
    side = _side()
    side.take(_message(1, "ა"), 0)
    side.cut()
    assert side.say("ბ", 0) == side.tick(60) == []


def test_after_a_cut_it_tells_what_it_has_and_sends_what_was_not_received():
    side = _side()
    side.say("ა", 0)
    side.take(_message(1, "ბ"), 0)
    side.cut()
    side.say("გ", 1)
    assert side.resume(2) == [{"action": "chat.resume", "chat": "c", "leg": 1, "sent": 2, "shown": 1, "lost": False}]
    assert _numbers(side.take(_resumed(), 2)) == [1, 2]


def test_when_the_other_side_is_back_it_gets_what_it_has_not_shown():
    side = _side()
    for text in "აბგ":
        side.say(text, 0)
    assert _numbers(side.take(_back(shown=2), 1)) == [3]


def test_a_leg_that_is_on_or_over_does_not_begin_again():
    side = _side()
    side.say("ა", 0)
    assert side.take(_joined(1), 1) == side.take(_joined(0), 1) == []
    assert _numbers(side.say("ბ", 1)) == [2]


@pytest.mark.parametrize("begins", [_joined(2), _resumed(2), _back(shown=7, leg=2)])
def test_a_new_leg_begins_with_what_was_said(begins):
    side = _side()
    side.take(_message(1, "ა"), 0)
    side.take(_message(3, "early"), 0)
    side.say("ბ", 0)
    (frame,) = side.take(begins, 1)
    said = [(each["from"], each["leg"], each["n"], each["text"]) for each in frame["body"]["replay"]]
    assert (frame["leg"], frame["n"], said) == (2, 1, [("visitor", 1, 1, "ა"), ("agent", 1, 1, "ბ")])
    assert side.memory.early == ()


def test_a_replay_fits_in_a_frame_however_much_was_said():
    side = _side()
    texts = [f"{i}{'ა' * 3999}"[:4000] for i in range(20)]
    for text in texts:
        side.say(text, 0)
    frames = side.take(_joined(2), 0)
    replays = [frame["body"]["replay"] for frame in frames]
    assert [each["text"] for part in replays for each in part] == texts
    assert len(replays) == 20 // 2
    assert all(len(msgspec.json.encode(part)) <= LARGEST_REPLAY for part in replays)


def test_a_replay_is_taken_whole_by_who_knows_nothing_and_stands_before_what_he_said():
    side = Side("c", "agent")
    side.take(_joined(2), 0)
    side.say("დილა მშვიდობისა", 0)
    side.take(_message(1, [_entry("visitor", 1, 1, "ა"), _entry("agent", 1, 1, "ბ")], leg=2), 0)
    assert side.texts == [("visitor", "ა"), ("agent", "ბ"), ("agent", "დილა მშვიდობისა")]


def test_of_a_replay_only_what_is_missing_is_taken():
    side = _side()
    side.take(_message(1, "ა"), 0)
    side.take(_message(3, "გ"), 0)
    side.say("ბ", 0)
    side.take(_joined(2), 1)
    side.take(_message(1, [_entry("visitor", 1, n, text) for n, text in ((1, "ა"), (2, "?"), (3, "გ"))], leg=2), 1)
    assert _shown(side) == ["ა", "ბ", "?", "გ"]


def test_who_lost_his_memory_says_so_until_it_was_answered():
    side = _side()
    side.say("ა", 0)
    side.reload(kept=False)
    asked = {"action": "chat.resume", "chat": "c", "leg": 0, "sent": 0, "shown": 0, "lost": True}
    assert [*side.resume(1), *side.tick(6)] == [asked, asked]
    side.take(_resumed(2), 7)
    side.cut()
    assert side.resume(8)[0]["lost"] is False


def test_who_kept_his_memory_goes_on():
    side = _side()
    side.say("ა", 0)
    side.reload(kept=True)
    side.resume(1)
    assert _numbers(side.take(_resumed(), 1)) == [1]


def test_who_waits_again_keeps_his_counts():
    side = _side("visitor")
    side.say("ა", 0)
    side.take({"event": "chat.queued", "chat": "c", "position": 1}, 1)
    assert side.belief == {"chat": "c", "leg": 0}
    assert _numbers(side.say("ბ", 1)) == [2]
    side.take(_joined(), 1)
    assert side.belief == {"chat": "c", "leg": 1}
    assert _numbers(side.say("გ", 1)) == [3]


def test_an_agent_takes_no_leg_from_before_his_offer():
    side = Side("c", "agent", after=2)
    side.take(_joined(2), 0)
    assert side.say("ა", 0) == []
    assert _numbers(side.take(_joined(3), 0)) == [1]


@pytest.mark.parametrize("frame", [{**_message(1, "ა"), "chat": "d"}, {"event": "chat.ending", "chat": "c", "at": ""}])
def test_another_chat_or_event_changes_nothing(frame):
    side = _side()
    before = side.memory
    assert side.take(frame, 0) == []
    assert side.memory == before


@pytest.mark.parametrize("text", ["", " ", "ა" * 4001, "\x07"])
def test_what_would_be_refused_is_not_said(text):
    side = _side()
    with pytest.raises(msgspec.ValidationError):
        side.say(text, 0)
    assert _numbers(side.say("ა" * 4000, 0)) == [1]


class Faults(NamedTuple):
    """How many of each may still happen."""

    lost: int = 0
    doubled: int = 0
    overtaken: int = 0
    cuts: int = 0
    forgotten: int = 0
    handed_over: int = 0
    timers: int = 0

    def without(self, name: str) -> "Faults | None":
        left = getattr(self, name)
        return self._replace(**{name: left - 1}) if left else None


Pair = tuple[Any, Any]
"""The visitor's and the agent's."""


class World(Struct, frozen=True):
    """Both sides, what the server keeps, and what is under way.

    `open`: has a socket; `known`: it is the one that the server knows. `up`: each `chat.resume` before the server, and
    whether its socket is still open. `due`: the texts that no lost memory has taken along.
    """

    sides: tuple[Memory, Memory] = (Memory("visitor", INTRO), Memory("agent"))
    leg: int = 0
    talking: bool = False
    open: tuple[bool, bool] = (True, False)
    known: tuple[bool, bool] = (True, False)
    up: tuple[tuple[tuple[bool, Resume], ...], tuple[tuple[bool, Resume], ...]] = ((), ())
    down: tuple[tuple[Taken, ...], tuple[Taken, ...]] = ((), ())
    said: tuple[int, int] = (0, 0)
    due: frozenset[str] = frozenset()


def _with(pair: Pair, i: int, value: Any) -> Pair:
    return (value, pair[1]) if i == VISITOR else (pair[0], value)


def _held(side: Memory) -> set[str]:
    return {each.text for each in side.transcript} | {each.text for each in side.unsaid}


class Server:
    """What docs/chat.md has the server do. What it tells a socket that is not open any more is lost."""

    def tell(self, world: World, i: int, frame: Taken) -> World:
        return self.answer(world, i, frame) if world.known[i] and world.open[i] else world

    def answer(self, world: World, i: int, frame: Taken) -> World:
        """On the socket that asked, known or not."""
        return replace(world, down=_with(world.down, i, (*world.down[i], frame)))

    def take(self, world: World, i: int, frame: Sent) -> World:
        if isinstance(frame, Resume):
            return replace(world, up=_with(world.up, i, (*world.up[i], (True, frame))))
        if not world.known[i]:
            return self.answer(world, i, Refused("chat_elsewhere"))
        if not world.talking or frame.leg != world.leg:
            return self.tell(world, i, Refused("leg_over", world.leg))
        assert isinstance(frame, Message | Received)
        return self.tell(world, 1 - i, frame)

    def resume(self, world: World, i: int, frame: Resume, *, is_open: bool) -> World:
        before, leg = world.leg, world.leg + (frame.lost and world.talking)
        world = replace(world, leg=leg, known=_with(world.known, i, is_open))
        if not world.talking:
            return self.tell(world, i, Queued())
        shown = self.relayed(frame.shown, is_of_this_leg=frame.leg == before == leg)
        return self.tell(self.tell(world, i, Resumed(leg)), 1 - i, PeerBack(leg, shown))

    def relayed(self, shown: int, *, is_of_this_leg: bool) -> int:
        """A count of another leg means nothing in this one."""
        return shown if is_of_this_leg else 0

    def heartbeat(self, world: World, i: int) -> World:
        side = world.sides[i]
        if not world.known[i]:
            return self.elsewhere(world, i)
        if world.talking and not (side.begun and side.leg == world.leg):
            return self.tell(world, i, Joined(world.leg))
        return world

    def elsewhere(self, world: World, i: int) -> World:
        """A heartbeat on another socket than the chat's."""
        return self.answer(world, i, Refused("chat_elsewhere"))

    def join(self, world: World) -> World:
        """An agent comes who knows nothing of the chat."""
        after = self._agents(world, Memory("agent", leg=world.leg), is_here=True)
        after = replace(after, leg=world.leg + 1)
        return self.tell(self.tell(after, VISITOR, Joined(after.leg)), AGENT, Joined(after.leg))

    def leave(self, world: World) -> World:
        """The agent is away, or hands over: the visitor waits again."""
        after = self._agents(world, Memory("agent"), is_here=False)
        after = replace(after, up=_with(world.up, AGENT, ()), down=_with(world.down, AGENT, ()))
        return self.tell(replace(after, due=world.due & _held(world.sides[VISITOR])), VISITOR, Queued())

    def _agents(self, world: World, side: Memory, *, is_here: bool) -> World:
        sides, known = _with(world.sides, AGENT, side), _with(world.known, AGENT, is_here)
        return replace(world, sides=sides, talking=is_here, open=_with(world.open, AGENT, is_here), known=known)


Next = tuple[object, World, Faults]
"""What happens, what is then, and what may still fail."""


class Play:
    """What can happen next."""

    def __init__(self, rules: Rules, server: Server) -> None:
        self.rules, self.server = rules, server

    def nexts(self, world: World, faults: Faults) -> Iterator[Next]:
        for i in SIDES:
            if i == VISITOR or world.talking:
                yield from self._of_side(world, faults, i)
            yield from self._under_way(world, faults, i, "down", self.deliver)
            yield from self._under_way(world, faults, i, "up", self.handle)
        if not world.talking:
            yield "join", self.server.join(world), faults
        elif left := faults.without("handed_over"):
            yield "leave", self.server.leave(world), left

    def _of_side(self, world: World, faults: Faults, i: int) -> Iterator[Next]:
        who, is_open = NAMES[i], world.open[i]
        if world.said[i] < len(TEXTS[i]):
            yield f"{who} says", self.say(world, i), faults
        if not is_open:
            yield f"{who} reopens", self.reopen(world, i), faults
        if (left := faults.without("forgotten")) and not world.sides[i].lost:
            yield f"{who} forgets", self.forget(world, i), left
        if is_open and (left := faults.without("cuts")):
            yield f"{who} is cut", self.cut(world, i), left
        if is_open and (left := faults.without("timers")):
            yield f"{who} again", self.again(world, i), left
            if world.sides[i].owes:
                yield f"{who} acknowledges", self.acknowledge(world, i), left

    def _under_way(
        self, world: World, faults: Faults, i: int, way: str, arrive: Callable[[World, int, int], World]
    ) -> Iterator[Next]:
        queues: Pair = getattr(world, way)
        for k, frame in enumerate(queues[i]):
            if left := faults.without("overtaken") if k else faults:
                yield (way, NAMES[i], frame), arrive(world, i, k), left
        if queues[i] and (left := faults.without("lost")):
            yield ("lost", NAMES[i], queues[i][0]), replace(world, **{way: _with(queues, i, queues[i][1:])}), left
        if queues[i] and (left := faults.without("doubled")):
            doubled = replace(world, **{way: _with(queues, i, (*queues[i], queues[i][0]))})
            yield ("doubled", NAMES[i], queues[i][0]), arrive(doubled, i, 0), left

    def did(self, world: World, i: int, step: Step) -> World:
        side, sent = step
        world = replace(world, sides=_with(world.sides, i, side))
        for frame in sent if world.open[i] else ():
            world = self.server.take(world, i, frame)
        return world

    def say(self, world: World, i: int) -> World:
        text = TEXTS[i][world.said[i]]
        world = replace(world, said=_with(world.said, i, world.said[i] + 1), due=world.due | {text})
        return self.did(world, i, self.rules.say(world.sides[i], text, ""))

    def deliver(self, world: World, i: int, k: int) -> World:
        queue = world.down[i]
        world = replace(world, down=_with(world.down, i, queue[:k] + queue[k + 1 :]))
        return self.did(world, i, self.rules.take(world.sides[i], queue[k]))

    def handle(self, world: World, i: int, k: int) -> World:
        queue = world.up[i]
        world = replace(world, up=_with(world.up, i, queue[:k] + queue[k + 1 :]))
        return self.server.resume(world, i, queue[k][1], is_open=queue[k][0])

    def acknowledge(self, world: World, i: int) -> World:
        return self.did(world, i, self.rules.acknowledge(world.sides[i]))

    def again(self, world: World, i: int) -> World:
        """What was not answered is sent again, and a heartbeat."""
        side = world.sides[i]
        step = self.rules.resume(side) if side.asks else (side, side.outbox)
        return self.server.heartbeat(self.did(world, i, step), i)

    def cut(self, world: World, i: int) -> World:
        """What is under way to the socket is lost; what came from it may still be taken."""
        up = _with(world.up, i, tuple((False, frame) for _, frame in world.up[i]))
        down, known = _with(world.down, i, ()), _with(world.known, i, False)
        return replace(world, open=_with(world.open, i, False), known=known, up=up, down=down)

    def reopen(self, world: World, i: int) -> World:
        world = replace(world, open=_with(world.open, i, True))
        return self.did(world, i, self.rules.resume(world.sides[i]))

    def forget(self, world: World, i: int) -> World:
        sides = _with(world.sides, i, self.rules.lose(world.sides[i]))
        return self.cut(replace(world, sides=sides, due=world.due & _held(world.sides[1 - i])), i)

    def calmer(self, world: World, *, patiently: bool) -> World:
        """What comes next when nothing fails any more; `patiently`: also what only comes again by its time."""
        for i in SIDES:
            if world.down[i]:
                return self.deliver(world, i, 0)
            if world.up[i]:
                return self.handle(world, i, 0)
        return self._stirred(world, patiently=patiently)

    def _stirred(self, world: World, *, patiently: bool) -> World:
        if not world.talking:
            world = self.server.join(world)
        for i in SIDES:
            if not world.open[i]:
                world = self.reopen(world, i)
            if world.sides[i].owes:
                world = self.acknowledge(world, i)
            if patiently:
                world = self.again(world, i)
        return world


@cache
def _misshown(transcript: tuple[Entry, ...]) -> str:
    """What no transcript may be at any moment."""
    texts = [each.text for each in transcript]
    if len(texts) != len(set(texts)):
        return f"shown twice: {texts}"
    of = [[each.text for each in transcript if each.from_[0] == name] for name in NAMES]
    return "" if of == [sorted(t for t in texts if t[0] == name) for name in NAMES] else f"out of order: {texts}"


def _unsettled(world: World) -> str:
    """What is wrong when nothing is under way any more."""
    visitors, agents = (_held(side) for side in world.sides)
    if not world.due <= visitors & agents:
        return f"missing: {sorted(world.due - visitors & agents)}"
    if visitors != agents:
        return f"not the same: {sorted(visitors)}, {sorted(agents)}"
    if any(side.leg != world.leg or not side.begun for side in world.sides):
        return "left behind"
    if any(side.outbox or side.early or side.asks or side.owes or side.unsaid for side in world.sides):
        return "waits for ever"
    visitor, agent = world.sides
    return "" if visitor.intro in {None, agent.intro} else "not introduced"


LONGEST = 200
"""Steps in which everything settles."""
Node = tuple[World, Faults]


@dataclass
class Search:
    """Breadth first, so that the first way to a wrong world is a shortest one.

    From every world all must settle. As long as frames were lost by cuts only, it must settle promptly: without
    anything that is sent again by its time.
    """

    play: Play
    faults: Faults
    came: dict[Node, tuple[Node, object] | None] = field(default_factory=dict)
    fine: tuple[set[World], set[World]] = field(default_factory=lambda: (set(), set()))
    wrong: str = ""

    def run(self) -> "Search":
        first = (World(), self.faults)
        self.came[first] = None
        queue = deque([first])
        while queue:
            node = queue.popleft()
            if wrong := self._wrong(*node):
                self.wrong = "\n".join([*map(str, self._way(node)), wrong])
                break
            for what, world, faults in self.play.nexts(*node):
                if (world, faults) not in self.came:
                    self.came[world, faults] = (node, what)
                    queue.append((world, faults))
        return self

    def _wrong(self, world: World, faults: Faults) -> str:
        found = self._misshown(world) or self._lasting(world, patiently=True)
        is_prompt = faults[:3] == self.faults[:3]
        return found or (self._lasting(world, patiently=False) if is_prompt else "")

    def _misshown(self, world: World) -> str:
        return _misshown(world.sides[0].transcript) or _misshown(world.sides[1].transcript)

    def _lasting(self, world: World, *, patiently: bool) -> str:
        """What stays wrong from here on."""
        passed: list[World] = []
        while world not in self.fine[patiently]:
            passed.append(world)
            after = self.play.calmer(world, patiently=patiently)
            if wrong := _unsettled(world) if after == world else self._misshown(after):
                return f"{wrong}, {'in the end' if patiently else 'promptly'}"
            if after == world:
                break
            if len(passed) > LONGEST:
                return "does not settle"
            world = after
        self.fine[patiently].update(passed)
        return ""

    def _way(self, node: Node) -> list[object]:
        steps: list[object] = []
        while came := self.came[node]:
            node, what = came
            steps.append(what)
        return steps[::-1]


@pytest.fixture
def _no_collector():
    """Worlds have no cycles, and there are many of them."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize(
    "faults",
    [
        Faults(cuts=2),
        Faults(cuts=1, lost=1),
        Faults(cuts=1, timers=1),
        Faults(lost=1, timers=1),
        Faults(lost=1, doubled=1),
        Faults(doubled=1, overtaken=1),
        Faults(forgotten=2),
        Faults(forgotten=1, cuts=1),
        Faults(forgotten=1, lost=1),
        Faults(forgotten=1, doubled=1),
        Faults(forgotten=1, overtaken=1),
        Faults(forgotten=1, timers=1),
        Faults(handed_over=1, forgotten=1),
        Faults(handed_over=1, cuts=1),
        Faults(handed_over=1, lost=1),
        Faults(handed_over=1, overtaken=1),
    ],
    ids=repr,
)
def test_whatever_fails_nothing_is_lost_doubled_or_out_of_order(faults, capsys):
    search = Search(Play(Rules(), Server()), faults).run()
    with capsys.disabled():
        print(f" {faults}: {len(search.came):,} states ", end="")
    assert search.wrong == ""


class ShowsAgain(Rules):
    """Does not look whether it has shown a message."""

    def hear(self, side: Memory, message: Message) -> Step:
        if side.begun and message.leg == side.leg and message.n <= side.shown:
            return replace(self.show(side, message), shown=side.shown), ()
        return super().hear(side, message)


class ShowsEarlyOnes(Rules):
    def place(self, side: Memory, message: Message) -> Memory:
        return self.show(side, message)


class RestsAfterResumed(Rules):
    """Does not send again what may have been lost with its socket."""

    def resumed(self, side: Memory, leg: int) -> Step:
        after, sent = super().resumed(side, leg)
        return after, (sent if leg > side.leg else ())


class RestsAfterPeerBack(Rules):
    def peer_back(self, side: Memory, leg: int, shown: int) -> Step:
        after, sent = super().peer_back(side, leg, shown)
        return after, (sent if leg > side.leg else ())


class EmptiesItsOutbox(Rules):
    def resume(self, side: Memory) -> Step:
        after, sent = super().resume(side)
        return replace(after, outbox=()), sent


class DoesNotReplay(Rules):
    def parts(self, _: Memory) -> Iterator[tuple[Entry, ...]]:
        yield from ()


class TakesOlderLegs(Rules):
    def hear(self, side: Memory, message: Message) -> Step:
        return super().hear(side, replace(message, leg=max(message.leg, side.leg)))


class CountsOn(Rules):
    """Begins a leg with the counts of the one before."""

    def fresh(self, side: Memory, leg: int) -> Memory:
        return replace(super().fresh(side, leg), sent=side.sent, shown=side.shown)


class Took(Memory, frozen=True):
    takes: bool = True


class TakesAllOrNothing(Rules):
    """Takes the whole of a replay if it began the leg with nothing, else nothing of it."""

    def fresh(self, side: Memory, leg: int) -> Memory:
        return Took(side.role, side.intro, leg, begun=True, transcript=side.transcript, takes=not side.transcript)

    def merge(self, side: Memory, replay: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return (*replay, *side.transcript) if isinstance(side, Took) and side.takes else side.transcript


class OnlyReplaysWhatItSaidWaiting(Rules):
    """Has it in its transcript at once, as if it had been said in a leg before the first."""

    def say(self, side: Memory, text: str, at: str) -> Step:
        if side.begun:
            return super().say(side, text, at)
        entry = Entry(side.role, 0, len(side.transcript) + 1, text, at)
        return replace(side, transcript=(*side.transcript, entry)), ()


class RelaysAnyCount(Server):
    """Tells the other side what was shown, of whatever leg it was."""

    def relayed(self, shown: int, **_: bool) -> int:
        return shown


class SilentElsewhere(Server):
    """Leaves a heartbeat unanswered on a socket that is not the chat's."""

    def elsewhere(self, world: World, _: int) -> World:
        return world


class TellsTheLegElsewhere(Server):
    """Tells a socket that is not the chat's which leg is on, and no more."""

    def elsewhere(self, world: World, i: int) -> World:
        return self.answer(world, i, Joined(world.leg)) if world.talking else world


@pytest.mark.parametrize(
    ("broken", "faults"),
    [
        (ShowsAgain, Faults(cuts=1)),
        (ShowsEarlyOnes, Faults(cuts=1)),
        (RestsAfterResumed, Faults(cuts=1)),
        (RestsAfterPeerBack, Faults(cuts=1)),
        (EmptiesItsOutbox, Faults(cuts=1)),
        (DoesNotReplay, Faults(forgotten=1)),
        (TakesOlderLegs, Faults(forgotten=1, overtaken=1)),
        (CountsOn, Faults(forgotten=1)),
        (TakesAllOrNothing, Faults(forgotten=1)),
        (OnlyReplaysWhatItSaidWaiting, Faults(forgotten=1)),
        (RelaysAnyCount, Faults(forgotten=1, overtaken=1)),
        (SilentElsewhere, Faults(forgotten=1, overtaken=1, lost=1)),
        (TellsTheLegElsewhere, Faults(forgotten=1, overtaken=1, lost=1)),
    ],
)
def test_a_rule_that_is_broken_is_found(broken, faults):
    is_server = issubclass(broken, Server)
    search = Search(Play(Rules() if is_server else broken(), broken() if is_server else Server()), faults).run()
    assert search.wrong


def _page(role: Role = "visitor") -> tuple[Talker, InjectedWire, list[Frame], list[float]]:
    """A page, its present socket, what it sends, and its clock."""
    sent: list[Frame] = []
    wire, now = InjectedWire(sent.append), [0.0]
    return Talker(role, lambda: wire, lambda: now[0]), wire, sent, now


def test_a_page_asks_again_for_what_was_not_answered():
    page, wire, sent, now = _page()
    page.start(INTRO, "ka")
    for now[0] in (5, 6):
        page.pump()
    assert [frame["action"] for frame in sent] == ["chat.start"] * 2
    wire.frames.append({"event": "chat.queued", "chat": "c", "position": 1})
    now[0] = 20
    page.pump()
    assert len(sent) == 2


@pytest.mark.parametrize(
    "told", [_joined(3), _message(7, "ა"), {"event": "error", "code": "chat_elsewhere", "message": "", "chat": "c"}]
)
def test_a_page_that_hears_of_a_chat_it_does_not_know_has_lost_its_memory(told):
    page, wire, sent, _ = _page("agent")
    wire.frames.append(told)
    page.pump()
    assert sent == [{"action": "chat.resume", "chat": "c", "leg": 0, "sent": 0, "shown": 0, "lost": True}]


def test_a_visitor_who_has_a_chat_already_resumes_it_and_introduces_himself_again():
    page, wire, sent, _ = _page()
    page.start(INTRO, "ka")
    wire.frames += [{"event": "error", "code": "chat_exists", "message": "", "chat": "c"}, _resumed(4)]
    page.pump()
    assert [(frame["action"], frame.get("leg")) for frame in sent[1:]] == [("chat.resume", 0), ("chat.message", 4)]
    assert sent[1]["lost"]
    assert sent[2]["body"]["intro"]["name"] == INTRO.name


def test_a_page_that_has_sent_nothing_for_25_seconds_tells_what_it_believes():
    _, sent = _chatting(seconds=60, types=False)
    pings = [frame for frame in sent if frame["action"] == "ping"]
    assert pings == [{"action": "ping", "chats": [{"chat": "c", "leg": 1}]}] * 2


def test_a_page_that_sends_other_things_all_the_time_tells_what_it_believes_every_100_seconds():
    _, sent = _chatting(seconds=220, types=True)
    assert [frame["action"] for frame in sent].count("ping") == 2


def _chatting(*, seconds: int, types: bool) -> tuple[Talker, list[Frame]]:
    page, wire, sent, now = _page("agent")
    page.accepts = True
    wire.frames += [{"event": "chat.offered", "chat": "c", "leg": 1}, _joined()]
    for now[0] in range(0, seconds, 5):
        page.pump()
        if types:
            page.type()
    return page, sent


VISITORS, AGENTS = ("ana", "beka", "gio"), ("nino", "levan")
Wires = dict[Role, InjectedWire | None]


@dataclass
class Line:
    """A chat as a server knows it."""

    agent: str
    wires: Wires
    leg: int = 0
    talking: bool = False


class Desk:
    """A server of this process on a bad line, and a clock that goes by steps.

    It offers a chat to the agent whose turn it is, and hands it over to the next one. A visitor's chat has his name.
    """

    def __init__(self, seed: int) -> None:
        self.random, self.now, self.is_bad = random.Random(seed), 1e9, True
        self.lines: dict[str, Line] = {}
        self.agents: dict[str, InjectedWire] = {}
        self.under_way: list[Callable[[], None]] = []

    def talker(self, name: str, role: Role) -> Talker:
        return Talker(role, lambda: self._open(name, role), lambda: self.now, accepts=True)

    def step(self) -> None:
        """Time passes, and some of what is under way arrives: on a bad line in any order, or not at all, or twice."""
        self.now += 0.5
        for _ in range(len(self.under_way)):
            k = self.random.randrange(min(4, len(self.under_way))) if self.is_bad else 0
            self.under_way.pop(k)()

    def offer(self, name: str) -> None:
        line = self.lines[name]
        self._tell(line.wires["agent"], "chat.left", name, why="transferred")
        self._tell(line.wires["visitor"], "chat.queued", name, position=1)
        line.leg, line.talking, line.wires["agent"] = line.leg + 1, False, None
        line.agent = AGENTS[line.leg % 2]
        self._tell(self.agents[line.agent], "chat.offered", name, leg=line.leg)

    def _open(self, name: str, role: Role) -> InjectedWire:
        wire = InjectedWire(lambda frame: self._post(lambda: self._take(wire, name, role, dict(frame)), frame))
        return wire

    def _post(self, arrive: Callable[[], None], frame: Frame) -> None:
        assert len(json.dumps(frame, ensure_ascii=False).encode()) <= 32 * 1024
        self.under_way += [arrive] * (self.random.choice((0, 1, 1, 1, 1, 1, 1, 2)) if self.is_bad else 1)

    def _tell(self, wire: InjectedWire | None, event: str, chat: str, **facts: Any) -> None:
        frame = {"event": event, "chat": chat, **facts}
        if wire is not None:
            self._post(lambda: wire.frames.append(frame), frame)

    def _take(self, wire: InjectedWire, name: str, role: Role, frame: Frame) -> None:
        action, chat = frame.pop("action"), frame.pop("chat", name)
        if action == "chat.start":
            self._start(name, wire)
        elif action == "agent.status":
            self.agents[name] = wire
            self._tell(wire, "agent.status", "")
        elif action == "ping":
            self._hear(name, role, wire, frame["chats"])
        elif role == "agent" and self.lines[chat].agent != name:
            self._tell(wire, "error", chat, code="chat_over")
        else:
            self._talk(action, chat, role, wire, frame)

    def _start(self, name: str, wire: InjectedWire) -> None:
        if name not in self.lines:
            self.lines[name] = Line("", {"visitor": wire, "agent": None})
            self.offer(name)

    def _hear(self, name: str, role: Role, wire: InjectedWire, believed: list[Frame]) -> None:
        known = {each["chat"]: each["leg"] for each in believed}
        for chat, line in self.lines.items():
            if name in (chat, line.agent) and known.get(chat) != line.leg:
                self._stand(chat, line, role, wire)
            elif chat in known and name in (chat, line.agent) and line.wires[role] is not wire:
                self._tell(wire, "error", chat, code="chat_elsewhere")

    def _stand(self, chat: str, line: Line, role: Role, wire: InjectedWire) -> None:
        if not line.talking and role == "agent":
            self._tell(wire, "chat.offered", chat, leg=line.leg)
        elif line.wires[role] is not wire:
            self._tell(wire, "error", chat, code="chat_elsewhere")
        elif line.talking:
            self._tell(wire, "chat.joined", chat, leg=line.leg)

    def _talk(self, action: str, chat: str, role: Role, wire: InjectedWire, frame: Frame) -> None:
        line, other = self.lines[chat], _other(role)
        if action == "chat.accept" and frame["leg"] == line.leg:
            line.talking, line.wires["agent"] = True, wire
            for each in line.wires.values():
                self._tell(each, "chat.joined", chat, leg=line.leg)
        elif action == "chat.resume":
            self._resume(chat, line, role, wire, frame)
        elif line.wires[role] is not wire:
            self._tell(wire, "error", chat, code="chat_elsewhere")
        elif not line.talking or frame["leg"] != line.leg:
            self._tell(wire, "error", chat, code="leg_over", leg=line.leg)
        else:
            self._tell(line.wires[other], action, chat, at="2026-11-27T10:00:00.000Z", **frame)

    def _resume(self, chat: str, line: Line, role: Role, wire: InjectedWire, frame: Frame) -> None:
        if not line.talking:
            line.wires[role] = wire if role == "visitor" else None
            self._tell(line.wires[role], "chat.queued", chat, position=1)
            return
        line.leg, line.wires[role] = line.leg + frame["lost"], wire
        shown = frame["shown"] if frame["leg"] == line.leg else 0
        self._tell(wire, "chat.resumed", chat, leg=line.leg)
        facts = {"leg": line.leg, "sent": frame["sent"], "shown": shown, "lost": frame["lost"]}
        self._tell(line.wires[_other(role)], "chat.peer_back", chat, **facts)


def _other(role: Role) -> Role:
    return "agent" if role == "visitor" else "visitor"


@dataclass
class Evening:
    """Three visitors, two agents, and what was said between whom."""

    desk: Desk
    talkers: dict[str, Talker] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in AGENTS:
            self.talkers[name] = self.desk.talker(name, "agent")
            self.talkers[name].status("ka", capacity=3)
        self.go(100)
        for name in VISITORS:
            self.talkers[name], self.said[name] = self.desk.talker(name, "visitor"), []
            self.talkers[name].start(INTRO, "ka")

    def go(self, steps: int) -> None:
        for _ in range(steps):
            for each in self.talkers.values():
                each.pump()
            self.desk.step()

    def something_happens(self) -> None:
        name = self.desk.random.choice(VISITORS)
        talker, agent = self.talkers[name], self.talkers[self.desk.lines[name].agent]
        what = self.desk.random.random()
        if what < 0.02:
            self.desk.random.choice([*self.talkers.values()]).cut()
        elif what < 0.03:
            agent.reload(kept=False)
        elif what < 0.035:
            self.desk.offer(name)
        elif name in talker.sides:
            self.said[name].append(f"{name} {len(self.said[name])}")
            talker.say(self.said[name][-1])
            if name in agent.sides:
                agent.say(f"to {name}", name)


@pytest.mark.parametrize("seed", range(20))
def test_chats_of_an_evening_stay_whole_and_apart(seed):
    evening = Evening(Desk(seed))
    evening.go(200)
    for _ in range(200):
        evening.something_happens()
        evening.go(2)
    evening.desk.is_bad = False
    evening.go(400)
    for name in VISITORS:
        visitor, agent = evening.talkers[name].side, evening.talkers[evening.desk.lines[name].agent].of(name)
        assert [text for role, text in visitor.texts if role == "visitor"] == evening.said[name]
        assert sorted(visitor.texts) == sorted(agent.texts)
        assert {text for role, text in visitor.texts if role == "agent"} <= {f"to {name}"}
        assert agent.memory.intro == INTRO
        assert visitor.is_settled
        assert agent.is_settled
