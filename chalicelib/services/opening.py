"""Opening a ticket, for whoever does: a number that is nobody's, and everything in one transaction."""

import secrets

from msgspec.structs import replace

from chalicelib.adapters import threads, tickets
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.tickets import NumberTaken
from chalicelib.domain.file import Upload
from chalicelib.domain.number import BODIES, TicketNumber, number_of
from chalicelib.domain.ticket import AuditEntry, Message, Ticket, message_id
from chalicelib.errors import TryAgain
from chalicelib.services.changing import TRIES, with_due
from chalicelib.services.once import Call
from chalicelib.services.reading import Thread
from chalicelib.services.uploads import as_attachment, claim


def draw_number() -> TicketNumber:
    """A number at random; that it is nobody's yet, the write has to see."""
    return number_of(BODIES.start + secrets.randbelow(len(BODIES)))


def open_new(call: Call, ticket: Ticket, text: str, upload: Upload | None, audit: AuditEntry | None = None) -> Thread:
    """Writes the ticket with its first message, its file, what an agent set, and the call's record: all or nothing."""
    file = as_attachment(upload, message_id(1)) if upload else None
    message = Message(message_id(1), ticket.opened_by, text, call.now, file)
    ticket = with_due(ticket)
    for _ in range(TRIES):
        writes, thread = Writes(), Thread(ticket, [message], audit=[audit] if audit else [])
        tickets.put_new(writes, ticket)
        threads.put_message(writes, ticket, message)
        if audit:
            threads.put_audit(writes, ticket, audit)
        if ticket.unopened:
            tickets.put_unread(writes, ticket)
        claim(writes, call, upload)
        call.record(writes, thread)
        try:
            writes.commit()
        except NumberTaken:
            ticket = replace(ticket, number=draw_number())
        else:
            return thread
    raise TryAgain
