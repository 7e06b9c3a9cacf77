"""What became of each mutant, and whether that is enough."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from mutmut.stats import status_by_exit_code

from tests.mutants.areas import AREAS, file_of, pattern_of

ENOUGH = 90
"""Percent of an area's mutants, and of all, that the tests must kill."""
COLUMNS = ("killed", "survived", "no tests", "timeout", "other")
_PYTEST_BROKE = 3
_HEADER = ["area", *COLUMNS, "percent"]


def verdict(exit_code: int | None) -> str:
    """The column in which a mutant counts. Only `killed` speaks for the tests: a timeout may be a slow machine."""
    found = "other" if exit_code == _PYTEST_BROKE else status_by_exit_code[exit_code]
    return found if found in COLUMNS else "other"


def read(folder: Path, area: str) -> Iterator[tuple[str, str]]:
    """The names of an area's mutants, and what became of each."""
    for target in AREAS[area].targets:
        found = json.loads((folder / f"{file_of(target)}.meta").read_text())["exit_code_by_key"]
        yield from ((name, verdict(code)) for name, code in found.items() if fnmatch(name, pattern_of(target)))


def percent(counts: Mapping[str, int]) -> float:
    """How many of them were killed."""
    return 100 * counts.get("killed", 0) / max(sum(counts.values()), 1)


def table(counts: Mapping[str, Counter[str]]) -> str:
    """One line an area, and one for all."""
    rows = [
        [area, *(str(found[column]) for column in COLUMNS), f"{percent(found):.1f}"]
        for area, found in _with_all(counts).items()
    ]
    return "\n".join(f"{row[0]:12}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in [_HEADER, *rows])


def too_low(counts: Mapping[str, Counter[str]]) -> list[str]:
    """The areas of whose mutants too few were killed; an area without any is one of them."""
    return [area for area, found in _with_all(counts).items() if percent(found) < ENOUGH]


def _with_all(counts: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    return {**counts, "all": sum(counts.values(), Counter())}
