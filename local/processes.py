"""The processes of a stack: on a port of their own, started, watched, and stopped cleanly."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

from infra import build

HOST = "127.0.0.1"
PATIENCE_SECONDS = 6
"""What was killed lets go of its port and its lock within seconds."""
_START_SECONDS = 30
_STOP_SECONDS = 30
_PORTS = range(1, 65536)


class CannotStart(Exception):
    """Why the stack cannot start, in one line that says what to do."""


@dataclass(frozen=True)
class Started:
    """A process that answers, its name for people, and the file that has what it prints."""

    name: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def is_alive(self) -> bool:
        """Whether it is still there."""
        return self.process.poll() is None

    def stop(self) -> None:
        """Ends it with SIGTERM, and by force when that is not enough."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(name: str, log: Path, command: Sequence[str], *, ready_at: str, environment: Mapping[str, str]) -> Started:
    """A process `python -m <command>` that answers at `ready_at`; CannotStart when it does not."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=build.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=0o077,
        )
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(ready_at):
            return Started(name, log, process)
        time.sleep(0.1)
    process.kill()
    process.wait()
    raise CannotStart(f"{name} did not start. What it said is in {log}.")


def _answers(address: str) -> bool:
    with contextlib.suppress(HTTPException, URLError, OSError):
        urllib.request.urlopen(address, timeout=1).close()
        return True
    return False


def port_of(name: str, default: int) -> int:
    """The port that an environment variable names; CannotStart when it is none."""
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) not in _PORTS:
        raise CannotStart(f"{name} must be a port number, and it is {text!r}.")
    return int(text)


def wait_until_free(name: str, port: int) -> None:
    """A stack that was killed lets go of its port within seconds; anybody else's is a reason to stop."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Port {port} is in use: stop what uses it, or choose another with {name}=… make run."
                    ) from None
            else:
                return
        time.sleep(0.1)
