"""Open hours, and time counted in them, in the zone of who answers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain.calendar import Hours, Interval, add_open_time, is_open, next_change

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WORKDAYS = (1, 2, 3, 4, 5)
ALWAYS = (Interval(days=EVERY_DAY, start="00:00", end="24:00"),)
OFFICE = (Interval(days=WORKDAYS, start="08:00", end="17:00"),)
NIGHTS = (Interval(days=EVERY_DAY, start="22:00", end="06:00"),)
FRIDAYS = (Interval(days=(5,), start="08:00", end="17:00"),)
NEVER = [((), ()), (FRIDAYS, tuple(date(2026, 1, 2) + timedelta(weeks=n) for n in range(200)))]
"""Hours of no day, and hours whose every day is a holiday."""
MOSCOW = "Europe/Moscow"
WARSAW = "Europe/Warsaw"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
CASES = Path(__file__).parents[1] / "cases" / "calendar.json"

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


def hours(weekly: tuple[Interval, ...], zone: str = MOSCOW, holidays: tuple[str, ...] = ()) -> Hours:
    return Hours(zone=zone, weekly=weekly, holidays=tuple(date.fromisoformat(day) for day in holidays))


def after(start: datetime, length: timedelta, weekly: tuple[Interval, ...], zone: str = MOSCOW) -> datetime:
    return add_open_time(start, length, hours(weekly, zone))


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


@pytest.mark.parametrize(("weekly", "holidays"), NEVER)
def test_who_is_never_open_never_answers(weekly, holidays):
    with pytest.raises(ValueError, match="not open"):
        add_open_time(at("2026-11-20 12:00"), MINUTE, Hours(zone=MOSCOW, weekly=weekly, holidays=holidays))
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


def test_a_holiday_does_not_count():
    long_weekend = hours(OFFICE, holidays=("2026-11-23",))
    friday = at("2026-11-20 16:30", MOSCOW)
    assert add_open_time(friday, timedelta(hours=1), long_weekend) == at("2026-11-24 08:30", MOSCOW)
    assert add_open_time(friday, timedelta(hours=1), hours(OFFICE)) == at("2026-11-23 08:30", MOSCOW)


def test_what_began_on_the_evening_before_a_holiday_counts_to_its_end():
    nights = hours(NIGHTS, holidays=("2026-12-25",))
    eve = at("2026-12-24 23:00", MOSCOW)
    assert add_open_time(eve, timedelta(hours=7), nights) == at("2026-12-25 06:00", MOSCOW)
    assert add_open_time(eve, timedelta(hours=8), nights) == at("2026-12-26 23:00", MOSCOW)
    assert add_open_time(eve, timedelta(hours=8), hours(NIGHTS)) == at("2026-12-25 23:00", MOSCOW)


def test_what_overlaps_counts_once():
    early = Interval(days=WORKDAYS, start="08:00", end="13:00")
    late = Interval(days=WORKDAYS, start="12:00", end="17:00")
    start = at("2026-11-20 11:30", MOSCOW)
    assert after(start, timedelta(hours=2), (early, late)) == at("2026-11-20 13:30", MOSCOW)
    assert after(start, timedelta(hours=2), (early, early, late)) == at("2026-11-20 13:30", MOSCOW)


def test_an_interval_within_another_counts_for_nothing():
    weekly = (*OFFICE, Interval(days=WORKDAYS, start="10:00", end="11:00"))
    friday = at("2026-11-20 08:00", MOSCOW)
    assert after(friday, timedelta(hours=10), weekly) == at("2026-11-23 09:00", MOSCOW)


def test_who_has_holidays_for_longer_than_is_looked_ahead_never_answers():
    first = at("2026-11-20 12:00")
    closed = tuple(str((first + DAY * n).date()) for n in range(500))
    with pytest.raises(ValueError, match="not open"):
        add_open_time(first, MINUTE, hours(OFFICE, holidays=closed))
    assert add_open_time(first, MINUTE, hours(OFFICE, holidays=closed[:300])) > first + DAY * 299


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23 07:59:59.999999", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 16:59:59.999999", True),
        ("2026-11-23 17:00", False),
    ],
)
def test_the_start_is_open_and_the_end_is_not(moment, expected):
    assert is_open(hours(OFFICE), at(moment, MOSCOW)) is expected


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        ("2026-11-23 07:59:59.999999", "2026-11-23 08:00"),
        ("2026-11-23 08:00", "2026-11-23 17:00"),
        ("2026-11-23 16:59:59.999999", "2026-11-23 17:00"),
        ("2026-11-23 17:00", "2026-11-24 08:00"),
        ("2026-11-27 17:00", "2026-11-30 08:00"),
    ],
)
def test_the_next_change_lies_ahead(moment, change):
    assert next_change(hours(OFFICE), at(moment, MOSCOW)) == at(change, MOSCOW)


def test_the_next_change_is_in_utc():
    change = next_change(hours(OFFICE), at("2026-11-21 12:00", MOSCOW))
    assert change
    assert change.tzinfo is UTC


def test_a_moment_of_whatever_zone_is_the_same_moment():
    there = at("2026-11-20 16:30", MOSCOW).astimezone(ZoneInfo("America/New_York"))
    assert is_open(hours(OFFICE), there)
    assert next_change(hours(OFFICE), there) == at("2026-11-20 17:00", MOSCOW)
    assert not is_open(hours(OFFICE), there + timedelta(minutes=30))


@pytest.mark.parametrize("moment", ["2026-11-20 12:00", "2026-11-21 00:00", "2026-03-29 02:00", "2026-10-25 01:00"])
@pytest.mark.parametrize("zone", [MOSCOW, WARSAW])
def test_who_never_closes_is_open_and_nothing_changes(moment, zone):
    assert is_open(hours(ALWAYS, zone), at(moment))
    assert next_change(hours(ALWAYS, zone), at(moment)) is None


@pytest.mark.parametrize(("weekly", "holidays"), NEVER)
def test_who_never_opens_is_closed_and_nothing_changes(weekly, holidays):
    noon = at("2026-11-20 12:00", MOSCOW)
    never = Hours(zone=MOSCOW, weekly=weekly, holidays=holidays)
    assert not is_open(never, noon)
    assert next_change(never, noon) is None
    assert is_open(hours(OFFICE), noon)
    assert next_change(hours(OFFICE), noon)


def test_who_opens_on_one_day_of_the_year_opens_then():
    only_day = date(2027, 11, 19)
    others = tuple(str(only_day - DAY * n) for n in range(1, 365))
    rare = hours((Interval(days=(5,), start="08:00", end="17:00"),), holidays=others)
    year_before = at("2026-11-20 12:00", MOSCOW)
    assert next_change(rare, year_before) == at("2027-11-19 08:00", MOSCOW)
    assert add_open_time(year_before, timedelta(hours=1), rare) == at("2027-11-19 09:00", MOSCOW)


def test_a_break_at_noon_is_closed():
    with_break = hours(
        (Interval(days=WORKDAYS, start="08:00", end="12:00"), Interval(days=WORKDAYS, start="13:00", end="17:00"))
    )
    friday = [at(f"2026-11-20 {clock}", MOSCOW) for clock in ("11:00", "12:00", "13:00", "17:00")]
    assert [is_open(with_break, moment) for moment in friday] == [True, False, True, False]
    assert [next_change(with_break, moment) for moment in friday] == [*friday[1:], at("2026-11-23 08:00", MOSCOW)]


@pytest.mark.parametrize("late_start", ["12:00", "11:00", "08:00"])
def test_intervals_that_touch_or_overlap_are_one(late_start):
    early = Interval(days=WORKDAYS, start="08:00", end="12:00")
    late = Interval(days=WORKDAYS, start=late_start, end="17:00")
    for weekly in ((early, late), (late, early)):
        assert is_open(hours(weekly), at("2026-11-20 12:00", MOSCOW))
        assert next_change(hours(weekly), at("2026-11-20 08:30", MOSCOW)) == at("2026-11-20 17:00", MOSCOW)
        assert next_change(hours(weekly), at("2026-11-19 20:00", MOSCOW)) == at("2026-11-20 08:00", MOSCOW)


def test_an_interval_within_another_changes_nothing():
    weekly = (*OFFICE, Interval(days=WORKDAYS, start="10:00", end="11:00"))
    assert is_open(hours(weekly), at("2026-11-20 12:00", MOSCOW))
    assert next_change(hours(weekly), at("2026-11-20 10:30", MOSCOW)) == at("2026-11-20 17:00", MOSCOW)


def test_nothing_changes_from_twenty_four_o_clock_to_the_next_day_s_start():
    weekly = (Interval(days=(1,), start="20:00", end="24:00"), Interval(days=(2,), start="00:00", end="04:00"))
    assert is_open(hours(weekly), at("2026-11-24 00:00", MOSCOW))
    assert next_change(hours(weekly), at("2026-11-23 21:00", MOSCOW)) == at("2026-11-24 04:00", MOSCOW)
    assert next_change(hours(weekly[:1]), at("2026-11-23 21:00", MOSCOW)) == at("2026-11-24 00:00", MOSCOW)


def test_a_night_is_one_interval_of_the_day_it_begins_on():
    friday_night = hours((Interval(days=(5,), start="22:00", end="06:00"),))
    saturday = at("2026-11-21 05:00", MOSCOW)
    assert is_open(friday_night, saturday)
    assert next_change(friday_night, saturday) == at("2026-11-21 06:00", MOSCOW)
    assert not is_open(friday_night, saturday - DAY)
    assert next_change(friday_night, saturday - DAY) == at("2026-11-20 22:00", MOSCOW)


def test_an_end_that_is_the_start_is_the_next_day_s():
    monday = hours((Interval(days=(1,), start="09:00", end="09:00"),))
    tuesday = at("2026-11-24 09:00", MOSCOW)
    assert [is_open(monday, tuesday - wait) for wait in (DAY + MOMENT, DAY, MOMENT, MOMENT * 0)] == [
        False,
        True,
        True,
        False,
    ]
    assert next_change(monday, tuesday - MINUTE) == tuesday


def test_a_holiday_of_who_never_closes_lasts_from_midnight_to_midnight():
    new_year = hours(ALWAYS, holidays=("2027-01-01",))
    begins, ends = at("2027-01-01 00:00", MOSCOW), at("2027-01-02 00:00", MOSCOW)
    assert [is_open(new_year, moment) for moment in (begins - MOMENT, begins, ends - MOMENT, ends)] == [
        True,
        False,
        False,
        True,
    ]
    assert next_change(new_year, begins - DAY) == next_change(new_year, begins - MOMENT) == begins
    assert next_change(new_year, begins) == next_change(new_year, ends - MOMENT) == ends
    assert next_change(new_year, ends) is None


@pytest.mark.parametrize(
    ("zone", "day", "first", "end"),
    [
        (WARSAW, "2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00"),
        (WARSAW, "2026-10-25", "2026-10-24 22:00", "2026-10-25 23:00"),
        ("Atlantic/Azores", "2026-03-29", "2026-03-29 01:00", "2026-03-30 00:00"),
        ("Pacific/Kiritimati", "2026-11-23", "2026-11-22 10:00", "2026-11-23 10:00"),
    ],
)
def test_a_holiday_is_as_long_as_its_day_in_the_zone(zone, day, first, end):
    closed = hours(ALWAYS, zone, (day,))
    assert next_change(closed, at(first) - DAY) == at(first)
    assert next_change(closed, at(first)) == at(end)
    assert not is_open(closed, at(first))
    assert is_open(closed, at(end))


def test_two_holidays_in_a_row_are_one():
    christmas = hours(ALWAYS, holidays=("2026-12-26", "2026-12-25"))
    assert next_change(christmas, at("2026-12-25 12:00", MOSCOW)) == at("2026-12-27 00:00", MOSCOW)
    assert not is_open(christmas, at("2026-12-26 00:00", MOSCOW))


def test_what_began_on_the_evening_before_a_holiday_goes_on():
    night = at("2026-12-25 03:00", MOSCOW)
    with_holiday = hours(NIGHTS, holidays=("2026-12-25",))
    assert is_open(with_holiday, night)
    assert next_change(with_holiday, night) == at("2026-12-25 06:00", MOSCOW)
    assert not is_open(hours(NIGHTS, holidays=("2026-12-24",)), night)


def test_on_a_holiday_nothing_begins():
    evening = at("2026-12-25 23:00", MOSCOW)
    with_holiday = hours(NIGHTS, holidays=("2026-12-25",))
    assert not is_open(with_holiday, evening)
    assert next_change(with_holiday, evening) == at("2026-12-26 22:00", MOSCOW)
    assert not is_open(with_holiday, evening + timedelta(hours=4))
    assert is_open(hours(NIGHTS), evening)
    assert is_open(hours(NIGHTS), evening + timedelta(hours=4))


def test_the_night_of_spring_closes_after_an_hour_less_and_that_of_autumn_after_one_more():
    night = hours((Interval(days=EVERY_DAY, start="00:00", end="08:00"),), WARSAW)
    lengths_of_nights = []
    for day in ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"):
        opened = at(f"{day} 00:00", WARSAW)
        closed = next_change(night, opened)
        assert closed
        assert not is_open(night, opened - MOMENT)
        assert is_open(night, opened)
        lengths_of_nights.append((closed - opened) // timedelta(hours=1))
    assert lengths_of_nights == [8, 7, 8, 9]


def test_an_office_opens_at_its_local_hour_over_a_clock_change():
    assert next_change(hours(OFFICE, WARSAW), at("2026-03-27 17:00", "UTC")) == at("2026-03-30 06:00", "UTC")
    assert next_change(hours(OFFICE, WARSAW), at("2026-10-23 16:00", "UTC")) == at("2026-10-26 07:00", "UTC")


def test_an_interval_that_a_clock_change_swallows_opens_on_the_next_day():
    gap = hours((Interval(days=EVERY_DAY, start="02:30", end="03:00"),), WARSAW)
    assert next_change(gap, at("2026-03-28 00:00", WARSAW)) == at("2026-03-28 02:30", WARSAW)
    assert next_change(gap, at("2026-03-29 00:00", WARSAW)) == at("2026-03-30 02:30", WARSAW)


@pytest.mark.parametrize(
    ("night", "start", "end", "opened", "closed"),
    [
        ("2026-03-29", "02:30", "06:00", "2026-03-29 01:30", "2026-03-29 04:00"),
        ("2026-03-29", "00:00", "02:30", "2026-03-28 23:00", "2026-03-29 01:30"),
        ("2026-10-25", "02:30", "06:00", "2026-10-25 00:30", "2026-10-25 05:00"),
        ("2026-10-25", "00:00", "02:30", "2026-10-24 22:00", "2026-10-25 00:30"),
    ],
)
def test_a_time_left_out_comes_as_much_later_and_one_that_comes_twice_is_the_first(night, start, end, opened, closed):
    """As RFC 5545 (3.3.5) reads local times."""
    weekday = date.fromisoformat(night).isoweekday()
    once = hours((Interval(days=(weekday,), start=start, end=end),), WARSAW)
    assert next_change(once, at(opened) - timedelta(hours=2)) == at(opened)
    assert next_change(once, at(opened)) == at(closed)
    assert not is_open(once, at(opened) - MOMENT)
    assert is_open(once, at(opened))
    assert is_open(once, at(closed) - MOMENT)
    assert not is_open(once, at(closed))


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    hours: Hours
    at: datetime
    open_now: bool
    next_change_at: datetime | None


class Due(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    hours: Hours
    since: datetime
    minutes: int
    due_at: datetime


class Cases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: list[str]
    open: list[Opening]
    due: list[Due]


SHARED = msgspec.json.decode(CASES.read_bytes(), type=Cases)


@pytest.mark.parametrize("case", SHARED.open, ids=lambda case: case.what)
def test_whether_it_is_open_and_until_when_is_as_the_shared_cases_say(case):
    assert is_open(case.hours, case.at) is case.open_now
    assert next_change(case.hours, case.at) == case.next_change_at


@pytest.mark.parametrize("case", SHARED.due, ids=lambda case: case.what)
def test_open_time_ends_when_the_shared_cases_say(case):
    assert add_open_time(case.since, MINUTE * case.minutes, case.hours) == case.due_at


def test_no_two_shared_cases_ask_the_same():
    asked = [(case.hours, case.at) for case in SHARED.open] + [
        (case.hours, case.since, case.minutes) for case in SHARED.due
    ]
    assert len(asked) == len(set(asked)) > 40


WINDOWS = (
    (WARSAW, "2026-03-26"),
    (WARSAW, "2026-10-22"),
    ("Australia/Lord_Howe", "2026-04-02"),
    ("Australia/Lord_Howe", "2026-10-01"),
    ("Africa/Cairo", "2026-04-21"),
    ("Asia/Beirut", "2026-10-22"),
    ("Atlantic/Azores", "2026-10-22"),
    ("Pacific/Kiritimati", "2026-11-19"),
)
"""Weeks in which the clock changes by an hour, by half of one, over midnight and back to it; and an ordinary one."""
BEFORE, WEEK, BEHIND = 3, 7, 6
"""How many days of such a window are asked about, and how many around them a clock is looked at."""


@dataclass(frozen=True)
class WallClock:
    """A clock on a wall, looked at every minute of a window."""

    since: datetime
    days: list[date]
    minutes: int
    first_shown: dict[datetime, int]

    def minute_of(self, day: date, clock: str) -> int:
        """The minute at which it shows this time first; for a time left out, as long after the last one before it."""
        hour, minute = clock.split(":")
        wanted = datetime(day.year, day.month, day.day) + timedelta(hours=int(hour), minutes=int(minute))  # noqa: DTZ001 - what a clock shows has no zone
        late = 0
        while wanted - MINUTE * late not in self.first_shown:
            late += 1
        return self.first_shown[wanted - MINUTE * late] + late


@cache
def wall_clock(zone_name: str, week: str) -> WallClock:
    since, zone = at(week) - DAY * BEFORE, ZoneInfo(zone_name)
    first_shown: dict[datetime, int] = {}
    minutes = (BEFORE + WEEK + BEHIND) * 24 * 60
    for n in range(minutes):
        first_shown.setdefault((since + MINUTE * n).astimezone(zone).replace(tzinfo=None), n)
    return WallClock(since, sorted({shown.date() for shown in first_shown}), minutes, first_shown)


@dataclass(frozen=True)
class Model:
    """Open (1) or not (0), minute by minute, by what a clock on the wall shows."""

    since: datetime
    minutes: bytes

    def _index(self, moment: datetime) -> int:
        return (moment - self.since) // MINUTE

    def is_open(self, moment: datetime) -> bool:
        return bool(self.minutes[self._index(moment)])

    def next_change(self, moment: datetime) -> datetime | None:
        now = self._index(moment)
        other = self.minutes.find(not self.minutes[now], now)
        return None if other == -1 else self.since + MINUTE * other

    def add_open_minutes(self, start: datetime, count: int) -> datetime | None:
        for n in range(self._index(start), len(self.minutes)):
            count -= self.minutes[n]
            if count == 0:
                return self.since + MINUTE * (n + 1)
        return None


def model(wanted: Hours, week: str) -> Model:
    """Three days at the end are left out: the clock was not looked at until the last interval's end."""
    clock = wall_clock(wanted.zone, week)
    minutes = bytearray(clock.minutes)
    begun = [
        (day, interval)
        for day in clock.days[1:-2]
        for interval in wanted.weekly
        if day.isoweekday() in interval.days and day not in wanted.holidays
    ]
    for day, interval in begun:
        last_day = day if interval.end > interval.start else day + DAY
        begins, ends = clock.minute_of(day, interval.start), clock.minute_of(last_day, interval.end)
        minutes[begins:ends] = bytes([1]) * (ends - begins)
    return Model(clock.since, bytes(minutes[: -3 * 24 * 60]))


