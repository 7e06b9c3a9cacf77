"""The table of what was counted, and its place in docs/performance.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- peers -->", "<!-- /peers -->"
_MILLION = 1_000_000


@dataclass(frozen=True)
class Cost:
    """What one request costs: instructions of the process that serves it, and what it asks its database."""

    instructions: int
    queries: int


@dataclass(frozen=True)
class Line:
    """One action at one size, on each side; ours and the floor only where they have such a thing."""

    words: str
    tickets: int
    theirs: Cost
    ours: Cost
    floor: Cost


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table: million instructions and queries, and how many times ours theirs are."""
    head = (
        "| what | tickets | Deskbell: million instructions | calls | django-helpdesk: million instructions | queries "
        "| django-helpdesk / Deskbell | one SQL query: million instructions |"
    )
    return "\n".join([head, "|---|" + "--:|" * 7, *map(_row, lines)])


def _row(line: Line) -> str:
    ratio = line.theirs.instructions / line.ours.instructions
    cells = [line.words, f"{line.tickets:,}", _millions(line.ours), str(line.ours.queries)]
    cells += [_millions(line.theirs), str(line.theirs.queries), f"{ratio:.1f}", _millions(line.floor)]
    return f"| {' | '.join(cells)} |"


def _millions(cost: Cost) -> str:
    return f"{cost.instructions / _MILLION:.1f}"


def facts(versions: Mapping[str, str], day: str) -> str:
    """When it was counted, and of what."""
    return f"Counted on {day}: {', '.join(f'{name} {version}' for name, version in versions.items())}."


def put_between(page: str, content: str) -> str:
    """The page with this content between its markers; ValueError when it does not have each of them once, in order."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after or END in before:
        raise ValueError(f"the page needs {BEGIN} and behind it {END}, each once")
    return f"{before}{BEGIN}\n{content.strip()}\n{END}{after}"


def write(page: Path, content: str) -> None:
    """Puts the content between the page's markers."""
    page.write_text(put_between(page.read_text("utf-8"), content), "utf-8")
