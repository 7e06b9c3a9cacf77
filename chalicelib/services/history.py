"""The history of a hotel: its tickets by day, topic and status, or what is unread."""

from datetime import datetime

import msgspec

from chalicelib.adapters import history, places
from chalicelib.domain.moment import Day, day_in, rfc3339
from chalicelib.domain.people import HotelUser
from chalicelib.domain.ticket import Row, Status
from chalicelib.errors import InvalidRequest
from chalicelib.services import cursors
from chalicelib.services.known import known_topic

Span = history.Span
_YEARS = range(2000, 3000)


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is to show: a calendar day, the topic chosen at opening, a status; or the unread ones alone."""

    date: Day | None = None
    topic: str | None = None
    status: Status | None = None
    unread: bool = False


class History(msgspec.Struct, frozen=True):
    """A page of an account's tickets, the numbers that are unread for this user, and the next page's cursor."""

    rows: list[Row]
    unread: frozenset[str]
    next_cursor: str | None


def list_history(user: HotelUser, filters: Filters, cursor: str | None, limit: int) -> History:
    """A page of the account's tickets that the filters leave, newest opened first. A day is one of the user's zone."""
    if filters.unread:
        return _list_unread(user, filters, cursor, limit)
    opened = opened_on(filters.date, user.zone)
    topic = known_topic(filters.topic).id if filters.topic is not None else None
    day = "/".join(map(rfc3339, opened)) if opened else ""
    scope = f"history|{places.account(user.account)}|{day}|{topic or ''}|{filters.status or ''}"
    rows, position = history.list_rows(
        user.account,
        status=filters.status,
        topic=topic,
        opened=opened,
        after=cursors.unseal(cursor, scope),
        limit=limit,
    )
    marked = history.unread_of(user.account, user.id, rows)
    unread = frozenset(row.number for row in rows if row.unopened or row.number in marked)
    return History(rows, unread, cursors.seal(position, scope))


def _list_unread(user: HotelUser, filters: Filters, cursor: str | None, limit: int) -> History:
    if filters.date or filters.topic is not None or filters.status:
        raise InvalidRequest({"unread": "stands alone, without date, topic or status"})
    scope = f"unread|{places.user(user.account, user.id)}"
    rows, position = history.list_unread(user.account, user.id, after=cursors.unseal(cursor, scope), limit=limit)
    return History(rows, frozenset(row.number for row in rows), cursors.seal(position, scope))


def opened_on(day: Day | None, zone: str) -> tuple[datetime, datetime] | None:
    """The moments between which a ticket of this day of the zone was opened; None for any day."""
    if day is None:
        return None
    if day.year not in _YEARS:
        raise InvalidRequest({"date": f"must be a day of the years {_YEARS.start} to {_YEARS.stop - 1}"})
    return day_in(zone, day)
