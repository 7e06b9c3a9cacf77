"""A hotel's tickets."""

from typing import Annotated

import msgspec

from chalicelib.domain.moment import rfc3339
from chalicelib.errors import (
    IdempotencyKeyReused,
    NotFound,
    TicketClosed,
    UnsupportedMediaType,
    UploadMissing,
    UploadUsed,
)
from chalicelib.routes.answers import Page, RowAnswer, TicketAnswer, row_answer, ticket_answer
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services import reading, tickets
from chalicelib.services.history import Filters, list_history
from chalicelib.services.reading import Thread
from chalicelib.services.tickets import OpenTicket, Reply
from chalicelib.services.wire import MessageAnswer, Time, message_answer

routes = Routes(__name__, "hotel")
FILE_ERRORS = (NotFound, UploadUsed, UploadMissing, UnsupportedMediaType, IdempotencyKeyReused)
Limit = Annotated[int, msgspec.Meta(ge=1, le=100, description="How many, 25 without it.")]


class HistoryQuery(Filters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the history."""

    cursor: str | None = None
    limit: Limit = 25


class TicketQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of a thread."""

    messages_cursor: str | None = None


class ReadUpTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last message that the user has seen."""

    up_to: str


class Link(msgspec.Struct, frozen=True):
    """A download link, and until when it works."""

    url: str
    expires_at: Time


@routes.serve(
    "POST", "/v1/tickets", body=OpenTicket, answer=TicketAnswer, status=201, takes_key=True, errors=FILE_ERRORS
)
def open_ticket(incoming: Incoming) -> TicketAnswer:
    """Opens a ticket, with at most one file, which must have arrived."""
    thread = tickets.open_ticket(incoming.once, incoming.user, incoming.body)
    return ticket_answer(thread.ticket, thread.messages, unread=False, cursor=None)


@routes.serve("GET", "/v1/tickets", query=HistoryQuery, answer=Page[RowAnswer])
def list_tickets(incoming: Incoming) -> Page[RowAnswer]:
    """Every ticket of the account, whoever opened it, newest opened first, by day, topic and status, or the unread.

    A day is one of the token's `zoneinfo`, the topic is the one chosen at opening; `unread=true` stands alone.
    """
    query = incoming.query
    history = list_history(incoming.user, query, query.cursor, query.limit)
    rows = [row_answer(row, unread=row.number in history.unread) for row in history.rows]
    return Page(rows, history.next_cursor)


def _page(incoming: Incoming, thread: Thread) -> TicketAnswer:
    user, ticket = incoming.user, thread.ticket
    return ticket_answer(ticket, thread.messages, unread=reading.is_unread(user, ticket), cursor=thread.cursor)


@routes.serve("GET", "/v1/tickets/{number}", query=TicketQuery, answer=TicketAnswer, errors=(NotFound,))
def view_ticket(incoming: Incoming) -> TicketAnswer:
    """A ticket with its newest 50 messages (fewer past 1 MB), oldest first; older ones by the cursor."""
    query = incoming.query
    return _page(incoming, reading.view_ticket(incoming.user, incoming.path["number"], query.messages_cursor))


@routes.serve(
    "POST",
    "/v1/tickets/{number}/messages",
    body=Reply,
    answer=MessageAnswer,
    status=201,
    takes_key=True,
    errors=(*FILE_ERRORS, TicketClosed),
)
def reply(incoming: Incoming) -> MessageAnswer:
    """Adds the hotel's message. A closed ticket reopens within 14 days of its closing, not later."""
    return message_answer(tickets.reply(incoming.once, incoming.user, incoming.path["number"], incoming.body))


@routes.serve("POST", "/v1/tickets/{number}/close", answer=TicketAnswer, errors=(NotFound,))
def close_ticket(incoming: Incoming) -> TicketAnswer:
    """Closes the ticket; closing a closed one changes nothing."""
    tickets.close_ticket(incoming.user, incoming.path["number"], incoming.now)
    return _page(incoming, reading.view_ticket(incoming.user, incoming.path["number"], None))


@routes.serve("POST", "/v1/tickets/{number}/read", body=ReadUpTo, status=204, errors=(NotFound,))
def read_ticket(incoming: Incoming) -> None:
    """This user has read the answers up to this message; later ones stay unread."""
    tickets.mark_read(incoming.user, incoming.path["number"], incoming.body.up_to)


@routes.serve("GET", "/v1/tickets/{number}/attachments/{id}", answer=Link, errors=(NotFound,))
def link_attachment(incoming: Incoming) -> Link:
    """A download link of at most 5 minutes."""
    path = incoming.path
    url, expires_at = reading.link_attachment(incoming.user, path["number"], path["id"], incoming.now)
    return Link(url, rfc3339(expires_at))
