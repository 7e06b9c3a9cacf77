"""A MiniStack of a benchmark's own: nothing kept, no IAM, the tables of the packaged template, gone at the end."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra import build

HOST = "127.0.0.1"
REGION = "eu-central-1"
TABLES = {"TICKETS_TABLE": "TicketsTable", "NOTIFICATIONS_TABLE": "NotificationsTable", "LIVE_TABLE": "LiveTable"}
"""What the app calls a table, and what the template does."""
_KEPT = ("AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes", "BillingMode")
"""A table's stream, its backups and its TTL do not change what a request costs."""
_START_SECONDS = 30
_STOP_SECONDS = 10


@contextlib.contextmanager
def running() -> Iterator[dict[str, str]]:
    """The whole environment of a Python that runs the app or `bench.load` against a fresh, empty MiniStack."""
    _, template = build.ensure_package(build.LOCAL)
    with tempfile.TemporaryDirectory(prefix="deskbell bench ") as folder:
        port = free_port()
        url = f"http://{HOST}:{port}"
        with _served(Path(folder), port, url):
            _create_tables(url, template)
            yield _app_environment(url)


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def bare_environment() -> dict[str, str]:
    """This process's environment without anybody's AWS, database or proxy."""
    foreign = ("AWS_", "PG", "DJANGO_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}


def wait_longer(seconds: float = 60) -> None:
    """Lets this process's app wait for MiniStack, which is slow with large partitions: a retry would be counted too."""
    from chalicelib.adapters.tables import CLIENT

    # botocore has no public way once a client is made; its pools begin with the first call.
    CLIENT._endpoint.http_session._manager.connection_pool_kw["timeout"] = seconds  # noqa: SLF001


def _app_environment(url: str) -> dict[str, str]:
    return {
        **bare_environment(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "AWS_SECRET_ACCESS_KEY": "test",
        "ALLOWED_ORIGINS": "https://help.example",
        "SECRET": "a benchmark's own",
        **TABLES,
    }


@contextlib.contextmanager
def _served(folder: Path, port: int, url: str) -> Iterator[None]:
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=folder,
            env=_ministack_environment(folder, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_up(process, url, log)
        yield
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ends a process that this one started: asked first, then not asked."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ministack_environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **bare_environment(),
        "AUTH": "false",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "0",
        "S3_DATA_DIR": str(folder / "s3"),
        "S3_PERSIST": "0",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(folder),
    }


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_ministack/health"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"MiniStack did not start:\n{log.read_text('utf-8', 'replace')}")


def _create_tables(url: str, template: Path) -> None:
    resources = json.loads(template.read_text())["Resources"]
    client = _dynamodb(url)
    for name in TABLES.values():
        properties = resources[name]["Properties"]
        client.create_table(TableName=name, **{key: properties[key] for key in _KEPT if key in properties})
    client.close()


def _dynamodb(url: str) -> Any:
    import boto3

    any_key: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    session = boto3.Session(**any_key, region_name=REGION)
    return session.client("dynamodb", endpoint_url=url)
