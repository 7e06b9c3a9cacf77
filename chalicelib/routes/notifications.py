"""A hotel user's notifications."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from chalicelib.domain.moment import to_millisecond
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.routes.answers import Page
from chalicelib.routes.http import Incoming, Routes
from chalicelib.routes.tickets import Limit
from chalicelib.services import notifications
from chalicelib.services.notifications import Shown, Summary
from chalicelib.services.wire import NotificationAnswer, notification_answer

routes = Routes(__name__, "hotel")


class NotificationsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ones: to be seen, put off, or every one of the last 90 days."""

    state: Shown = "active"
    cursor: str | None = None
    limit: Limit = 25


class Snooze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when, or for how many minutes: one of the two, 1 minute to 30 days ahead."""

    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=30 * 24 * 60)] | None = None


@routes.serve("GET", "/v1/summary", answer=Summary)
def view_summary(incoming: Incoming) -> Summary:
    """What a menu shows: unread tickets, notifications to be seen and put off, open tickets; each up to 100."""
    return notifications.summarize(incoming.user)


@routes.serve("GET", "/v1/notifications", query=NotificationsQuery, answer=Page[NotificationAnswer])
def list_notifications(incoming: Incoming) -> Page[NotificationAnswer]:
    """The user's notifications, newest answer first. A page may be short: only a missing cursor says that it ends."""
    query = incoming.query
    page = notifications.list_notifications(
        incoming.user, query.state, cursor=query.cursor, limit=query.limit, now=incoming.now
    )
    return Page([notification_answer(each.notification, each.message) for each in page.items], page.next_cursor)


@routes.serve("GET", "/v1/notifications/{id}", answer=NotificationAnswer, errors=(NotFound,))
def view_notification(incoming: Incoming) -> NotificationAnswer:
    """One notification, with the whole text that a frame may have cut."""
    told = notifications.view_notification(incoming.user, incoming.path["id"], incoming.now)
    return notification_answer(told.notification, told.message)


@routes.serve("POST", "/v1/notifications/{id}/snooze", body=Snooze, answer=NotificationAnswer, errors=(NotFound,))
def snooze_notification(incoming: Incoming) -> NotificationAnswer:
    """Puts it off; it comes back by itself, once, on whatever device. Putting it off again replaces the reminder."""
    told = notifications.snooze(incoming.user, incoming.path["id"], _until(incoming.body, incoming.now), incoming.now)
    return notification_answer(told.notification, told.message)


def _until(wanted: Snooze, now: datetime) -> datetime:
    if (wanted.until is None) == (wanted.minutes is None):
        raise InvalidRequest({"body": "must have one of until, minutes"})
    if wanted.minutes is not None:
        return now + timedelta(minutes=wanted.minutes)
    assert wanted.until is not None
    try:
        return to_millisecond(wanted.until)
    except OverflowError:
        raise InvalidRequest({"until": "must be 1 minute to 30 days ahead"}) from None


@routes.serve("DELETE", "/v1/notifications/{id}", status=204, errors=(NotFound,))
def delete_notification(incoming: Incoming) -> None:
    """Takes it out of sight. The ticket and its unread mark stay; `state=all` still has it, to be brought back."""
    notifications.delete(incoming.user, incoming.path["id"], incoming.now)


@routes.serve("POST", "/v1/notifications/{id}/restore", answer=NotificationAnswer, errors=(NotFound,))
def restore_notification(incoming: Incoming) -> NotificationAnswer:
    """Brings it back, active again, whatever became of it."""
    told = notifications.restore(incoming.user, incoming.path["id"], incoming.now)
    return notification_answer(told.notification, told.message)
