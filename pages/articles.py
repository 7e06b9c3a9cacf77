"""The knowledge base as files: kb/<section>/<article>/<locale>.md, with pictures beside them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import yaml

from chalicelib.catalog import Texts
from chalicelib.domain.text import LANGUAGES, Language
from pages.texts import preferred

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NO_ID = "its name may hold a-z, 0-9 and single hyphens only"
_FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n(.*)", re.DOTALL)
_Line = Annotated[str, msgspec.Meta(pattern=r"^\S[^\n]*\S(?!\n)$|^\S(?!\n)$")]
_T = TypeVar("_T")


class Faults(Exception):
    """What is wrong with the knowledge base, a line each: the file, and what to do."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An article's front matter; `source` is the address of an imported one."""

    title: _Line
    summary: _Line
    keywords: tuple[_Line, ...]
    updated: date
    source: str = ""


class SectionFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section.toml."""

    order: int
    title: Texts
    articles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """An article in one language; `body` is Markdown."""

    path: Path
    locale: Language
    facts: Facts
    body: str


@dataclass(frozen=True)
class Article:
    """An article in the languages that it exists in."""

    section: str
    name: str
    texts: Mapping[Language, Text]

    @property
    def id(self) -> str:
        """`<section>/<article>`."""
        return f"{self.section}/{self.name}"

    def shown_in(self, locale: Language) -> Text:
        """What a reader of this language is shown: the next best where it was not translated."""
        return next(self.texts[each] for each in preferred(locale) if each in self.texts)


@dataclass(frozen=True)
class Section:
    """A section with its articles, in their order."""

    id: str
    order: int
    title: Texts
    articles: tuple[Article, ...]


@dataclass
class _Reader:
    faults: list[str] = field(default_factory=list)

    def section(self, folder: Path) -> Section | None:
        self._expect(folder, bool(ID.fullmatch(folder.name)), _NO_ID)
        self._expect(
            folder, not any(folder.glob("*.md")), "has a text beside its articles: each has a folder of its own"
        )
        facts = self._taken(folder / "section.toml", SectionFacts, tomllib.loads)
        names = [each.name for each in sorted(folder.iterdir()) if each.is_dir()]
        found = {name: self.article(folder / name) for name in names}
        if facts is None:
            return None
        self._expect(folder, bool(found), "has no article")
        for name in facts.articles:
            self._expect(folder / "section.toml", name in found, f"names the article {name}, which is not there")
        named = dict.fromkeys([*facts.articles, *names])
        articles = tuple(article for name in named if (article := found.get(name)))
        return Section(folder.name, facts.order, facts.title, articles)

    def article(self, folder: Path) -> Article | None:
        self._expect(folder, bool(ID.fullmatch(folder.name)), _NO_ID)
        texts: dict[Language, Text] = {}
        files = sorted(folder.glob("*.md"))
        self._expect(folder, bool(files), "has no article in any language")
        for path in files:
            locale = next((each for each in LANGUAGES if each == path.stem), None)
            self._expect(path, locale is not None, f"its name must be one of {', '.join(LANGUAGES)}")
            if locale and (text := self._text(path, locale)):
                texts[locale] = text
        return Article(folder.parent.name, folder.name, texts) if texts else None

    def _text(self, path: Path, locale: Language) -> Text | None:
        parts = _FRONT_MATTER.fullmatch(self._read(path))
        self._expect(
            path, parts is not None, "must begin with title, summary, keywords, updated between two `---` lines"
        )
        if parts is None:
            return None
        facts = self._taken(path, Facts, lambda _: yaml.safe_load(parts[1]))
        self._expect(path, bool(parts[2].strip()), "has no text")
        return Text(path, locale, facts, parts[2]) if facts else None

    def _taken(self, path: Path, type_: type[_T], parse: Any) -> _T | None:
        """What the file says, held to its type."""
        try:
            return msgspec.convert(parse(self._read(path)), type_)
        except FileNotFoundError:
            self.faults.append(f"{path}: is missing")
        except (ValueError, yaml.YAMLError) as error:
            self.faults.append(f"{path}: {error}")
        return None

    def _read(self, path: Path) -> str:
        try:
            return path.read_text("utf-8")
        except UnicodeDecodeError:
            self.faults.append(f"{path}: is not UTF-8")
            return ""

    def _expect(self, path: Path, holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
        if not holds:
            self.faults.append(f"{path}: {otherwise}")


def read(kb: Path) -> tuple[Section, ...]:
    """Every section, in order; Faults names everything that is wrong at once."""
    reader = _Reader()
    folders = [each for each in sorted(kb.iterdir()) if each.is_dir()]
    sections = [section for folder in folders if (section := reader.section(folder))]
    if not sections:
        reader.faults.append(f"{kb}: has no section")
    if reader.faults:
        raise Faults(reader.faults)
    return tuple(sorted(sections, key=lambda section: (section.order, section.id)))


def articles(sections: tuple[Section, ...]) -> Iterator[Article]:
    """All articles, in order."""
    for section in sections:
        yield from section.articles
