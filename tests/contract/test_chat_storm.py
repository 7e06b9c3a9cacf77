"""Two hundred chats at once over sockets that break: nothing that was said is lost, doubled, out of order or mixed up.

The real handlers and the real table's emulation; the sockets and the clock are the test's. Frames of either direction
come late, in another order and twice; pages are loaded anew with their memory or without it; agents hand over.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count, product
from random import Random
from typing import Any

import pytest

from tests.chatting import InjectedWire, Intro, Rules, Side, Talker
from tests.contract.conftest import Api
from tests.contract.floor import Floor, Line, opened_floor
from tests.unit.test_chat_protocol import DoesNotReplay, ShowsAgain, ShowsEarlyOnes


@dataclass(frozen=True)
class Size:
    """How many there are of each; `reloads` a side."""

    chats: int
    agents: int
    cuts: int
    reloads: int
    handovers: int


WHOLE = Size(chats=200, agents=25, cuts=1000, reloads=50, handovers=10)
SMALL = Size(chats=20, agents=3, cuts=100, reloads=6, handovers=3)
TEXTS = 5
"""What each side of each chat says."""
LASTS = 150.0
"""Seconds of the test's clock in which all of that happens."""
SETTLED_WITHIN = 300.0
STEP = 0.5
LATEST = 4.0
TWICE = 0.1
"""How many frames come twice."""


class NotSettled(Exception):
    """It does not come to an end."""


@dataclass
class Storm:
    """The floor with talkers on it, and everything that is on its way between them."""

    floor: Floor
    random: Random
    on_the_way: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    ordinal: Iterator[int] = field(default_factory=count)
    lines: dict[int, Line] = field(default_factory=dict)
    wires: dict[str, InjectedWire] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    read: int = 0
    rules: Rules = field(default_factory=Rules)
    size: Size = WHOLE

    @property
    def clock(self) -> float:
        return self.floor.now.timestamp()

    def talker(self, role: Any, open_line: Callable[[], Line]) -> Talker:
        return Talker(role, lambda: self._wire(open_line), lambda: self.clock, rules=self.rules)

    def _wire(self, open_line: Callable[[], Line]) -> InjectedWire:
        line = open_line()
        wire = InjectedWire(lambda frame: self._later(lambda: self._reach(line, wire, json.dumps(frame))))
        self.wires[line.id] = wire
        self.lines[id(wire)] = line
        return wire

    def _reach(self, line: Line, wire: InjectedWire, text: str) -> None:
        if not wire.closed:
            self.floor.receive(line.id, text)

    def _later(self, do: Callable[[], None]) -> None:
        """It happens after a while, which is another one for each, and now and then twice."""
        for _ in range(2 if self.random.random() < TWICE else 1):
            late = self.random.choice([0.0, 0.05, 0.1, self.random.uniform(0, LATEST)])
            heappush(self.on_the_way, (self.clock + late, next(self.ordinal), do))

    def cut(self, talker: Talker, *, is_told: bool) -> None:
        """The socket breaks; what was on its way is lost, and API Gateway notices, or not yet."""
        line = self.lines[id(talker._wire)]
        talker.cut()
        (line.close if is_told else line.vanish)()

    def step(self) -> None:
        """Half a second goes by."""
        end = self.clock + STEP
        while self.on_the_way and self.on_the_way[0][0] <= end:
            at, _, do = heappop(self.on_the_way)
            self.floor.now = max(self.floor.now, datetime.fromtimestamp(at, UTC))
            do()
            self._hand_frames_on()
        self.floor.pass_time(max(0.0, end - self.clock))
        self._hand_frames_on()

    def _hand_frames_on(self) -> None:
        sent = self.floor.door.wires.sent
        new, self.read = sent[self.read :], len(sent)
        for to, frame in new:
            self.seen[frame["event"] + frame.get("code", "")] += 1
            wire = self.wires.get(to)
            if wire is not None:
                self._later(lambda wire=wire, frame=frame: None if wire.closed else wire.frames.append(frame))  # type: ignore[misc]  # mypy infers no lambda with a default


