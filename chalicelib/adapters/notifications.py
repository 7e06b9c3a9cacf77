"""Notifications, each an item of its user's partition: in the order of answers, by state, and by ticket.

One item is the notification and the mark that its answer is unread. The two further orders are local indexes, so all
three are read strongly.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from pynamodb.expressions.condition import Condition

from chalicelib.adapters import places
from chalicelib.adapters.tables import NotificationsItem, Writes, WrittenMeanwhile, reaching_aws
from chalicelib.adapters.timers import armed
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.notification import KEPT, Answered, Notification
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.ticket import Ticket

_decode = msgspec.json.Decoder(Notification).decode
_encode = msgspec.json.Encoder().encode
_SHOWN = ["data"]
_INDEXED = ("active", "snoozed")
_DOING_KEPT = timedelta(days=180)
"""How long what a user did with a shared answer is remembered: longer than a ticket stays unopened by a whole hotel."""
_OPEN_READ = 300
"""More than anybody has, and enough to count each of three figures up to 100."""


def _item(owner: str, notification: Notification) -> NotificationsItem:
    place = (owner, places.answer(notification.answered))
    is_indexed = notification.state in _INDEXED
    by_ticket = is_indexed or notification.is_unread or notification.is_shared
    return NotificationsItem(
        *place,
        data=_encode(notification).decode(),
        revision=notification.revision,
        state=notification.state,
        state_at=f"{notification.state}#{place[1]}" if is_indexed else None,
        ticket_at=places.answer_of_ticket(notification.opened_at, notification.answered) if by_ticket else None,
        expires_at=_expires_at(notification),
        **armed(place, notification.snoozed_until, notification.snoozes),
    )


def _expires_at(notification: Notification) -> int | None:
    if notification.is_shared:
        after_reminder = (notification.snoozed_until or notification.answered.at) + timedelta(days=1)
        return int(max(notification.answered.at + _DOING_KEPT, after_reminder).timestamp())
    return int((notification.answered.at + KEPT).timestamp()) if notification.is_settled else None


def put_for_participants(writes: Writes, ticket: Ticket, at: datetime) -> None:
    """A notification of the ticket's newest message for each who takes part."""
    answered = Answered(at, ticket.number, ticket.messages)
    notification = Notification(answered=answered, opened_at=ticket.created_at, subject=ticket.subject, revision=1)
    for user_id in ticket.participants:
        writes.put(_item(places.user(ticket.account, user_id), notification))


def put_changed(writes: Writes, owner: str, before: Notification, after: Notification) -> Notification:
    """The notification as changed, if nobody has written it since `before` was read (else WrittenMeanwhile)."""
    written = msgspec.structs.replace(after, revision=before.revision + 1)
    unchanged = NotificationsItem.revision == before.revision
    condition = unchanged if before.revision else NotificationsItem.pk.does_not_exist()
    writes.put(_item(owner, written), condition, otherwise=WrittenMeanwhile())
    return written


def find(owner: str, answered: Answered) -> Notification | None:
    """This user's notification of the answer; None when he has none of his own."""
    return find_at(owner, places.answer(answered))


def find_at(owner: str, sort_key: str) -> Notification | None:
    """The notification that stands there, or None."""
    with reaching_aws():
        try:
            item = NotificationsItem.get(owner, sort_key, consistent_read=True, attributes_to_get=_SHOWN)
        except NotificationsItem.DoesNotExist:
            return None
    return _decode(item.data or "")


def find_each(owner: str, answers: Sequence[Answered]) -> set[Answered]:
    """Those of the answers that this user has a notification of his own of."""
    if not answers:
        return set()
    keys = [(owner, places.answer(each)) for each in answers]
    with reaching_aws():
        return {_decode(item.data or "").answered for item in NotificationsItem.batch_get(keys, consistent_read=True)}


def find_of_each(owners: Sequence[str], answered: Answered) -> dict[str, Notification]:
    """The notifications of this answer that these users have of their own."""
    if not owners:
        return {}
    keys = [(owner, places.answer(answered)) for owner in owners]
    with reaching_aws():
        items = NotificationsItem.batch_get(keys, consistent_read=True)
        return {item.pk: _decode(item.data or "") for item in items}


def list_page(
    owner: str,
    state: Literal["active", "snoozed", "all"],
    *,
    since: datetime,
    after: Answered | None,
    limit: int,
) -> list[Notification]:
    """The user's notifications in this state, newest answer first, from behind `after`; of all states, since then."""
    start = {"pk": owner, "sk": places.answer(after)} if after else {}
    shown: dict[str, Any] = {"scan_index_forward": False, "consistent_read": True, "limit": limit}
    if state == "all":
        newest = f"{places.ANSWERS}~"  # sorts behind every time
        condition: Condition = NotificationsItem.sk.between(f"{places.ANSWERS}{rfc3339(since)}", newest)
        source: Any = NotificationsItem
    else:
        start |= {"state_at": f"{state}#{start['sk']}"} if after else {}
        condition = NotificationsItem.state_at.startswith(f"{state}#")
        source = NotificationsItem.by_state
    key = {name: {"S": value} for name, value in start.items()} or None
    with reaching_aws():
        items = source.query(owner, condition, last_evaluated_key=key, attributes_to_get=_SHOWN, **shown)
        return [_decode(item.data or "") for item in items]


def list_of_ticket(owner: str, opened_at: datetime, number: TicketNumber) -> list[Notification]:
    """What the user has of this ticket that is unread, to be seen, put off or shared; oldest answer first."""
    return list(_by_ticket(owner, NotificationsItem.ticket_at.startswith(f"{places.opened(opened_at, number)}#")))


def list_open(owner: str) -> Iterator[Notification]:
    """What the user has that is unread, to be seen, put off or shared, ticket by ticket: of the newest tickets."""
    return itertools.islice(_by_ticket(owner, None, batch=_OPEN_READ, backwards=True), _OPEN_READ)


def unread_of_tickets(owner: str, oldest: str, newest: str, *, batch: int = 1) -> Iterator[str]:
    """The places of tickets between these two, both included, that the user has an unopened answer in; oldest first.

    A ticket is given once for each such answer. `batch`: how many items a query reads.
    """
    # What follows a ticket's place in the index, the message, sorts below `~`.
    return _unread(owner, NotificationsItem.ticket_at.between(oldest, f"{newest}~"), batch=batch)


def unread_before(owner: str, after: str | None, *, batch: int) -> Iterator[str]:
    """The same for all tickets that stand behind this place in the list, newest first."""
    condition = NotificationsItem.ticket_at < after if after else None
    return _unread(owner, condition, batch=batch, backwards=True)


def _unread(owner: str, condition: Any, *, batch: int, backwards: bool = False) -> Iterator[str]:
    for each in _by_ticket(owner, condition, batch=batch, backwards=backwards):
        if each.is_unread:
            yield places.opened(each.opened_at, each.answered.number)


def _by_ticket(owner: str, condition: Any, *, batch: int = 100, backwards: bool = False) -> Iterator[Notification]:
    with reaching_aws():
        items: Iterable[NotificationsItem] = NotificationsItem.by_ticket.query(
            owner,
            condition,
            scan_index_forward=not backwards,
            consistent_read=True,
            page_size=batch,
            attributes_to_get=_SHOWN,
        )
        for item in items:
            yield _decode(item.data or "")
