"""Time counted in open hours, in the zone of who answers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.calendar import Interval, add_open_time

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WORKDAYS = (1, 2, 3, 4, 5)
ALWAYS = (Interval(days=EVERY_DAY, start="00:00", end="24:00"),)
OFFICE = (Interval(days=WORKDAYS, start="08:00", end="17:00"),)
MOSCOW = "Europe/Moscow"
WARSAW = "Europe/Warsaw"

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants the bounds naive
lengths = st.timedeltas(timedelta(minutes=1), timedelta(days=4))
zones = st.sampled_from([MOSCOW, WARSAW, "UTC", "Asia/Tbilisi", "America/New_York", "Australia/Lord_Howe"])
weeklies = st.sampled_from(
    [
        ALWAYS,
        OFFICE,
        (Interval(days=(5, 6), start="22:00", end="06:00"),),
        (Interval(days=WORKDAYS, start="08:00", end="12:00"), Interval(days=WORKDAYS, start="13:00", end="24:00")),
    ]
)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def after(start: datetime, length: timedelta, weekly: tuple[Interval, ...], zone: str = MOSCOW) -> datetime:
    return add_open_time(start, length, weekly=weekly, zone=zone)


@given(moments, lengths, zones)
def test_around_the_clock_time_is_added_plainly(start, length, zone):
    assert after(start, length, ALWAYS, zone) == start + length


def test_what_does_not_fit_before_the_weekend_goes_on_on_monday():
    friday = at("2026-11-20 16:30", MOSCOW)
    assert after(friday, timedelta(hours=2), OFFICE) == at("2026-11-23 09:30", MOSCOW)


def test_what_ends_with_the_office_hours_ends_that_day():
    friday = at("2026-11-20 16:30", MOSCOW)
    assert after(friday, timedelta(minutes=30), OFFICE) == at("2026-11-20 17:00", MOSCOW)
    assert after(friday, timedelta(minutes=31), OFFICE) == at("2026-11-23 08:01", MOSCOW)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-20 08:00", "2026-11-20 10:00"),
        ("2026-11-20 07:59", "2026-11-20 10:00"),
        ("2026-11-20 00:00", "2026-11-20 10:00"),
        ("2026-11-19 17:00", "2026-11-20 10:00"),
        ("2026-11-19 23:59", "2026-11-20 10:00"),
        ("2026-11-21 12:00", "2026-11-23 10:00"),
        ("2026-11-22 23:59", "2026-11-23 10:00"),
    ],
)
def test_outside_the_hours_the_count_begins_at_the_next_opening(start, end):
    assert after(at(start, MOSCOW), timedelta(hours=2), OFFICE) == at(end, MOSCOW)


def test_a_long_goal_goes_over_several_days():
    monday = at("2026-11-23 08:00", MOSCOW)
    assert after(monday, timedelta(hours=24), OFFICE) == at("2026-11-25 14:00", MOSCOW)


def test_a_break_at_noon_does_not_count():
    weekly = (Interval(days=WORKDAYS, start="08:00", end="12:00"), Interval(days=WORKDAYS, start="13:00", end="17:00"))
    assert after(at("2026-11-20 11:30", MOSCOW), timedelta(hours=1), weekly) == at("2026-11-20 13:30", MOSCOW)


def test_the_order_of_the_intervals_does_not_matter():
    early = Interval(days=WORKDAYS, start="08:00", end="12:00")
    late = Interval(days=WORKDAYS, start="13:00", end="17:00")
    start = at("2026-11-20 11:30", MOSCOW)
    ends = {after(start, timedelta(hours=1), weekly) for weekly in ((early, late), (late, early))}
    assert ends == {at("2026-11-20 13:30", MOSCOW)}


def test_an_interval_over_midnight_belongs_to_the_day_it_begins_on():
    friday_night = (Interval(days=(5,), start="22:00", end="06:00"),)
    assert after(at("2026-11-20 23:00", MOSCOW), timedelta(hours=2), friday_night) == at("2026-11-21 01:00", MOSCOW)
    assert after(at("2026-11-21 05:00", MOSCOW), timedelta(hours=1), friday_night) == at("2026-11-21 06:00", MOSCOW)
    assert after(at("2026-11-21 05:00", MOSCOW), timedelta(hours=2), friday_night) == at("2026-11-27 23:00", MOSCOW)
    assert after(at("2026-11-20 05:00", MOSCOW), timedelta(hours=1), friday_night) == at("2026-11-20 23:00", MOSCOW)


def test_twenty_four_o_clock_is_the_end_of_the_day():
    evening = (Interval(days=WORKDAYS, start="20:00", end="24:00"),)
    assert after(at("2026-11-20 23:00", MOSCOW), timedelta(hours=1), evening) == at("2026-11-21 00:00", MOSCOW)
    assert after(at("2026-11-20 23:00", MOSCOW), timedelta(hours=2), evening) == at("2026-11-23 21:00", MOSCOW)


def test_a_day_to_its_end_and_the_next_from_its_start_leave_no_gap():
    assert after(at("2026-11-20 23:30", MOSCOW), timedelta(hours=1), ALWAYS) == at("2026-11-21 00:30", MOSCOW)


def test_the_hour_that_spring_takes_is_missing_from_the_interval():
    night = (Interval(days=EVERY_DAY, start="00:00", end="08:00"),)
    before = after(at("2026-03-28 00:00", WARSAW), timedelta(hours=8), night, WARSAW)
    assert before == at("2026-03-28 08:00", WARSAW)
    changed = after(at("2026-03-29 00:00", WARSAW), timedelta(hours=8), night, WARSAW)
    assert changed == at("2026-03-30 01:00", WARSAW)
    assert after(at("2026-03-29 00:00", WARSAW), timedelta(hours=7), night, WARSAW) == at("2026-03-29 08:00", WARSAW)


def test_the_hour_that_autumn_gives_counts_in_the_interval():
    night = (Interval(days=EVERY_DAY, start="00:00", end="08:00"),)
    assert after(at("2026-10-24 00:00", WARSAW), timedelta(hours=9), night, WARSAW) == at("2026-10-25 01:00", WARSAW)
    assert after(at("2026-10-25 00:00", WARSAW), timedelta(hours=9), night, WARSAW) == at("2026-10-25 08:00", WARSAW)


def test_office_hours_keep_their_local_time_over_a_clock_change():
    friday = at("2026-03-27 16:00", WARSAW)
    monday = after(friday, timedelta(hours=2), OFFICE, WARSAW)
    assert monday == at("2026-03-30 09:00", WARSAW) == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_an_interval_that_a_clock_change_swallows_counts_for_nothing():
    gap = (Interval(days=EVERY_DAY, start="02:30", end="03:00"),)
    ordinary = after(at("2026-03-28 00:00", WARSAW), timedelta(minutes=30), gap, WARSAW)
    assert ordinary == at("2026-03-28 03:00", WARSAW)
    swallowed = after(at("2026-03-29 01:00", WARSAW), timedelta(minutes=30), gap, WARSAW)
    assert swallowed == at("2026-03-30 03:00", WARSAW)


def test_the_answer_is_in_utc():
    assert after(at("2026-11-21 12:00", MOSCOW), timedelta(hours=2), OFFICE).tzinfo is UTC


@pytest.mark.parametrize("weekly", [(), (Interval(days=(), start="08:00", end="17:00"),)])
def test_who_is_never_open_never_answers(weekly):
    with pytest.raises(ValueError, match="not open"):
        after(at("2026-11-20 12:00"), timedelta(minutes=1), weekly)
    assert after(at("2026-11-20 12:00"), timedelta(minutes=1), OFFICE) == at("2026-11-20 12:01")


@given(moments, lengths, weeklies, zones)
def test_open_time_is_never_shorter_than_plain_time(start, length, weekly, zone):
    assert after(start, length, weekly, zone) >= start + length


@given(moments, lengths, st.timedeltas(timedelta(0), timedelta(days=3)), weeklies, zones)
def test_who_asks_later_is_never_due_earlier(start, length, wait, weekly, zone):
    assert after(start, length, weekly, zone) <= after(start + wait, length, weekly, zone)


@given(moments, lengths, lengths, weeklies, zones)
def test_two_goals_in_a_row_take_as_long_as_their_sum(start, one, other, weekly, zone):
    in_two = after(after(start, one, weekly, zone), other, weekly, zone)
    assert in_two == after(start, one + other, weekly, zone)


@pytest.mark.parametrize("clock", ["24:01", "8:00", "08:60", "25:00", "", "08:00:00", "-1:00", "\u0660\u0668:00"])
def test_a_clock_reads_two_digits_colon_two_digits(clock):
    raw = {"days": [1], "from": "07:00", "to": clock}
    with pytest.raises(msgspec.ValidationError, match="regex"):
        msgspec.convert(raw, Interval)
    assert msgspec.convert(raw | {"to": "08:00"}, Interval).end == "08:00"


@pytest.mark.parametrize("day", [0, 8, -1])
def test_a_weekday_is_an_iso_one(day):
    raw = {"days": [day], "from": "07:00", "to": "08:00"}
    with pytest.raises(msgspec.ValidationError, match="days"):
        msgspec.convert(raw, Interval)
    assert msgspec.convert(raw | {"days": [1, 7]}, Interval).days == (1, 7)


def test_a_clock_ends_with_its_minutes():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"days": [1], "from": "07:00", "to": "08:00\n"}, Interval)
