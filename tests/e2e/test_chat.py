"""Chats over real sockets to the packaged service, IAM on, whose sockets break again and again: nothing gets lost.

`make soak-chat` runs the same with more chats and for longer.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest

from infra import build
from tests.chatting import Intro, Talker, pump_until
from tests.conftest import Running

CHATS = int(os.environ.get("SOAK_CHATS", "20"))
CUTS = int(os.environ.get("SOAK_CUTS", "100"))
TEXTS = int(os.environ.get("SOAK_TEXTS", "5"))
"""What each side of each chat says."""
AGENTS = -(-CHATS // 10)
WITHIN = 60 + CUTS
"""Seconds: the local stack takes a hundred frames a second."""


@dataclass
class Pair:
    """A visitor's chat, and what was said in it by either side."""

    visitor: Talker
    name: str
    said: dict[str, list[str]] = field(default_factory=lambda: {"visitor": [], "agent": []})

    @property
    def chat(self) -> str:
        return self.visitor.side.chat

    def say(self, agents: list[Talker], role: str) -> None:
        talker = self.visitor if role == "visitor" else _agent_of(self, agents)
        assert talker is not None
        text = f"{self.name} {role} {len(self.said[role])} გამარჯობა"
        talker.say(text, self.chat)
        self.said[role].append(text)

    def problems(self, agent: Talker) -> Iterator[str]:
        for who, shown in (("visitor", self.visitor.texts()), ("agent", agent.texts(self.chat))):
            for role, said in self.said.items():
                seen = [text for by, text in shown if by == role]
                if seen != said:
                    yield f"{self.name}, at the {who}: {role} said {said}, shown {seen}"


@pytest.fixture
def talkers() -> Iterator[list[Talker]]:
    open_ones: list[Talker] = []
    yield open_ones
    for each in open_ones:
        each.close()


def _agents(running: Running, account: str, talkers: list[Talker]) -> list[Talker]:
    found = []
    for n in range(AGENTS):
        client = running.client(running.agent_token(f"chatting-{n}-{account}"))
        found.append(Talker.at(client, running.facts["site_url"], "agent", accepts=True))
        found[-1].status("uk", capacity=10)
    talkers += found
    pump_until(found, lambda: all(each.is_ready for each in found))
    return found


def _pairs(running: Running, account: str, talkers: list[Talker], agents: list[Talker]) -> list[Pair]:
    pairs = []
    for n in range(CHATS):
        client = running.client(running.hotel_token(account, f"visitor-{n}"))
        pairs.append(Pair(Talker.at(client, running.facts["site_url"], "visitor"), f"v{n}"))
        talkers.append(pairs[-1].visitor)
        pairs[-1].visitor.start(Intro(f"v{n}", "+995", "?"), "uk")
    pump_until(talkers, lambda: all(_agent_of(pair, agents) for pair in pairs), within=WITHIN)
    return pairs


def _agent_of(pair: Pair, agents: list[Talker]) -> Talker | None:
    if not pair.visitor.sides:
        return None
    return next((each for each in agents if pair.chat in each.sides), None)


def _is_settled(pair: Pair, agents: list[Talker]) -> bool:
    agent = _agent_of(pair, agents)
    if agent is None:
        return False
    own, others = pair.visitor.side, agent.sides[pair.chat]
    return own.is_settled and others.is_settled and own.memory.leg == others.memory.leg


def test_over_sockets_that_break_nothing_that_was_said_is_lost_doubled_or_out_of_order(
    running: Running, account: str, talkers: list[Talker]
) -> None:
    random = Random(8)
    agents = _agents(running, account, talkers)
    pairs = _pairs(running, account, talkers, agents)
    plan: list[Callable[[], None]] = [partial(random.choice(talkers).cut) for _ in range(CUTS)]
    for pair, _ in product(pairs, range(TEXTS)):
        plan += [partial(pair.say, agents, "visitor"), partial(pair.say, agents, "agent")]
    random.shuffle(plan)
    for do in plan:
        do()
        for each in talkers:
            each.pump()
    pump_until(talkers, lambda: all(_is_settled(pair, agents) for pair in pairs), within=WITHIN)
    assert [problem for pair in pairs for problem in pair.problems(_agent_of(pair, agents) or agents[0])] == []
    for pair in pairs:
        pair.visitor.end()
    pump_until(talkers, lambda: not any(each.sides for each in talkers), within=WITHIN)


def test_two_command_lines_chat(running: Running, account: str) -> None:
    """What the README shows."""
    with _typist(running, "--agent", f"typing-{account}") as agent, _typist(running, "--account", account) as visitor:
        agent.type({"action": "agent.status", "available": True, "capacity": 1, "locales": ["en"]})
        agent.read("agent.status")
        visitor.type({"action": "chat.start", "id": "1", "languages": ["en"]})
        about = {"chat": agent.read("chat.offered")["chat"], "leg": 1}
        agent.type({"action": "chat.accept", **about})
        visitor.read("chat.joined")
        visitor.type({"action": "chat.message", **about, "n": 1, "body": {"text": "გამარჯობა!"}})
        assert agent.read("chat.message")["body"] == {"text": "გამარჯობა!"}
        agent.type({"action": "chat.end", "chat": about["chat"]})
        assert visitor.read("chat.ended")["by"] == "agent"


@dataclass
class Typist:
    """A command line that listens, and that somebody types into."""

    process: "subprocess.Popen[str]"

    def type(self, frame: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(frame) + "\n")
        self.process.stdin.flush()

    def read(self, event: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            frame: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if frame.get("event") == event:
                return frame
        raise AssertionError(f"{event} did not come")


@contextmanager
def _typist(running: Running, *who: str) -> Iterator[Typist]:
    command = [sys.executable, "-m", "local", "listen", *who]
    environment = {**os.environ, "STATE_DIR": str(running.stack.state_dir), "PORT": str(running.stack.port)}
    with subprocess.Popen(
        command, cwd=build.ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Typist(process)
        finally:
            process.terminate()
