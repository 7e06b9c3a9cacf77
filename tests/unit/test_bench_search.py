"""The search's benchmark counts what it says it counts."""

import pytest

from bench.search import corpora
from bench.search.corpora import LOCALES, Source
from bench.search.fts5 import Fts5
from bench.search.measure import Recall, beginnings, recall
from bench.search.pairs import Pair, nonsense, pairs
from bench.search.report import percentile


def source(name: str, title: str, body: str = "") -> Source:
    return Source(name, title, "", (), body, f"/{name}.json")


def pair(article: str) -> Pair:
    return Pair("en", "plain", "score", "a query", article)


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_has_20_pairs_for_tuning_and_10_for_the_score_and_8_of_nonsense(locale):
    uses = [each.use for each in pairs(locale)]
    assert (uses.count("tune"), uses.count("score"), len(nonsense(locale))) == (20, 10, 8)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_query_is_both_tuned_on_and_scored(locale):
    queries = [each.query for each in pairs(locale)]
    assert len(set(queries)) == len(queries)


def test_recall_counts_each_side_by_its_own():
    asked = [pair("a"), pair("b"), pair("c")]
    assert recall(asked, [["x", "a"], ["b"], []], [[], [], ["c"]]) == Recall(3, 2, 1)


def test_fts5_finds_any_word_and_puts_the_title_first():
    peer = Fts5([source("text", "Other", "a refund"), source("title", "Refund"), source("none", "Chat")])
    assert peer.find("refund, please", 3) == ["title", "text"]
    assert peer.find("!?", 3) == []


def test_a_search_box_asks_each_beginning_from_two_letters_on():
    assert beginnings(["chat", "a"]) == ["ch", "cha", "chat"]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 3.0), (0.95, 4.0), (1.0, 4.0)])
def test_a_percentile_is_one_of_the_times(share, expected):
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == expected


def test_a_cut_article_keeps_all_but_its_later_words():
    long = source("a", "A title", "one two three")
    assert corpora.cut(long, 2) == source("a", "A title", "one two")
    assert corpora.cut(long, 3) == long
