"""The table of what was counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench import page

NAME = "peers"
"""Of the section in docs/performance.md."""
_MILLION = 1_000_000


@dataclass(frozen=True)
class Cost:
    """What one request costs: instructions of the process that serves it, and what it asks its database."""

    instructions: int
    queries: int


@dataclass(frozen=True)
class Line:
    """One thing that django-helpdesk does at one size, and beside it what ours and the floor do for it."""

    words: str
    tickets: int
    theirs: Cost
    ours: Cost
    floor: Cost


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table: million instructions and queries, and how many times ours theirs is."""
    head = ["what", "tickets", "Deskbell", "its calls", "django-helpdesk", "its queries"]
    return page.table([*head, "times Deskbell", "one SQL query"], [_row(line) for line in lines])


def _row(line: Line) -> list[str]:
    ratio = line.theirs.instructions / line.ours.instructions
    cells = [line.words, f"{line.tickets:,}", _millions(line.ours), str(line.ours.queries)]
    return [*cells, _millions(line.theirs), str(line.theirs.queries), f"{ratio:.1f}", _millions(line.floor)]


def _millions(cost: Cost) -> str:
    return f"{cost.instructions / _MILLION:.1f}"


def write_up(lines: list[Line], authorizer: int, versions: Mapping[str, str], day: str) -> str:
    """When it was counted and of what, the table, and what its figures of Deskbell leave out."""
    of = ", ".join(f"{name} {version}" for name, version in versions.items())
    token = f"A token that API Gateway has not seen for a minute costs Deskbell {authorizer / _MILLION:.1f} more."
    return f"Counted on {day}: {of}. Million instructions.\n\n{table(lines)}\n\n{token}"
