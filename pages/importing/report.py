"""What an import did, told so that a person can act on it."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple

_SHOWN = 100
Change = Literal["new", "updated", "unchanged"]


class CannotImport(Exception):
    """Why nothing at all was taken, and what to do."""


class Refused(Exception):
    """Why one page was not taken."""


def shown(reference: str) -> str:
    """A link's or picture's address as a report tells it: a picture may stand in its own, and is long."""
    return reference if len(reference) <= _SHOWN else f"{reference[:_SHOWN]}\u2026"


class Taken(NamedTuple):
    """A page that was taken: its path in the export, and its file in the knowledge base."""

    path: str
    file: str
    change: Change


class Skipped(NamedTuple):
    """What was not taken, or what was left out of a page that was: its path in the export, and why."""

    path: str
    reason: str


@dataclass
class Report:
    """What was taken, and what was not."""

    taken: list[Taken] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, path: str, reason: str) -> None:
        """Notes that this, or this part of it, was not taken."""
        self.skipped.append(Skipped(path, reason))

    def lines(self) -> list[str]:
        """The report for a terminal; no control character of the export gets there."""
        counts = Counter(each.change for each in self.taken)
        told = ", ".join(f"{counts[change]} {change}" for change in ("new", "updated", "unchanged"))
        lines = [f"Taken: {len(self.taken)} ({told})"]
        lines += [f"  {each.path} -> {each.file}" for each in self.taken if each.change != "unchanged"]
        if self.skipped:
            lines.append(f"Not taken: {len(self.skipped)}")
        for path, group in groupby(sorted(self.skipped), key=lambda each: each.path):
            reasons = [each.reason for each in group]
            lines += (
                [f"  {path}: {reasons[0]}"] if len(reasons) == 1 else [f"  {path}:", *(f"    {r}" for r in reasons)]
            )
        return ["".join(char if char.isprintable() else "?" for char in line) for line in lines]
