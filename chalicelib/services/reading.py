"""What a hotel user sees: the history, a ticket's page, a file."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chalicelib.adapters import threads, tickets, uploads
from chalicelib.adapters.uploads import DOWNLOAD_WITHIN
from chalicelib.domain import cursor as cursors
from chalicelib.domain import ticket as rules
from chalicelib.domain.file import name_for
from chalicelib.domain.number import TicketNumber, looks_like_number, parse_number
from chalicelib.domain.people import HotelUser
from chalicelib.domain.ticket import AuditEntry, Message, Row, Ticket
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.settings import settings


class Thread(msgspec.Struct, frozen=True):
    """A ticket with a page of its messages, oldest first, and where older ones begin; for agents, what they changed."""

    ticket: Ticket
    messages: list[Message]
    older: int | None = None
    audit: list[AuditEntry] = []


class History(msgspec.Struct, frozen=True):
    """A page of an account's tickets, the numbers that are unread for this user, and the next page's cursor."""

    rows: list[Row]
    unread: frozenset[str]
    next_cursor: str | None


def known_number(text: str) -> TicketNumber:
    """The number in a path; what cannot be one is NotFound, with a hint when only the check digit is wrong."""
    number = parse_number(text)
    if number is None and looks_like_number(text):
        raise NotFound(hint="The last digit does not fit the others. Please check the number.")
    if number is None:
        raise NotFound
    return number


def view_ticket(user: HotelUser, number: str, cursor: str | None) -> Thread:
    """The ticket and a page of its public messages: the newest, or those before the cursor."""
    known = known_number(number)
    ticket, messages = threads.read_page(user.account, known, thread_position(cursor, f"{user.account}|{known}"))
    return Thread(ticket, messages, older_than(messages))


def older_than(messages: Sequence[Message]) -> int | None:
    """The count of the oldest message of a page when older ones exist."""
    first = rules.message_count(messages[0].id) if messages else None
    return first if first and first > 1 else None


def thread_cursor(scope: str, older: int | None) -> str | None:
    """The cursor to the messages before the `older`-th of the ticket that `scope` names."""
    return cursors.seal(str(older), scope=f"thread|{scope}", key=settings().signing_key) if older else None


def thread_position(cursor: str | None, scope: str) -> int | None:
    """The count that a thread's cursor stands for; InvalidRequest when it is none of the ticket's."""
    if cursor is None:
        return None
    position = cursors.unseal(cursor, scope=f"thread|{scope}", key=settings().signing_key)
    if position is None:
        raise InvalidRequest({"messages_cursor": "is not a cursor of this ticket"})
    return int(position)


def is_unread(user: HotelUser, ticket: Ticket) -> bool:
    """Unread: an answer nobody of the hotel has opened, or, for who takes part, one that he has not."""
    return bool(ticket.unopened) or tickets.has_unread(ticket, user.id)


def list_history(user: HotelUser, cursor: str | None, limit: int) -> History:
    """A page of the account's tickets, newest opened first."""
    scope = f"history|{user.account}"
    position = cursors.unseal(cursor, scope=scope, key=settings().signing_key) if cursor is not None else None
    if cursor is not None and position is None:
        raise InvalidRequest({"cursor": "is not a cursor of this list"})
    rows, next_position = tickets.list_rows(user.account, after=position, limit=limit)
    marked = tickets.unread_of(user.account, user.id, rows)
    unread = frozenset(row.number for row in rows if row.unopened or row.number in marked)
    next_cursor = cursors.seal(next_position, scope=scope, key=settings().signing_key) if next_position else None
    return History(rows, unread, next_cursor)


def link_attachment(user: HotelUser, number: str, attachment_id: str, now: datetime) -> tuple[str, datetime]:
    """A download address of a public message's file, and until when it works."""
    ticket = tickets.find_ticket(user.account, known_number(number))
    return link(_public_message(ticket, attachment_id), now)


def _public_message(ticket: Ticket, id_: str) -> Message:
    count = rules.message_count(id_)
    if count is None:
        raise NotFound
    return threads.find_message(ticket, count)


def link(message: Message, now: datetime) -> tuple[str, datetime]:
    """A download address of this message's file; NotFound when it has none."""
    file = message.attachment
    if file is None:
        raise NotFound
    url = uploads.presign_get(file.key, name=name_for(file.type, file.name), type_=file.type)
    return url, now + DOWNLOAD_WITHIN
