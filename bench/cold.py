"""What a function's start costs, from the zip as it is deployed, beside two others.

Plain is the same code as `chalice package` zips it. Minimal is a function that does nothing but have what it would
need: Chalice, a PynamoDB model with its client, Powertools' Logger and Metrics, from the same finished zip.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench import engine, warm
from bench.instructions import count, count_each
from bench.load import load
from infra import build

_MEMORY_RUNS = 5
_ALONE = "import sys; sys.path[:] = [{folder!r}, *(p for p in sys.path if 'site-packages' not in p)]\n"
_IMPORT = "import app\n"
_MINIMAL = """
from aws_lambda_powertools import Logger, Metrics
from chalice import Chalice
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model
class Item(Model):
    class Meta:
        table_name, region = "items", "eu-central-1"
    pk = UnicodeAttribute(hash_key=True)
app, logger, metrics = Chalice(app_name="minimal", configure_logs=False), Logger(service="m"), Metrics(namespace="m")
client = Item._get_connection().connection.client
"""
_REQUESTS = "sys.path.append({root!r})\nfrom bench import calls, warm\ncalls.hotel_user()\nwarm.page(REPEATS)\n"
_REPEATS = 20


def measure(say: Callable[[str], None]) -> dict[str, float]:
    """Instructions of a start above a bare interpreter, of a first and of a steady request; bytes of memory and zip."""
    zip_path, _ = build.ensure_package(build.LOCAL)
    with tempfile.TemporaryDirectory(prefix="deskbell bench ") as folder, engine.running() as environment:
        ours, plain = Path(folder) / "ours", Path(folder) / "plain"
        _unpack(zip_path, ours)
        say("packaging once more, plainly")
        _unpack(build.chalice_package(build.LOCAL, Path(folder) / "stage"), plain)
        load(environment, range(warm.TICKETS))
        found: dict[str, float] = {}
        bare = count("pass", folder=ours, environment=environment)
        for name, where, code in (("ours", ours, _IMPORT), ("plain", plain, _IMPORT), ("minimal", ours, _MINIMAL)):
            say(f"counting a cold start: {name}")
            found[name] = count(_alone(where) + code, folder=where, environment=environment) - bare
        say("counting requests from the zip")
        requests = _alone(ours) + _IMPORT + _REQUESTS.format(root=str(build.ROOT))
        with_none = count(requests.replace("REPEATS", "0"), folder=ours, environment=environment)
        found["first"] = count(requests.replace("REPEATS", "1"), folder=ours, environment=environment) - with_none
        found["steady"] = count_each(requests, _REPEATS, folder=ours, environment=environment)
        found["memory"] = median(_resident(ours, environment) for _ in range(_MEMORY_RUNS))
    return {**found, **_sizes(zip_path)}


def _unpack(zip_path: Path, folder: Path) -> None:
    with zipfile.ZipFile(zip_path) as packed:
        packed.extractall(folder)


def _alone(folder: Path) -> str:
    return _ALONE.format(folder=str(folder))


def _resident(folder: Path, environment: dict[str, str]) -> int:
    """Bytes in memory once the function is imported."""
    code = _alone(folder) + _IMPORT + "print(open('/proc/self/status').read())"
    command = [sys.executable, "-s", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"VmRSS:\s+(\d+) kB", done.stdout)
    assert found
    return int(found[1]) * 1024


def _sizes(zip_path: Path) -> dict[str, float]:
    with zipfile.ZipFile(zip_path) as packed:
        part = sum(each.compress_size for each in packed.infolist() if each.filename.startswith("cryptography"))
    return {"zip": zip_path.stat().st_size, "cryptography": part}
