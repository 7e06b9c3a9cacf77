"""Moments are written in one way, so that their texts sort like they do; and a day is a zone's own."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.moment import Day, day_in, rfc3339, to_millisecond

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


def day(zone: str, text: str) -> tuple[str, str]:
    """The first moment of a day and the next day's, to the minute."""
    first, end = day_in(zone, date.fromisoformat(text))
    assert (first.tzinfo, end.tzinfo) == (UTC, UTC)
    return f"{first:%Y-%m-%d %H:%M:%S}".removesuffix(":00"), f"{end:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


@pytest.mark.parametrize(
    ("zone", "text", "first", "end"),
    [
        ("UTC", "2026-11-22", "2026-11-22 00:00", "2026-11-23 00:00"),
        ("Asia/Tbilisi", "2026-11-22", "2026-11-21 20:00", "2026-11-22 20:00"),
        ("Europe/Kyiv", "2026-11-22", "2026-11-21 22:00", "2026-11-22 22:00"),
        ("Europe/Warsaw", "2026-11-22", "2026-11-21 23:00", "2026-11-22 23:00"),
        ("Europe/Warsaw", "2026-07-01", "2026-06-30 22:00", "2026-07-01 22:00"),
        ("Asia/Kathmandu", "2026-11-22", "2026-11-21 18:15", "2026-11-22 18:15"),
        ("Pacific/Kiritimati", "2026-11-22", "2026-11-21 10:00", "2026-11-22 10:00"),
        ("Pacific/Pago_Pago", "2026-11-22", "2026-11-22 11:00", "2026-11-23 11:00"),
        ("Europe/Warsaw", "2028-02-29", "2028-02-28 23:00", "2028-02-29 23:00"),
        ("Europe/Warsaw", "2026-12-31", "2026-12-30 23:00", "2026-12-31 23:00"),
    ],
)
def test_an_ordinary_day_lasts_from_midnight_to_midnight_of_its_zone(zone, text, first, end):
    assert day(zone, text) == (first, end)


@pytest.mark.parametrize(
    ("zone", "text", "first", "end", "hours"),
    [
        ("Europe/Warsaw", "2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00", 23),
        ("Europe/Warsaw", "2026-10-25", "2026-10-24 22:00", "2026-10-25 23:00", 25),
        ("Europe/Kyiv", "2026-03-29", "2026-03-28 22:00", "2026-03-29 21:00", 23),
        ("Europe/Kyiv", "2026-10-25", "2026-10-24 21:00", "2026-10-25 22:00", 25),
        ("Asia/Tbilisi", "2026-03-29", "2026-03-28 20:00", "2026-03-29 20:00", 24),
        ("Asia/Tbilisi", "2026-10-25", "2026-10-24 20:00", "2026-10-25 20:00", 24),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03 13:30", "2026-10-04 13:00", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04 13:00", "2026-04-05 13:30", 24.5),
    ],
)
def test_a_day_on_which_the_clock_changes_is_longer_or_shorter(zone, text, first, end, hours):
    assert day(zone, text) == (first, end)
    begins, ends = day_in(zone, date.fromisoformat(text))
    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "text", "first", "end"),
    [
        ("Africa/Cairo", "2026-04-24", "2026-04-23 22:00", "2026-04-24 21:00"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28 22:00", "2026-03-29 21:00"),
        ("Atlantic/Azores", "2026-03-29", "2026-03-29 01:00", "2026-03-30 00:00"),
    ],
)
def test_a_day_without_a_midnight_begins_with_the_first_moment_after_the_clock_change(zone, text, first, end):
    assert day(zone, text) == (first, end)
    begins, _ = day_in(zone, date.fromisoformat(text))
    assert f"{begins.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == f"{text} 01:00"