@pytest.fixture
def storm(api: Api) -> Iterator[Storm]:
    with opened_floor(api) as floor:
        yield Storm(floor, Random(6))


@dataclass
class Pair:
    """A visitor's chat, with what was said in it by either side."""

    visitor: Talker
    name: str
    said: list[tuple[str, str]] = field(default_factory=list)
    handed_over: tuple[Any, float] | None = None
    """The agent's side that asked to hand over, and when: until he knows what came of it he says nothing more."""

    @property
    def chat(self) -> str:
        return self.visitor.side.chat


def _gathered(storm: Storm) -> tuple[list[Pair], list[Talker]]:
    floor = storm.floor
    agents = []
    for n in range(storm.size.agents):
        first = floor.agent(f"agent-{n}")
        agents.append(storm.talker("agent", lambda first=first: floor.again(first)))  # type: ignore[misc]  # mypy infers no lambda with a default
        agents[-1].accepts = True
        agents[-1].status("ka", capacity=10)
    pairs = []
    for n in range(storm.size.chats):
        first = floor.visitor(f"visitor-{n}")
        pairs.append(Pair(storm.talker("visitor", lambda first=first: floor.again(first)), f"v{n}"))  # type: ignore[misc]  # mypy infers no lambda with a default
    _settle(storm, [], agents, lambda: storm.seen["agent.status"] >= storm.size.agents)
    for pair in pairs:
        pair.visitor.start(Intro(pair.name, "+995", f"{pair.name} asks"), "ka")
    return pairs, agents


def _settle(storm: Storm, pairs: list[Pair], agents: list[Talker], is_done: Callable[[], bool]) -> None:
    end = storm.clock + SETTLED_WITHIN
    while not is_done():
        if storm.clock > end:
            raise NotSettled(f"not settled: {storm.seen}")
        _pump(storm, pairs, agents)


def _pump(storm: Storm, pairs: list[Pair], agents: list[Talker]) -> None:
    for talker in [*agents, *(pair.visitor for pair in pairs)]:
        talker.pump()
    storm.step()


def _agent_of(pair: Pair, agents: list[Talker]) -> Talker | None:
    return next((each for each in agents if pair.chat in each.sides), None)


def _is_settled(pairs: list[Pair], agents: list[Talker]) -> bool:
    for pair in pairs:
        agent = _agent_of(pair, agents) if pair.visitor.sides else None
        if agent is None or not pair.visitor.side.is_settled or not agent.sides[pair.chat].is_settled:
            return False
        if pair.visitor.side.memory.leg != agent.sides[pair.chat].memory.leg:
            return False
    return True


