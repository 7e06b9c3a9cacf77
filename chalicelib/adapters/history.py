"""A hotel's list: its tickets' rows, newest opened first, by day, topic and status, or the unread ones."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.adapters import notifications, places
from chalicelib.adapters.tables import TicketsItem, reaching_aws
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import Row, Status

_row = msgspec.json.Decoder(Row)
_MARKS_READ = 100
_ATTENTION_READ = 300
_SHOWN = ["sk", "data"]
"""Of a row no more than this: botocore's parsing of attributes is most of a page's work, and the rest are keys."""
Span = tuple[datetime, datetime]
"""From a moment on, and before another one."""


def _partition(account: AccountId, status: Status | None, topic: str | None) -> tuple[Any, dict[str, str]]:
    """Where the rows with this status and topic stand: the table or an index, and its partition key by name."""
    key = places.account(account)
    if status and topic:
        return TicketsItem.by_status_topic, {"status_topic_key": f"{key}#{status}#{topic}"}
    if status:
        return TicketsItem.by_status, {"status_key": f"{key}#{status}"}
    if topic:
        return TicketsItem.by_topic, {"topic_key": f"{key}#{topic}"}
    return TicketsItem, {"pk": key}


def list_rows(
    account: AccountId,
    *,
    status: Status | None = None,
    topic: str | None = None,
    opened: Span | None = None,
    after: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """A page of the account's tickets, newest opened first, and the position after it (None at the end).

    One query of `limit` + 1 rows, whatever the filters. The unfiltered list is strongly consistent, an index is not.
    """
    source, partition = _partition(account, status, topic)
    key = TicketsItem.sk
    in_range = key.between(*places.rows_between(*opened)) if opened else key.startswith(places.ROWS)
    strong = {"consistent_read": True} if source is TicketsItem else {}
    with reaching_aws():
        items = list(
            source.query(
                *partition.values(),
                in_range,
                scan_index_forward=False,
                limit=limit + 1,
                last_evaluated_key=_start(account, after, partition),
                attributes_to_get=_SHOWN,
                **strong,
            )
        )
    page = items[:limit]
    return [_row.decode(item.data or "") for item in page], page[-1].sk if len(items) > limit else None


def _start(account: AccountId, after: str | None, partition: dict[str, str]) -> dict[str, dict[str, str]] | None:
    """The key of the row that a page begins behind: of the table, and of the index that is read."""
    if after is None:
        return None
    return {name: {"S": value} for name, value in {"pk": places.account(account), "sk": after, **partition}.items()}


def list_unread(account: AccountId, user_id: str, *, after: str | None, limit: int) -> tuple[list[Row], str | None]:
    """A page of what is unread for this user, newest opened first, and the position after it (None at the end).

    Answers that nobody of the hotel has opened, merged with those that he himself has not.
    """
    rows = {places.opened(row.created_at, row.number): row for row in list_unopened(account, after, limit=limit + 1)}
    own = _distinct(notifications.unread_before(places.user(account, user_id), after, batch=limit + 1))
    found = sorted({*rows, *itertools.islice(own, limit + 1)}, reverse=True)
    shown = found[:limit]
    rest = [(places.account(account), f"{places.ROWS}{opened}") for opened in shown if opened not in rows]
    with reaching_aws():
        rows |= {item.sk.removeprefix(places.ROWS): _row.decode(item.data or "") for item in _get_all(rest)}
    # Reads beside a transaction may see a notification before the row that is written with it.
    return [rows[opened] for opened in shown if opened in rows], shown[-1] if len(found) > limit else None


def list_unopened(account: AccountId, after: str | None = None, *, limit: int) -> list[Row]:
    """The tickets with an answer that nobody of the hotel has opened, newest opened first, from behind this place."""
    key = places.account(account)
    with reaching_aws():
        items = TicketsItem.by_unopened.query(
            key,
            TicketsItem.sk.startswith(places.ROWS),
            scan_index_forward=False,
            limit=limit,
            last_evaluated_key=_start(account, f"{places.ROWS}{after}" if after else None, {"unopened_key": key}),
            attributes_to_get=_SHOWN,
        )
        return [_row.decode(item.data or "") for item in items]


def _distinct(ordered: Iterable[str]) -> Iterator[str]:
    return (each for each, _ in itertools.groupby(ordered))


def _get_all(keys: Sequence[tuple[str, str]]) -> Iterable[TicketsItem]:
    return TicketsItem.batch_get(keys, consistent_read=True, attributes_to_get=_SHOWN) if keys else ()


def unread_of(account: AccountId, user_id: str, rows: Sequence[Row]) -> set[str]:
    """The numbers among these rows in which this user has an answer that he has not opened.

    Such answers between the first and the last row are few, as a rule; where they are not, each row is asked for.
    """
    opened = sorted(places.opened(row.created_at, row.number) for row in rows)
    if not opened:
        return set()
    own = places.user(account, user_id)
    batch = _MARKS_READ + 1
    marked = list(itertools.islice(notifications.unread_of_tickets(own, opened[0], opened[-1], batch=batch), batch))
    if len(marked) > _MARKS_READ:
        marked = [place for place in opened if any(notifications.unread_of_tickets(own, place, place))]
    return {place.rpartition("#")[2] for place in marked}


class Attention(msgspec.Struct, frozen=True):
    """A ticket that is open or unopened, and which of its answers the whole hotel gets."""

    number: str
    is_unopened: bool
    is_open: bool
    shared: frozenset[str]


def list_attention(account: AccountId) -> Iterator[Attention]:
    """The tickets of the account that are open or that nobody has opened: the newest 300."""
    with reaching_aws():
        for item in TicketsItem.by_attention.query(
            places.account(account),
            scan_index_forward=False,
            limit=_ATTENTION_READ,
            page_size=_ATTENTION_READ,
            attributes_to_get=["sk", "attention"],
        ):
            flags, *shared = (item.attention or "").split(" ")
            yield Attention(item.sk.rpartition("#")[2], "u" in flags, "o" in flags, frozenset(shared))
