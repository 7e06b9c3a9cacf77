"""docs/performance.md: a section's figures stand between two markers with its name."""

from pathlib import Path

from infra.build import ROOT

PAGE = ROOT / "docs" / "performance.md"


def put_between(page: str, name: str, content: str) -> str:
    """The page with this content between its markers; ValueError when it does not have each of them once, in order."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end or begin in rest or end in after or end in before:
        raise ValueError(f"the page needs {begin} and behind it {end}, each once")
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


def write(name: str, content: str, *, page: Path = PAGE) -> None:
    """Puts the content between the markers of this name."""
    page.write_text(put_between(page.read_text("utf-8"), name, content), "utf-8")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first are figures."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
