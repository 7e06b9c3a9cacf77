"""Links of a page: to files of the knowledge base, to where the wiki is, or no longer links."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from bs4 import Tag

from chalicelib.domain.text import Language
from pages.importing import languages
from pages.importing.document import attribute
from pages.importing.export import PICTURES, Export, Outside, join
from pages.importing.facts import is_address
from pages.importing.places import Place
from pages.importing.reading import Page
from pages.importing.report import shown
from pages.texts import preferred

_SAFE = "%/:?#[]@!$&'*+,=~-._"
Note = Callable[[str], None]
"""Takes what was left out, for the report."""


@dataclass
class Atlas:
    """Where the pages that are taken are, in the export, in the wiki and in the knowledge base."""

    export: Export
    pages: Mapping[str, Page]
    places: Mapping[str, Place]
    address: str | None
    by_source: Mapping[str, str] = field(init=False)
    by_key: dict[str, dict[Language, str]] = field(init=False)

    def __post_init__(self) -> None:
        taken = [self.pages[path] for path in self.places]
        self.by_source = {_bare(page.source): page.path for page in taken}
        self.by_key = {page.key: {} for page in taken}
        for page in taken:
            self.by_key[page.key][page.locale] = page.path

    def file(self, path: str) -> str:
        """The page's file in the knowledge base."""
        return f"{self.places[path].path}/{self.pages[path].locale}.md"

    def local(self, href: str) -> str:
        """A reference as the export has it, when it begins with the wiki's own address."""
        if self.address and href.startswith(self.address):
            return f"/{href.removeprefix(self.address)}"
        return href

    def page_at(self, page: Page, href: str) -> str | None:
        """The path of the page that is referred to, in another language when it has no other.

        None when it is not taken, Outside when it cannot be in the export.
        """
        parts = urlsplit(self.local(href))
        if parts.scheme or parts.netloc:
            return self.by_source.get(_bare(href))
        path = self.export.find(page.path, parts.path)
        if path in self.places:
            return path
        return self._in_another_language(page, parts.path) or self.by_source.get(_bare(urljoin(page.source, href)))

    def _in_another_language(self, page: Page, href: str) -> str | None:
        found = self.by_key.get(languages.split(join(page.path, href))[1], {})
        return next((found[each] for each in preferred(page.locale) if each in found), None)


def _bare(url: str) -> str:
    return urldefrag(url).url.rstrip("/")


def rewrite(content: Tag, page: Page, atlas: Atlas, note: Note) -> None:
    """Gives every link of the page its new address; one that leads nowhere becomes text, and is noted."""
    for link in content.find_all("a"):
        href = attribute(link, "href").strip()
        address = None if _shows_only_its_picture(link, href) else _address(href, page, atlas, note)
        if address is None:
            link.unwrap()
        else:
            link.attrs = {"href": quote(address, safe=_SAFE)}


def _shows_only_its_picture(link: Tag, href: str) -> bool:
    is_picture = href.lower().startswith("data:image/") or href.lower().endswith(PICTURES)
    return is_picture and link.find("img") is not None


def _address(href: str, page: Page, atlas: Atlas, note: Note) -> str | None:
    """The link's new address, or None when it has none."""
    if not href or href.startswith("#"):
        return None
    try:
        if target := atlas.page_at(page, href):
            return posixpath.relpath(atlas.file(target), atlas.places[page.path].path)
        return _elsewhere(href, page, note)
    except Outside:
        note(f"the link to {shown(href)} leads out of the export: only its text is kept")
    except ValueError:
        note(f"the link to {shown(href)} is no address: only its text is kept")
    return None


def _elsewhere(href: str, page: Page, note: Note) -> str | None:
    """The address of what is not in the knowledge base; ValueError when it is none."""
    url = quote(f"https:{href}" if href.startswith("//") else href, safe=_SAFE)
    if is_address(url) or urlsplit(url).scheme in {"mailto", "tel"}:
        return url
    if urlsplit(url).scheme:
        note(f"the link to {shown(href)} is not to the web: only its text is kept")
        return None
    full = urljoin(page.source, url)
    if not is_address(full):
        note(f"the link to {shown(href)} leads to what was not taken: only its text is kept")
        return None
    note(f"the link to {shown(href)} leads to what was not taken: it now leads to {shown(full)}")
    return full
