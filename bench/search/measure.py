"""Runs every query in Chromium and in FTS5 and says what was found, how fast, and how large the index is."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.search import chromium, corpora
from bench.search.fts5 import Fts5
from bench.search.pairs import Pair, nonsense, pairs

_SHOWN = 3
_SMALL = (200, 100)  # articles, and words in each, of the index whose size has a goal


@dataclass(frozen=True)
class Recall:
    """How many of these pairs were found among the first three."""

    pairs: int
    ours: int
    fts5: int


@dataclass(frozen=True)
class Language:
    """What was measured in one language; sizes in bytes after gzip, times in ms."""

    articles: int
    tune: Recall
    score: Recall
    kinds: dict[str, Recall]
    missed: list[Pair]
    nonsense: int
    answered: int
    fts5_answered: int
    size: int
    small: int
    times: list[float]


@dataclass(frozen=True)
class Found:
    """All languages, and the script's bytes after gzip."""

    script: int
    languages: dict[str, Language]


def measure(say: Callable[[str], None]) -> Found:
    """Fetches the articles where they are missing, and asks."""
    say("Fetching the articles")
    corpora.fetch()
    script = chromium.bundle()
    with chromium.browser(script) as browser:
        languages = {}
        for locale in corpora.LOCALES:
            say(f"Searching in {locale}")
            languages[locale] = _measure_one(browser, locale)
    return Found(zipped(script), languages)


def zipped(text: str) -> int:
    """Bytes on the wire."""
    return len(gzip.compress(text.encode(), mtime=0))


def recall(asked: Sequence[Pair], ours: Sequence[list[str]], fts5: Sequence[list[str]]) -> Recall:
    """Counts the pairs whose article is among what each found."""
    hits = [sum(pair.article in ids for pair, ids in zip(asked, found, strict=True)) for found in (ours, fts5)]
    return Recall(len(asked), *hits)


def beginnings(queries: Iterable[str]) -> list[str]:
    """What a search box asks while these are typed: each from its second letter on."""
    return [query[:end] for query in queries for end in range(2, len(query) + 1)]


def _measure_one(browser: chromium.Browser, locale: str) -> Language:
    sources, asked = corpora.articles(locale), pairs(locale)
    known = {each.id for each in sources}
    if lost := [each.article for each in asked if each.article not in known]:
        raise ValueError(f"these articles of the pairs are not in this release's texts: {lost}")
    index, peer = chromium.build_index(locale, sources), Fts5(sources)
    browser.load(index)
    queries = [each.query for each in asked]
    ours, theirs = browser.find(queries), [peer.find(each, _SHOWN) for each in queries]
    rows = list(zip(asked, ours, theirs, strict=True))
    score = [row for row in rows if row[0].use == "score"]

    def of(chosen: Sequence[tuple[Pair, list[str], list[str]]]) -> Recall:
        return recall([row[0] for row in chosen], [row[1] for row in chosen], [row[2] for row in chosen])

    small = [corpora.cut(each, _SMALL[1]) for each in sources[: _SMALL[0]]]
    return Language(
        articles=len(sources),
        tune=of([row for row in rows if row[0].use == "tune"]),
        score=of(score),
        kinds={
            kind: of([row for row in score if row[0].kind == kind]) for kind in Counter(each.kind for each in asked)
        },
        missed=[pair for pair, ids, _ in rows if pair.article not in ids],
        nonsense=len(nonsense(locale)),
        answered=sum(bool(ids) for ids in browser.find(nonsense(locale))),
        fts5_answered=sum(bool(peer.find(each, _SHOWN)) for each in nonsense(locale)),
        size=zipped(index),
        small=zipped(chromium.build_index(locale, small)),
        times=sorted(browser.time(beginnings([*queries, *nonsense(locale)]))),
    )
