"""One local stack for the whole run, on ports and in a folder of its own; gone when the run ends.

Or the one that is up already in the folder that ATTACH_TO names.
"""

import contextlib
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest

from local import agents, pms
from local.agents import agent_token
from local.client import Client
from local.stack import Stack

T = TypeVar("T")
ATTACH_TO = "ATTACH_TO"


ORDER = ("unit", "e2e", "browser", "contract")
"""In contract tests nothing happens by itself, so what needs that comes before them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = {item: item.path.relative_to(Path(__file__).parent).parts[0] for item in items}
    items.sort(key=lambda item: ORDER.index(folder[item]) if folder[item] in ORDER else len(ORDER))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_stack(folder: Path) -> Stack:
    return Stack(free_port(), free_port(), free_port(), folder)


def stack_in(folder: Path) -> Stack:
    """The stack that is up in this folder, by the addresses that it wrote down there."""
    facts = Stack(0, 0, 0, folder).facts()
    port, site, demo = (urlsplit(facts[name]).port or 0 for name in ("gateway_url", "site_url", "demo_url"))
    return Stack(port, site, demo, folder)


@dataclass(frozen=True)
class Running:
    """A running stack, and who may call it."""

    stack: Stack
    facts: dict[str, str]
    clients: list[Client] = field(default_factory=list)

    def hotel_token(self, account: str, user: str = "anna", **others: str | None) -> str:
        claims = {"name": "ანა", "locale": "ka", "zoneinfo": "Asia/Tbilisi", **others}
        return pms.hotel_token(self.stack.state_dir, account=account, user=user, **claims)  # type: ignore[arg-type]  # name is always given

    def agent_token(self, name: str = "nino", *, supervisor: bool = False) -> str:
        return agent_token(self.stack, name, supervisor=supervisor)

    def make_agent(self, name: str) -> str:
        """An agent who need not sign in, or may not any more; gives his id."""
        deployment = self.stack.deployment
        pool, cognito = deployment.outputs()["AgentsPoolId"], deployment.client("cognito-idp")
        agents._make(cognito, pool, name, name.capitalize())
        facts = cognito.admin_get_user(UserPoolId=pool, Username=name)["UserAttributes"]
        return next(str(each["Value"]) for each in facts if each["Name"] == "sub")

    def client(self, token: str | None = None) -> Client:
        client = Client(self.facts["api_url"], token)
        self.clients.append(client)
        return client


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The stack that most tests share: the packaged zip behind MiniStack, IAM on."""
    with contextlib.ExitStack() as ending:
        if folder := os.environ.get(ATTACH_TO):
            stack = stack_in(Path(folder))
            ending.callback(stack.deployment.close)
        else:
            stack = new_stack(tmp_path_factory.mktemp("stack with spaces") / "state")
            ending.enter_context(stack.running(lambda _: None))
        running = Running(stack, stack.facts())
        yield running
        for client in running.clients:
            client.close()


@pytest.fixture(scope="session")
def agent_bearer(running: Running) -> str:
    return running.agent_token()


@pytest.fixture
def account() -> str:
    """A hotel that no other test knows."""
    return f"hotel-{uuid.uuid4().hex[:12]}"


def wait_until(found: Callable[[], T | None], *, within: float = 30) -> T:
    """What `found` finds once there is something; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come")
