"""Whether the tests notice when a line is wrong: `python -m tests.mutants [area …]`, told in docs/mutants.md.

mutmut works in build/mutants, on a copy of the source, against one stack that is started for all its mutants.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from infra import build
from tests.conftest import ATTACH_TO, new_stack
from tests.mutants.areas import AREAS, file_of, noticed_by, pattern_of
from tests.mutants.verdicts import ENOUGH, read, table, too_low

WORK = build.BUILD / "mutants"
LINKED = (
    ".chalice",
    "app.py",
    "bench",
    "chalicelib",
    "docs",
    "infra",
    "local",
    "pyproject.toml",
    "requirements.txt",
    "tests",
)
"""mutmut copies these from here: the source with its mutants, and what the tests look at."""

NOT_NEEDED = ("anyio", "cacheprovider", "pytest_cov", "schemathesis", "threadexception", "unraisableexception")
"""pytest's plug-ins that no test here needs: they take three quarters of the time of a mutant's process."""


def settings() -> str:
    """mutmut's own settings.

    Each mutant gets a process that shares no connection with another's, and loads the source with the mutant in it.
    """
    lists = {
        "source_paths": ["chalicelib"],
        "only_mutate": [file_of(target) for area in AREAS.values() for target in area.targets],
        "also_copy": [name for name in LINKED if name != "chalicelib"],
        "pytest_add_cli_args": [
            *("-p", "tests.mutants.plugin"),
            *(part for name in NOT_NEEDED for part in ("-p", f"no:{name}")),
            *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of what was loaded once for all
        ],
        "pytest_add_cli_args_test_selection": sorted({test for area in AREAS.values() for test in noticed_by(area)}),
    }
    return "\n".join(
        [
            "[mutmut]",
            "process_isolation = forkserver",
            "forkserver_warmup = import",
            "preload_modules_file = tests/mutants/preload.txt",
            *(f"{name} =\n  " + "\n  ".join(values) for name, values in lists.items()),
        ]
    )


def lay_out() -> None:
    """A folder for mutmut, which leaves its own in whatever folder it is called."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in LINKED:
        (WORK / name).symlink_to(build.ROOT / name)
    (WORK / "setup.cfg").write_text(settings() + "\n")


def mutate(areas: Sequence[str]) -> None:
    """mutmut's run, with its own progress; SystemExit when it cannot end it."""
    patterns = [pattern_of(target) for area in areas for target in AREAS[area].targets]
    stack = new_stack(WORK / "stack")
    with stack.running():
        command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1", *patterns]
        attached = {**os.environ, ATTACH_TO: str(stack.state_dir)}
        done = subprocess.run(command, cwd=WORK, env=attached, check=False)
        # A stack that broke on the way would have failed every test since, and so have killed every mutant.
        control = [sys.executable, "-m", "pytest", "--quiet", "tests/contract/test_lists.py"]
        lasted = subprocess.run(control, cwd=build.ROOT, env=attached, check=False)
    shutil.rmtree(stack.state_dir)
    if code := done.returncode or lasted.returncode:
        raise SystemExit(code)


def report(areas: Sequence[str]) -> None:
    """The mutants that live, a line an area, and SystemExit when too few were killed."""
    found = {area: dict(read(WORK / "mutants", area)) for area in areas}
    for names in found.values():
        for name, what in sorted(names.items()):
            if what != "killed":
                print(f"{what:10} {name}")
    counts = {area: Counter(names.values()) for area, names in found.items()}
    print(f"\n{table(counts)}\n")
    print("What a mutant is: cd build/mutants && ../../.venv/bin/mutmut show NAME")
    if low := too_low(counts):
        raise SystemExit(f"Fewer than {ENOUGH} % were killed: {', '.join(low)}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="area", help=f"all of them, or some of {', '.join(AREAS)}")
    areas = parser.parse_args().areas or list(AREAS)
    if unknown := set(areas).difference(AREAS):
        parser.error(f"no such area: {', '.join(unknown)}")
    lay_out()
    mutate(areas)
    report(areas)


if __name__ == "__main__":
    main()
