"""Loads both help desks, counts, and writes the table: `python -m bench.peers`."""

import platform
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import FrameType
from typing import NoReturn

from bench import engine, page
from bench.instructions import count_each
from bench.load import load
from bench.peers import ACTIONS, PAGE, SIZES, Action, postgres, report
from bench.peers.report import Cost, Line
from infra.build import ROOT

PYTHON = str(ROOT / ".venv-peers" / "bin" / "python")
WORDS = {
    "list": f"list, {PAGE} rows",
    "filter": f"list by status and topic, {PAGE} rows",
    "open": "open a ticket",
    "create": "create a ticket",
}
_ROWS_ALONE, _OWN = "of this, its rows alone", "a customer's own list, 25 rows"
_MORE = {"list": {_ROWS_ALONE: "list rows", _OWN: "own"}, "filter": {_ROWS_ALONE: "filter rows"}}
"""What else of django-helpdesk stands beside one action of ours."""


@dataclass(frozen=True)
class Side:
    """A module of bench.peers that does the actions, with its Python and environment.

    `repeats`: few where a request is dear, since a count's noise of some 0.1 % is of the whole program.
    """

    module: str
    repeats: int
    python: str
    environment: dict[str, str] = field(repr=False)

    def run(self, *arguments: str) -> str:
        """The last line of what the module's command line prints."""
        command = [self.python, "-s", "-m", f"bench.peers.{self.module}", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout.splitlines()
        return done[-1] if done else ""

    def cost(self, action: str, count: int) -> Cost:
        """What one repeat of the action costs with `count` tickets."""
        queries = int(self.run("queries", action, str(count)))
        code = f"from bench.peers import {self.module}; {self.module}.repeat({action!r}, {count}, REPEATS)"
        repeats = 1 if action == "own" else self.repeats  # it makes a query for each of the customer's tickets
        counted = count_each(code, repeats, folder=ROOT, environment=self.environment, python=self.python)
        return Cost(counted, queries)


def measure(count: int) -> list[Line]:
    """Every action with `count` tickets on each side."""
    say = partial(_say, count)
    with ExitStack() as stack:
        say("starting and loading MiniStack and PostgreSQL")
        environment = stack.enter_context(engine.running())
        load(environment, range(count))
        socket = stack.enter_context(postgres.running())
        relational = {
            **engine.bare_environment(),
            "DESKBELL_PEERS_SOCKET": str(socket),
            "DJANGO_SETTINGS_MODULE": "bench.peers.django_settings",
        }
        ours = Side("ours", 10, sys.executable, environment)
        floor, theirs = Side("floor", 40, PYTHON, relational), Side("helpdesk", 3, PYTHON, relational)
        for side in (floor, theirs):
            side.run("load", str(count))
        lines: list[Line] = []
        for action in ACTIONS:
            lines += _lines(action, count, ours, theirs, floor)
        return lines


def _lines(action: Action, count: int, ours: Side, theirs: Side, floor: Side) -> list[Line]:
    sides: list[tuple[str, Side]] = [("Deskbell", ours), ("one SQL query", floor)]
    costs: list[Cost] = []
    for name, side in sides:
        _say(count, f"{WORDS[action]}: {name}")
        costs.append(side.cost(action, count))
    lines = []
    for words, asked in {WORDS[action]: action, **_MORE.get(action, {})}.items():
        _say(count, f"{words}: django-helpdesk")
        lines.append(Line(words, count, theirs.cost(asked, count), *costs))
    return lines


def _authorizer() -> int:
    """Instructions of checking one token, of which no request above knows."""
    with engine.running() as environment:
        code = "from bench.peers import ours; ours.authorize(REPEATS)"
        return count_each(code, 100, folder=ROOT, environment=environment)


def _versions() -> dict[str, str]:
    names = ("django-helpdesk", "Django", "psycopg")
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    found = subprocess.run([PYTHON, "-s", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    versions = dict(zip(names, found, strict=True))
    return {**versions, "PostgreSQL": postgres.version(), "Python": platform.python_version()}


def _say(count: int, words: str) -> None:
    print(f"· {time.strftime('%H:%M:%S')}  {count:>6,} tickets  {words}", flush=True)


def _end(*_: int | FrameType | None) -> NoReturn:
    raise SystemExit("stopped")  # what is running is stopped on the way out


def main() -> None:
    """The command line."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end)
    page.put_between(page.PAGE.read_text("utf-8"), report.NAME, "")  # fails now rather than after half an hour
    print(f"· {time.strftime('%H:%M:%S')}  Deskbell's authorizer", flush=True)
    authorizer = _authorizer()
    lines = [line for count in SIZES for line in measure(count)]
    day = datetime.now(UTC).date().isoformat()
    content = report.write_up(lines, authorizer, _versions(), day)
    print(content)
    page.write(report.NAME, content)
    print(f"Written into {page.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
