"""The hand-out under whatever people do: what they are told never breaks the rules, and nobody waits for nothing.

The oracle knows nothing of the tables: it reads the frames that each agent got, and remembers who was silent since when.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

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
LOCALES = st.sampled_from([["ka"], ["ru"], ["ka", "ru"], ["en"]])


@dataclass
class Person:
    """A visitor or an agent, as he sees things: his line, whether it works, and what he was told on it."""

    line: Line
    heard_of: datetime
    is_open: bool = True
    is_frozen: bool = False
    read: int = 0
    is_available: bool = False
    capacity: int = 0
    locales: tuple[str, ...] = ()
    offers: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    chats: dict[str, int] = field(default_factory=dict)
    state: str = "none"

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
        self.agents: list[Person] = []
        self.visitors: list[Person] = []
        self.told = 0

    def teardown(self) -> None:
        self.ending.close()

    @initialize(capacity=st.integers(1, 3), locales=LOCALES)
    def somebody_is_there(self, capacity: int, locales: list[str]) -> None:
        self.an_agent_comes(capacity, locales)

    @rule(capacity=st.integers(1, 3), locales=LOCALES)
    def an_agent_comes(self, capacity: int, locales: list[str]) -> None:
        if len(self.agents) < 5:
            agent = Person(self.floor.agent(f"agent-{len(self.agents)}"), self.floor.now)
            self.agents.append(agent)
            self._take_status(agent, True, capacity, locales)

    @rule(who=st.integers(0, 4), available=st.booleans(), capacity=st.integers(1, 3), locales=LOCALES)
    def an_agent_says_what_he_takes(self, who: int, available: bool, capacity: int, locales: list[str]) -> None:
        agent = self._one(self.agents, who)
        if agent and agent.is_there:
            self._take_status(agent, available, capacity, locales)

    def _take_status(self, agent: Person, available: bool, capacity: int, locales: list[str]) -> None:
        agent.is_available, agent.capacity, agent.locales = available, capacity, tuple(locales)
        self._send(agent, "agent.status", available=available, capacity=capacity, locales=locales)

    @rule(languages=LOCALES)
    def a_visitor_comes(self, languages: list[str]) -> None:
        if len(self.visitors) < 12:
            visitor = Person(self.floor.visitor(f"visitor-{len(self.visitors)}"), self.floor.now)
            visitor.locales = tuple(languages)
            self.visitors.append(visitor)
            self._send(visitor, "chat.start", id=visitor.line.id, languages=languages)

    @rule(who=st.integers(0, 4), which=st.integers(0, 5))
    def an_agent_accepts(self, who: int, which: int) -> None:
        agent = self._one(self.agents, who)
        if agent and agent.is_there and agent.offers:
            chat = sorted(agent.offers)[which % len(agent.offers)]
            self._send(agent, "chat.accept", chat=chat, leg=agent.offers[chat][0])

    @rule(who=st.integers(0, 4), which=st.integers(0, 5))
    def an_agent_ends_a_chat(self, who: int, which: int) -> None:
        agent = self._one(self.agents, who)
        if agent and agent.is_there and agent.chats:
            self._send(agent, "chat.end", chat=sorted(agent.chats)[which % len(agent.chats)])

    @rule(who=st.integers(0, 4), which=st.integers(0, 5), to=st.none() | st.integers(0, 4))
    def an_agent_hands_over(self, who: int, which: int, to: int | None) -> None:
        agent = self._one(self.agents, who)
        if agent and agent.is_there and agent.chats:
            target = self._one(self.agents, to) if to is not None else None
            chat = sorted(agent.chats)[which % len(agent.chats)]
            self._send(agent, "chat.transfer", chat=chat, **({"to": target.line.who.id} if target else {}))

    @rule(who=st.integers(0, 11))
    def a_visitor_ends_his_chat(self, who: int) -> None:
        visitor = self._one(self.visitors, who)
        if visitor and visitor.is_there and visitor.chats:
            self._send(visitor, "chat.end", chat=next(iter(visitor.chats)))

    @rule(who=st.integers(0, 16), how=st.sampled_from(["close", "vanish", "freeze"]))
    def somebody_goes(self, who: int, how: str) -> None:
        person = self._one([*self.agents, *self.visitors], who)
        if person and person.is_there:
            getattr(person.line, how)()
            person.is_open, person.is_frozen = how == "freeze", how == "freeze"
            if how == "close":
                person.heard_of = self.floor.now

    @rule(who=st.integers(0, 16))
    def somebody_comes_back(self, who: int) -> None:
        person = self._one([*self.agents, *self.visitors], who)
        if person is None or person.is_there:
            return
        person.line, person.read, person.is_open, person.is_frozen = self.floor.again(person.line), 0, True, False
        if person in self.agents:
            self._take_status(person, person.is_available, person.capacity, list(person.locales))
        for chat, leg in list(person.chats.items()):
            self._send(person, "chat.resume", chat=chat, leg=leg, sent=0, shown=0, lost=False)

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

    def _on_chat_ended(self, person: Person, frame: Any) -> None:
        for each in [*self.agents, *self.visitors]:
            each.offers.pop(frame["chat"], None)
            each.chats.pop(frame["chat"], None)

    def _on_error(self, person: Person, frame: Any) -> None:
        if frame["code"] in {"chat_over", "offer_over"}:
            person.offers.pop(frame["chat"], None)
            person.chats.pop(frame["chat"], None)

    @staticmethod
    def _one(people: list[Person], which: int) -> Person | None:
        return people[which % len(people)] if people else None


@pytest.fixture
def machine(api: Api) -> Iterator[type[HandOut]]:
    HandOut.api = api
    yield HandOut


CHECKED = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_people_do_the_rules_of_the_hand_out_hold(machine: type[HandOut]) -> None:
    run_state_machine_as_test(machine, settings=CHECKED)
