"""The knowledge base as pages of one language: what each article's page needs to know."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from chalicelib.domain.text import LANGUAGES, Language
from pages.articles import Article, Faults, Section, Text, articles
from pages.assets import hashed_name
from pages.markdown import Page, Surroundings, render
from pages.tables import tables
from pages.texts import NAMES

Json = dict[str, Any]
CONTACTS = "/contacts/"
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}


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
        return {"href": href, "locale": text.locale, "title": text.facts.title, "summary": text.facts.summary}

    def _rendered(self, article: Article, locale: Language) -> tuple[Page, Sequence[str]]:
        text = article.shown_in(locale)
        return render(text.path.resolve(), text.body, self._around(text, locale))

    def _around(self, text: Text, locale: Language) -> Surroundings:
        pages = frozenset({CONTACTS, *(contents_address(each) for each in LANGUAGES)})
        return Surroundings(lambda path: self._linked(path, locale), self._picture, tables(text.locale), pages)

    def _linked(self, path: Path, locale: Language) -> str | None:
        """A link leads to the page of the reader's own language."""
        found = self.by_file.get(path)
        return address(locale, found.id) if found else None

    def _picture(self, path: Path) -> tuple[str, int, int] | None:
        is_ours = path.is_relative_to(self.kb.resolve()) and path.suffix.lower() in PICTURES and path.is_file()
        if not is_ours:
            return None
        try:
            with Image.open(path) as image:
                width, height = image.size
        except UnidentifiedImageError:
            return None
        content = path.read_bytes()
        folder = path.parent.relative_to(self.kb.resolve()).as_posix()
        where = f"/faq/media/{folder}/{hashed_name(path.name.lower(), content)}"
        self.pictures[where] = content
        return where, width, height


def others(article: Article, locale: Language) -> list[Json]:
    """The languages in which the article exists, for a reader of one in which it does not."""
    return [
        {"href": address(each, article.id), "locale": each, "name": NAMES[each]}
        for each in LANGUAGES
        if each in article.texts and each != locale
    ]
