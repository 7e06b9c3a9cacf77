"""Articles to search in: the project's own and open source's, fetched into build/ and never committed.

GNOME's help has the same 290 pages in four languages. Georgian has no such manual: MediaWiki's and WordPress' own
messages stand for one, as many in a row as make an article.
"""

import gettext
import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, cast
from xml.etree import ElementTree as ET

import yaml

from infra.build import ROOT

LOCALES = ("ka", "en", "ru", "uk", "pl")
FOLDER = ROOT / "build" / "bench-search"
_PACKAGES = {"gnome-user-docs": "./usr/share/help/*", "mediawiki": "*/ka.json", "wordpress-l10n": "*ka_GE.mo"}
_MALLARD = "{http://projectmallard.org/1.0/}"
_GEORGIAN = re.compile(r"[ა-ჰ]{2,}")
_MARKUP = re.compile(r"<[^>]*>|\{\{[^}]*\}\}|\[\[|\]\]|https?://\S+|[%$]\d?\$?s?")
_SENTENCE, _HEADING, _ARTICLE = 7, 2, 75  # Georgian words that a message needs to be prose; a title; an article
_COPIED = 12  # each twelfth article has a near-duplicate


@dataclass(frozen=True)
class Source:
    """An article as the index takes it."""

    id: str
    title: str
    summary: str
    keywords: tuple[str, ...]
    body: str
    text: str


def fetch() -> None:
    """Downloads and unpacks the packages that are not there yet."""
    for name, wanted in _PACKAGES.items():
        folder = FOLDER / name
        if not folder.exists():
            folder.mkdir(parents=True)
            subprocess.run(["/usr/bin/apt-get", "download", "-q", name], cwd=folder, check=True, capture_output=True)
            [package] = folder.glob("*.deb")
            unpack = f"dpkg-deb --fsys-tarfile '{package.name}' | tar x --wildcards '{wanted}'"
            subprocess.run(["/bin/bash", "-c", unpack], cwd=folder, check=True)


def articles(locale: str) -> list[Source]:
    """All articles of a language: its manual's, the project's own, near-duplicates of every twelfth."""
    manual = list(_georgian() if locale == "ka" else _gnome(locale))
    return [*manual, *_own(locale), *(_copy(each) for each in manual[::_COPIED])]


def cut(source: Source, words: int) -> Source:
    """The article with only so many words of text."""
    return replace(source, body=" ".join(source.body.split()[:words]))


def _copy(source: Source) -> Source:
    sentences = source.body.split(". ")
    kept = [each for i, each in enumerate(sentences) if i % 3]
    return replace(source, id=f"{source.id}-copy", body=". ".join(kept), text=f"{source.text}-copy")


def _source(name: str, title: str, summary: str, body: str, keywords: Iterable[str] = ()) -> Source:
    title, summary, body = (" ".join(each.split()) for each in (title, summary, body))
    return Source(name, title, summary, tuple(keywords), body, f"/faq/{name}/text.0123abcd.json")


def _gnome(locale: str) -> Iterator[Source]:
    folder = FOLDER / "gnome-user-docs/usr/share/help" / ("C" if locale == "en" else locale) / "gnome-help"
    for path in sorted(folder.glob("*.page")):
        page = ET.parse(path).getroot()  # noqa: S314  # a package of Debian's
        title, info = page.find(f"{_MALLARD}title"), page.find(f"{_MALLARD}info")
        desc = info.find(f"{_MALLARD}desc") if info is not None else None
        body = [" ".join(each.itertext()) for each in page if each is not info and each is not title]
        if title is not None and len(" ".join(body).split()) >= _ARTICLE // 3:
            summary = "" if desc is None else "".join(desc.itertext())
            yield _source(f"gnome/{path.stem}", "".join(title.itertext()), summary, " ".join(body))


def _georgian() -> Iterator[Source]:
    for name, messages in (("mediawiki", _mediawiki()), ("wordpress", _wordpress())):
        for title, body in _in_articles(messages):
            # Another release has other texts: a pair's article is then missing, not another one.
            yield _source(f"{name}/{sha256(body.encode()).hexdigest()[:8]}", title, "", body)


def _mediawiki() -> Iterator[str]:
    root = FOLDER / "mediawiki"
    for path in sorted(root.rglob("ka.json"), key=lambda each: (len(each.parts), each)):
        for key, text in cast(dict[str, Any], json.loads(path.read_text("utf-8"))).items():
            if not key.startswith("@"):
                yield str(text)


def _wordpress() -> Iterator[str]:
    for path in sorted((FOLDER / "wordpress-l10n").rglob("*.mo")):
        with path.open("rb") as file:
            catalog = cast(dict[Any, str], vars(gettext.GNUTranslations(file))["_catalog"])
        yield from catalog.values()


def _in_articles(messages: Iterable[str]) -> Iterator[tuple[str, str]]:
    title, prose = "", list[str]()
    for message in messages:
        plain = _MARKUP.sub(" ", message)
        words = len(_GEORGIAN.findall(plain))
        if words >= _SENTENCE:
            prose.append(plain)
        elif words >= _HEADING and not (title and prose):
            title = plain
        if title and sum(len(_GEORGIAN.findall(each)) for each in prose) >= _ARTICLE:
            yield title, " ".join(prose)
            title, prose = "", []


def _own(locale: str) -> Iterator[Source]:
    for path in sorted((ROOT / "kb").glob(f"*/*/{locale}.md")):
        _, head, body = path.read_text("utf-8").split("---\n", 2)
        front = yaml.safe_load(head)
        plain = re.sub(r"\]\([^)]*\)|[#*`\[\]|]", " ", body)
        name = f"{path.parts[-3]}/{path.parts[-2]}"
        yield _source(name, front["title"], front["summary"], plain, front["keywords"])
