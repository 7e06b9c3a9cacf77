"""The whole site as one folder: the knowledge base with its search, the contacts, scripts and styles."""

import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from chalicelib.domain.text import LANGUAGES, Language
from pages import contacts
from pages.articles import Article, Section, read
from pages.assets import BUILT, ROOT, WEB, Assets, assets_of, build_web, digest_of, hashed_name, run_node
from pages.knowledge import Json, Knowledge, address, contents_address, others, text_file
from pages.rendering import fill
from pages.texts import NAMES, texts

SITE = ROOT / "build" / "site"
KB = ROOT / "kb"
_STAMP = ROOT / "build" / "site.digest"
_DRAWN = WEB / "src" / "look" / "icon.svg"
ICON = f"/assets/{hashed_name('icon.svg', _DRAWN.read_bytes())}"
"""The pages' own icon."""
_FAQ = "src/faq/faq.ts"
_SOURCES = (
    KB,
    ROOT / "pages",
    ROOT / "chalicelib" / "catalog",
    WEB / "src",
    WEB / "tools",
    WEB / "vite.config.ts",
    WEB / "package-lock.json",
)
_MOST_SIMILAR = 3
Files = Iterator[tuple[str, bytes]]
"""Addresses of the site with what is there."""


def ensure_site() -> Path:
    """The folder of the finished site, built anew where a source of it changed; Faults, CannotBuild."""
    wanted = digest_of(_SOURCES)
    if not (SITE.is_dir() and _STAMP.is_file() and _STAMP.read_text() == wanted):
        build_site()
        _STAMP.write_text(wanted)
    return SITE


def build_site(kb: Path = KB, site: Path = SITE) -> Path:
    """Builds everything into `site`, which is replaced only when all of it could be built; Faults, CannotBuild."""
    knowledge = Knowledge(kb, read(kb))
    if site == SITE:
        _STAMP.unlink(missing_ok=True)
    build_web()
    fresh = site.with_name(f"{site.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(BUILT / "assets", fresh / "assets")
    for where, content in _all_files(knowledge):
        file = fresh / where.lstrip("/") / ("index.html" if where.endswith("/") else "")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.rmtree(site, ignore_errors=True)
    fresh.rename(site)
    return site


def _all_files(knowledge: Knowledge) -> Files:
    assets = assets_of(_FAQ)
    plain = Assets(assets.styles, ())
    with ThreadPoolExecutor() as pool:
        searches = dict(zip(LANGUAGES, pool.map(lambda locale: _search(knowledge, locale), LANGUAGES), strict=True))
    for locale in LANGUAGES:
        yield from _language(knowledge, locale, searches[locale], assets)
    for where in ("/", "/faq/"):
        yield where, _choose(plain, is_missing=False)
    yield "/404.html", _choose(plain, is_missing=True)
    yield ICON, _DRAWN.read_bytes()
    yield "/contacts/", contacts.page(assets_of(contacts.ENTRY), ICON).encode()
    yield from knowledge.pictures.items()


def _search(knowledge: Knowledge, locale: Language) -> Json:
    """The index of a language, and the ids of the articles that are like each."""
    sources = [knowledge.source(each, locale) for each in knowledge.articles]
    given = json.dumps({"locale": locale, "sources": sources}, ensure_ascii=False)
    found: Json = json.loads(run_node("tools/build-index.ts", stdin=given))
    return found


def _language(knowledge: Knowledge, locale: Language, search: Json, assets: Assets) -> Files:
    index = search["index"].encode()
    where = f"{contents_address(locale)}{hashed_name('index.json', index)}"
    yield where, index
    yield (
        f"{contents_address(locale)}search.json",
        json.dumps({"index": where, "foreign": knowledge.foreign(locale)}).encode(),
    )
    yield contents_address(locale), _contents(knowledge, locale, assets)
    for section in knowledge.sections:
        for article in section.articles:
            similar = _similar(article, section, search["similar"].get(article.id, ()))
            yield address(locale, article.id), _article(knowledge, section, article, locale, similar, assets)
            yield knowledge.text_address(article, locale), text_file(knowledge.page(article, locale).text)


def _contents(knowledge: Knowledge, locale: Language, assets: Assets) -> bytes:
    sections = [
        {
            "id": section.id,
            "title": section.title.in_(locale),
            "articles": [knowledge.entry(each, locale) for each in section.articles],
        }
        for section in knowledge.sections
    ]
    return _rendered("contents.html", assets, contents_address, locale=locale, sections=sections)


def _article(
    knowledge: Knowledge, section: Section, article: Article, locale: Language, similar: list[str], assets: Assets
) -> bytes:
    text, page = article.shown_in(locale), knowledge.page(article, locale)
    facts = {
        "id": article.id,
        "section_id": section.id,
        "section": section.title.in_(locale),
        "locale": text.locale,
        "language": NAMES[text.locale],
        "others": others(article, locale),
        "title": text.facts.title,
        "summary": text.facts.summary,
        "html": Markup(page.html),  # noqa: S704 - nh3 has cleaned it
        "headings": page.headings,
        "updated": text.facts.updated,
        "updated_text": _day(text.facts.updated, locale),
        "source": text.facts.source,
        "similar": [knowledge.entry(knowledge.by_id[each], locale) for each in similar],
    }
    return _rendered("article.html", assets, lambda each: address(each, article.id), locale=locale, article=facts)


def _similar(article: Article, section: Section, found: Sequence[str]) -> list[str]:
    """What a reader may want next: articles like this one, then the others of its section."""
    others = [each.id for each in section.articles if each != article]
    return list(dict.fromkeys([*found, *others]))[:_MOST_SIMILAR]


def _choose(assets: Assets, *, is_missing: bool) -> bytes:
    languages = [{"locale": each, "say": texts(each), "href": contents_address(each)} for each in LANGUAGES]
    return fill("choose.html", assets=assets, icon=ICON, languages=languages, is_missing=is_missing).encode()


def _rendered(name: str, assets: Assets, here: Any, *, locale: Language, **facts: Any) -> bytes:
    """A page; `here(locale)` is its address in a language."""
    languages = [{"locale": each, "name": NAMES[each], "href": here(each)} for each in LANGUAGES]
    common = {"assets": assets, "icon": ICON, "locale": locale, "say": texts(locale), "languages": languages}
    return fill(name, **common, **facts).encode()


def _day(day: date, locale: Language) -> str:
    return f"{day.day} {day:%B %Y}" if locale == "en" else f"{day:%d.%m.%Y}"
