"""A PostgreSQL for one run: a cluster in a temporary folder, reached by a unix socket only, gone at the end."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.engine import bare_environment

USER = "deskbell"
_NEEDED = ("initdb", "postgres", "pg_isready")
_START_SECONDS = 30
_STOP_SECONDS = 30
_LONGEST_SOCKET = 100
"""Linux allows 107 bytes for a socket's path."""
_SETTINGS = ("listen_addresses=", "fsync=off", "autovacuum=off", "jit=off")
"""Nothing of it outlives the run. What else the server does is not counted."""


@contextlib.contextmanager
def running() -> Iterator[Path]:
    """The folder of the socket of a fresh, empty PostgreSQL."""
    binaries = _binaries()
    with tempfile.TemporaryDirectory(prefix="deskbell peers ") as name:
        folder = Path(name)
        owner = _owner()
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if len(str(folder / ".s.PGSQL.5432")) > _LONGEST_SOCKET:
            raise SystemExit(f"{folder} is too long for a socket: set TMPDIR to a shorter one")
        _make_cluster(binaries, folder, owner)
        with _served(binaries, folder, owner):
            yield folder


def version() -> str:
    """PostgreSQL's version, as it says itself."""
    said = subprocess.run([_binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[2]


def _binaries() -> Path:
    """Where the server's programs are; installs them when it may."""
    found = _find_binaries()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("· Installing PostgreSQL")
        # RUNLEVEL=1: Debian's package is not to start a server of its own.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1", "PREVLEVEL": "N"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            done = subprocess.run(
                ["/usr/bin/apt-get", *command], env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SystemExit(done.stdout + done.stderr)
        found = _find_binaries()
    if found is None:
        raise SystemExit("PostgreSQL's server is missing: apt-get install postgresql")
    return found


def _find_binaries() -> Path | None:
    """The folder with all of the programs: as pg_config says, on the path, or where Debian puts the newest version."""
    candidates = []
    if shutil.which("pg_config"):
        said = subprocess.run(["/usr/bin/env", "pg_config", "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(said.stdout.strip()))
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).resolve().parent)
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in candidates if all((path / name).exists() for name in _NEEDED)), None)


def _owner() -> pwd.struct_passwd | None:
    """Who runs the server: this user, but never root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise SystemExit("PostgreSQL refuses to run as root, and there is no user `nobody` here")


def _as(owner: pwd.struct_passwd | None, folder: Path, command: list[str | Path]) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=bare_environment() | {"LC_ALL": "C.UTF-8", "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )


def _make_cluster(binaries: Path, folder: Path, owner: pwd.struct_passwd | None) -> None:
    options = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
    if _as(owner, folder, [binaries / "initdb", "--pgdata", folder / "data", *options]).wait():
        raise RuntimeError(_log(folder))


@contextlib.contextmanager
def _served(binaries: Path, folder: Path, owner: pwd.struct_passwd | None) -> Iterator[None]:
    options = [each for setting in _SETTINGS for each in ("-c", setting)]
    # The folder is the owner's alone (mode 0700), so nobody else reaches the socket.
    server = _as(owner, folder, [binaries / "postgres", "-D", folder / "data", "-k", folder, *options])
    try:
        _wait_until_up(server, binaries, folder)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


def _wait_until_up(server: "subprocess.Popen[bytes]", binaries: Path, folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        asked: list[str | Path] = [binaries / "pg_isready", "--quiet", "--host", folder]
        if not subprocess.run(asked, env=bare_environment(), check=False).returncode:
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{_log(folder)}")


def _log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8", "replace")
