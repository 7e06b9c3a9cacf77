"""Open hours, and time counted in them. Pure: zones from tzdata, no clock."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

_HORIZON_DAYS = 400

Start = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9](?!\\n)$")]
End = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9](?!\\n)$|^24:00(?!\\n)$")]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]


class Interval(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}, forbid_unknown_fields=True):
    """Open on these ISO weekdays from `start` to `end`, in the service's zone; `24:00` is the day's end."""

    days: tuple[Weekday, ...]
    start: Start
    end: End


def add_open_time(start: datetime, length: timedelta, *, weekly: Sequence[Interval], zone: str) -> datetime:
    """The moment at which `length` of open time has passed since `start` (aware); both in UTC.

    A clock change inside an interval makes that interval longer or shorter, as it does for the people in it.
    Raises ValueError when the service is never open.
    """
    left, counted_to = length, start
    for opened, closed in _open_from(start, weekly, ZoneInfo(zone)):
        begin = max(opened, counted_to)
        if closed <= begin:  # within an interval counted already, or swallowed by a clock change
            continue
        if closed - begin >= left:
            return begin + left
        left, counted_to = left - (closed - begin), closed
    raise ValueError("not open within the horizon")


def _open_from(start: datetime, weekly: Sequence[Interval], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    first = start.astimezone(zone).date() - timedelta(days=1)
    for day in (first + timedelta(days=n) for n in range(_HORIZON_DAYS)):
        spans = [_span(day, interval, zone) for interval in weekly if day.isoweekday() in interval.days]
        yield from (span for span in sorted(spans) if span[1] > start)


def _span(day: date, interval: Interval, zone: ZoneInfo) -> tuple[datetime, datetime]:
    ends_tomorrow = interval.end <= interval.start or interval.end == "24:00"
    last_day = day + timedelta(days=1) if ends_tomorrow else day
    return _moment(day, interval.start, zone), _moment(last_day, interval.end, zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime.combine(day, time(hour % 24, minute), zone).astimezone(UTC)
