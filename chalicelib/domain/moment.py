"""Moments: aware UTC datetimes to the millisecond, and the one way in which they are written."""

from datetime import UTC, datetime


def to_millisecond(moment: datetime) -> datetime:
    """The moment without what is finer than a millisecond, in UTC."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def rfc3339(moment: datetime) -> str:
    """`2026-11-22T13:08:00.123Z`: always this width, so that texts sort like the moments."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
