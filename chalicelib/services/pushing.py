"""Pushing: what changed goes to every open socket of those whom it concerns.

Each push tells what holds now, not what a message said, so it does no harm twice, late or out of order. A socket whose
token has ended is closed instead, and one that is gone is forgotten, unless it may only not be open yet.
"""

from collections.abc import Iterable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

from chalicelib.adapters import notifications, places, reminders, sockets, tickets
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.notification import Answered, Notification, parse_id
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import Ticket
from chalicelib.errors import TryAgain
from chalicelib.services import frames
from chalicelib.services.frames import NotificationFrame, ReminderFrame, RemovedFrame, ServerFrame, TicketFrame
from chalicelib.services.notifications import as_shared, message_of
from chalicelib.services.relay import (
    AboutToBeLate,
    NotificationChanged,
    Push,
    ReminderDue,
    SharedChanged,
    TicketChanged,
)
from chalicelib.services.wire import notification_answer

_CONNECTING = timedelta(seconds=30)
"""API Gateway calls a socket gone until its connect function has ended, to which it gives 29 seconds (its quotas)."""
Addressed = tuple[Socket, ServerFrame]


def push(what: Push, now: datetime, senders: Executor) -> int:
    """Sends what there is to send, each socket by a sender of its own; gives how many frames arrived.

    TryAgain when a frame could neither be sent nor be given up, after all others were.
    """
    sent = [senders.submit(partial(_send, socket, frame, now)) for socket, frame in _addressed(what)]
    failures = [failure for each in sent if (failure := each.exception()) is not None]
    for failure in failures:
        if not isinstance(failure, TryAgain):
            raise failure
    if failures:
        raise failures[0]
    return sum(each.result() for each in sent)


def _send(socket: Socket, frame: ServerFrame, now: datetime) -> bool:
    if socket.expires_at > now:
        if sockets.post(socket.id, frames.encode(frame)):
            return True
        if now < socket.since + _CONNECTING:
            return False  # it may open yet, and its page then asks for what it missed
    else:
        sockets.close(socket.id)
    sockets.forget(socket)
    return False


def _addressed(what: Push) -> Iterable[Addressed]:
    if isinstance(what, NotificationChanged):
        return _of_notification(what)
    if isinstance(what, SharedChanged):
        return _of_shared(what)
    if isinstance(what, TicketChanged):
        return _of_ticket(what)
    if isinstance(what, AboutToBeLate):
        return _of_late(what)
    return _of_reminder(what)


def _of_notification(what: NotificationChanged) -> list[Addressed]:
    open_ones = sockets.list_of_owner(what.pk)
    found = notifications.find_at(what.pk, what.sk) if open_ones else None
    if found is None:
        return []
    account = places.account_of(what.pk)
    is_valid = not found.is_shared or (found.answered.id in tickets.find_ticket(account, found.answered.number).shared)
    frame = _frame(account, found) if is_valid and found.state == "active" else RemovedFrame(found.answered.id)
    return [(socket, frame) for socket in open_ones]


def _frame(account: AccountId, notification: Notification) -> NotificationFrame:
    return NotificationFrame(notification_answer(notification, message_of(account, notification)))


def _of_shared(what: SharedChanged) -> list[Addressed]:
    open_ones = sockets.list_of_audience(places.account(what.account))
    if not open_ones:
        return []
    ticket = tickets.find_ticket(what.account, what.number)
    owners = sorted({socket.owner for socket in open_ones})
    return [
        (socket, frame)
        for answered in filter(None, map(parse_id, what.ids))
        for owner, frame in _frames_of_shared(ticket, answered, owners)
        for socket in open_ones
        if socket.owner == owner
    ]


def _frames_of_shared(ticket: Ticket, answered: Answered, owners: list[str]) -> list[tuple[str, ServerFrame]]:
    """What each of these users is told of an answer that the whole hotel gets, or gets no more.

    Nothing who has a notification of his own; and who has put it off or deleted it is not shown it again.
    """
    own = notifications.find_of_each(owners, answered)
    if answered.id not in ticket.shared:
        gone = RemovedFrame(answered.id)
        return [(owner, gone) for owner in owners if owner not in own or own[owner].is_shared]
    shown = _frame(ticket.account, as_shared(answered, ticket.created_at, ticket.subject))
    return [(owner, shown) for owner in owners if owner not in own]


def _of_ticket(what: TicketChanged) -> Iterable[Addressed]:
    if "hotel" in what.audiences:
        for socket in sockets.list_of_audience(places.account(what.account)):
            yield socket, TicketFrame(what.number)
    agents = sockets.list_of_audience(places.AGENTS)
    if agents:
        frame = TicketFrame(what.number, tickets.find_ticket(what.account, what.number).version)
        for socket in agents:
            yield socket, frame


def _of_late(what: AboutToBeLate) -> Iterable[Addressed]:
    agents = sockets.list_of_audience(places.AGENTS)
    ticket = tickets.find_ticket(what.account, what.number) if agents else None
    if ticket is None or ticket.due_at is None or ticket.warned_for != ticket.due_at:
        return
    frame = ReminderFrame("late", ticket.number, ticket.subject, rfc3339(ticket.due_at))
    for socket in agents:
        if f"team-{ticket.team}" in socket.groups:
            yield socket, frame


def _of_reminder(what: ReminderDue) -> Iterable[Addressed]:
    open_ones = sockets.list_of_owner(what.pk)
    reminder = reminders.find_reminder(what.pk, what.sk) if open_ones else None
    if reminder is not None:
        at = rfc3339(reminder.at)
        frame = ReminderFrame("agent", reminder.number, reminder.subject, at, reminder.text, reminder.id)
        for socket in open_ones:
            yield socket, frame
