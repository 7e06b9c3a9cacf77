"""Tickets as agents work on them."""

from typing import Literal

import msgspec

from chalicelib.domain.moment import rfc3339
from chalicelib.errors import NotFound, TicketChanged
from chalicelib.routes.answers import (
    AgentMessageAnswer,
    AgentRowAnswer,
    AgentTicketAnswer,
    Page,
    agent_message_answer,
    agent_row_answer,
    agent_ticket_answer,
)
from chalicelib.routes.http import Incoming, Routes
from chalicelib.routes.tickets import FILE_ERRORS, Limit, Link, TicketQuery
from chalicelib.services import agent_tickets
from chalicelib.services.agent_tickets import AgentReply
from chalicelib.services.reading import thread_cursor

routes = Routes(__name__, "agent")


class QueueQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the queue."""

    view: Literal["waiting"] = "waiting"
    cursor: str | None = None
    limit: Limit = 25


@routes.serve("GET", "/v1/agent/tickets", query=QueueQuery, answer=Page[AgentRowAnswer])
def agent_list_tickets(incoming: Incoming) -> Page[AgentRowAnswer]:
    """The tickets of all hotels to which an answer is due, the earliest first."""
    queue = agent_tickets.list_waiting(incoming.query.cursor, incoming.query.limit)
    return Page([agent_row_answer(row) for row in queue.rows], queue.next_cursor)


@routes.serve("GET", "/v1/agent/tickets/{number}", query=TicketQuery, answer=AgentTicketAnswer, errors=(NotFound,))
def agent_view_ticket(incoming: Incoming) -> AgentTicketAnswer:
    """A ticket with its newest messages and the notes between them, oldest first; older ones by the cursor."""
    thread = agent_tickets.view_ticket(incoming.path["number"], incoming.query.messages_cursor)
    cursor = thread_cursor(f"{thread.ticket.account}|{thread.ticket.number}", thread.older)
    return agent_ticket_answer(thread.ticket, thread.messages, thread.audit, cursor=cursor)


@routes.serve(
    "POST",
    "/v1/agent/tickets/{number}/messages",
    body=AgentReply,
    answer=AgentMessageAnswer,
    status=201,
    takes_key=True,
    takes_version=True,
    errors=(*FILE_ERRORS, TicketChanged),
)
def agent_reply(incoming: Incoming) -> AgentMessageAnswer:
    """Answers the hotel, or leaves a note; `status` moves the ticket with it. `If-Match` guards a stale view."""
    number, body, version = incoming.path["number"], incoming.body, incoming.version
    return agent_message_answer(agent_tickets.reply(incoming.once, incoming.agent, number, body, version))


@routes.serve("GET", "/v1/agent/tickets/{number}/attachments/{id}", answer=Link, errors=(NotFound,))
def agent_link_attachment(incoming: Incoming) -> Link:
    """A download link of at most 5 minutes."""
    path = incoming.path
    url, expires_at = agent_tickets.link_attachment(path["number"], path["id"], incoming.now)
    return Link(url, rfc3339(expires_at))