clocks = st.sampled_from([f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)])
intervals = st.builds(
    Interval,
    days=st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: tuple(sorted(days))),
    start=clocks,
    end=clocks | st.just("24:00"),
)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Hours, datetime, str]:
    """Hours, a minute of a week, and the week."""
    zone, week = draw(st.sampled_from(WINDOWS))
    days = st.integers(-1, WEEK + 2).map(lambda n: (at(week) + DAY * n).date())
    weekly = draw(st.lists(intervals, min_size=1, max_size=4).map(tuple) | st.just(ALWAYS))
    wanted = Hours(zone=zone, weekly=weekly, holidays=draw(st.lists(days, max_size=3).map(tuple)))
    return wanted, at(week) + MINUTE * draw(st.integers(0, WEEK * 24 * 60)), week


@given(asked())
def test_it_is_open_in_the_minutes_in_which_the_model_is(question):
    wanted, moment, week = question
    expected = model(wanted, week)
    for hour in range(24):
        later = moment + MINUTE * 60 * hour
        assert is_open(wanted, later) is expected.is_open(later)


@given(asked())
def test_the_next_change_is_the_model_s(question):
    wanted, moment, week = question
    expected = model(wanted, week)
    change = next_change(wanted, moment)
    if change is None or change >= expected.since + MINUTE * len(expected.minutes):
        assert expected.next_change(moment) is None
    else:
        assert change == expected.next_change(moment)


