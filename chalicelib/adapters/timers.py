"""Timers: an item that is to do something by itself says when, and under which name it was told so.

A name is never used twice, so a trigger that comes late, twice or out of order meets another name and does nothing.
"""

import hashlib
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from pynamodb.models import Model

from chalicelib.adapters.tables import NotificationsItem, TicketsItem, reaching_aws
from chalicelib.domain.moment import rfc3339

Table = Literal["tickets", "notifications"]
TABLES: tuple[Table, ...] = get_args(Table)
_MODELS: dict[Table, type[TicketsItem | NotificationsItem]] = {
    "tickets": TicketsItem,
    "notifications": NotificationsItem,
}
_ON = "on"


class Timer(msgspec.Struct, frozen=True):
    """Which item is to do something, and the name under which it was told when."""

    table: Table
    pk: str
    sk: str
    name: str


def armed(place: tuple[str, str], at: datetime | None, count: int) -> dict[str, Any]:
    """The attributes of an item whose `count`-th timer is set to this time; none of them without one."""
    if at is None:
        return {}
    digest = hashlib.sha256("|".join(place).encode()).hexdigest()[:40]
    return {"timer": _ON, "timer_at": rfc3339(at), "timer_name": f"{digest}-{count}"}


def due_at(timer: Timer) -> datetime | None:
    """When this timer is due; None when it counts no more."""
    with reaching_aws():
        try:
            item = _MODELS[timer.table].get(
                timer.pk, timer.sk, consistent_read=True, attributes_to_get=["timer_name", "timer_at"]
            )
        except Model.DoesNotExist:
            return None
    if item.timer_name != timer.name:
        return None
    return datetime.fromisoformat(item.timer_at or "")


def list_due(table: Table, now: datetime, *, limit: int) -> list[Timer]:
    """The timers of a table whose time has come, the earliest first; nothing else is read."""
    model = _MODELS[table]
    with reaching_aws():
        items = model.by_timer.query(_ON, model.timer_at <= rfc3339(now), limit=limit)
        return [Timer(table, item.pk, item.sk, item.timer_name or "") for item in items]
