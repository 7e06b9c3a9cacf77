"""What `make run` does: one command, a clean stop, a hard kill, and clear lines when it cannot start."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra import build
from local import pms
from tests.conftest import free_port, wait_until

READY, NEVER = "Deskbell is ready", 90


class Machine:
    """A folder and three ports on which `python -m local` is called as its user would."""

    def __init__(self, folder: Path) -> None:
        self.state_dir = folder / "state dir"
        self.output = folder / "output.txt"
        ports = {name: str(free_port()) for name in ("PORT", "SITE_PORT", "DEMO_PORT")}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {**inherited, **ports, "STATE_DIR": str(self.state_dir), "COLUMNS": "500"}

    def call(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "local", *arguments],
            cwd=build.ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=NEVER,
            check=False,
        )

    @contextmanager
    def run(self) -> Iterator["subprocess.Popen[bytes]"]:
        """`make run`, ready; whatever is left of it at the end is killed."""
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "local", "run"]
            process = subprocess.Popen(
                command, cwd=build.ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        try:
            wait_until(lambda: READY in self.output.read_text() or process.poll() is not None, within=NEVER)
            assert READY in self.output.read_text(), self.output.read_text()
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            wait_until(self.port_is_free)

    def port_is_free(self) -> bool:
        """Whether neither the gateway nor the site listens."""
        return all(_is_free(int(self.environment[name])) for name in ("PORT", "SITE_PORT"))

    def site(self, path: str) -> httpx.Response:
        return httpx.get(self.facts["site_url"] + path, timeout=30, trust_env=False)

    @property
    def facts(self) -> dict[str, str]:
        facts: dict[str, str] = json.loads((self.state_dir / "stack.json").read_text())
        return facts

    def tickets(self) -> list[dict[str, object]]:
        rows = self._http("GET", "/v1/tickets?limit=100").json()["items"]
        assert isinstance(rows, list)
        return rows

    def ticket(self, number: str) -> Any:
        return self._http("GET", f"/v1/tickets/{number}").json()

    def open(self) -> str:
        body = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low"}
        return str(self._http("POST", "/v1/tickets", json=body).json()["number"])

    def _http(self, method: str, path: str, **options: object) -> httpx.Response:
        token = pms.hotel_token(self.state_dir, account="hotel-1", user="anna", name="ანა")
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.facts["api_url"], headers=headers, timeout=30, trust_env=False) as client:
            return client.request(method, path, **options).raise_for_status()  # type: ignore[arg-type]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


def test_one_command_leads_to_three_calls_that_work_as_printed(machine: Machine) -> None:
    with machine.run() as process:
        printed = machine.output.read_text()
        script = "\n".join(re.findall(r"^ +((?:HOTEL|AGENT)=.*|curl (?:.*\\\n)*.*)$", printed, re.MULTILINE))
        script = script.replace(".venv/bin/python", f'"{sys.executable}"')
        assert script.count("curl") == 3
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=build.ROOT,
            env=machine.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        history, opened, queue = _several(done.stdout)
        assert len(history["items"]) == 3
        assert opened["subject"] == "ორმაგი ჯავშანი"
        assert len(queue["items"]) == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(NEVER) == 0
        assert "Stopped" in machine.output.read_text()
    facts = {"api_url", "websocket_url", "site_url", "admin_url", "demo_url"}
    assert set(machine.facts) == facts | {"contacts_url", "gateway_url", "region", "stack_name"}


def test_the_tour_of_the_readme_works_as_written(machine: Machine) -> None:
    readme = (build.ROOT / "README.md").read_text()
    tour = readme.partition("## A tour with curl")[2].partition("```sh\n")[2].partition("```")[0]
    assert tour.count("curl") > 8
    tour = tour.replace(".venv/bin/python", f'"{sys.executable}"').replace(".local/", f"{machine.state_dir}/")
    with machine.run():
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", tour],
            cwd=build.ROOT,
            env=machine.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        *_, closed, from_support, contacts = _several(done.stdout)
        assert closed["status"] == "closed"
        assert [each["id"] for each in closed["messages"]] == ["m1", "m2"]
        assert not closed["unread"]
        assert closed == machine.ticket(closed["number"])
        assert closed["importance"] == "critical", "as the agent changed it"
        assert machine.ticket(from_support["number"])["unread"]
        assert contacts["hours"]


def test_a_second_start_finds_everything_as_it_was(machine: Machine) -> None:
    with machine.run() as process:
        before, address = machine.tickets(), machine.facts["api_url"]
        assert len(before) > 10
        number = machine.open()
        process.send_signal(signal.SIGTERM)
        assert process.wait(NEVER) == 0
    with machine.run():
        assert machine.facts["api_url"] == address
        assert [row["number"] for row in machine.tickets()] == [number, *(row["number"] for row in before)]


def test_the_addresses_that_it_prints_show_pages_until_it_stops(machine: Machine) -> None:
    with machine.run() as process:
        printed = machine.output.read_text()
        for address in (f"{machine.facts['site_url']}/faq/", machine.facts["contacts_url"]):
            assert address in printed
            assert httpx.get(address, timeout=30, trust_env=False).status_code == 200
        assert machine.site("/v1/health").json()["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        assert process.wait(NEVER) == 0
        assert machine.port_is_free()


def test_it_ends_with_a_line_when_the_site_ends_by_itself(machine: Machine) -> None:
    with machine.run() as process:
        (site,) = (each for each in _family(process.pid) if b"local.site" in _command(each))
        os.kill(site, signal.SIGKILL)
        assert process.wait(NEVER) == 1
        assert machine.output.read_text().splitlines()[-1].startswith("The site ended by itself.")


def test_after_a_hard_kill_it_starts_again_with_what_was_saved(machine: Machine) -> None:
    saved = machine.state_dir / "ministack" / "dynamodb.json"
    with machine.run() as process:
        number = machine.open()
        wait_until(lambda: number in saved.read_text())
        for each in _family(process.pid):
            os.kill(each, signal.SIGKILL)
    with machine.run():
        assert machine.tickets()[0]["number"] == number


def test_what_it_started_stops_when_it_is_killed_alone(machine: Machine) -> None:
    with machine.run() as process:
        number = machine.open()
        os.kill(process.pid, signal.SIGKILL)
        wait_until(machine.port_is_free)
    with machine.run():
        assert machine.tickets()[0]["number"] == number, "it saved before it stopped"


def _several(text: str) -> list[Any]:
    """The JSON values that stand one behind the other in a text."""
    values, decoder = [], json.JSONDecoder()
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


def _family(pid: int) -> list[int]:
    """A process and all that descends from it, as /proc tells."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_it_ends_with_a_line_when_ministack_ends_by_itself(machine: Machine) -> None:
    with machine.run() as process:
        for each in _family(process.pid)[1:]:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        assert process.wait(NEVER) == 1
        assert machine.output.read_text().splitlines()[-1].startswith("MiniStack ended by itself.")


