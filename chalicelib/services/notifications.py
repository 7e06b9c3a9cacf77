"""What a hotel user does with notifications: see them, put them off, delete and restore them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from chalicelib.adapters import history, notifications, places, threads, tickets
from chalicelib.adapters.tables import Writes, WrittenMeanwhile
from chalicelib.adapters.threads import THREAD_PAGE_BYTES
from chalicelib.domain.notification import (
    KEPT,
    LONGEST_SNOOZE,
    SHORTEST_SNOOZE,
    Answered,
    Notification,
    activated,
    deleted,
    parse_id,
    snoozed,
)
from chalicelib.domain.people import AccountId, HotelUser
from chalicelib.domain.ticket import Message
from chalicelib.errors import InvalidRequest, NotFound, TryAgain
from chalicelib.services import cursors
from chalicelib.services.changing import TRIES

Shown = Literal["active", "snoozed", "all"]
SHARED_TICKETS = 100
"""Of how many tickets that nobody has opened answers are looked for that the whole hotel gets: the newest."""


class Told(msgspec.Struct, frozen=True):
    """A notification, with the message that it tells of."""

    notification: Notification
    message: Message


class Notifications(msgspec.Struct, frozen=True):
    """A page of them, newest answer first, and the cursor of the next one."""

    items: list[Told]
    next_cursor: str | None


def list_notifications(
    user: HotelUser, state: Shown, *, cursor: str | None, limit: int, now: datetime
) -> Notifications:
    """A page of the user's notifications in this state; `all`: every one of the last 90 days, deleted ones too.

    Beside his own there are the answers that the whole hotel gets. A page may hold fewer than `limit`: texts of more
    than 1 MB are not sent at once.
    """
    owner = places.user(user.account, user.id)
    scope = f"notifications|{owner}|{state}"
    position = cursors.unseal(cursor, scope)
    after = parse_id(position) if position else None
    found = notifications.list_page(owner, state, since=now - KEPT, after=after, limit=limit + 1)
    own, last = found[:limit], found[limit - 1].answered if len(found) > limit else None
    shared = _shared(user.account) if state != "snoozed" or any(each.is_shared for each in own) else {}
    valid = [each for each in own if not each.is_shared or each.answered in shared]
    others = [] if state == "snoozed" else _not_own(owner, shared, after, last)
    if state == "all":
        others = [each for each in others if each.answered.at >= now - KEPT]
    page = sorted([*valid, *others], key=lambda each: each.answered, reverse=True)
    if len(page) > limit:
        page, last = page[:limit], page[limit - 1].answered
    told, last = _with_messages(user.account, page, last)
    return Notifications(told, cursors.seal(last.id if last else None, scope))


def _shared(account: AccountId) -> dict[Answered, Notification]:
    """The answers that the whole hotel gets now, each as it is for who has done nothing with it."""
    found: dict[Answered, Notification] = {}
    for row in history.list_unopened(account, limit=SHARED_TICKETS):
        for answered in filter(None, map(parse_id, row.shared)):
            found[answered] = as_shared(answered, row.created_at, row.subject)
    return found


def as_shared(answered: Answered, opened_at: datetime, subject: str) -> Notification:
    """An answer that the whole hotel gets, as it is for who has done nothing with it."""
    return Notification(answered=answered, opened_at=opened_at, subject=subject, is_unread=False, is_shared=True)


def _not_own(
    owner: str, shared: dict[Answered, Notification], after: Answered | None, last: Answered | None
) -> list[Notification]:
    """Those that the user has none of his own of, between the page's ends."""
    within = [each for each in shared if (after is None or each < after) and (last is None or each > last)]
    own = notifications.find_each(owner, within)
    return [shared[each] for each in within if each not in own]


def _with_messages(
    account: AccountId, page: Sequence[Notification], last: Answered | None
) -> tuple[list[Told], Answered | None]:
    """The page with its messages, as many as make a megabyte, and the position behind it."""
    messages = threads.find_each(account, [each.answered for each in page])
    told: list[Told] = []
    size = 0
    # Reads beside a transaction may see a notification before the message that is written with it.
    for each in [each for each in page if each.answered in messages]:
        size += len(messages[each.answered].text.encode())
        if told and size > THREAD_PAGE_BYTES:
            return told, told[-1].notification.answered
        told.append(Told(each, messages[each.answered]))
    return told, last