@given(asked())
def test_the_next_change_is_the_first_moment_at_which_it_flips(question):
    wanted, moment, _ = question
    change = next_change(wanted, moment)
    assume(change)
    assert change
    assert change > moment
    assert is_open(wanted, change - MOMENT) is is_open(wanted, moment)
    assert is_open(wanted, change) is not is_open(wanted, moment)


@given(asked(), st.integers(1, 24 * 60))
def test_open_time_is_the_model_s_minutes(question, count):
    wanted, moment, week = question
    expected = model(wanted, week)
    due_at = expected.add_open_minutes(moment, count)
    assume(due_at)
    assert add_open_time(moment, MINUTE * count, wanted) == due_at


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


@pytest.mark.parametrize("holiday", ["2026-02-30", "2026-11-23T00:00:00Z", "23.11.2026", "", 20261123, None])
def test_a_holiday_is_a_date(holiday):
    raw = {"zone": MOSCOW, "weekly": [], "holidays": [holiday]}
    with pytest.raises(msgspec.ValidationError, match="holidays"):
        msgspec.convert(raw, Hours)
    assert msgspec.convert(raw | {"holidays": ["2026-11-23"]}, Hours).holidays == (date(2026, 11, 23),)


def test_hours_with_a_field_too_many_do_not_load():
    raw = {"zone": MOSCOW, "weekly": []}
    assert msgspec.convert(raw, Hours) == hours(())
    with pytest.raises(msgspec.ValidationError, match="`holiday`"):
        msgspec.convert(raw | {"holiday": []}, Hours)


