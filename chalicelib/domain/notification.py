"""A notification: "support answered ticket N", for one hotel user; its states, and how it moves between them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal, NewType

import msgspec
from msgspec.structs import replace

from chalicelib.domain.number import TicketNumber, parse_number

NotificationId = NewType("NotificationId", str)
"""`<epoch ms of the answer>-<ticket number>-<count of the message>`: the same for whoever of the hotel gets it."""

State = Literal["active", "snoozed", "deleted", "read"]
KEPT = timedelta(days=90)
"""How long what is deleted or read can be brought back; what is active, put off or not opened stays."""
SHORTEST_SNOOZE = timedelta(minutes=1)
LONGEST_SNOOZE = timedelta(days=30)
_ID = re.compile("([0-9]{13})-([0-9]{10})-([1-9][0-9]{0,5})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Answered(msgspec.Struct, frozen=True, order=True):
    """Which answer it tells of, in the order of answers: when, in which ticket, which message of its thread."""

    at: datetime
    number: TicketNumber
    message: int

    @property
    def id(self) -> NotificationId:
        """The id that stands for it."""
        return NotificationId(f"{(self.at - _EPOCH) // timedelta(milliseconds=1)}-{self.number}-{self.message}")


def parse_id(text: str) -> Answered | None:
    """The answer that an id stands for; None when it can be none."""
    match = _ID.fullmatch(text)
    number = parse_number(match[2]) if match else None
    if match is None or number is None:
        return None
    answered = Answered(_EPOCH + timedelta(milliseconds=int(match[1])), number, int(match[3]))
    return answered if answered.id == text else None


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, for one user. `opened_at` is the ticket's, `subject` as it was when support answered.

    `is_unread` says that this user has not opened the answer, whatever became of the notification. A shared one is what
    a user did with an answer that the whole hotel gets; it counts only while the ticket says that it is shared.
    """

    answered: Answered
    opened_at: datetime
    subject: str
    state: State = "active"
    is_unread: bool = True
    is_shared: bool = False
    snoozed_until: datetime | None = None
    snoozes: int = 0
    revision: int = 0

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits for the user any more."""
        return self.state in {"deleted", "read"} and not self.is_unread


def snoozed(notification: Notification, until: datetime) -> Notification:
    """Put off until then; an earlier reminder counts no more."""
    return replace(notification, state="snoozed", snoozed_until=until, snoozes=notification.snoozes + 1)


def deleted(notification: Notification) -> Notification:
    """Out of sight; what is unread stays so."""
    return replace(notification, state="deleted", snoozed_until=None)


def activated(notification: Notification) -> Notification:
    """To be seen again, because its time has come or because the user wants it back."""
    return replace(notification, state="active", snoozed_until=None)


def read(notification: Notification) -> Notification:
    """Done with, since the user has opened the ticket."""
    return replace(notification, state="read", is_unread=False, snoozed_until=None)
