"""What a hotel user sees of one ticket: its page, a file."""

from datetime import datetime

import msgspec

from chalicelib.adapters import bucket, notifications, places, threads, tickets
from chalicelib.adapters.bucket import DOWNLOAD_WITHIN
from chalicelib.domain.file import name_for
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId, HotelUser
from chalicelib.domain.ticket import AuditEntry, Message, Place, Ticket, message_count
from chalicelib.errors import NotFound
from chalicelib.services import cursors
from chalicelib.services.known import known_number


class Thread(msgspec.Struct, frozen=True):
    """A ticket with a page of its thread, oldest first, the cursor to older entries, and what agents changed."""

    ticket: Ticket
    messages: list[Message]
    cursor: str | None = None
    audit: list[AuditEntry] = []


def view_ticket(user: HotelUser, number: str, cursor: str | None) -> Thread:
    """The ticket and a page of its public messages: the newest, or those before the cursor."""
    return read_thread(user.account, known_number(number), cursor, with_notes=False)


def read_thread(account: AccountId, number: TicketNumber, cursor: str | None, *, with_notes: bool) -> Thread:
    """A page of a thread; hotel users' cursors and agents' differ, since agents' pages hold notes too."""
    scope = f"{'agents' if with_notes else 'thread'}|{places.ticket(account, number)}"
    position = cursors.unseal(cursor, scope, parameter="messages_cursor")
    page = threads.read_page(account, number, _place(position), with_notes=with_notes)
    older = f"{page.older[0]}#{page.older[1]}" if page.older else None
    return Thread(page.ticket, page.messages, cursors.seal(older, scope))


def _place(position: str | None) -> Place | None:
    if position is None:
        return None
    after, _, note = position.partition("#")
    return int(after), int(note)


def is_unread(user: HotelUser, ticket: Ticket) -> bool:
    """Unread: an answer nobody of the hotel has opened, or, for who takes part, one that he has not."""
    if ticket.unopened:
        return True
    place = places.opened(ticket.created_at, ticket.number)
    return any(notifications.unread_of_tickets(places.user(user.account, user.id), place, place))


def link_attachment(user: HotelUser, number: str, attachment_id: str, now: datetime) -> tuple[str, datetime]:
    """A download address of a public message's file, and until when it works."""
    ticket = tickets.find_ticket(user.account, known_number(number))
    return link(_public_message(ticket, attachment_id), now)


def _public_message(ticket: Ticket, id_: str) -> Message:
    count = message_count(id_)
    if count is None:
        raise NotFound
    return threads.find_message(ticket, count)


def link(message: Message, now: datetime) -> tuple[str, datetime]:
    """A download address of this message's file; NotFound when it has none."""
    file = message.attachment
    if file is None:
        raise NotFound
    url = bucket.presign_get(file.key, name=name_for(file.type, file.name), type_=file.type)
    return url, now + DOWNLOAD_WITHIN
