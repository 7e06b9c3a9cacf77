"""Moments: aware UTC datetimes to the millisecond, the one way in which they are written, and the days they fall on."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

Day = Annotated[date, msgspec.Meta(description="A calendar day, `2026-11-22`.")]


def to_millisecond(moment: datetime) -> datetime:
    """The moment without what is finer than a millisecond, in UTC."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """`2026-11-22T13:08:00.123Z`: always this width, so that texts sort like the moments."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def began(now: datetime, every: timedelta) -> datetime:
    """When the stretch of this length began that `now` is in. They follow each other from 1970, so hours are UTC's."""
    return now - (now - datetime(1970, 1, 1, tzinfo=UTC)) % every


def day_in(zone: str, day: date) -> tuple[datetime, datetime]:
    """A calendar day of this zone (IANA): from its first moment up to, and without, the next day's; both in UTC.

    A day on which the clock changes is longer or shorter; one that a zone left out is empty.
    Raises OverflowError at the ends of the calendar.
    """
    midnights = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    first, end = (midnight.astimezone(UTC) for midnight in midnights)
    return first, end
