"""A hotel's list: its tickets' rows, newest opened first, by day, topic and status, or the unread ones."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.adapters import places
from chalicelib.adapters.tables import TicketsItem, reaching_aws
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import Row, Status

_row = msgspec.json.Decoder(Row)
_MARKS_READ = 100
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

    Answers that nobody of the hotel has opened, merged with those that he has a mark of his own on.
    """
    key, own = places.account(account), places.user(account, user_id)
    page: dict[str, Any] = {"scan_index_forward": False, "limit": limit + 1}
    start_row = _start(account, f"{places.ROWS}{after}", {"unopened_key": key}) if after else None
    start_mark = {"pk": {"S": own}, "sk": {"S": f"{places.MARKS}{after}"}} if after else None
    with reaching_aws():
        unopened = TicketsItem.by_unopened.query(
            key, TicketsItem.sk.startswith(places.ROWS), last_evaluated_key=start_row, attributes_to_get=_SHOWN, **page
        )
        rows = {item.sk.removeprefix(places.ROWS): item for item in unopened}
        marks = TicketsItem.query(
            own, TicketsItem.sk.startswith(places.MARKS), last_evaluated_key=start_mark, consistent_read=True, **page
        )
        found = sorted({*rows, *(mark.sk.removeprefix(places.MARKS) for mark in marks)}, reverse=True)
        shown = found[:limit]
        rest = [(key, f"{places.ROWS}{opened}") for opened in shown if opened not in rows]
        rows |= {item.sk.removeprefix(places.ROWS): item for item in _get_all(rest)}
    # Reads beside a transaction may see a mark before the row that is written with it.
    decoded = [_row.decode(rows[opened].data or "") for opened in shown if opened in rows]
    return decoded, shown[-1] if len(found) > limit else None


def _get_all(keys: Sequence[tuple[str, str]]) -> Iterable[TicketsItem]:
    return TicketsItem.batch_get(keys, consistent_read=True, attributes_to_get=_SHOWN) if keys else ()


def unread_of(account: AccountId, user_id: str, rows: Sequence[Row]) -> set[str]:
    """The numbers among these rows that this user has a mark of his own on.

    The marks between the first and the last row are few, as a rule; where they are not, each row's own is asked for.
    """
    keys = sorted(places.unread(row.created_at, row.number) for row in rows)
    if not keys:
        return set()
    own = places.user(account, user_id)
    with reaching_aws():
        between = TicketsItem.sk.between(keys[0], keys[-1])
        marks = list(TicketsItem.query(own, between, consistent_read=True, limit=_MARKS_READ + 1))
        if len(marks) > _MARKS_READ:
            marks = list(_get_all([(own, key) for key in keys]))
    return {mark.sk.rpartition("#")[2] for mark in marks}