def test_two_hundred_chats_over_a_thousand_cuts_lose_double_and_mix_up_nothing(
    storm: Storm, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _played(storm) == []
    with capsys.disabled():
        print(f"\n{storm.size}: {dict(storm.seen)}")


@pytest.mark.parametrize("broken", [ShowsAgain, ShowsEarlyOnes, DoesNotReplay])
def test_a_client_that_breaks_a_rule_is_found(storm: Storm, broken: type[Rules]) -> None:
    """The control."""
    storm.rules, storm.size = broken(), SMALL
    assert _played(storm)


def test_a_small_storm_finds_nothing_where_no_rule_is_broken(storm: Storm) -> None:
    """The control's own."""
    storm.size = SMALL
    assert _played(storm) == []


def _played(storm: Storm) -> list[str]:
    """What is wrong once all has been said and everything has settled, or has not."""
    pairs, agents = _gathered(storm)
    try:
        _settle(storm, pairs, agents, lambda: _is_settled(pairs, agents))
        _rage(storm, pairs, agents)
        _settle(storm, pairs, agents, lambda: _is_settled(pairs, agents))
    except NotSettled as error:
        return [str(error)]
    return [problem for pair in pairs for problem in _problems(pair, agents)]


def _rage(storm: Storm, pairs: list[Pair], agents: list[Talker]) -> None:
    """Everybody says what he has to say, while everything breaks. What cannot happen now happens a little later."""
    random = storm.random
    plan: list[Callable[[], bool]] = []
    for pair, n in product(pairs, range(TEXTS)):
        plan.append(partial(_say, pair, pair.visitor, "visitor", f"{pair.name} v{n}"))
        plan.append(partial(_answer, pair, agents, f"{pair.name} a{n}"))
    plan += [lambda: _cut(storm, random.choice([*agents, *_visitors(pairs)]))] * storm.size.cuts
    for side, kept in product((agents, _visitors(pairs)), (True, False)):
        plan += [partial(_reload, storm, side, lambda chat: _sides(chat, pairs, agents), kept=kept)] * (
            storm.size.reloads // 2
        )
    plan += [lambda: _hand_over(random.choice(pairs), pairs, agents)] * storm.size.handovers
    due = [(random.uniform(0, LASTS), n) for n in range(len(plan))]
    heapify(due)
    began = storm.clock
    while due:
        while due and due[0][0] <= storm.clock - began:
            at, n = heappop(due)
            if not plan[n]():
                heappush(due, (at + random.uniform(0.5, 5), n))
        if storm.clock > began + LASTS + SETTLED_WITHIN:
            raise NotSettled(f"{len(due)} could not happen")
        _pump(storm, pairs, agents)


def _visitors(pairs: list[Pair]) -> list[Talker]:
    return [pair.visitor for pair in pairs]


def _say(pair: Pair, talker: Talker, role: str, text: str) -> bool:
    talker.say(text, pair.chat)
    pair.said.append((role, text))
    return True


def _answer(pair: Pair, agents: list[Talker], text: str) -> bool:
    agent = _agent_of(pair, agents)
    if agent is None or _is_leaving(pair, agent):
        return False
    return _say(pair, agent, "agent", text)


def _is_leaving(pair: Pair, agent: Talker) -> bool:
    side, at = pair.handed_over or (None, 0.0)
    return side is agent.sides[pair.chat] and agent._clock() < at + 2 * LATEST


def _cut(storm: Storm, talker: Talker) -> bool:
    if talker._wire.is_closed():
        return False
    storm.cut(talker, is_told=storm.random.random() < 0.5)
    return True


def _reload(storm: Storm, some: list[Talker], sides: Callable[[str], list[Side]], *, kept: bool) -> bool:
    """A page that kept no memory had nothing that only it knew."""
    talker = storm.random.choice(some)
    if talker._wire.is_closed() or not (kept or all(_is_shared(sides(chat)) for chat in talker.sides)):
        return False
    storm.cut(talker, is_told=True)
    talker.reload(kept=kept)
    return True


def _sides(chat: str, pairs: list[Pair], agents: list[Talker]) -> list[Side]:
    """Both sides of a chat; none while it is handed over, when the visitor alone brings what was said along."""
    pair = next(each for each in pairs if each.chat == chat)
    agent = _agent_of(pair, agents)
    leaving, _ = pair.handed_over or (None, 0.0)
    return [] if agent is None or agent.sides[chat] is leaving else [pair.visitor.side, agent.sides[chat]]


def _is_shared(sides: list[Side]) -> bool:
    """Whether each has all that the other has: he too may have lost his memory a moment ago, or be a new one."""
    standing = {(each.is_settled, each.memory.leg, frozenset(each.texts)) for each in sides}
    return len(standing) == 1 and all(each.is_settled for each in sides)


def _hand_over(pair: Pair, pairs: list[Pair], agents: list[Talker]) -> bool:
    agent = _agent_of(pair, agents)
    if agent is None or not _is_shared(_sides(pair.chat, pairs, agents)):
        return False
    agent.transfer(pair.chat)
    pair.handed_over = agent.sides[pair.chat], agent._clock()
    return True


def _problems(pair: Pair, agents: list[Talker]) -> Iterator[str]:
    """Where what either side shows is not what was said."""
    agent = _agent_of(pair, agents)
    assert agent is not None
    for who, shown in (("visitor", pair.visitor.texts()), ("agent", agent.texts(pair.chat))):
        for role in ("visitor", "agent"):
            said = [text for by, text in pair.said if by == role]
            seen = [text for by, text in shown if by == role]
            if said != seen:
                yield f"{pair.name}, at the {who}: {role} said {said}, shown {seen}"
