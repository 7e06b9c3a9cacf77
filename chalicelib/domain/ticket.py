"""A ticket, its messages, and what lists show of it."""

import re
from datetime import datetime
from typing import Literal

import msgspec

from chalicelib.domain.notification import NotificationId
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId, Agent, HotelUser

Status = Literal["new", "open", "pending", "closed"]
AgentStatus = Literal["open", "pending", "closed"]
Importance = Literal["critical", "high", "normal", "low"]

_MESSAGE_ID = re.compile("m([1-9][0-9]{0,5})")


class Attachment(msgspec.Struct, frozen=True):
    """The one file of a message; `key` is its place in the bucket and never leaves the service."""

    id: str
    name: str
    type: str
    size: int
    key: str


class Author(msgspec.Struct, frozen=True):
    """Who wrote a message, or opened a ticket."""

    kind: Literal["requester", "agent", "system"]
    id: str
    name: str


class Assignee(msgspec.Struct, frozen=True):
    """Whose ticket it is: nobody's without an id."""

    id: str | None = None
    name: str | None = None


class Message(msgspec.Struct, frozen=True):
    """One entry of a thread, written at the ticket's `version`.

    Public messages and notes are counted apart; a note stands behind public message `after`.
    """

    id: str
    author: Author
    text: str
    created_at: datetime
    attachment: Attachment | None = None
    is_note: bool = False
    after: int = 0
    version: int = 1


class Ticket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ticket as it stands now.

    `version` counts the changes that agents guard against, `revision` every write; `messages` and `notes` count
    what was written, and `unopened` is the newest answer that nobody of the hotel has opened (0: none). Of the answers
    that nobody has opened, every user of the hotel gets those that are `shared`, and those `to_share` when their time
    comes. `timer_at` is when something is to happen by itself next, and `timers` counts how often that was set.
    What is at its default is not written out: a head stays below 2 KB, which is what a write of it costs.
    """

    number: TicketNumber
    account: AccountId
    account_name: str
    opened_by: Author
    requester: Author | None
    subject: str
    topic: str
    topic_now: str
    team: str
    importance: Importance
    languages: tuple[str, ...]
    context: dict[str, str]
    follow_up_of: str | None
    status: Status = "new"
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    waiting_since: datetime | None = None
    due_at: datetime | None = None
    assignee: str | None = None
    assignee_name: str | None = None
    participants: tuple[str, ...] = ()
    messages: int = 0
    notes: int = 0
    unopened: int = 0
    version: int = 1
    revision: int = 1
    to_share: tuple[NotificationId, ...] = ()
    shared: tuple[NotificationId, ...] = ()
    pending_since: datetime | None = None
    was_reminded: bool = False
    warned_for: datetime | None = None
    timer_at: datetime | None = None
    timers: int = 0

    @property
    def view(self) -> Literal["waiting", "pending"] | None:
        """Where agents find it: an answer is due, the hotel is to move, or it is closed."""
        if self.status == "closed":
            return None
        return "waiting" if self.waiting_since and self.status != "pending" else "pending"


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the hotel's list shows of a ticket; nothing that only agents may see."""

    number: TicketNumber
    topic: str
    topic_now: str
    subject: str
    status: Status
    importance: Importance
    opened_by: Author
    created_at: datetime
    updated_at: datetime
    unopened: int
    shared: tuple[NotificationId, ...] = ()


class AgentRow(Row, frozen=True, kw_only=True):
    """What the agents' list shows of a ticket."""

    account: AccountId
    account_name: str
    requester: Author | None
    assignee: str | None
    assignee_name: str | None = None
    team: str
    languages: tuple[str, ...]
    due_at: datetime | None
    version: int


class AuditEntry(msgspec.Struct, frozen=True):
    """What an agent changed at once: field by field, from what to what. Only agents see it."""

    at: datetime
    agent: Author
    version: int
    changes: dict[str, tuple[str | None, str | None]]


def message_id(count: int, *, is_note: bool = False) -> str:
    """The id of the `count`-th message (or note) of a ticket."""
    return f"{'n' if is_note else 'm'}{count}"


Place = tuple[int, int]
"""Where an entry stands in its thread: message `n` at (n, 0), note `k` behind message `n` at (n, k)."""
FIRST: Place = (1, 0)
"""Every thread begins with its first message."""


def place_of(message: Message) -> Place:
    """Where this message or note stands in its thread."""
    return (message.after, int(message.id[1:])) if message.is_note else (int(message.id[1:]), 0)


def message_count(id_: str) -> int | None:
    """Which public message this id names, counted from 1; None when it names none."""
    match = _MESSAGE_ID.fullmatch(id_)
    return int(match[1]) if match else None


def requester(user: HotelUser) -> Author:
    """The hotel user as an author."""
    return Author("requester", user.id, user.name)


SYSTEM = Author("system", "deskbell", "Deskbell")
"""Who writes what nobody wrote."""


def agent_author(agent: Agent) -> Author:
    """The agent as an author."""
    return Author("agent", agent.id, agent.name)
