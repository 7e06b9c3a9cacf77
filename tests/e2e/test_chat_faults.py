"""Whatever breaks between the sockets' functions and AWS: a chat comes about, loses and doubles nothing, and ends."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra import build
from infra.deploy import Deployment
from local.client import Client
from tests.chatting import Intro, PageWire, Talker, pump_until
from tests.conftest import Running, free_port, new_stack
from tests.faults import CANCELLED, FAULTS, BehindSockets, Microburst, Rule
from tests.pages import AGENT, HOTEL, Page

AT_ONCE = 6
UNTIL_GIVEN_UP = 3
"""How often the same call has to fail before the function gives up: all its attempts."""
WITHIN = 100
TEXTS = 3
OPERATIONS = ("GetItem", "Query", "BatchGetItem", "UpdateItem", "TransactWriteItems")
FRAME: Rule = {"service": "apigatewaymanagementapi"}


class _DirectPage(Page):
    """A page whose socket goes past the proxy, which takes none."""

    def __init__(self, client: Client, site_url: str, *, at: str, past: tuple[str, str]) -> None:
        self._past = past
        super().__init__(_Past(client, past), site_url, at=at)  # type: ignore[arg-type]  # a client that but rewrites an address, a pair of two


@dataclass(frozen=True)
class _Past:
    client: Client
    past: tuple[str, str]

    def post(self, path: str) -> Any:
        answer = self.client.post(path)
        return {**answer, "url": answer["url"].replace(*self.past, 1)}


@dataclass
class World:
    """A stack behind the proxy, and those who chat on it, opened before anything fails."""

    running: Running
    microburst: Microburst
    agent: Talker
    talkers: list[Talker] = field(default_factory=list)

    def aws(self, service: str) -> Any:
        return self.running.stack.deployment.client(service)

    def left(self) -> list[str]:
        """What the live table holds of chats that are over: rows of theirs, places that they take."""
        pages = (
            self.aws("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.running.stack.deployment.outputs()["LiveTableName"], ConsistentRead=True)
        )
        items = [item for page in pages for item in page["Items"]]
        rows = [item["pk"]["S"] for item in items if item["pk"]["S"].startswith(("chat#", "chats#waiting"))]
        present = [json.loads(item["data"]["S"]) for item in items if item["pk"]["S"] == "chats#agents"]
        assert present
        return rows + [chat for each in present for chat in each.get("chats", ())]


def _talker(running: Running, client: Client, role: Any, proxy: str, **others: Any) -> Talker:
    past = tuple(each.partition("//")[2] for each in (proxy, running.facts["gateway_url"]))
    site, at = running.facts["site_url"], AGENT if role == "agent" else HOTEL
    return Talker(role, lambda: PageWire(_DirectPage(client, site, at=at, past=past)), **others)  # type: ignore[arg-type]  # a client that but rewrites an address, a pair of two


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stack behind chats' faults")
    microburst, plain = Microburst(free_port()), new_stack(folder / "state")
    stack = BehindSockets(plain.port, plain.site_port, plain.demo_port, plain.state_dir, microburst.url)
    with microburst.running(plain.gateway_url, folder / "microburst.log"), stack.running(lambda _: None) as up:
        through = Deployment(build.LOCAL, up.facts["region"], endpoint=microburst.url, say=lambda _: None)
        through.client("dynamodb").list_tables()
        through.client("sqs").list_queues()
        through.close()
        running = Running(stack, up.facts)
        agent = _talker(running, running.client(running.agent_token("chatting")), "agent", microburst.url, accepts=True)
        agent.status("uk", capacity=10)
        pump_until([agent], lambda: agent.is_ready)
        world = World(running, microburst, agent, [agent])
        yield world
        for talker in world.talkers:
            talker.close()
        for client in running.clients:
            client.close()


def _planned() -> Iterator[Rule]:
    """Every fault of each operation until the function gives up; late only once, since it takes its time."""
    kinds = {kind: fault for kind, fault in FAULTS.items() if kind != "throttled by the account"}
    for operation in OPERATIONS:
        some = kinds | (CANCELLED if operation == "TransactWriteItems" else {})
        for kind, fault in some.items():
            rule = {"service": "dynamodb", "operation": operation, **fault}
            yield {**rule, "times": 1 if kind == "late" else UNTIL_GIVEN_UP}
    for kind, fault in kinds.items():
        yield {"service": "sqs", "operation": "SendMessageBatch", **fault, "times": 1 if kind == "late" else 3}
        if kind != "reply lost":  # the answer to a frame is empty: nothing of it is lost
            yield {**FRAME, **fault, "times": 1 if kind == "late" else UNTIL_GIVEN_UP}


@dataclass
class Pair:
    visitor: Talker
    said: dict[str, list[str]] = field(default_factory=lambda: {"visitor": [], "agent": []})

    @property
    def chat(self) -> str:
        return self.visitor.side.chat

    def is_on(self, agent: Talker) -> bool:
        return bool(self.visitor.sides) and self.chat in agent.sides and self.visitor.side.memory.begun

    def say(self, talker: Talker, role: str, text: str) -> None:
        talker.say(text, self.chat)
        self.said[role].append(text)

    def is_settled(self, agent: Talker) -> bool:
        return self.visitor.side.is_settled and agent.sides[self.chat].is_settled

    def problems(self, agent: Talker) -> Iterator[str]:
        for who, shown in (("visitor", self.visitor.texts()), ("agent", agent.texts(self.chat))):
            for role, said in self.said.items():
                seen = [text for by, text in shown if by == role]
                if seen != said:
                    yield f"at the {who}: {role} said {said}, shown {seen}"


def test_whatever_fails_chats_come_about_lose_nothing_and_end(world: World) -> None:
    rules = list(_planned())
    wrong, fired = [], 0
    for start in range(0, len(rules), AT_ONCE):
        some = rules[start : start + AT_ONCE]
        pairs = [_new_pair(world) for _ in some]
        with world.microburst.faults(*some) as met:
            wrong += _chat(world, pairs)
        fired += len(met)
    assert wrong == []
    assert fired >= 0.8 * sum(rule["times"] for rule in rules)


def _new_pair(world: World) -> Pair:
    client = world.running.client(world.running.hotel_token(f"hotel-{uuid.uuid4().hex[:8]}"))
    pair = Pair(_talker(world.running, client, "visitor", world.microburst.url))
    world.talkers.append(pair.visitor)
    return pair


def _chat(world: World, pairs: list[Pair]) -> list[str]:
    """Chats from their start to their end; what is wrong with them."""
    agent, talking = world.agent, [world.agent, *(pair.visitor for pair in pairs)]
    try:
        for pair in pairs:
            pair.visitor.start(Intro("ანა", "+995", "?"), "uk")
        pump_until(talking, lambda: all(pair.is_on(agent) for pair in pairs), within=WITHIN)
        for n in range(TEXTS):
            for pair in pairs:
                pair.say(pair.visitor, "visitor", f"v{n}")
                pair.say(agent, "agent", f"a{n}")
        pump_until(talking, lambda: all(pair.is_settled(agent) for pair in pairs), within=WITHIN)
        wrong = [problem for pair in pairs for problem in pair.problems(agent)]
        for pair in pairs:
            pair.visitor.end()
        pump_until(talking, lambda: not any(each.sides for each in talking), within=WITHIN)
    except AssertionError as error:
        return [repr(error)]
    return wrong


def test_nothing_is_left_of_them_but_the_agent_who_is_free(world: World) -> None:
    pair = _new_pair(world)
    pair.visitor.start(Intro("ანა", "+995", "?"), "uk")
    pump_until([world.agent, pair.visitor], lambda: pair.is_on(world.agent), within=WITHIN)
    assert world.left()
    pair.visitor.end()
    pump_until([world.agent, pair.visitor], lambda: not world.left(), within=150)


def test_a_text_that_is_lost_and_one_that_is_shown_twice_are_found(world: World) -> None:
    """The control."""
    pair = _new_pair(world)
    pair.said["visitor"].append("never sent")
    pair.visitor.start(Intro("ანა", "+995", "?"), "uk")
    pump_until([world.agent, pair.visitor], lambda: pair.is_on(world.agent), within=WITHIN)
    assert len(list(pair.problems(world.agent))) == 2
    pair.visitor.end()
    pump_until([world.agent, pair.visitor], lambda: not pair.visitor.sides, within=WITHIN)
