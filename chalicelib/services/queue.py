"""The agents' lists: what is due, what waits for the hotel, what there was; and how much there is of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from chalicelib import catalog
from chalicelib.adapters import queue
from chalicelib.adapters.queue import Placed
from chalicelib.domain.issuer import is_account
from chalicelib.domain.moment import Day
from chalicelib.domain.people import AccountId, Agent
from chalicelib.domain.text import Language
from chalicelib.domain.ticket import AgentRow, Status
from chalicelib.errors import InvalidRequest
from chalicelib.services import cursors
from chalicelib.services.history import Span, opened_on
from chalicelib.services.known import NOBODY, AgentName, is_agent_id, known_assignee, known_teams, known_topic

LOOKED_AT = 1000
"""How many rows one call looks at to find those that its filters leave; the cursor goes on from there."""
_FILTERED_BATCH = 100
COUNTED_UP_TO = 1000


class QueueFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which list, and which of its tickets: `assignee` is `me`, an agent's id or `none`, `topic` the one of now."""

    view: Literal["waiting", "pending", "closed", "all"] = "waiting"
    team: str | None = None
    topic: str | None = None
    assignee: AgentName | None = None
    language: Language | None = None
    account: str | None = None
    date: Day | None = None


class Queue(msgspec.Struct, frozen=True):
    """A page of tickets, and the next page's cursor."""

    rows: list[AgentRow]
    next_cursor: str | None


class TeamCount(msgspec.Struct, frozen=True):
    """How many of a team's tickets wait for an answer, how many of those wait too long, how many have nothing due."""

    team: str
    waiting: int
    late: int
    pending: int


def list_tickets(agent: Agent, filters: QueueFilters, cursor: str | None, limit: int) -> Queue:
    """A page of the list: waiting and pending the earliest first, closed and all the newest opened first.

    A page may hold fewer than `limit`, since no call looks at more than `LOOKED_AT` rows; only a missing cursor says
    that there are no more.
    """
    known = _resolved(agent, filters)
    opened = opened_on(known.date, agent.zone)
    scope = f"queue|{msgspec.json.encode(known).decode()}|{agent.zone if known.date else ''}"
    batch = _FILTERED_BATCH if _looks_for(known) else limit + 1
    rows = _rows(known, opened, cursors.unseal(cursor, scope), batch)
    found, position = _page(rows, known, opened, limit)
    return Queue(found, cursors.seal(position, scope))


def _resolved(agent: Agent, filters: QueueFilters) -> QueueFilters:
    """The filters with what they name looked up; InvalidRequest when there is no such thing, or too much to look at."""
    known_teams(filters.team)
    if filters.account is not None and not is_account(filters.account):
        raise InvalidRequest({"account": "must be <issuer id>/<account>"})
    if filters.topic is not None:
        known_topic(filters.topic)
    if filters.view in {"all", "closed"} and filters.account is None and filters.date is None:
        raise InvalidRequest({"view": f"{filters.view} needs account or date"})
    # What a page's own parameters are is no filter, so a cursor is not bound to them.
    known = msgspec.convert(filters, QueueFilters, from_attributes=True)
    # An id is taken as it is: what an agent who left has on his list must be found.
    if known.assignee is None or known.assignee == NOBODY or is_agent_id(known.assignee):
        return known
    return msgspec.structs.replace(known, assignee=known_assignee(agent, known.assignee).id)


def _looks_for(filters: QueueFilters) -> bool:
    """Whether the list that is read holds more than what is asked for."""
    asked = {name for name in ("topic", "assignee", "language", "team", "account", "date") if getattr(filters, name)}
    if filters.view in {"waiting", "pending"}:
        return bool(asked - {"team"})
    if filters.account is not None:
        return bool(asked - {"account", "date"})
    return bool(asked - {"date"}) or filters.view == "closed"


def _rows(filters: QueueFilters, opened: Span | None, after: str | None, batch: int) -> Iterator[Placed]:
    if filters.view in {"waiting", "pending"}:
        return queue.read_queue(filters.view, known_teams(filters.team), after=after, batch=batch)
    if filters.account is not None:
        status: Status | None = "closed" if filters.view == "closed" else None
        account = AccountId(filters.account)
        return queue.read_account(account, status=status, opened=opened, after=after, batch=batch)
    assert opened is not None
    return queue.read_day(opened, after=after, batch=batch)


def _page(
    rows: Iterator[Placed], filters: QueueFilters, opened: Span | None, limit: int
) -> tuple[list[AgentRow], str | None]:
    """The first `limit` rows that fit, and the position to go on from when another one fits or nobody knows.

    A ticket is shown once a page: while it moves, an index may still have it where it was and already where it is.
    """
    found: list[AgentRow] = []
    shown: set[str] = set()
    last: str | None = None
    for looked_at, (position, row) in enumerate(rows):
        if looked_at == LOOKED_AT:
            return found, last
        if row.number not in shown and _fits(row, filters, opened):
            if len(found) == limit:
                return found, last
            found.append(row)
            shown.add(row.number)
        last = position
    return found, None


def _fits(row: AgentRow, filters: QueueFilters, opened: Span | None) -> bool:
    assignee = None if filters.assignee == NOBODY else filters.assignee
    return (
        (filters.view != "closed" or row.status == "closed")
        and filters.team in {None, row.team}
        and filters.topic in {None, row.topic_now}
        and (filters.assignee is None or row.assignee == assignee)
        and (filters.language is None or filters.language in row.languages)
        and filters.account in {None, row.account}
        and (opened is None or opened[0] <= row.created_at < opened[1])
    )


def count_queue(now: datetime) -> list[TeamCount]:
    """How much there is for each team, each figure counted up to `COUNTED_UP_TO`."""
    return [_count(team, now) for team in catalog.teams()]


def _count(team: str, now: datetime) -> TeamCount:
    late, on_time = queue.count_waiting(team, now, up_to=COUNTED_UP_TO)
    return TeamCount(team, min(late + on_time, COUNTED_UP_TO), late, queue.count_pending(team, up_to=COUNTED_UP_TO))
