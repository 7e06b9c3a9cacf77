"""The stack on this machine: where it listens, where it keeps things, how it starts and stops."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.error import URLError

from infra import build
from infra.deploy import Deployment, smoke_test
from local import DEPLOYED, gateway, pms

REGION = "eu-central-1"
HOST = "127.0.0.1"
_START_SECONDS = 30
_STOP_SECONDS = 30
_PORT_SECONDS = 6
_PORTS = range(1, 65536)
Say = Callable[[str], None]


class CannotStart(Exception):
    """Why the stack cannot start, in one line that says what to do."""


@dataclass(frozen=True)
class Stack:
    """Ports and folder of one stack; stacks with different ones run side by side."""

    port: int
    site_port: int
    demo_port: int
    state_dir: Path

    @classmethod
    def from_environment(cls) -> "Stack":
        """The stack that PORT, SITE_PORT, DEMO_PORT and STATE_DIR name."""
        state_dir = Path(os.environ.get("STATE_DIR") or build.ROOT / ".local").resolve()
        return cls(_port("PORT", 4566), _port("SITE_PORT", 8080), _port("DEMO_PORT", 8081), state_dir)

    @property
    def gateway_url(self) -> str:
        """Where MiniStack answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What MiniStack and the functions print."""
        return self.state_dir / "ministack.log"

    @property
    def facts_path(self) -> Path:
        """stack.json: the addresses, for whoever calls."""
        return self.state_dir / "stack.json"

    def facts(self) -> dict[str, str]:
        """The addresses of the stack as it was last deployed."""
        if not self.facts_path.exists():
            raise CannotStart(f"No stack in {self.state_dir}: start it with `make run`.")
        facts: dict[str, str] = json.loads(self.facts_path.read_text())
        return facts

    @cached_property
    def deployment(self) -> Deployment:
        """The deployment into this stack."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ[name] = "test"
        return Deployment(build.LOCAL, REGION, endpoint=self.gateway_url, say=lambda _: None)

    def parameters(self) -> dict[str, str]:
        """The template's parameters on this machine."""
        site, demo = f"http://{HOST}:{self.site_port}", f"http://{HOST}:{self.demo_port}"
        return {
            "AllowedOrigins": f"{site},{demo}",
            "AdminUrl": f"{site}/agents/",
            "AgentsDomain": "deskbell-local",
            "GatewayUrl": self.gateway_url,
            "TrustedIssuers": json.dumps([pms.trusted_issuer(self.state_dir)], separators=(",", ":")),
        }

    def remove(self) -> None:
        """Forgets everything; CannotStart when the folder holds something else than a stack."""
        is_ours = (self.state_dir / "ministack").is_dir() or not self.state_dir.exists()
        if not is_ours:
            raise CannotStart(f"{self.state_dir} does not look like a stack's folder, so it was left as it is.")
        with self._lock():
            shutil.rmtree(self.state_dir)

    @contextlib.contextmanager
    def running(self, say: Say = print) -> Iterator["Up"]:
        """The stack, built, started and deployed; stopped cleanly, with its state kept, at the end."""
        with self._lock():
            if not build.is_built(build.LOCAL):
                say("Building the package")
            zip_path, template_path = build.ensure_package(build.LOCAL)
            say(f"Starting MiniStack on {self.gateway_url}")
            process = self._start()
            try:
                say("Deploying")
                yield Up(self._deploy(zip_path, template_path), process)
            finally:
                say("Stopping, the state is kept")
                _stop(process)
                shutil.rmtree(self._scratch, ignore_errors=True)
                self.deployment.close()

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.state_dir.chmod(0o700)  # it holds keys that sign tokens
        with (self.state_dir / "lock").open("w") as lock:
            deadline = time.monotonic() + _PORT_SECONDS
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        message = f"A stack is running in {self.state_dir}: stop it first (Ctrl-C), or set STATE_DIR."
                        raise CannotStart(message) from None
                    time.sleep(0.1)
            yield

    def _start(self) -> "subprocess.Popen[bytes]":
        _wait_until_free("PORT", self.port)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "local.ministack"],
                cwd=build.ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
            )
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with (
                contextlib.suppress(URLError, OSError),
                urllib.request.urlopen(f"{self.gateway_url}/_ministack/health"),
            ):
                return process
            time.sleep(0.1)
        process.kill()
        raise CannotStart(f"MiniStack did not start. What it said is in {self.log}.")

    @property
    def _scratch(self) -> Path:
        """Where MiniStack unpacks the functions, some 40 MB each time that one starts; it leaves them there."""
        return self.state_dir / "scratch"

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **inherited,
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(self.state_dir / "s3"),
            "S3_PERSIST": "1",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.state_dir / "ministack"),
            "TMPDIR": str(self._scratch),
        }

    def _deploy(self, zip_path: Path, template_path: Path) -> dict[str, str]:
        deployment = self.deployment
        outputs = deployment.deploy(zip_path, template_path, self.parameters())
        gateway.put_back(deployment.client("apigateway"), template_path, outputs["RestAPIId"])
        urllib.request.urlopen(urllib.request.Request(f"{self.gateway_url}{DEPLOYED}", method="POST")).close()
        facts = self._facts(deployment, outputs)
        smoke_test(facts["api_url"])
        self.facts_path.write_text(json.dumps(facts, indent=2) + "\n")
        return facts

    def _facts(self, deployment: Deployment, outputs: dict[str, str]) -> dict[str, str]:
        site = f"http://{HOST}:{self.site_port}"
        return {
            "api_url": f"{self.gateway_url}/_aws/execute-api/{outputs['RestAPIId']}/api",
            "websocket_url": f"ws://{HOST}:{self.port}/_aws/execute-api/{outputs['WebsocketAPIId']}/api",
            "site_url": site,
            "admin_url": f"{site}/agents/",
            "demo_url": f"http://{HOST}:{self.demo_port}",
            "contacts_url": f"{site}/contacts/",
            "gateway_url": self.gateway_url,
            "region": REGION,
            "stack_name": deployment.stack_name,
        }


@dataclass(frozen=True)
class Up:
    """A stack that is up: its addresses, and the process that serves it."""

    facts: dict[str, str]
    process: "subprocess.Popen[bytes]"

    def is_alive(self) -> bool:
        """Whether it is still there."""
        return self.process.poll() is None


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) not in _PORTS:
        raise CannotStart(f"{name} must be a port number, and it is {text!r}.")
    return int(text)


def _wait_until_free(name: str, port: int) -> None:
    """A stack that was killed lets go of its port within seconds; anybody else's is a reason to stop."""
    deadline = time.monotonic() + _PORT_SECONDS
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