def test_a_start_in_another_clock_is_the_same_moment():
    start = datetime(2026, 3, 29, 1, tzinfo=ZoneInfo(WARSAW))
    due_at = add_open_time(start, timedelta(hours=2), hours(ALWAYS, WARSAW))
    assert due_at == datetime(2026, 3, 29, 2, tzinfo=UTC)
    assert due_at.tzinfo is UTC


def test_an_evening_that_loses_its_last_hour_does_not_delay_the_next_morning():
    weekly = (Interval(days=(6,), start="23:30", end="23:45"), Interval(days=(7,), start="00:00", end="08:00"))
    opens = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert is_open(hours(weekly, "America/Nuuk"), opens + 10 * MINUTE)
    assert next_change(hours(weekly, "America/Nuuk"), opens - 15 * MINUTE) == opens
    assert add_open_time(opens, timedelta(hours=1), hours(weekly, "America/Nuuk")) == opens + timedelta(hours=1)


def test_the_last_interval_before_a_year_of_holidays_closes_too():
    fridays = tuple(date(2026, 11, 27) + timedelta(weeks=n) for n in range(70))
    before_holidays = Hours(zone="UTC", weekly=FRIDAYS, holidays=fridays)
    assert next_change(before_holidays, at("2026-11-20 12:00")) == at("2026-11-20 17:00")
