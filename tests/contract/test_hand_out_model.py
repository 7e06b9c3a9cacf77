"""The hand-out under whatever people do: what they are told never breaks the rules, and nobody waits for nothing.

The oracle knows nothing of the tables: it reads the frames that each got, and remembers who was silent since when.
"""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.contract.conftest import Api
from tests.contract.floor import Floor, Line, opened_floor
from tests.contract.test_hand_out import _hold

ACCEPTED_WITHIN, AWAY = timedelta(seconds=30), timedelta(seconds=95)
LOCALES = st.sampled_from([["ka"], ["ka", "ru"], ["ru", "ka"], ["ru"]])
T = TypeVar("T")
NTH = st.integers(0, 9)


@dataclass
class Person:
    """A visitor or an agent, as he sees things: his line, whether it works, and what he was told on it."""

    line: Line
    heard_of: datetime
    is_open: bool = True
    is_frozen: bool = False
    is_available: bool = False
    capacity: int = 0
    locales: tuple[str, ...] = ()
    offers: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    chats: dict[str, int] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        return self.is_open and not self.is_frozen


class HandOut(RuleBasedStateMachine):
    """Agents and visitors who come, go, freeze, accept, end and hand over, while time goes by."""

    api: ClassVar[Api]

    def __init__(self) -> None:
        super().__init__()
        self.ending = ExitStack()
        self.floor: Floor = self.ending.enter_context(opened_floor(self.api))
        self._know_hashes()
        self.agents: list[Person] = []
        self.visitors: list[Person] = []
        self.told = 0

    def _know_hashes(self) -> None:
        """A run is to be like the next one: of two that came at once, the id decides, which begins with a hash."""
        from chalicelib.adapters import places

        patch = self.ending.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(places, "keyed_hash", lambda text: hashlib.sha256(text.encode()).hexdigest()[:16])

    def teardown(self) -> None:
        self.ending.close()

    @initialize(capacity=st.integers(1, 3))
    def some_are_there(self, capacity: int) -> None:
        self.an_agent_comes(capacity, ["ka", "ru"])
        self.an_agent_comes(2, ["ka"])
        for _ in range(3):
            self.a_visitor_comes(["ka", "ru"])

    @precondition(lambda self: len(self.agents) < 5)
    @rule(capacity=st.integers(1, 3), locales=LOCALES)
    def an_agent_comes(self, capacity: int, locales: list[str]) -> None:
        agent = Person(self.floor.agent(f"agent-{len(self.agents)}"), self.floor.now)
        self.agents.append(agent)
        self._take_status(agent, capacity, locales)

    @precondition(lambda self: self._there(self.agents))
    @rule(who=NTH, available=st.booleans(), capacity=st.integers(1, 3), locales=LOCALES)
    def an_agent_says_what_he_takes(self, who: int, *, available: bool, capacity: int, locales: list[str]) -> None:
        self._take_status(_nth(self._there(self.agents), who), capacity, locales, available=available)

    def _take_status(self, agent: Person, capacity: int, locales: list[str], *, available: bool = True) -> None:
        agent.is_available, agent.capacity, agent.locales = available, capacity, tuple(locales)
        self._send(agent, "agent.status", available=available, capacity=capacity, locales=locales)

    @precondition(lambda self: len(self.visitors) < 14)
    @rule(languages=LOCALES)
    def a_visitor_comes(self, languages: list[str]) -> None:
        visitor = Person(self.floor.visitor(f"visitor-{len(self.visitors)}", "demo/hotel"), self.floor.now)
        visitor.locales = tuple(languages)
        self.visitors.append(visitor)
        self._start(visitor)

    @precondition(lambda self: self._idle())
    @rule(who=NTH)
    def a_visitor_begins_anew(self, who: int) -> None:
        self._start(_nth(self._idle(), who))

    def _start(self, visitor: Person) -> None:
        self._send(visitor, "chat.start", id=uuid4().hex, languages=visitor.locales)

    @precondition(lambda self: self._with_offers())
    @rule(who=NTH, which=NTH)
    def an_agent_accepts(self, who: int, which: int) -> None:
        agent = _nth(self._with_offers(), who)
        chat = _nth(sorted(agent.offers), which)
        self._send(agent, "chat.accept", chat=chat, leg=agent.offers[chat][0])

    @precondition(lambda self: self._with_chats(self.agents))
    @rule(who=NTH, which=NTH)
    def an_agent_ends_a_chat(self, who: int, which: int) -> None:
        agent = _nth(self._with_chats(self.agents), who)
        self._send(agent, "chat.end", chat=_nth(sorted(agent.chats), which))

    @precondition(lambda self: self._with_chats(self.agents))
    @rule(who=NTH, which=NTH, to=st.none() | NTH)
    def an_agent_hands_over(self, who: int, which: int, to: int | None) -> None:
        agent = _nth(self._with_chats(self.agents), who)
        target = {} if to is None else {"to": _nth(self.agents, to).line.who.id}
        self._send(agent, "chat.transfer", chat=_nth(sorted(agent.chats), which), **target)

    @precondition(lambda self: self._with_chats(self.visitors))
    @rule(who=NTH)
    def a_visitor_ends_his_chat(self, who: int) -> None:
        visitor = _nth(self._with_chats(self.visitors), who)
        self._send(visitor, "chat.end", chat=next(iter(visitor.chats)))

    @precondition(lambda self: self._there([*self.agents, *self.visitors]))
    @rule(who=NTH, how=st.sampled_from(["close", "vanish", "freeze"]))
    def somebody_goes(self, who: int, how: str) -> None:
        person = _nth(self._there([*self.agents, *self.visitors]), who)
        getattr(person.line, how)()
        person.is_open, person.is_frozen = how == "freeze", how == "freeze"
        if how == "close":
            person.heard_of = self.floor.now
            self.floor.pass_time(0)
        self._read()

    @precondition(lambda self: self._absent())
    @rule(who=NTH)
    def somebody_comes_back(self, who: int) -> None:
        person = _nth(self._absent(), who)
        person.line, person.is_open, person.is_frozen = self.floor.again(person.line), True, False
        person.offers = {chat: offer for chat, offer in person.offers.items() if not self._has_lapsed(offer)}
        for chat, leg in list(person.chats.items()):  # he was not told what he has lost meanwhile
            self._send(person, "chat.resume", chat=chat, leg=leg, sent=0, shown=0, lost=False)
        if person in self.agents:
            self._take_status(person, person.capacity, list(person.locales))

    def _has_lapsed(self, offer: tuple[int, datetime]) -> bool:
        return self.floor.now >= offer[1] + ACCEPTED_WITHIN

    @staticmethod
    def _there(people: list[Person]) -> list[Person]:
        return [each for each in people if each.is_there]

    def _with_offers(self) -> list[Person]:
        return [each for each in self._there(self.agents) if each.offers]

    def _with_chats(self, people: list[Person]) -> list[Person]:
        return [each for each in self._there(people) if each.chats]

    def _idle(self) -> list[Person]:
        return [each for each in self._there(self.visitors) if not each.chats]

    def _absent(self) -> list[Person]:
        return [each for each in [*self.agents, *self.visitors] if not each.is_there]

    @rule(seconds=st.sampled_from([1, 5, 31, 40, 80, 100]))
    def time_goes_by(self, seconds: int) -> None:
        there = [each for each in [*self.agents, *self.visitors] if each.is_there]
        began = self.floor.now
        self.floor.pass_time(seconds, *(each.line for each in there))
        for each in there:
            beats = seconds // 25
            each.heard_of = began + timedelta(seconds=25 * beats) if beats else each.heard_of

    @precondition(lambda self: self.agents)
    @invariant()
    def the_rules_hold(self) -> None:
        _hold(self.floor)
        self._read()
        for agent in self.agents:
            for chat, (_, at) in agent.offers.items():
                if agent.is_open:
                    assert self.floor.now < at + ACCEPTED_WITHIN, f"{chat} is offered for too long"
            if agent.is_frozen and self.floor.now >= agent.heard_of + AWAY + timedelta(seconds=1):
                assert not agent.chats, "who is away keeps his chats"

    def _send(self, person: Person, action: str, **facts: Any) -> None:
        person.heard_of = self.floor.now
        person.line.send(action, **facts)
        self._read()

    def _read(self) -> None:
        """Reads what everybody was told since, in the order in which it was sent."""
        sent = self.floor.door.wires.sent
        people = {each.line.id: each for each in [*self.agents, *self.visitors]}
        new, self.told = sent[self.told :], len(sent)
        for to, frame in new:
            person = people.get(to)
            if person is not None:
                getattr(self, f"_on_{frame['event'].replace('.', '_')}", self._on_nothing)(person, frame)

    def _on_nothing(self, person: Person, frame: Any) -> None:
        """Of no account here."""

    def _on_agent_status(self, agent: Person, frame: Any) -> None:
        agent.is_available = frame["available"]

    def _on_chat_offered(self, agent: Person, frame: Any) -> None:
        if agent.offers.get(frame["chat"], (0, 0))[0] == frame["leg"]:
            return  # told again
        assert agent.is_available, "an offer to somebody who is not available"
        assert agent.is_open, "an offer to somebody who is gone"
        assert frame["locale"] in agent.locales, "an offer in a language that he does not speak"
        assert len(agent.offers) + len(agent.chats) < agent.capacity, "an offer to somebody who is full"
        assert self.floor.now < agent.heard_of + AWAY, "an offer to somebody who is away"
        for each in self.agents:
            assert frame["chat"] not in each.chats or not each.is_there, "a chat to two agents"
            each.chats.pop(frame["chat"], None)
            each.offers.pop(frame["chat"], None)
        agent.offers[frame["chat"]] = (frame["leg"], self.floor.now)

    def _on_chat_joined(self, person: Person, frame: Any) -> None:
        if person in self.agents:
            person.offers.pop(frame["chat"], None)
        person.chats[frame["chat"]] = frame["leg"]

    def _on_chat_queued(self, visitor: Person, frame: Any) -> None:
        visitor.chats[frame["chat"]] = 0

    def _on_chat_left(self, agent: Person, frame: Any) -> None:
        agent.offers.pop(frame["chat"], None)
        agent.chats.pop(frame["chat"], None)

    def _on_chat_ended(self, _: Person, frame: Any) -> None:
        for each in [*self.agents, *self.visitors]:
            each.offers.pop(frame["chat"], None)
            each.chats.pop(frame["chat"], None)

    def _on_error(self, person: Person, frame: Any) -> None:
        if frame["code"] in {"chat_over", "offer_over"}:
            person.offers.pop(frame["chat"], None)
            person.chats.pop(frame["chat"], None)


def _nth(some: Sequence[T], which: int) -> T:
    return some[which % len(some)]


@pytest.fixture
def machine(api: Api) -> type[HandOut]:
    HandOut.api = api
    return HandOut


CHECKED = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_people_do_the_rules_of_the_hand_out_hold(machine: type[HandOut]) -> None:
    run_state_machine_as_test(machine, settings=CHECKED)
