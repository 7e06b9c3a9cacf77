"""What a page is called: without the wiki's own name, which every page's window says."""

import re
from collections import defaultdict
from collections.abc import Iterable

from pages.importing import front
from pages.importing.document import Document, text
from pages.importing.names import words

_BETWEEN = re.compile(r"(\s+[-\u2013\u2014|\u00b7\u2022:]\s+)")
_BRACKETS = re.compile(r"\s[\[(][^\[\]()]+[\])]$")
"""DokuWiki's `page [wiki]`, Confluence's `wiki (KEY)`."""


def of(document: Document, stem: str) -> tuple[str, bool]:
    """The page's title, and whether it is the window's, which may hold the wiki's name too."""
    if stated := front.line(document.front.get("title")):
        return stated, False
    window = text(document.soup.title) if document.soup.title else ""
    first = document.heading()
    heading = text(first) if first else ""
    if heading and heading in {*_BETWEEN.split(window), _BRACKETS.sub("", window)} - {window}:
        return heading, False
    return window or heading or words(stem) or stem, bool(window)


def shared_edges(titles: Iterable[str]) -> tuple[str, str]:
    """What all of two or more titles begin with and end with beside the page's own; empty when they differ."""
    found: dict[str, set[str]] = defaultdict(set)
    every = list(titles)
    for title in every:
        parts = _BETWEEN.split(title)
        found["begin"].add("".join(parts[:2]) if len(parts) > 1 else "")
        brackets = _BRACKETS.search(title)
        found["end"].add(brackets[0] if brackets else "".join(parts[-2:]) if len(parts) > 1 else "")
    if len(every) < 2:  # noqa: PLR2004 - what one page says is not shared
        return "", ""
    begin, end = (edges.pop() if len(edges) == 1 else "" for edges in (found["begin"], found["end"]))
    return begin, end


def cut(title: str, edges: tuple[str, str]) -> str:
    """The title without these edges, unless nothing would be left."""
    begin, end = edges
    return title.removeprefix(begin).removesuffix(end).strip() or title
