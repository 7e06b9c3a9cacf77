"""What a page says of itself: its own address, its day, its keywords, its summary."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from bs4 import Tag

from pages.importing import front
from pages.importing.document import Document, attribute, text

_CONFLUENCE_DAY = re.compile(r"\bon ([A-Z][a-z]{2} \d{1,2}, \d{4})")
_DAYS = ("updated", "modified", "lastmod", "last_modified", "date")
_META_DAYS = ("article:modified_time", "dcterms.modified", "last-modified", "date")
_LONGEST_SUMMARY = 160
_SENTENCE = re.compile(r".*?\w{3}[.!?\u2026]+[)\u00bb\u201d\"]*(?=\s)")
"""A sentence ends behind a word, not behind `e.g.` or an initial."""


def is_draft(document: Document) -> bool:
    """Whether its front matter says that nobody is to read it yet."""
    return document.front.get("published") is False or document.front.get("draft") is True


def keywords(document: Document) -> tuple[str, ...]:
    """Its keywords and tags; none when it has none."""
    stated = [each for name in ("keywords", "tags") for each in front.lines(document.front.get(name))]
    return tuple(dict.fromkeys(stated or front.lines(",".join(document.meta("keywords", "article:tag")))))


def canonical(document: Document) -> str:
    """The address that the page gives as its own, empty when there is none."""
    links = [attribute(tag, "href") for tag in document.soup.find_all("link", rel="canonical")]
    stated = [document.front.get(name) for name in ("source", "canonical", "url")]
    return next(
        (text for each in [*stated, *links, *document.meta("og:url")] if is_address(text := front.line(each))), ""
    )


def is_address(text: str) -> bool:
    """Whether it is a web address without blanks."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not re.search(r"[\s<>\"]", text)


def stated_on(document: Document) -> date | None:
    """The day of its last change, as far as the export says it."""
    stated = [document.front.get(name) for name in _DAYS] + [*document.meta(*_META_DAYS)]
    if found := next((day for each in stated if (day := front.day(each))), None):
        return found
    told = [_CONFLUENCE_DAY.findall(text(tag)) for tag in document.soup.select(".page-metadata")]
    days = [each for found in told for each in found]
    return _english_day(days[-1]) if days else None


def _english_day(told: str) -> date | None:
    try:
        return datetime.strptime(told, "%b %d, %Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def summary(document: Document, content: Tag) -> str:
    """What the page says of itself, or the first sentence of its text: at most 160 characters, cut between words."""
    stated = [front.line(document.front.get(name)) for name in ("summary", "description")]
    paragraphs = [text(tag) for tag in content.find_all("p")]
    whole = next((each for each in [*stated, *paragraphs, front.line(content.get_text(" "))] if each), "")
    sentence = _SENTENCE.match(whole)
    first = sentence[0] if sentence else whole
    if len(first) <= _LONGEST_SUMMARY:
        return first
    return f"{first[:_LONGEST_SUMMARY].rpartition(' ')[0] or first[: _LONGEST_SUMMARY - 1]}\u2026"


def says_something(parts: Sequence[Tag], *, is_index: bool) -> bool:
    """Whether there is text; in an index, paragraphs with more than links."""
    texts = [each for part in parts for each in part.strings if not (is_index and each.find_parent("a"))]
    return any(char.isalnum() for each in texts for char in each)
