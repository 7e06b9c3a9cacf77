"""Which address counts for a call, how long, and what may be said of an article."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.address import Addresses, network_of
from chalicelib.domain.faq import Miss, Vote
from chalicelib.domain.moment import began

READER, EDGE = "198.51.100.7", "203.0.113.9"
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("forwarded", "reader"),
    [
        ("", EDGE),
        (EDGE, EDGE),
        (f"{READER}, {EDGE}", READER),
        (f"{READER},{EDGE}", READER),
        (f"192.0.2.1, {READER}, {EDGE}", READER),
        (f"nobody, {EDGE}", EDGE),
        (f", {EDGE}", EDGE),
        (f"{READER}:80, {EDGE}", EDGE),
    ],
    ids=["none", "called itself", "edge", "without a space", "forged before the edge", "a word", "empty", "a port"],
)
def test_the_reader_is_whom_the_last_but_one_names_and_else_who_called(forwarded, reader):
    addresses = Addresses(EDGE, forwarded)
    assert (addresses.reader, addresses.sender) == (reader, EDGE)


def test_an_ipv6_address_counts_as_its_network_however_it_is_written():
    assert network_of("2001:db8:0:1::a") == network_of("2001:0DB8::1:ffff:0:0:1") == "2001:db8:0:1::/64"
    assert network_of("2001:db8:0:2::a") != network_of("2001:db8:0:1::a")
    assert Addresses("2001:db8::1").sender == Addresses("2001:db8::2").sender
    assert network_of("198.51.100.7") != network_of("198.51.100.8")


@given(st.text(), st.text())
def test_whatever_is_written_there_somebody_called(source, forwarded):
    """API Gateway's console, for one, calls from `test-invoke-source-ip`."""
    addresses = Addresses(source, forwarded)
    assert addresses.sender == (network_of(source) or source)
    assert isinstance(addresses.reader, str)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-22T13:00:00", "2026-11-22T13:00:00"),
        ("2026-11-22T13:59:59.999", "2026-11-22T13:00:00"),
        ("2026-11-22T14:00:00", "2026-11-22T14:00:00"),
    ],
)
def test_a_stretch_of_time_holds_its_first_moment_and_not_the_next_ones(now, since):
    moment, begin = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, since))
    assert began(moment, HOUR) == begin


VOTE = {"article": "requests/new-request", "locale": "ka", "helpful": True}


@pytest.mark.parametrize("article", ["a/b", "a1/b-2", "requests/new-request", "x" * 49 + "/" + "y" * 50])
def test_an_article_is_named_by_its_section_and_its_own_name(article):
    assert msgspec.convert({**VOTE, "article": article}, Vote).article == article


@pytest.mark.parametrize(
    "article",
    [
        "",
        "a",
        "a/",
        "/b",
        "a/b/c",
        "a//b",
        "A/b",
        "a/b_c",
        "a/-b",
        "a-/b",
        "a/b--c",
        "a/b\n",
        "a#/b",
        "ა/ბ",
        "x" * 50 + "/" + "y" * 50,
    ],
)
def test_what_no_article_can_be_called_is_refused(article):
    with pytest.raises(msgspec.ValidationError, match="article"):
        msgspec.convert({**VOTE, "article": article}, Vote)


def test_of_a_search_nothing_but_its_language_is_taken():
    assert msgspec.convert({"locale": "uk"}, Miss) == Miss("uk")
    with pytest.raises(msgspec.ValidationError, match="query"):
        msgspec.convert({"locale": "uk", "query": "звернення"}, Miss)
