"""Open hours, and time counted in them. Pure: zones from tzdata, no clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

_HORIZON_DAYS = 400
"""How far is looked ahead: more than a year, for who opens on one day of it."""

Start = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9](?!\\n)$")]
End = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9](?!\\n)$|^24:00(?!\\n)$")]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]


class Interval(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}, forbid_unknown_fields=True):
    """Open on these ISO weekdays from `start` to `end`; an end that is not later is the next day's, as is `24:00`."""

    days: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1)]
    start: Start
    end: End


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is open when, in the clock of `zone` (IANA). On a holiday nothing begins; what began the day before goes on.

    Intervals may touch and overlap. A clock change inside one makes it longer or shorter, as it does for the people
    in it.
    """

    zone: str
    weekly: tuple[Interval, ...]
    holidays: tuple[date, ...] = ()


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether somebody is there at this moment (aware). The end of an interval is outside it."""
    for opened, closed in _spans(hours, at):
        if opened > at:
            return False
        if at < closed:
            return True
    return False


def next_change(hours: Hours, at: datetime) -> datetime | None:
    """When it closes if it is open at `at`, or opens if it is not, in UTC; None when that is not within a year."""
    until: datetime | None = None
    for opened, closed in _spans(hours, at):
        if until is None and opened > at:
            return opened
        if until is not None and opened > until:
            return until
        until = max(until or closed, closed)
    horizon = at + timedelta(days=_HORIZON_DAYS - 4)
    return until if until and until < horizon else None


def add_open_time(start: datetime, length: timedelta, hours: Hours) -> datetime:
    """The moment at which `length` of open time has passed since `start` (aware); in UTC.

    Raises ValueError when it is not within the horizon, as when it is never open.
    """
    left, counted_to = length, start.astimezone(UTC)
    for opened, closed in _spans(hours, start):
        begin = max(opened, counted_to)
        if closed <= begin:  # within an interval counted already
            continue
        if closed - begin >= left:
            return begin + left
        left, counted_to = left - (closed - begin), closed
    raise ValueError("not open within the horizon")


def _spans(hours: Hours, after: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every interval that ends after this moment, in the order of their beginnings, but for those of no length."""
    zone = ZoneInfo(hours.zone)
    first = after.astimezone(zone).date() - timedelta(days=2)
    waiting: list[tuple[datetime, datetime]] = []
    for day in (first + timedelta(days=n) for n in range(_HORIZON_DAYS)):
        # Where a clock change takes a day's last hour, what was to begin in it begins on the next day.
        midnight = _moment(day, "00:00", zone)
        while waiting and waiting[0][0] < midnight:
            yield waiting.pop(0)
        if day in hours.holidays:
            continue
        spans = (_span(day, interval, zone) for interval in hours.weekly if day.isoweekday() in interval.days)
        waiting = sorted([*waiting, *(span for span in spans if span[1] > max(after, span[0]))])
    yield from waiting


def _span(day: date, interval: Interval, zone: ZoneInfo) -> tuple[datetime, datetime]:
    ends_tomorrow = interval.end <= interval.start or interval.end == "24:00"
    last_day = day + timedelta(days=1) if ends_tomorrow else day
    return _moment(day, interval.start, zone), _moment(last_day, interval.end, zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime.combine(day, time(hour % 24, minute), zone).astimezone(UTC)
