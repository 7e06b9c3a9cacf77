"""The knowledge base as pages of one language: what each article's page needs to know."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from chalicelib.domain.text import LANGUAGES, Language
from pages.articles import Article, Faults, Section, Text, articles
from pages.assets import hashed_name
from pages.markdown import Page, Surroundings, render
from pages.tables import tables
from pages.texts import NAMES

Json = dict[str, Any]
CONTACTS = "/contacts/"
_PICTURE = re.compile(r"[A-Za-z0-9._-]+\.(?:png|jpe?g|gif|webp)", re.IGNORECASE)
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def contents_address(locale: Language) -> str:
    """Where a language's list of all articles is."""
    return f"/faq/{locale}/"


def address(locale: Language, article_id: str) -> str:
    """Where an article's page is."""
    return f"/faq/{locale}/{article_id}/"


def text_file(text: str) -> bytes:
    """An article's own small file, from which a search shows what it found."""
    return json.dumps({"text": text}, ensure_ascii=False).encode()


@dataclass
class Knowledge:
    """The sections of a knowledge base, rendered. Raises Faults for all that is wrong in any article at once."""

    kb: Path
    sections: tuple[Section, ...]
    pictures: dict[str, bytes] = field(default_factory=dict)
    """Those that articles show, by their addresses."""

    def __post_init__(self) -> None:
        self.by_file = {text.path.resolve(): each for each in self.articles for text in each.texts.values()}
        rendered = {(each.id, locale): self._rendered(each, locale) for each in self.articles for locale in LANGUAGES}
        faults = dict.fromkeys(fault for _, found in rendered.values() for fault in found)
        if faults:
            raise Faults(list(faults))
        self.pages: Mapping[tuple[str, Language], Page] = {key: page for key, (page, _) in rendered.items()}

    @cached_property
    def by_id(self) -> Mapping[str, Article]:
        """Every article by its id."""
        return {each.id: each for each in self.articles}

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """All articles, in order."""
        return tuple(articles(self.sections))

    def page(self, article: Article, locale: Language) -> Page:
        """The article as a reader of this language is shown it."""
        return self.pages[article.id, locale]

    def text_address(self, article: Article, locale: Language) -> str:
        """Where the article's small file for readers of this language is."""
        name = hashed_name("text.json", text_file(self.page(article, locale).text))
        return f"{address(locale, article.id)}{name}"

    def source(self, article: Article, locale: Language) -> Json:
        """What the search index is made of."""
        facts, page = article.shown_in(locale).facts, self.page(article, locale)
        return {
            "id": article.id,
            "title": facts.title,
            "summary": facts.summary,
            "keywords": list(facts.keywords),
            "body": page.text,
            "text": self.text_address(article, locale),
        }

    def entry(self, article: Article, locale: Language) -> Json:
        """An article as a list of links shows it."""
        text = article.shown_in(locale)
        href = address(locale, article.id)
        facts = {"title": text.facts.title, "summary": text.facts.summary, "language": NAMES[text.locale]}
        return {"href": href, "locale": text.locale, **facts}

    def foreign(self, locale: Language) -> dict[str, Language]:
        """The language of each article that this one does not have."""
        return {each.id: each.shown_in(locale).locale for each in self.articles if locale not in each.texts}

    def _rendered(self, article: Article, locale: Language) -> tuple[Page, Sequence[str]]:
        text = article.shown_in(locale)
        return render(text.path.resolve(), text.body, self._around(text, locale))

    def _around(self, text: Text, locale: Language) -> Surroundings:
        pages = {CONTACTS: f"{CONTACTS}#{locale}"}
        pages |= {contents_address(each): contents_address(locale) for each in LANGUAGES}
        return Surroundings(lambda path: self._linked(path, locale), self._picture, tables(text.locale), pages)

    def _linked(self, path: Path, locale: Language) -> str | None:
        """A link leads to the page of the reader's own language."""
        found = self.by_file.get(path)
        return address(locale, found.id) if found else None

    def _picture(self, path: Path) -> tuple[str, int, int] | None:
        is_ours = path.is_relative_to(self.kb.resolve()) and _PICTURE.fullmatch(path.name) and path.is_file()
        size = _size(path) if is_ours else None
        if size is None:
            return None
        content = path.read_bytes()
        folder = path.parent.relative_to(self.kb.resolve()).as_posix()
        where = f"/faq/media/{folder}/{hashed_name(path.name.lower(), content)}"
        self.pictures[where] = content
        return where, *size


def _size(path: Path) -> tuple[int, int] | None:
    """A picture's width and height in pixels; None for what is no whole picture."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            image.load()
            return image.size
    except (OSError, SyntaxError):  # Pillow says the latter of a broken PNG
        return None


def others(article: Article, locale: Language) -> list[Json]:
    """The languages in which the article exists, for a reader of one in which it does not."""
    return [
        {"href": address(each, article.id), "locale": each, "name": NAMES[each]}
        for each in LANGUAGES
        if each in article.texts and each != locale
    ]
