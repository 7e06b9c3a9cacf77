"""Opening a ticket, for whoever does: a number that is nobody's, and everything in one transaction."""

import secrets

from msgspec.structs import replace

from chalicelib.adapters import notifications, threads, tickets
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.tickets import NumberTaken
from chalicelib.domain import rules
from chalicelib.domain.file import Upload
from chalicelib.domain.number import BODIES, TicketNumber, number_of
from chalicelib.domain.ticket import AuditEntry, Message, Ticket, message_id
from chalicelib.errors import TryAgain
from chalicelib.services.changing import TRIES, with_times
from chalicelib.services.once import Call
from chalicelib.services.reading import Thread
from chalicelib.services.uploads import as_attachment, claim

NOT_DRAWN = number_of(BODIES.start)
"""Stands in a draft for the number that it is given when it is written."""


def draw_number() -> TicketNumber:
    """A number at random; that it is nobody's yet, the write has to see."""
    return number_of(BODIES.start + secrets.randbelow(len(BODIES)))


def open_new(
    call: Call,
    draft: Ticket,
    text: str,
    upload: Upload | None,
    *,
    audit: AuditEntry | None = None,
    shares: bool = True,
) -> Thread:
    """Writes the ticket with its first message, its file, what an agent set, and the call's record: all or nothing.

    Support's first message is an answer like any other: for who takes part, and for the hotel when its time comes.
    """
    file = as_attachment(upload, message_id(1)) if upload else None
    message = Message(message_id(1), draft.opened_by, text, call.now, file)
    for _ in range(TRIES):
        ticket = replace(draft, number=draw_number())
        if ticket.unopened:
            ticket = rules.with_answer_to_share(ticket, call.now, shares=shares)
        ticket = with_times(ticket)
        writes, thread = Writes(), Thread(ticket, [message], audit=[audit] if audit else [])
        tickets.put_new(writes, ticket)
        threads.put_message(writes, ticket, message)
        if audit:
            threads.put_audit(writes, ticket, audit)
        if ticket.unopened:
            notifications.put_for_participants(writes, ticket, call.now)
        claim(writes, call, upload)
        call.record(writes, thread)
        try:
            writes.commit()
        except NumberTaken:
            continue
        return thread
    raise TryAgain
