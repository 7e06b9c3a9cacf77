"""A page of the export as a tree, whatever it was written in, and the part of it that is the article."""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement
from markdown_it import MarkdownIt

from pages.importing import front
from pages.importing.export import MARKDOWN
from pages.importing.report import Refused

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DEEPEST = 100
"""How deep elements may stand in each other: what writes Markdown calls itself once a level."""
_MAIN = ("#main-content", "#mw-content-text", ".page-content", "#dokuwiki__content", "main", "article")
_AROUND = "nav, header, footer, aside"
_NEVER = (
    "script, style, template, noscript, canvas, button, input, select, textarea, source, nav, #toc, .toc, .toc-macro, "
    ".mw-editsection, .mw-jump-link, .printfooter, .catlinks, .page-metadata, a.headerlink, a.anchor"
)
"""What no reader of an article misses."""
_LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        ("video", "audio", "iframe", "object", "embed", "svg"), "a drawing, a recording or an embedded page"
    ),
    **dict.fromkeys(("del", "s", "strike"), "text that is struck out"),
}
_MOST_REPEATED = 1000
_BLANKS = re.compile(r"[ \t]{200,}")
"""What writes Markdown takes the square of their number for."""
_NUMBERS = {"rowspan": "[0-9]{1,2}", "colspan": "[0-9]{1,2}", "start": "[0-9]{1,9}"}
_SIZES = re.compile(r"(\]\([^()\s]+)\s+=\d*%?x\d*%?\)")
_BLOCK_MARKS = re.compile(r" ?\{\.[\w-]+(?: \.[\w-]+)*\} ?$|^:::[ \t]*\w*$", re.MULTILINE)
"""What Wiki.js and Outline write that is no Markdown: pictures' sizes, and the kinds of notes."""


@dataclass(frozen=True)
class Document:
    """A page: its front matter, and its tree."""

    front: Mapping[str, Any]
    soup: BeautifulSoup

    def meta(self, *names: str) -> list[str]:
        """What its meta elements of these names say, in the names' order."""
        found = [self.soup.find_all("meta", {key: name}) for name in names for key in ("name", "property")]
        return [text for each in found for tag in each if (text := front.line(attribute(tag, "content")))]

    def heading(self) -> Tag | None:
        """The first heading of the first level: the article's own before the page's."""
        return self.main().find("h1") or self.soup.find("h1")

    def main(self) -> Tag:
        """The part that is the article, or all of the page when nothing, or more than one thing, says that it is."""
        found = (self.soup.select(selector) for selector in _MAIN)
        return next((tags[0] for tags in found if len(tags) == 1), self.soup.body or self.soup)

    def article(self, title: str) -> tuple[Tag, list[str]]:
        """The article's own part, with headings from the second level on, and what was left out of it.

        The first heading is not repeated when it is the title. The tree is changed: call it once.
        """
        content = self.main()
        if content.name in {"body", self.soup.name}:
            _remove(content, _AROUND)
        _remove(content, _NEVER)
        left_out = list(_leave_out(content))
        first = content.find("h1")
        if first and text(first).casefold() == title.casefold():
            first.decompose()
        _level_headings(content)
        _tame_numbers(content)
        _straighten_tables(content)
        return content, left_out


def parse(path: str, source: str) -> Document:
    """The page; Refused when its front matter cannot be read, or when it is too deep."""
    facts, body = front.split(source)
    if path.lower().endswith(MARKDOWN):
        body = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(_without_marks(body))
    soup = BeautifulSoup(body, "html.parser")
    depths = {id(soup): 0}
    for tag in soup.find_all(True):
        depths[id(tag)] = depths[id(tag.parent)] + 1
        if depths[id(tag)] > _DEEPEST:
            raise Refused(f"its elements stand more than {_DEEPEST} deep in each other")
    for string in soup.find_all(string=_BLANKS):
        string.replace_with(_BLANKS.sub(" ", string))
    return Document(facts, soup)


def _without_marks(body: str) -> str:
    """The text without what is no Markdown; code stays as it is."""
    lines = body.split("\n")
    code = [token.map for token in MarkdownIt("commonmark").parse(body) if token.type in {"fence", "code_block"}]
    inside = {line for first, end in filter(None, code) for line in range(first, end)}
    for index in set(range(len(lines))) - inside:
        lines[index] = _BLOCK_MARKS.sub("", _SIZES.sub(r"\1)", lines[index]))
    return "\n".join(lines)


def attribute(tag: Tag, name: str) -> str:
    """An attribute's text; empty when there is none."""
    value = tag.get(name) or ""
    return value if isinstance(value, str) else " ".join(value)


def text(tag: Tag) -> str:
    """An element's text in one line; a line break is a blank."""
    parts = (" " if isinstance(each, Tag) else str(each) for each in tag.descendants if _is_text(each))
    return front.line("".join(parts))


def _is_text(part: PageElement) -> bool:
    """Whether it is text, which comments are not, or a line break."""
    return part.name == "br" if isinstance(part, Tag) else type(part) is NavigableString


def _remove(content: Tag, selector: str) -> None:
    for tag in content.select(selector):
        tag.decompose()


def _leave_out(content: Tag) -> Iterator[str]:
    for tag in content.find_all(list(_LEFT_OUT)):
        if not tag.decomposed:
            yield _LEFT_OUT[tag.name]
            tag.decompose()


def _level_headings(content: Tag) -> None:
    """Headings begin at the second level and go down one by one, to the fourth at most; empty ones go."""
    above: list[int] = []
    for heading in content.find_all(HEADINGS):
        if not text(heading) and not heading.find("img"):
            heading.decompose()
        elif heading.find_parent(["table", "a"]):
            heading.name = "strong"
        else:
            level = int(heading.name[1])
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
            for bold in heading.find_all(["strong", "b"]):
                bold.unwrap()
            heading.name = f"h{min(len(above) + 1, 4)}"


def _tame_numbers(content: Tag) -> None:
    """Numbers that are none, or that would make much of little, go."""
    for name, allowed in _NUMBERS.items():
        for tag in content.select(f"[{name}]"):
            if not re.fullmatch(allowed, attribute(tag, name)):
                del tag[name]


def _straighten_tables(content: Tag) -> None:
    """Tables around tables are only there for the layout; cells over several rows are repeated in each."""
    for table in content.find_all("table"):
        if table.find("table"):
            for tag in table.find_all(["tbody", "thead", "tfoot", "tr", "td", "th", "caption"]):
                if tag.find_parent("table") is table:
                    tag.name = "div"
            table.name = "div"
        else:
            _repeat_cells(table)


def _repeat_cells(table: Tag) -> None:
    rows = table.find_all("tr")
    _tame_spans(table)
    for index, row in enumerate(rows):
        for column, cell in enumerate(row.find_all(["td", "th"])):
            span = int(attribute(cell, "rowspan") or 1)
            del cell["rowspan"]
            for below in rows[index + 1 : index + span]:
                below.insert(_place_of(below, column), copy(cell))


def _tame_spans(table: Tag) -> None:
    """Where cells over several rows would make a thousand cells more than there are, they stay in their first row."""
    cells = table.select("[rowspan]")
    if sum(int(attribute(cell, "rowspan") or 1) for cell in cells) > _MOST_REPEATED:
        for cell in cells:
            del cell["rowspan"]


def _place_of(row: Tag, column: int) -> int:
    """Where in a row's children a cell of this column goes."""
    cells = row.find_all(["td", "th"])
    return row.index(cells[column]) if column < len(cells) else len(row.contents)
