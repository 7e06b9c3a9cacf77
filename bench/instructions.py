"""Instructions that a Python program executes, counted by cachegrind.

A count repeats to about 0.1 % whatever else the machine does, where seconds swing by 40 %. It leaves out waiting and
what other processes do, so a database's own work is not in it.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

_COUNTED = re.compile(r"I\s+refs:\s+([0-9,]+)")


def count(code: str, *, folder: Path, environment: Mapping[str, str], python: str = sys.executable) -> int:
    """Instructions of `python -s -c code` in `folder`, the interpreter's own start included.

    `environment` is all that the program sees of one. RuntimeError with what it printed when it fails.
    """
    valgrind, setarch = which("valgrind"), which("setarch")
    if valgrind is None or setarch is None:
        raise SystemExit("valgrind counts the instructions, and it is missing: apt-get install valgrind")
    done = subprocess.run(
        [
            *(setarch, "-R", valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
            *(python, "-s", "-c", code),
        ],
        cwd=folder,
        env={**environment, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    counted = _COUNTED.search(done.stderr)
    if done.returncode != 0 or counted is None:
        raise RuntimeError(done.stderr + done.stdout)
    return int(counted[1].replace(",", ""))


def count_each(
    code: str, repeats: int, *, folder: Path, environment: Mapping[str, str], python: str = sys.executable
) -> int:
    """Instructions of one repeat of what `code` does `REPEATS` times: two counts, and the start falls out."""
    few = count(code.replace("REPEATS", str(repeats)), folder=folder, environment=environment, python=python)
    many = count(code.replace("REPEATS", str(3 * repeats)), folder=folder, environment=environment, python=python)
    return (many - few) // (2 * repeats)
