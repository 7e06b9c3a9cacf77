"""Moments are written in one way, so that their texts sort like they do."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.moment import rfc3339, to_millisecond

MOMENT = datetime(2026, 11, 22, 13, 8, 0, 123_999, tzinfo=UTC)
TBILISI = timezone(timedelta(hours=4))

moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(year=max(moment.year, 1000)))


def test_a_moment_is_cut_to_the_millisecond_and_never_rounded_up():
    assert to_millisecond(MOMENT) == MOMENT.replace(microsecond=123_000)
    assert to_millisecond(MOMENT.replace(microsecond=999_999)) == MOMENT.replace(microsecond=999_000)


def test_a_moment_of_another_zone_becomes_the_same_in_utc():
    cut = to_millisecond(MOMENT.astimezone(TBILISI))
    assert cut.tzinfo is UTC
    assert cut == to_millisecond(MOMENT)


def test_a_moment_is_written_as_the_contract_says():
    assert rfc3339(MOMENT) == "2026-11-22T13:08:00.123Z"
    assert rfc3339(MOMENT.astimezone(TBILISI)) == "2026-11-22T13:08:00.123Z"


@pytest.mark.parametrize("microsecond", [0, 1, 999, 1000, 500_000, 999_999])
def test_a_moment_is_always_of_the_same_width(microsecond):
    assert len(rfc3339(MOMENT.replace(microsecond=microsecond))) == len("2026-11-22T13:08:00.123Z")


@given(moments)
def test_a_written_moment_reads_back_to_the_millisecond(moment):
    assert datetime.fromisoformat(rfc3339(moment)) == to_millisecond(moment)


@given(moments, moments)
def test_texts_sort_like_the_moments(one, other):
    early, late = sorted((to_millisecond(one), to_millisecond(other)))
    assert (rfc3339(early) < rfc3339(late)) == (early < late)
