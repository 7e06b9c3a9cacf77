"""The agents' lists over all hotels."""

import msgspec

from chalicelib.routes.answers import AgentRowAnswer, Page, agent_row_answer
from chalicelib.routes.http import Incoming, Routes
from chalicelib.routes.tickets import Limit
from chalicelib.services.queue import QueueFilters, TeamCount, count_queue, list_tickets

routes = Routes(__name__, "agent")


class QueueQuery(QueueFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of one of the lists."""

    cursor: str | None = None
    limit: Limit = 25


class QueueCounts(msgspec.Struct, frozen=True):
    """How much there is, in all and for each team; each team's figures are counted up to 1,000."""

    waiting: int
    late: int
    pending: int
    teams: list[TeamCount]


@routes.serve("GET", "/v1/agent/tickets", query=QueueQuery, answer=Page[AgentRowAnswer])
def agent_list_tickets(incoming: Incoming) -> Page[AgentRowAnswer]:
    """The tickets of all hotels: `waiting` for an answer, `pending` for the hotel, `closed`, or `all`.

    What waits stands in the order in which answers are due. `closed` and `all` stand newest first and need `account`
    or `date`, a day of the token's `zoneinfo`. A page may hold fewer than `limit` and still have a next one.
    """
    query = incoming.query
    queue = list_tickets(incoming.agent, query, query.cursor, query.limit)
    return Page([agent_row_answer(row) for row in queue.rows], queue.next_cursor)


@routes.serve("GET", "/v1/agent/queue", answer=QueueCounts)
def agent_count_queue(incoming: Incoming) -> QueueCounts:
    """How many tickets wait for an answer, how many of those too long, and how many have nothing due, by team."""
    teams = count_queue(incoming.now)
    return QueueCounts(
        sum(each.waiting for each in teams),
        sum(each.late for each in teams),
        sum(each.pending for each in teams),
        teams,
    )
