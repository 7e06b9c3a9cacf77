"""Articles and sections as files of the knowledge base; what did not change is not touched."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from chalicelib.domain.text import LANGUAGES, Language
from pages.importing import front, links, markdown, pictures
from pages.importing.document import parse
from pages.importing.export import Outside
from pages.importing.links import Atlas
from pages.importing.names import words
from pages.importing.places import Place, source_of
from pages.importing.reading import Page
from pages.importing.report import Change, Report, Taken
from pages.texts import preferred


def write_article(page: Page, kb: Path, atlas: Atlas, report: Report) -> set[str]:
    """Writes the page's article and its pictures; gives the paths of these in the export."""
    file = kb / atlas.file(page.path)
    present = source_of(file)
    if present is not None and present not in {page.source, page.alias}:
        report.skip(page.path, f"{atlas.file(page.path)} is there already, and did not come from {page.source}")
        return set()
    note = partial(report.skip, page.path)
    content, left_out = parse(page.path, atlas.export.text(page.path)).article(page.title)
    for each in left_out:
        note(f"{each} was left out")
    links.rewrite(content, page, atlas, note)
    used = pictures.rewrite(content, page, atlas, file.parent, note)
    change = _put(file, page, markdown.write(content))
    report.taken.append(Taken(page.path, atlas.file(page.path), change))
    return used


def _put(file: Path, page: Page, body: str) -> Change:
    present = file.read_text("utf-8") if file.exists() else None
    told = _told(page, present, body)
    if told == present:
        return "unchanged"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(told, "utf-8")
    return "new" if present is None else "updated"


def _told(page: Page, present: str | None, body: str) -> str:
    """The article's file. A copy of the export has new files' days: alone they do not make an article a newer one."""
    facts = {
        "title": page.title,
        "summary": page.summary or page.title,
        "keywords": list(page.keywords),
        "updated": page.stated_on or page.file_day,
        "source": page.source,
    }
    if present is not None and page.stated_on is None:
        as_before = front.compose(facts | {"updated": front.split(present)[0].get("updated")}, body)
        if as_before == present:
            return present
    return front.compose(facts, body)


def write_section(id_: str, pages: Sequence[Page], kb: Path, atlas: Atlas, report: Report) -> None:
    """Writes the section's file when there is none; once it exists, it belongs to the operator."""
    file = kb / id_ / "section.toml"
    if file.exists() or not file.parent.is_dir():
        return
    titles = _titles(pages)
    missing = [locale for locale in LANGUAGES if locale not in titles]
    if missing:
        report.skip(f"{id_}/section.toml", f"its title in {', '.join(missing)} is not in the export: write it there")
    name = words(next((page.top for page in pages if page.top), id_)) or id_
    in_all = [next((titles[each] for each in preferred(locale) if each in titles), name) for locale in LANGUAGES]
    told = [f"{locale} = {_toml(title)}\n" for locale, title in zip(LANGUAGES, in_all, strict=True)]
    articles = _toml(_ordered(id_, pages, atlas))
    file.write_text(f"order = {_next_order(kb)}\narticles = {articles}\n\n[title]\n{''.join(told)}", "utf-8")


def _titles(pages: Sequence[Page]) -> Mapping[Language, str]:
    """The titles of the index pages that are nearest to the top."""
    indexes = sorted((page for page in pages if page.is_index), key=lambda page: page.key.count("/"), reverse=True)
    return {page.locale: page.title for page in indexes}


def _next_order(kb: Path) -> int:
    orders = [tomllib.loads(each.read_text("utf-8")).get("order", 0) for each in kb.glob("*/section.toml")]
    return int(max(orders, default=0)) // 10 * 10 + 10


def _ordered(id_: str, pages: Sequence[Page], atlas: Atlas) -> list[str]:
    """The section's articles: first those that an index leads to, in its order, then the others by their paths."""
    linked = [_linked(page, href, atlas) for page in pages for href in page.links]
    paths = [*(path for path in linked if path), *(page.path for page in sorted(pages, key=lambda page: page.key))]
    found: list[Place] = [atlas.places[path] for path in paths if path in atlas.places]
    return list(dict.fromkeys(place.article for place in found if place.section == id_))


def _linked(page: Page, href: str, atlas: Atlas) -> str | None:
    try:
        return atlas.page_at(page, href)
    except (Outside, ValueError):
        return None


def _toml(value: object) -> str:
    """A text or a list of texts: JSON's strings are TOML's too."""
    return json.dumps(value, ensure_ascii=False)