def view_notification(user: HotelUser, id_: str, now: datetime) -> Told:
    """One notification, with its whole text; NotFound when this user has none with this id."""
    return _told(user, _find(user, id_, now))


def _told(user: HotelUser, notification: Notification) -> Told:
    return Told(notification, message_of(user.account, notification))


def message_of(account: AccountId, notification: Notification) -> Message:
    """The message that it tells of; TryAgain when it is not there yet, as beside the transaction that writes it."""
    message = threads.find_each(account, [notification.answered]).get(notification.answered)
    if message is None:
        raise TryAgain
    return message


def _find(user: HotelUser, id_: str, now: datetime) -> Notification:
    answered = parse_id(id_)
    if answered is None:
        raise NotFound
    own = notifications.find(places.user(user.account, user.id), answered)
    if own is not None and not own.is_shared:
        if own.is_settled and own.answered.at < now - KEPT:
            raise NotFound
        return own
    ticket = tickets.find_ticket(user.account, answered.number)
    if answered.id not in ticket.shared:
        raise NotFound
    return own or as_shared(answered, ticket.created_at, ticket.subject)


def _change(user: HotelUser, id_: str, now: datetime, decide: Callable[[Notification], Notification]) -> Told:
    """What `decide` makes of the notification as it is, written unless it makes nothing new of it."""
    for _ in range(TRIES):
        before = _find(user, id_, now)
        after = decide(before)
        if after == before:
            return _told(user, before)
        writes = Writes()
        written = notifications.put_changed(writes, places.user(user.account, user.id), before, after)
        try:
            writes.commit()
        except WrittenMeanwhile:
            continue
        return _told(user, written)
    raise TryAgain


def snooze(user: HotelUser, id_: str, until: datetime, now: datetime) -> Told:
    """Puts it off; it comes back by itself, once. An earlier reminder of it counts no more."""
    if not now + SHORTEST_SNOOZE <= until <= now + LONGEST_SNOOZE:
        raise InvalidRequest({"until": "must be 1 minute to 30 days ahead"})
    return _change(user, id_, now, lambda before: snoozed(before, until))


def delete(user: HotelUser, id_: str, now: datetime) -> None:
    """Takes it out of sight, and its reminder with it; the ticket and its unread mark stay."""
    _change(user, id_, now, lambda before: before if before.state == "deleted" else deleted(before))


def restore(user: HotelUser, id_: str, now: datetime) -> Told:
    """Brings it back: active again, and no reminder."""
    return _change(user, id_, now, lambda before: before if before.state == "active" else activated(before))


class Summary(msgspec.Struct, frozen=True):
    """How much there is: tickets with an unread answer, notifications to be seen and put off, open tickets."""

    unread: int
    active: int
    snoozed: int
    open_tickets: int


COUNTED_UP_TO = 100


def summarize(user: HotelUser) -> Summary:
    """The user's figures, each counted up to 100.

    Two queries, one of what is his and one of what is the hotel's, since nobody's partition holds both. Each reads the
    newest 300 at most, so it costs the same however much there is.
    """
    own = list(notifications.list_open(places.user(user.account, user.id)))
    hotels = list(history.list_attention(user.account))
    shared = {id_ for each in hotels for id_ in each.shared}
    valid = [each for each in own if not each.is_shared or each.answered.id in shared]
    mine = {each.answered.id for each in own}
    unread = {each.answered.number for each in own if each.is_unread} | {
        each.number for each in hotels if each.is_unopened
    }
    active = sum(each.state == "active" for each in valid) + len(shared - mine)
    counts = (
        len(unread),
        active,
        sum(each.state == "snoozed" for each in valid),
        sum(each.is_open for each in hotels),
    )
    return Summary(*(min(count, COUNTED_UP_TO) for count in counts))
