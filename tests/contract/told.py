"""What tests of notifications share: tables of their own, and what hotel users and agents do at a given moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.domain.people import Agent, HotelUser
from chalicelib.domain.ticket import Importance
from tests.conftest import Running
from tests.contract.test_history import NEVER, call_of

NINO = Agent(id="nino", name="Nino", expires_at=NEVER)


@contextmanager
def own_tables(running: Running) -> Iterator[Callable[[], None]]:
    """The app's tables as the stack has them, empty and without streams; gives what empties them again.

    The deployed functions know nothing of them, so nothing happens by itself, whatever moments a test plays through.
    """
    from chalicelib.adapters.tables import CONNECTION, NotificationsItem, TicketsItem

    client = running.stack.deployment.client("dynamodb")
    made: list[dict[str, Any]] = []

    def empty() -> None:
        for each in made:
            client.delete_table(TableName=each["TableName"])
            client.create_table(**each)

    with pytest.MonkeyPatch.context() as patch:
        for model in (TicketsItem, NotificationsItem):
            like = client.describe_table(TableName=model.Meta.table_name)["Table"]
            made.append(_definition(like, f"{like['TableName']}-{uuid4().hex[:8]}"))
            client.create_table(**made[-1])
            patch.setattr(model, "_connection", None)
            patch.setattr(model.Meta, "table_name", made[-1]["TableName"])
            connection = model._get_connection()
            CONNECTION.add_meta_table(connection.get_meta_table())
            connection.connection = CONNECTION
        yield empty
    for each in made:
        client.delete_table(TableName=each["TableName"])


def _definition(like: dict[str, Any], name: str) -> dict[str, Any]:
    indexes = {
        kind: [{fact: index[fact] for fact in ("IndexName", "KeySchema", "Projection")} for index in like[kind]]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        if like.get(kind)
    }
    keys = {fact: like[fact] for fact in ("KeySchema", "AttributeDefinitions")}
    return {"TableName": name, "BillingMode": "PAY_PER_REQUEST", **keys, **indexes}


def answer_at(now: datetime, number: str, text: str = "!", **others: Any) -> Any:
    """The answer, or the note, that an agent wrote at this moment."""
    from chalicelib.services.agent_tickets import AgentReply, reply

    return reply(call_of(NINO, now), NINO, number, AgentReply(text, **others), None)


def reply_at(now: datetime, user: HotelUser, number: str) -> Any:
    """The message that this hotel user wrote at this moment."""
    from chalicelib.services.tickets import Reply, reply

    return reply(call_of(user, now), user, number, Reply("?"))


def write_first_at(now: datetime, account: str, requester: str | None, importance: Importance = "normal") -> Any:
    """The ticket in which support wrote first at this moment, to this user or to the hotel as such."""
    from chalicelib.services.agent_tickets import OpenForHotel, open_for_hotel

    wanted = OpenForHotel(
        account=f"demo/{account}",
        requester=requester,
        topic="bookings",
        subject="წერს მხარდაჭერა",
        text="1",
        importance=importance,
    )
    return open_for_hotel(call_of(NINO, now), NINO, wanted).ticket


def listed(user: HotelUser, state: Any, now: datetime, *, limit: int = 100) -> list[Any]:
    """Everything that a list shows, page by page."""
    from chalicelib.services.notifications import list_notifications

    found, cursor = list[Any](), None
    while True:
        page = list_notifications(user, state, cursor=cursor, limit=limit, now=now)
        assert len(page.items) <= limit
        found += page.items
        if page.next_cursor is None:
            return found
        assert page.next_cursor != cursor, "it goes round"
        cursor = page.next_cursor


def armed() -> dict[tuple[str, str], tuple[Any, datetime]]:
    """Every timer that stands in the tables, by its item's place: what it is called, and when it is due."""
    from chalicelib.adapters import timers
    from chalicelib.adapters.tables import NotificationsItem, TicketsItem
    from chalicelib.adapters.timers import Timer

    models: dict[str, Any] = {"tickets": TicketsItem, "notifications": NotificationsItem}
    return {
        (item.pk, item.sk): (Timer(table, item.pk, item.sk, item.timer_name), datetime.fromisoformat(item.timer_at))
        for table in timers.TABLES
        for item in models[table].by_timer.query("on", attributes_to_get=["pk", "sk", "timer_name", "timer_at"])
    }
