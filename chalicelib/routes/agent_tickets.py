"""Tickets as agents work on them."""

from chalicelib.domain.moment import rfc3339
from chalicelib.errors import NotFound, TicketChanged, VersionRequired
from chalicelib.routes.answers import (
    AgentMessageAnswer,
    AgentTicketAnswer,
    agent_message_answer,
    agent_ticket_answer,
)
from chalicelib.routes.http import Incoming, Routes
from chalicelib.routes.tickets import FILE_ERRORS, Link, TicketQuery
from chalicelib.services import agent_tickets
from chalicelib.services.agent_tickets import AgentReply, ChangeTicket, OpenForHotel
from chalicelib.services.reading import Thread

routes = Routes(__name__, "agent")


def _page(thread: Thread) -> AgentTicketAnswer:
    return agent_ticket_answer(thread.ticket, thread.messages, thread.audit, cursor=thread.cursor)


@routes.serve(
    "POST",
    "/v1/agent/tickets",
    body=OpenForHotel,
    answer=AgentTicketAnswer,
    status=201,
    takes_key=True,
    errors=FILE_ERRORS,
)
def agent_open_ticket(incoming: Incoming) -> AgentTicketAnswer:
    """Opens a ticket in which support writes first, to one user of a hotel or to the hotel as such."""
    return _page(agent_tickets.open_for_hotel(incoming.once, incoming.agent, incoming.body))


@routes.serve("GET", "/v1/agent/tickets/{number}", query=TicketQuery, answer=AgentTicketAnswer, errors=(NotFound,))
def agent_view_ticket(incoming: Incoming) -> AgentTicketAnswer:
    """A ticket with its newest messages and notes, oldest first, older ones by the cursor; the newest 100 changes."""
    return _page(agent_tickets.view_ticket(incoming.path["number"], incoming.query.messages_cursor))


@routes.serve(
    "PATCH",
    "/v1/agent/tickets/{number}",
    body=ChangeTicket,
    answer=AgentTicketAnswer,
    version="required",
    errors=(NotFound, TicketChanged, VersionRequired),
)
def agent_change_ticket(incoming: Incoming) -> AgentTicketAnswer:
    """Changes status, topic, importance, assignee or subject; `If-Match` names the version that the agent has seen."""
    number = incoming.path["number"]
    if incoming.version is None:
        raise VersionRequired
    agent_tickets.change_ticket(incoming.agent, number, incoming.body, incoming.version, incoming.now)
    return _page(agent_tickets.view_ticket(number, None))


@routes.serve(
    "POST",
    "/v1/agent/tickets/{number}/messages",
    body=AgentReply,
    answer=AgentMessageAnswer,
    status=201,
    takes_key=True,
    version="optional",
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
