"""The command line: `python -m local run | reset | token | listen`."""

import argparse
import signal
import sys
import threading
from contextlib import suppress

from rich.console import Console
from rich.progress import Progress

from infra.deploy import DeployError
from infra.publish import PublishError
from local import pms
from local.agents import agent_token
from local.listen import listen
from local.processes import CannotStart
from local.seed import Seed
from local.stack import Stack

_LOOK_EVERY_SECONDS = 1.0
SAMPLE = (
    '{"topic": "bookings", "importance": "high", "subject": "ორმაგი ჯავშანი", "text": "ნომერი 204 ორჯერ დაიჯავშნა."}'
)
console = Console(highlight=False, soft_wrap=True)


def run(stack: Stack) -> None:
    """Starts everything, says where it is, and stays until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with stack.running(lambda line: console.print(f"[cyan]·[/] {line}")) as up:
        if _seed(stack, up.facts["api_url"], stop):
            _tell(stack, up.facts)
        while not stop.wait(_LOOK_EVERY_SECONDS):
            if ended := up.ended():
                raise CannotStart(f"{ended.name} ended by itself. What it said is in {ended.log}.")
    console.print("[green]Stopped.[/] `make run` goes on where it was; `make reset` forgets everything.")


class _Stopped(Exception):
    """Ctrl-C while the demo data is written; the next start goes on with it."""


def _seed(stack: Stack, api_url: str, stop: threading.Event) -> bool:
    done = stack.state_dir / "seeded"

    def show(count: int, total: int) -> None:
        progress.update(task, completed=count, total=total)
        if stop.is_set():
            raise _Stopped

    if not done.exists() and not stop.is_set():
        with Progress(console=console) as progress, suppress(_Stopped):
            task = progress.add_task("[cyan]·[/] Writing demo data", total=None)
            Seed(stack, api_url).run(show)
            done.touch()
    return not stop.is_set()


def _tell(stack: Stack, facts: dict[str, str]) -> None:
    api = facts["api_url"]
    python = ".venv/bin/python -m local token"
    console.print(f"""
[bold green]Deskbell is ready.[/] Ctrl-C stops it.

  FAQ        {facts["site_url"]}/faq/
  contacts   {facts["contacts_url"]}
  API        {api}/v1
  contract   {api}/v1/openapi.json
  addresses  {stack.facts_path}
  log        {stack.log}

[bold]A token[/] (an hour long; a second shell, in this folder)

  HOTEL=$({_with_ports(stack)}{python} --account hotel-1 --user anna --name "Anna" --locale ka --zone Asia/Tbilisi)
  AGENT=$({_with_ports(stack)}{python} --agent nino)

[bold]Three calls[/]

  curl -s -H "Authorization: Bearer $HOTEL" "{api}/v1/tickets?limit=3"

  curl -s -H "Authorization: Bearer $HOTEL" -H "Idempotency-Key: $(date +%s)" -H "Content-Type: application/json" \\
    -d '{SAMPLE}' \\
    {api}/v1/tickets

  curl -s -H "Authorization: Bearer $AGENT" "{api}/v1/agent/tickets?limit=3"

[bold]What a page hears[/] (while somebody answers; Ctrl-C ends it)

  {_with_ports(stack)}.venv/bin/python -m local listen --account hotel-1 --user anna
""")


def _with_ports(stack: Stack) -> str:
    standard = Stack(4566, 8080, 8081, stack.state_dir)
    ports = f"PORT={stack.port} " if stack.port != standard.port else ""
    folder = f'STATE_DIR="{stack.state_dir}" ' if stack.state_dir.name != ".local" else ""
    return ports + folder


def token(stack: Stack, wanted: argparse.Namespace) -> str:
    """The bearer token that the command line asks for."""
    if wanted.agent:
        stack.facts()
        return agent_token(stack, wanted.agent, supervisor=wanted.supervisor, teams=wanted.team)
    return pms.hotel_token(
        stack.state_dir,
        account=wanted.account,
        user=wanted.user,
        name=wanted.name or wanted.user.capitalize(),
        locale=wanted.locale,
        zoneinfo=wanted.zone,
        account_name=wanted.account_name,
    )


def print_at_once(line: str) -> None:
    """Prints a line that a pipe passes on at once."""
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description="Deskbell on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and stay until Ctrl-C")
    commands.add_parser("reset", help="forget everything")
    for name, words in (
        ("token", "print a bearer token"),
        ("listen", "open a socket: print what comes, send what is typed"),
    ):
        who = commands.add_parser(name, help=words)
        who.add_argument("--account", default="hotel-1")
        who.add_argument("--account-name")
        who.add_argument("--user", default="anna")
        who.add_argument("--name")
        who.add_argument("--locale")
        who.add_argument("--zone")
        who.add_argument("--agent", help="an agent instead, of the local user pool")
        who.add_argument("--supervisor", action="store_true")
        who.add_argument("--team", action="append", default=[])
    return parser.parse_args()


def main() -> None:
    """Does what the command line says; a reason to stop is one line."""
    wanted = _arguments()
    try:
        stack = Stack.from_environment()
        if wanted.command == "run":
            run(stack)
        elif wanted.command == "reset":
            stack.remove()
            console.print("Forgotten.")
        elif wanted.command == "listen":
            listen(stack, token(stack, wanted), is_agent=bool(wanted.agent), show=print_at_once, typed=sys.stdin)
        else:
            print(token(stack, wanted))
    except (CannotStart, DeployError, PublishError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
