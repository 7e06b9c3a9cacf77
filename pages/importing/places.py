"""Where in the knowledge base each page goes: where it is already, or a place that nobody else has."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath

from pages.importing import front
from pages.importing.names import slug, unique
from pages.importing.reading import Page
from pages.importing.report import Refused, Report
from pages.texts import preferred


@dataclass(frozen=True, order=True)
class Place:
    """An article's folder in the knowledge base."""

    section: str
    article: str

    @property
    def path(self) -> str:
        """`<section>/<article>`."""
        return f"{self.section}/{self.article}"


@dataclass(frozen=True)
class Plan:
    """The places of the pages that are taken, by their paths in the export, and each section's pages."""

    places: Mapping[str, Place]
    sections: Mapping[str, Sequence[Page]]


def source_of(file: Path) -> str | None:
    """Where an article's file came from: empty for one that was not imported, None when there is no such file."""
    if not file.is_file():
        return None
    try:
        facts, _ = front.split(file.read_text("utf-8"))
    except Refused:
        return ""
    return front.line(facts.get("source"))


def plan(pages: Sequence[Page], kb: Path, section: str | None, name: str, report: Report) -> Plan:
    """The place of every page that can be taken; `name` is the export's folder's, for pages beside its folders."""
    return _Planning(kb, _imported(kb), name, report).plan(pages, section)


def _imported(kb: Path) -> dict[str, Place]:
    """The places of all imported articles by their sources."""
    files = sorted(kb.glob("*/*/*.md"), reverse=True)
    return {source: Place(each.parts[-3], each.parts[-2]) for each in files if (source := source_of(each))}


@dataclass
class _Planning:
    kb: Path
    imported: Mapping[str, Place]
    name: str
    report: Report
    claimed: set[str] = field(default_factory=set)
    """The sections of this export."""
    given: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The articles of this export in each section."""

    def plan(self, pages: Sequence[Page], section: str | None) -> Plan:
        by_top = {top: list(each) for top, each in groupby(sorted(pages, key=lambda p: p.top), key=lambda p: p.top)}
        for page in pages:
            if place := self._known(page):
                self.given[place.section].add(place.article)
            if not page.is_article:
                self.report.skip(page.path, "is an index without a text of its own")
        homes = {top: section or self._present_section(each) for top, each in by_top.items()}
        self.claimed |= {home for home in homes.values() if home}
        places: dict[str, Place] = {}
        sections: dict[str, list[Page]] = defaultdict(list)
        for top, each in by_top.items():
            home = homes[top] or self._new_section(top, each)
            if home:
                sections[home] += each
                places |= self._articles(home, each)
        return Plan(places, sections)

    def _known(self, page: Page) -> Place | None:
        return self.imported.get(page.source) or self.imported.get(page.alias)

    def _present_section(self, pages: Iterable[Page]) -> str | None:
        """Where most of these pages are already: an operator may have renamed the section."""
        known = Counter(place.section for page in pages if (place := self._known(page)))
        return known.most_common(1)[0][0] if known else None

    def _new_section(self, top: str, pages: Sequence[Page]) -> str | None:
        articles = [page for page in pages if page.is_article]
        if not articles:
            return None
        wanted = slug(top or self.name, articles[0].locale) or slug(articles[0].title, articles[0].locale) or "section"
        home = unique(wanted, self.claimed)
        if (self.kb / home).exists():
            for page in articles:
                self.report.skip(page.path, f"the section {home} is there already: --section {home} adds to it")
            return None
        self.claimed.add(home)
        return home

    def _articles(self, home: str, pages: Sequence[Page]) -> dict[str, Place]:
        places: dict[str, Place] = {}
        articles = sorted((page for page in pages if page.is_article), key=lambda page: page.key)
        for _, same in groupby(articles, key=lambda page: page.key):
            versions = list(same)
            known = [place for page in versions if (place := self._known(page))]
            place = known[0] if known else self._new_article(home, versions)
            if place:
                places |= {page.path: self._known(page) or place for page in versions}
        return places

    def _new_article(self, home: str, versions: Sequence[Page]) -> Place | None:
        """The id comes from the English title, or from that in the language that is read most."""
        first = min(versions, key=lambda page: preferred("en").index(page.locale))
        stem = PurePosixPath(first.key).name
        place = Place(
            home, unique(slug(first.title, first.locale) or slug(stem, first.locale) or "article", self.given[home])
        )
        if (self.kb / place.path).exists():
            for page in versions:
                self.report.skip(
                    page.path, f"the article {place.path} is there already, and did not come from {page.source}"
                )
            return None
        self.given[home].add(place.article)
        return place
