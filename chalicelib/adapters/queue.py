"""The agents' lists over all hotels: what is not closed in the order of its due time, and tickets by day or hotel.

Each list is read lazily, a batch of rows at a query, so that a reader that looks for certain rows reads no further
than it has to. A position is where a row stands in its list.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from pynamodb.expressions.condition import Condition

from chalicelib.adapters import places
from chalicelib.adapters.history import Span, list_rows
from chalicelib.adapters.tables import TicketsItem, reaching_aws
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import AgentRow, Row, Status

View = Literal["waiting", "pending"]
Placed = tuple[str, AgentRow]
"""A row, and its position."""
_agent_row = msgspec.json.Decoder(AgentRow)


def read_queue(view: View, teams: Iterable[str], *, after: str | None, batch: int) -> Iterator[Placed]:
    """What is not closed, over these teams: what waits by its due time, the rest by its last update, earliest first."""
    newer = TicketsItem.queue_at > after if after else None
    with reaching_aws():
        queues = [
            TicketsItem.by_queue.query(
                f"{view}#{team}", newer, page_size=batch, attributes_to_get=["queue_at", "agent_row"]
            )
            for team in teams
        ]
        for item in heapq.merge(*queues, key=lambda item: item.queue_at or ""):
            yield item.queue_at or "", _agent_row.decode(item.agent_row or "")


def read_day(opened: Span, *, after: str | None, batch: int) -> Iterator[Placed]:
    """The tickets of all hotels opened in this span, newest first. The index has a partition for each day of UTC."""
    position, _, pk = (after or "").partition(" ")
    for day in _days(opened):
        if after and day > position[:10]:
            continue
        start = {"opened_day": day, "opened_at": position, "pk": pk, "sk": places.HEAD} if day == position[:10] else {}
        with reaching_aws():
            for item in TicketsItem.by_day.query(
                day,
                TicketsItem.opened_at.between(*map(rfc3339, opened)),
                scan_index_forward=False,
                page_size=batch,
                attributes_to_get=["pk", "opened_at", "agent_row"],
                last_evaluated_key={name: {"S": value} for name, value in start.items()} or None,
            ):
                yield f"{item.opened_at} {item.pk}", _agent_row.decode(item.agent_row or "")


def _days(opened: Span) -> list[str]:
    first, end = opened
    days = {rfc3339(first + timedelta(days=n))[:10] for n in range((end - first).days + 1)} | {rfc3339(end)[:10]}
    return sorted(days, reverse=True)


def read_account(
    account: AccountId, *, status: Status | None, opened: Span | None, after: str | None, batch: int
) -> Iterator[Placed]:
    """One hotel's tickets, newest opened first: its rows say which, their heads what agents see."""
    while True:
        rows, position = list_rows(account, status=status, opened=opened, after=after, limit=batch)
        with reaching_aws():
            heads = _heads(account, rows)
        for row in rows:
            if row.number in heads:
                yield places.row(row.created_at, row.number), heads[row.number]
        if position is None:
            return
        after = position


def _heads(account: AccountId, rows: Sequence[Row]) -> dict[str, AgentRow]:
    keys = [(places.ticket(account, row.number), places.HEAD) for row in rows]
    shown: dict[str, Any] = {"consistent_read": True, "attributes_to_get": ["agent_row"]}
    items: Iterable[Any] = TicketsItem.batch_get(keys, **shown) if keys else ()
    found = [_agent_row.decode(item.agent_row or "") for item in items]
    return {row.number: row for row in found}


def count_waiting(team: str, now: datetime, *, up_to: int) -> tuple[int, int]:
    """How many of a team's tickets wait too long already, and how many are not due yet; each counted up to `up_to`."""
    moment = rfc3339(now)
    late = _count(f"waiting#{team}", TicketsItem.queue_at < moment, up_to)
    return late, _count(f"waiting#{team}", TicketsItem.queue_at >= moment, up_to)


def count_pending(team: str, *, up_to: int) -> int:
    """How many of a team's tickets have nothing due, counted up to `up_to`."""
    return _count(f"pending#{team}", None, up_to)


def _count(queue: str, in_range: Condition | None, up_to: int) -> int:
    # PynamoDB's own `count` takes its limit for the size of a page, and goes on to the end.
    table = TicketsItem._get_connection()  # noqa: SLF001 - the models' shared one, as in tables.py
    counted, start = 0, None
    with reaching_aws():
        while counted < up_to:
            page = table.query(
                queue,
                range_key_condition=in_range,
                index_name="by_queue",
                select="COUNT",
                limit=up_to - counted,
                exclusive_start_key=start,
            )
            counted, start = counted + page["Count"], page.get("LastEvaluatedKey")
            if start is None:
                break
    return counted
