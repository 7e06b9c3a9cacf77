"""A ticket, its messages, and the rules by which its status moves."""

import re
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId, Agent, HotelUser
from chalicelib.errors import TicketClosed

Status = Literal["new", "open", "pending", "closed"]
AgentStatus = Literal["open", "pending", "closed"]
Importance = Literal["critical", "high", "normal", "low"]

REOPEN_WITHIN = timedelta(days=14)
_MESSAGE_ID = re.compile("m([1-9][0-9]{0,5})")
PARTICIPANTS = 50
"""How many who take part are remembered: the latest."""


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


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as it stands now.

    `version` counts the changes that agents guard against, `revision` every write; `messages` and `notes` count
    what was written, and `unopened` is the newest answer that nobody of the hotel has opened (0: none).
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
    participants: tuple[str, ...] = ()
    messages: int = 0
    notes: int = 0
    unopened: int = 0
    version: int = 1
    revision: int = 1

    @property
    def view(self) -> Literal["waiting", "pending"] | None:
        """Where agents find it: an answer is due, the hotel is to move, or it is closed."""
        if self.status == "closed":
            return None
        return "waiting" if self.waiting_since else "pending"


class Row(msgspec.Struct, frozen=True, kw_only=True):
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


class AgentRow(Row, frozen=True, kw_only=True):
    """What the agents' list shows of a ticket."""

    account: AccountId
    account_name: str
    requester: Author | None
    assignee: str | None
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


_AUDITED = ("status", "assignee", "topic_now", "team", "importance", "subject")


def changes_between(before: Ticket, after: Ticket) -> dict[str, tuple[str | None, str | None]]:
    """The fields that an agent can change and that differ, from what to what."""
    pairs = {field: (getattr(before, field), getattr(after, field)) for field in _AUDITED}
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}


def message_id(count: int, *, is_note: bool = False) -> str:
    """The id of the `count`-th message (or note) of a ticket."""
    return f"{'n' if is_note else 'm'}{count}"


def message_count(id_: str) -> int | None:
    """Which public message this id names, counted from 1; None when it names none."""
    match = _MESSAGE_ID.fullmatch(id_)
    return int(match[1]) if match else None


def requester(user: HotelUser) -> Author:
    """The hotel user as an author."""
    return Author("requester", user.id, user.name)


def agent_author(agent: Agent) -> Author:
    """The agent as an author."""
    return Author("agent", agent.id, agent.name)


def take_part(ticket: Ticket, user_id: str) -> tuple[str, ...]:
    """Who takes part once this user has written: the latest last."""
    others = tuple(each for each in ticket.participants if each != user_id)
    return (*others, user_id)[-PARTICIPANTS:]


def after_hotel_reply(ticket: Ticket, user: HotelUser, now: datetime) -> Ticket:
    """The ticket once this hotel user has replied. A closed one reopens within 14 days, else TicketClosed."""
    if ticket.closed_at and now > ticket.closed_at + REOPEN_WITHIN:
        raise TicketClosed(follow_up_of=ticket.number)
    return replace(
        ticket,
        status="new" if ticket.status == "new" else "open",
        closed_at=None,
        waiting_since=ticket.waiting_since or now,
        participants=take_part(ticket, user.id),
        messages=ticket.messages + 1,
        updated_at=now,
        version=ticket.version + 1,
    )


def after_answer(ticket: Ticket, agent: Agent, status: AgentStatus | None, now: datetime) -> Ticket:
    """The ticket once this agent has answered: taken, nothing due, unopened by the hotel."""
    answered = replace(
        ticket,
        status="open" if ticket.status == "new" else ticket.status,
        waiting_since=None,
        due_at=None,
        assignee=ticket.assignee or agent.id,
        messages=ticket.messages + 1,
        unopened=ticket.messages + 1,
        updated_at=now,
        version=ticket.version + 1,
    )
    return with_status(answered, status, now) if status else answered


def after_note(ticket: Ticket, status: AgentStatus | None, now: datetime) -> Ticket:
    """The ticket once an agent has left a note; the hotel sees a change only if the status moves."""
    noted = replace(ticket, notes=ticket.notes + 1, version=ticket.version + 1)
    return with_status(noted, status, now) if status and status != ticket.status else noted


def after_opening_by_hotel(ticket: Ticket, up_to: int) -> Ticket:
    """The ticket once somebody of the hotel has opened it up to this message."""
    return replace(ticket, unopened=0) if ticket.unopened <= up_to else ticket


def after_closing(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket once it was closed by the hotel."""
    return with_status(replace(ticket, version=ticket.version + 1), "closed", now)


def with_status(ticket: Ticket, status: Status, now: datetime) -> Ticket:
    """The ticket with this status; closing sets its time and ends what is due, leaving `closed` clears it."""
    if status == "closed":
        closed_at = ticket.closed_at or now
        return replace(ticket, status="closed", closed_at=closed_at, waiting_since=None, due_at=None, updated_at=now)
    return replace(ticket, status=status, closed_at=None, updated_at=now)