def test_a_stopped_stack_leaves_no_unpacked_functions_behind(machine: Machine) -> None:
    scratch = machine.state_dir / "scratch"
    with machine.run() as process:
        assert list(scratch.iterdir()), "they are unpacked there, and nowhere else"
        process.send_signal(signal.SIGTERM)
        assert process.wait(NEVER) == 0
    assert not scratch.exists()


def test_what_it_keeps_is_its_owners_only(machine: Machine) -> None:
    assert machine.state_dir.stat().st_mode & 0o777 == 0o700
    kept = [path for path in (machine.state_dir / "ministack").rglob("*.json") if path.is_file()]
    assert kept
    assert {path.stat().st_mode & 0o077 for path in kept} == {0}


def test_reset_leaves_a_folder_that_is_not_a_stacks(tmp_path: Path) -> None:
    other = Machine(tmp_path)
    other.state_dir.mkdir()
    (other.state_dir / "thesis.txt").write_text("x")
    done = other.call("reset")
    assert done.returncode == 1
    assert "left as it is" in done.stderr
    assert (other.state_dir / "thesis.txt").exists()


def test_a_proxy_of_the_shell_is_not_asked_for_this_machine(machine: Machine) -> None:
    machine.environment["http_proxy"] = "http://127.0.0.1:9"
    with machine.run():
        assert machine.tickets()
    del machine.environment["http_proxy"]


def test_tokens_are_printed_for_anybody(machine: Machine) -> None:
    with machine.run():
        for arguments in (
            ("--account", "hotel-9", "--user", "anna", "--name", "Anna", "--locale", "ka", "--zone", "Asia/Tbilisi"),
            ("--agent", "nobody-yet"),
            ("--agent", "boss", "--supervisor"),
        ):
            done = machine.call("token", *arguments)
            assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.stdout), done.stderr


def test_a_second_stack_in_the_same_folder_is_refused_in_one_line(machine: Machine) -> None:
    with machine.run():
        done = machine.call("run", PORT=str(free_port()))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is running in" in done.stderr


@pytest.mark.parametrize("name", ["PORT", "SITE_PORT"])
def test_a_port_in_use_is_told_in_one_line(machine: Machine, name: str) -> None:
    with socket.create_server(("127.0.0.1", int(machine.environment[name]))):
        done = machine.call("run")
    assert done.returncode == 1
    assert done.stderr == (
        f"Port {machine.environment[name]} is in use: stop what uses it, or choose another with {name}=… make run.\n"
    )


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_told_in_one_line(machine: Machine, port: str) -> None:
    done = machine.call("run", PORT=port)
    assert done.returncode == 1
    assert done.stderr == f"PORT must be a port number, and it is {port!r}.\n"


def test_a_token_of_an_agent_needs_a_stack(tmp_path: Path) -> None:
    done = Machine(tmp_path).call("token", "--agent", "nino")
    assert done.returncode == 1
    assert "make run" in done.stderr


def test_reset_forgets_everything(machine: Machine) -> None:
    assert machine.state_dir.exists()
    assert machine.call("reset").returncode == 0
    assert not machine.state_dir.exists()


@pytest.mark.parametrize(
    ("python", "line"),
    [
        (None, "Python 3.11, 3.12 or 3.13 is needed."),
        ("exit 1", "Python 3.11, 3.12 or 3.13 is needed."),
        ('[ "$1" = -c ]', "Python's venv is missing: apt-get install python3-venv"),
    ],
)
def test_a_missing_or_old_python_is_told_in_one_line(tmp_path: Path, python: str | None, line: str) -> None:
    """`make run` in a fresh clone, on a machine whose python3 is not there, is old, or lacks venv."""
    for name in ("Makefile", "requirements-dev.txt", "requirements-checkov.txt", "requirements-setup.txt"):
        shutil.copy(build.ROOT / name, tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "sh", "echo", "grep", "awk", "touch"):
        (programs / name).symlink_to(str(shutil.which(name)))
    if python is not None:
        (programs / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (programs / "python3").chmod(0o755)
    make = str(shutil.which("make"))
    environment = {"PATH": str(programs)}
    done = subprocess.run([make, "run"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == line