@pytest.mark.parametrize(
    ("zone", "text", "first", "end"),
    [
        ("Asia/Beirut", "2026-10-24", "2026-10-23 21:00", "2026-10-24 22:00"),
        ("Asia/Beirut", "2026-10-25", "2026-10-24 22:00", "2026-10-25 22:00"),
        ("Atlantic/Azores", "2026-10-25", "2026-10-25 00:00", "2026-10-26 01:00"),
    ],
)
def test_a_clock_that_is_put_back_at_midnight_or_to_it_leaves_one_midnight_a_day(zone, text, first, end):
    assert day(zone, text) == (first, end)


def test_a_day_that_a_zone_left_out_is_empty():
    assert day("Pacific/Apia", "2011-12-29") == ("2011-12-29 10:00", "2011-12-30 10:00")
    assert day("Pacific/Apia", "2011-12-30") == ("2011-12-30 10:00", "2011-12-30 10:00")
    assert day("Pacific/Apia", "2011-12-31") == ("2011-12-30 10:00", "2011-12-31 10:00")


def test_a_last_hour_that_came_again_after_midnight_belongs_to_the_new_day():
    """Newfoundland put its clock back from 00:01 to 23:01; no zone did anything like it after 2010."""
    new_day, _ = day_in("America/St_Johns", date(2010, 11, 7))
    again = new_day + timedelta(minutes=30)
    assert f"{new_day.astimezone(ZoneInfo('America/St_Johns')):%d %H:%M}" == "07 00:00"
    assert f"{again.astimezone(ZoneInfo('America/St_Johns')):%d %H:%M}" == "06 23:30"


zones = st.sampled_from(
    [
        "UTC",
        "Asia/Tbilisi",
        "Europe/Kyiv",
        "Europe/Warsaw",
        "Europe/Moscow",
        "Africa/Cairo",
        "Africa/Casablanca",
        "America/Caracas",
        "America/Havana",
        "America/Nuuk",
        "America/Santiago",
        "America/Sao_Paulo",
        "America/Scoresbysund",
        "Antarctica/Casey",
        "Antarctica/Troll",
        "Asia/Amman",
        "Asia/Beirut",
        "Asia/Gaza",
        "Asia/Kathmandu",
        "Asia/Pyongyang",
        "Asia/Tehran",
        "Atlantic/Azores",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "Pacific/Norfolk",
        "Pacific/Pago_Pago",
    ]
)
"""Those that do something out of the ordinary between 2015 and 2035; of all zones none contradicts in these years."""
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
seconds = st.datetimes(datetime(2015, 1, 2), datetime(2035, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants the bounds naive


@given(zones, days)
def test_consecutive_days_meet_without_a_gap(zone, one):
    first, end = day_in(zone, one)
    next_first, next_end = day_in(zone, one + timedelta(days=1))
    assert first < end == next_first < next_end


@given(zones, seconds)
def test_a_moment_lies_in_the_day_that_its_zone_s_calendar_shows(zone, moment):
    first, end = day_in(zone, moment.astimezone(ZoneInfo(zone)).date())
    assert first <= moment < end


@given(zones, days)
def test_a_day_s_first_and_last_moment_show_its_date(zone, one):
    first, end = day_in(zone, one)
    last = end - timedelta(microseconds=1)
    assert [moment.astimezone(ZoneInfo(zone)).date() for moment in (first, last)] == [one, one]


@pytest.mark.parametrize(
    ("zone", "outside", "inside"),
    [
        ("UTC", date.max, date.max - timedelta(days=1)),
        ("Asia/Tbilisi", date.min, date.min + timedelta(days=1)),
        ("Pacific/Pago_Pago", date.max, date.max - timedelta(days=1)),
    ],
)
def test_the_ends_of_the_calendar_are_no_days(zone, outside, inside):
    assert day_in(zone, inside)
    with pytest.raises(OverflowError):
        day_in(zone, outside)


@pytest.mark.parametrize(
    "text", ["2026-11-31", "2026-11-2", "22.11.2026", "2026-11-22T00:00:00Z", "today", "", "20261122"]
)
def test_a_day_is_a_date_of_the_calendar(text):
    assert msgspec.convert("2026-11-22", Day) == date(2026, 11, 22)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Day)
