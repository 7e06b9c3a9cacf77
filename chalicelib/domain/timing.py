"""What happens with a ticket by itself: when, and which of it has come."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from chalicelib.domain.notification import NotificationId, parse_id
from chalicelib.domain.ticket import Ticket


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long what waits: answers for the whole hotel, the hotel for a reminder and the closing, teams for a warning.

    `warn_before` is how long before an answer is due its team is told.
    """

    share_after: timedelta
    remind_after: timedelta
    close_after: timedelta
    warn_before: timedelta


def next_at(ticket: Ticket, times: Times) -> datetime | None:
    """When the next thing happens with this ticket by itself; None when nothing does."""
    return min(_moments(ticket, times), default=None)


def _moments(ticket: Ticket, times: Times) -> Iterator[datetime]:
    if ticket.to_share:
        yield _answered_at(ticket.to_share[0]) + times.share_after
    if ticket.pending_since:
        yield ticket.pending_since + (times.close_after if ticket.was_reminded else times.remind_after)
    if ticket.due_at and ticket.warned_for != ticket.due_at:
        yield ticket.due_at - times.warn_before


def answers_due(ticket: Ticket, times: Times, now: datetime) -> tuple[NotificationId, ...]:
    """The answers that nobody has opened for so long that the whole hotel is to get them."""
    return tuple(each for each in ticket.to_share if _answered_at(each) + times.share_after <= now)


def _answered_at(answer: NotificationId) -> datetime:
    answered = parse_id(answer)
    assert answered is not None, "only ids of ours are kept"
    return answered.at


def is_warning_due(ticket: Ticket, times: Times, now: datetime) -> bool:
    """Whether the ticket is about to be late and its team has not been told."""
    due_at = ticket.due_at
    return due_at is not None and ticket.warned_for != due_at and due_at - times.warn_before <= now


def is_reminder_due(ticket: Ticket, times: Times, now: datetime) -> bool:
    """Whether the hotel is to be reminded of the question that it has not answered."""
    return _has_waited(ticket, times.remind_after, now) and not ticket.was_reminded


def is_closing_due(ticket: Ticket, times: Times, now: datetime) -> bool:
    """Whether the ticket has waited for the hotel, reminded, so long that it is closed."""
    return _has_waited(ticket, times.close_after, now) and ticket.was_reminded


def _has_waited(ticket: Ticket, length: timedelta, now: datetime) -> bool:
    return ticket.pending_since is not None and ticket.pending_since + length <= now
