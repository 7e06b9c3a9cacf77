"""What is known of each page before anything is written: its language, its title, where it came from."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin

from chalicelib.domain.text import LANGUAGES, Language
from pages.importing import facts, languages, titles
from pages.importing.document import Document, attribute, parse
from pages.importing.export import MARKDOWN, Export
from pages.importing.report import CannotImport, Refused, Report

_INDEXES = frozenset({"index", "_index", "readme", "home", "start", "main_page"})


@dataclass(frozen=True)
class Page:
    """A page of the export."""

    path: str
    key: str
    """The path without its language and ending: the same in every language."""
    top: str
    """The first folder of the key; empty for a page beside the folders."""
    locale: Language
    title: str
    has_window_title: bool
    source: str
    """Where it came from: an address, or `import:<folder>/<path>`."""
    alias: str
    """The second of these, which an import without --address would have given it."""
    stated_on: date | None
    file_day: date
    keywords: tuple[str, ...]
    links: tuple[str, ...]
    """Where an index leads; empty for other pages."""
    is_index: bool
    is_article: bool = False
    summary: str = ""


def read(export: Export, locale: Language | None, address: str | None, report: Report) -> list[Page]:
    """Every page that can be taken or gives a section its title; CannotImport when the language of one is not known."""
    reader = _Reader(export, locale, report)
    pages = [page for path in export.pages() if (page := reader.page(path))]
    if reader.unknown:
        told = ", ".join(reader.unknown[:5])
        raise CannotImport(f"In which language are {told}? Say it with --locale ({', '.join(LANGUAGES)}).")
    return _without_site(_with_sources(pages, address))


@dataclass
class _Reader:
    export: Export
    locale: Language | None
    report: Report
    unknown: list[str] = field(default_factory=list)
    """The paths of the pages whose language is not known."""
    keys: set[tuple[str, Language]] = field(default_factory=set)

    def __post_init__(self) -> None:
        split = [languages.split(path)[1] for path in self.export.pages()]
        self.tops = {PurePosixPath(key).parts[0] for key in split if "/" in key}

    def page(self, path: str) -> Page | None:
        """The page, or None when it was not taken or its language is not known."""
        try:
            document = parse(path, self.export.text(path))
            if facts.is_draft(document):
                raise Refused("is a draft")  # noqa: TRY301 - one place tells what was refused
            locale = languages.of(path, document, self.locale)
        except Refused as refused:
            self.report.skip(path, str(refused))
            return None
        if locale is None:
            self.unknown.append(path)
            return None
        page = self._page(path, locale, document)
        if not (page.is_index or page.is_article):
            self.report.skip(path, "has no text")
            return None
        return page

    def _page(self, path: str, locale: Language, document: Document) -> Page:
        key = self._key(path, locale)
        folders = PurePosixPath(key).parts
        top = folders[0] if len(folders) > 1 or folders[0] in self.tops else ""
        is_index = len(folders) <= 2 and (folders[-1].lower() in _INDEXES or folders == (top,))  # noqa: PLR2004 - a language, a top
        title, has_window_title = titles.of(document, folders[-1])
        page = Page(
            path=path,
            key=key,
            top=top,
            locale=locale,
            title=title,
            has_window_title=has_window_title,
            source=facts.canonical(document),
            alias=f"import:{self.export.name}/{path}",
            stated_on=facts.stated_on(document),
            file_day=datetime.fromtimestamp(self.export.files[path].stat().st_mtime, UTC).date(),
            keywords=facts.keywords(document),
            links=tuple(attribute(a, "href") for a in document.soup.find_all("a")) if is_index else (),
            is_index=is_index,
        )
        content, _ = document.article(title)
        parts = content.find_all("p") if is_index else [content]
        is_article = facts.says_something(parts, is_index=is_index)
        return replace(page, summary=facts.summary(document, content), is_article=is_article)

    def _key(self, path: str, locale: Language) -> str:
        """The page's key; a second page of the same key and language is one of its own."""
        key = languages.split(path)[1]
        if (key, locale) in self.keys:
            key = path
        self.keys.add((key, locale))
        return key


def _with_sources(pages: list[Page], address: str | None) -> list[Page]:
    """The pages with sources that no two share: the canonical address when it is one page's, or one of `_source`."""
    stated = Counter(page.source for page in pages)
    with_own = [page if stated[page.source] == 1 else replace(page, source="") for page in pages]
    made = [replace(page, source=page.source or _source(page, address)) for page in with_own]
    shared = Counter(page.source for page in made)
    return [page if shared[page.source] == 1 else replace(page, source=page.alias) for page in made]


def _source(page: Page, address: str | None) -> str:
    """Where the page is by --address and its path in the export; without --address, `import:` and its path."""
    if address is None:
        return page.alias
    suffix = PurePosixPath(page.path).suffix
    return urljoin(address, quote(page.path.removesuffix(suffix) if suffix.lower() in MARKDOWN else page.path))


def _without_site(pages: list[Page]) -> list[Page]:
    """Titles without what the windows of all pages in a language share; an index may be called otherwise."""
    windows: dict[Language, list[str]] = defaultdict(list)
    for page in pages:
        if page.has_window_title and not page.is_index:
            windows[page.locale].append(page.title)
    edges = {locale: titles.shared_edges(each) for locale, each in windows.items()}
    return [
        replace(page, title=titles.cut(page.title, edges[page.locale]))
        if page.has_window_title and page.locale in edges
        else page
        for page in pages
    ]
