"""An article's Markdown as safe HTML: links and pictures held to what exists, headings that can be linked to."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import chain, count
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_BLOCK_END = re.compile(r"</(?:p|h\d|li|td|th|tr|pre|blockquote|div)>|<br>")
_DIRECTIVE = re.compile(r"\[\[(\w+)\]\]")
_TAGS = {
    *("h2", "h3", "h4", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a", "img"),
    *("table", "thead", "tbody", "tr", "th", "td", "div"),
}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "ol": {"start"},
    "td": {"data-head"},
    **{heading: {"id"} for heading in ("h2", "h3", "h4")},
}
_ADDRESSES = {"http", "https", "mailto", "tel"}
_TAKEN = ("content", "contents", "helpful", "query")
"""Ids of the page around an article."""


@dataclass(frozen=True)
class Heading:
    """A heading that the article's contents link to."""

    id: str
    text: str


@dataclass(frozen=True)
class Page:
    """An article as HTML, its headings of the second level, and its text without any marks."""

    html: str
    headings: tuple[Heading, ...]
    text: str


@dataclass(frozen=True)
class Surroundings:
    """What an article may refer to.

    `link(path)` gives the address of another article's file, or None; `picture(path)` gives a picture's address, width
    and height in pixels, or None; `tables` are HTML by the name that stands in `[[name]]`; `pages` are addresses of
    this site that exist, each with the one that is right for the article's reader.
    """

    link: Callable[[Path], str | None]
    picture: Callable[[Path], tuple[str, int, int] | None]
    tables: Mapping[str, str]
    pages: Mapping[str, str]


@dataclass
class _Rendering:
    path: Path
    around: Surroundings
    faults: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    ids: set[str] = field(default_factory=lambda: set(_TAKEN))
    anchors: list[str] = field(default_factory=list)
    level: int = 1
    """Of the heading that stands last above."""
    above: str = ""
    """The text of that heading: a table is named after it."""

    def run(self, body: str) -> Page:
        parser = MarkdownIt("commonmark", {"html": False}).enable("table")
        tokens = parser.parse(body)
        for index, token in enumerate(tokens):
            if token.type == "inline":
                self._inline(tokens, index)
            elif token.type == "table_open":
                tokens[index] = _html(f"{self._region()}<table>")
            elif token.type == "table_close":
                tokens[index] = _html("</table></div>")
        for anchor in self.anchors:
            if anchor not in self.ids.difference(_TAKEN):
                self._fault(f"the link to #{anchor} leads to no heading")
        html = parser.renderer.render(tokens, parser.options, {})
        clean = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_ADDRESSES, link_rel=None)
        return Page(clean, tuple(self.headings), plain(clean))

    def _inline(self, tokens: list[Token], index: int) -> None:
        token, before = tokens[index], tokens[index - 1]
        if before.type == "heading_open":
            self._heading(before, token)
        if before.type == "paragraph_open" and (named := _DIRECTIVE.fullmatch(token.content)):
            self._table(tokens, index, named[1])
        for child in tokens[index].children or ():
            if child.type == "link_open":
                child.attrs["href"] = self._address(str(child.attrs.get("href", "")))
            elif child.type == "image":
                self._picture(child)

    def _heading(self, opening: Token, inline: Token) -> None:
        if opening.tag not in {"h2", "h3", "h4"}:
            self._fault(f"the heading “{inline.content}” must have two to four #: the title is the first")
        text = "".join(each.content for each in inline.children or () if each.type in {"text", "code_inline"})
        if not text.strip() or int(opening.tag[1]) > self.level + 1:
            self._fault(f"the heading “{text}” is empty, or leaves out a level before it")
        self.level, self.above = int(opening.tag[1]), text
        id_ = self._unique(re.sub(r"[^\w]+", "-", text.lower()).strip("-") or "part")
        opening.attrs["id"] = id_
        if opening.tag == "h2":
            self.headings.append(Heading(id_, text))

    def _unique(self, wanted: str) -> str:
        free = next(each for each in chain([wanted], (f"{wanted}-{n}" for n in count(2))) if each not in self.ids)
        self.ids.add(free)
        return free

    def _table(self, tokens: list[Token], index: int, name: str) -> None:
        if name not in self.around.tables:
            self._fault(f"[[{name}]] is not one of {', '.join(sorted(self.around.tables))}")
        for each in (tokens[index - 1], tokens[index + 1]):
            each.hidden = True
        tokens[index] = _html(f"{self._region('table facts')}{self.around.tables.get(name, '')}</div>")

    def _region(self, kind: str = "table") -> str:
        """What a table stands in: it can be scrolled by keyboard where it is wider than the page."""
        name = f' role="region" aria-label="{escape(self.above)}"' if self.above else ""
        return f'<div class="{kind}" tabindex="0"{name}>'

    def _address(self, href: str) -> str:
        if urlsplit(href).scheme in _ADDRESSES:
            return href
        if href.startswith("#"):
            self.anchors.append(unquote(href[1:]))
            return href
        here = self.around.pages.get(href) if href.startswith("/") else self._article(href)
        if here is None:
            self._fault(f"the link to {href} leads to no article and no page of this site, or to a part of one")
        return here or href

    def _article(self, path: str) -> str | None:
        """Parts of other articles have other names in other languages, so only the whole of one can be linked to."""
        found = self._beside(path)
        return self.around.link(found) if found else None

    def _beside(self, path: str) -> Path | None:
        try:
            return (self.path.parent / unquote(path)).resolve()
        except ValueError:  # it holds a NUL
            return None

    def _picture(self, image: Token) -> None:
        source = str(image.attrs.get("src", ""))
        if not image.content.strip():
            self._fault(f"the picture {source} has no text for who cannot see it")
        file = self._beside(source)
        found = self.around.picture(file) if file else None
        if found is None:
            self._fault(f"the picture {source} is missing, or none that browsers show")
            return
        address, width, height = found
        image.attrs |= {"src": address, "width": str(width), "height": str(height), "loading": "lazy"}

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.path}: {what}")


def _html(content: str) -> Token:
    return Token("html_block", "", 0, content=content)


def render(path: Path, body: str, around: Surroundings) -> tuple[Page, Sequence[str]]:
    """The article's page, and what is wrong with it, a line each."""
    rendering = _Rendering(path, around)
    page = rendering.run(body)
    return page, rendering.faults


def plain(html: str) -> str:
    """The text of safe HTML on one line; a dot in the middle stands where a block ends without a mark of its own."""
    bare = unescape(nh3.clean(_BLOCK_END.sub("\n", " ".join(html.split())), tags=set()))
    blocks = [" ".join(block.split()) for block in bare.split("\n") if block.strip()]
    return " ".join(each if each[-1] in ".,:;?!…" else f"{each} ·" for each in blocks).removesuffix(" ·")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as HTML; the rows' cells are HTML already, the heads are text."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(map(_cell, heads, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(head: str, cell: str) -> str:
    """Where there is no room for the heads, a cell brings its own along."""
    return f'<td data-head="{escape(head)}">{cell}</td>'
