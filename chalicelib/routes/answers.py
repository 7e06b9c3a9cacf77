"""What answers look like: the contract's shapes, made from the domain's values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain.moment import rfc3339
from chalicelib.domain.ticket import AgentRow, AuditEntry, Author, Importance, Message, Row, Status, Ticket
from chalicelib.services.wire import AuthorAnswer, MessageAnswer, Number, Time, attachment_answer, message_answer

_T = TypeVar("_T")


class Problem(msgspec.Struct, frozen=True):
    """Every error, whoever answers."""

    code: str
    message: str
    request_id: str
    details: dict[str, Any] | UnsetType = UNSET


class Page(msgspec.Struct, Generic[_T], frozen=True):
    """A page of a list, and the cursor of the next one."""

    items: list[_T]
    next_cursor: str | None


class AgentMessageAnswer(MessageAnswer, frozen=True):
    """One entry of a ticket's thread as agents see it."""

    note: bool


class RowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in the hotel's list."""

    number: Number
    topic: str
    moved_to: str | UnsetType = UNSET
    subject: str
    status: Status
    importance: Importance
    opened_by: str
    created_at: Time
    updated_at: Time
    unread: bool


class TicketAnswer(RowAnswer, frozen=True, kw_only=True):
    """A ticket's page as the hotel sees it."""

    due_at: Time | UnsetType = UNSET
    closed_at: Time | UnsetType = UNSET
    follow_up_of: Number | UnsetType = UNSET
    context: dict[str, str]
    messages: list[MessageAnswer]
    messages_cursor: str | None


class Person(msgspec.Struct, frozen=True):
    """A hotel user as agents see him."""

    id: str
    name: str


class AgentRowAnswer(RowAnswer, frozen=True, kw_only=True):
    """A ticket in the agents' list."""

    account: str
    account_name: str
    requester: Person | None
    assignee: str | None
    assignee_name: str | None
    team: str
    languages: list[str]
    due_at: Time | None
    version: int


class ChangeAnswer(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One field that was changed."""

    from_: str | None
    to: str | None


class AuditAnswer(msgspec.Struct, frozen=True):
    """What an agent changed at once."""

    at: Time
    agent: str
    version: int
    changes: dict[str, ChangeAnswer]


class AgentTicketAnswer(AgentRowAnswer, frozen=True, kw_only=True):
    """A ticket's page as agents see it."""

    closed_at: Time | UnsetType = UNSET
    follow_up_of: Number | UnsetType = UNSET
    context: dict[str, str]
    messages: list[AgentMessageAnswer]
    messages_cursor: str | None
    audit: list[AuditAnswer]


def agent_message_answer(message: Message) -> AgentMessageAnswer:
    """A message or a note."""
    author = AuthorAnswer(message.author.kind, message.author.name)
    created_at = rfc3339(message.created_at)
    return AgentMessageAnswer(message.id, author, message.text, created_at, attachment_answer(message), message.is_note)


def _row_fields(row: Row | Ticket) -> dict[str, Any]:
    return {
        "number": row.number,
        "subject": row.subject,
        "status": row.status,
        "importance": row.importance,
        "opened_by": row.opened_by.name,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


def _hotel_fields(row: Row | Ticket, *, unread: bool) -> dict[str, Any]:
    moved = {"moved_to": row.topic_now} if row.topic_now != row.topic else {}
    return {**_row_fields(row), "topic": row.topic, "unread": unread, **moved}


def _agent_fields(row: AgentRow | Ticket) -> dict[str, Any]:
    return {
        **_row_fields(row),
        "topic": row.topic_now,
        "unread": bool(row.unopened),
        "account": row.account,
        "account_name": row.account_name,
        "requester": _person(row.requester),
        "assignee": row.assignee,
        "assignee_name": row.assignee_name,
        "team": row.team,
        "languages": list(row.languages),
        "due_at": rfc3339(row.due_at) if row.due_at else None,
        "version": row.version,
    }


def _person(author: Author | None) -> Person | None:
    return Person(author.id, author.name) if author else None


def _given(**moments: datetime | str | None) -> dict[str, Any]:
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in moments.items() if value}


def row_answer(row: Row, *, unread: bool) -> RowAnswer:
    """A ticket in the hotel's list."""
    return RowAnswer(**_hotel_fields(row, unread=unread))


def agent_row_answer(row: AgentRow) -> AgentRowAnswer:
    """A ticket in the agents' list."""
    return AgentRowAnswer(**_agent_fields(row))


def ticket_answer(ticket: Ticket, messages: Sequence[Message], *, unread: bool, cursor: str | None) -> TicketAnswer:
    """A ticket's page for the hotel."""
    return TicketAnswer(
        **_hotel_fields(ticket, unread=unread),
        **_given(due_at=ticket.due_at, closed_at=ticket.closed_at, follow_up_of=ticket.follow_up_of),
        context=ticket.context,
        messages=[message_answer(each) for each in messages],
        messages_cursor=cursor,
    )


def _audit_answer(entry: AuditEntry) -> AuditAnswer:
    # Agents know one topic of a ticket, the one it has now.
    changes = {field.removesuffix("_now"): ChangeAnswer(*change) for field, change in entry.changes.items()}
    return AuditAnswer(rfc3339(entry.at), entry.agent.name, entry.version, changes)


def agent_ticket_answer(
    ticket: Ticket, messages: Sequence[Message], audit: Sequence[AuditEntry], *, cursor: str | None
) -> AgentTicketAnswer:
    """A ticket's page for agents."""
    return AgentTicketAnswer(
        **_agent_fields(ticket),
        **_given(closed_at=ticket.closed_at, follow_up_of=ticket.follow_up_of),
        context=ticket.context,
        messages=[agent_message_answer(each) for each in messages],
        messages_cursor=cursor,
        audit=[_audit_answer(each) for each in audit],
    )


def for_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """An error's details, with messages in the shape that agents get them in."""
    return {name: _detail(value) for name, value in details.items()}


def _detail(value: Any) -> Any:
    if isinstance(value, Message):
        return agent_message_answer(value)
    return [_detail(each) for each in value] if isinstance(value, list) else value
