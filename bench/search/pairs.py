"""The queries: which article each should find, written before the search was tuned; and those that should find none."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

_FILE = Path(__file__).with_name("pairs.json")


@dataclass(frozen=True)
class Pair:
    """A query and its article; `use` is `tune` for those that were looked at while tuning, else `score`."""

    locale: str
    kind: str
    use: str
    query: str
    article: str


def pairs(locale: str) -> list[Pair]:
    """The 30 pairs of a language."""
    return [each for each in (Pair(**each) for each in _read()["pairs"]) if each.locale == locale]


def nonsense(locale: str) -> list[str]:
    """The 8 queries of a language that no article answers."""
    return cast(list[str], _read()["nonsense"][locale])


def _read() -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(_FILE.read_text("utf-8")))
