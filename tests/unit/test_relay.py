"""From an item as it was and as it is to what is to be pushed, and which timer is to be set."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

PK, USER, AGENT = "pms/1#1341793806", "pms/1@anna", "agents@nino"
ANSWER = "answer#2026-11-26T22:00:36.496Z#1341793806#000002"
REMINDER = "reminder#2026-11-27T09:00:00.000Z#9f2c"
NUMBER = "1341793806"
ONE, TWO, THREE = (f"1795730436496-{NUMBER}-{message}" for message in (2, 3, 4))

Item = dict[str, Any]
Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def relay() -> Iterator[Any]:
    """The room, loaded as a function loads it: with a region and a key.

    What comes in with it is let go again, since the tables take their names when they are loaded.
    """
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "nowhere-1")
        from chalicelib.services import relay
        from chalicelib.settings import settings

        yield relay
    settings.cache_clear()
    for name in sorted(set(sys.modules) - before, reverse=True):
        if name.startswith("chalicelib."):
            parent, _, child = name.rpartition(".")
            delattr(sys.modules[parent], child)
            del sys.modules[name]


@pytest.fixture
def pushes(relay: Any) -> Callable[..., Seen]:
    """What a change asks to be pushed, as it stands in the queue."""

    def of(place: tuple[str, str], before: Item, after: Item) -> Seen:
        table = "tickets" if place[0] == PK else "notifications"
        change = relay.Change(table, _typed(dict(zip(("pk", "sk"), place, strict=True))), _typed(before), _typed(after))
        return [json.loads(msgspec.json.encode(each)) for each in relay.pushes_of(change)]

    return of


@pytest.fixture
def timers(relay: Any) -> Callable[..., Seen]:
    """Which timers a change asks to be set or taken back, as it stands in the queue."""

    def of(table: str, before: Item, after: Item) -> Seen:
        change = relay.Change(table, _typed({"pk": "p", "sk": "s"}), _typed(before), _typed(after))
        return [json.loads(msgspec.json.encode(each)) for each in relay._timers_of(change)]

    return of


def _typed(item: Item) -> Item:
    """The item in DynamoDB's own types."""
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}


def _head(**facts: Any) -> Item:
    known = {"updated_at": "2026-11-26T22:00:00Z", "version": 1, "subject": "ორმაგი", "shared": [], "warned_for": None}
    return {"data": msgspec.json.encode(known | facts).decode(), "revision": 1}


def _ticket(*audiences: str) -> dict[str, Any]:
    return {"type": "ticket", "account": "pms/1", "number": NUMBER, "audiences": list(audiences)}


def _shared(*ids: str) -> dict[str, Any]:
    return {"type": "shared", "account": "pms/1", "number": NUMBER, "ids": list(ids)}


LATE = {"type": "late", "account": "pms/1", "number": NUMBER}
NOTIFICATION = {"type": "notification", "pk": USER, "sk": ANSWER}
HEAD = (PK, "ticket")
LATER = {"updated_at": "2026-11-26T22:00:01Z"}


def test_a_new_ticket_is_news_for_the_hotel_and_for_agents(pushes: Callable[..., Seen]) -> None:
    assert pushes(HEAD, {}, _head()) == [_ticket("hotel", "agents")]


def test_a_ticket_is_named_as_its_partition_says(relay: Any) -> None:
    keys = _typed({"pk": "pms/a%23b%40c%2F1#1341793806", "sk": "ticket"})
    (push,) = relay.pushes_of(relay.Change("tickets", keys, {}, _typed(_head())))
    assert push == relay.TicketChanged("pms/a#b@c/1", NUMBER, ("hotel", "agents"))


def test_what_the_hotel_can_see_is_told_to_both_and_the_rest_to_agents_alone(pushes: Callable[..., Seen]) -> None:
    assert pushes(HEAD, _head(), _head(version=2, **LATER)) == [_ticket("hotel", "agents")]
    assert pushes(HEAD, _head(), _head(**LATER)) == [_ticket("hotel", "agents")]
    assert pushes(HEAD, _head(), _head(version=2)) == [_ticket("agents")]


@pytest.mark.parametrize(
    "change",
    [{}, {"unopened": 0}, {"to_share": [ONE]}, {"timer_at": "2026-11-26T22:10:00Z", "timers": 3}, {"notes": 0}],
)
def test_a_write_that_nobody_can_see_is_no_news(pushes: Callable[..., Seen], change: Item) -> None:
    assert pushes(HEAD, _head(), _head(**change)) == []
    assert pushes(HEAD, _head(), _head(**change, version=2)) == [_ticket("agents")]


@pytest.mark.parametrize(
    ("was", "now", "changed"),
    [
        ([], [ONE], [ONE]),
        ([ONE], [ONE, TWO], [TWO]),
        ([ONE, TWO], [], [ONE, TWO]),
        ([ONE, TWO], [TWO], [ONE]),
        ([TWO], [ONE, TWO, THREE], [ONE, THREE]),
        ([ONE], [TWO], [ONE, TWO]),
    ],
)
def test_the_answers_that_went_to_the_whole_hotel_or_are_gone_again_are_told(
    pushes: Callable[..., Seen], was: list[str], now: list[str], changed: list[str]
) -> None:
    assert pushes(HEAD, _head(shared=was), _head(shared=now)) == [_shared(*changed)]
    assert pushes(HEAD, _head(shared=now), _head(shared=now)) == []


def test_a_new_ticket_of_supports_own_is_shared_at_once(pushes: Callable[..., Seen]) -> None:
    assert pushes(HEAD, {}, _head(shared=[ONE])) == [_ticket("hotel", "agents"), _shared(ONE)]


def test_a_team_is_warned_once_for_each_time_that_an_answer_is_due(pushes: Callable[..., Seen]) -> None:
    first, second = ({"warned_for": f"2026-11-26T{hour}:00:00Z"} for hour in (22, 23))
    assert pushes(HEAD, _head(), _head(**first)) == [LATE]
    assert pushes(HEAD, _head(**first), _head(**second)) == [LATE]
    assert pushes(HEAD, _head(**first), _head(**first)) == []
    assert pushes(HEAD, _head(**first), _head()) == []


def test_one_write_can_be_news_in_every_way(pushes: Callable[..., Seen]) -> None:
    after = _head(version=2, shared=[ONE], warned_for="2026-11-26T22:00:00Z", **LATER)
    assert pushes(HEAD, _head(), after) == [_ticket("hotel", "agents"), _shared(ONE), LATE]


@pytest.mark.parametrize("sort_key", ["row#2026-11-26T22:00:00.000Z#1341793806", "thread#000002", "note#1", "audit#1"])
def test_of_a_ticket_only_its_head_is_looked_at(pushes: Callable[..., Seen], sort_key: str) -> None:
    assert pushes((PK, sort_key), {}, _head()) == []
    assert pushes(HEAD, {}, _head()) == [_ticket("hotel", "agents")]


def test_the_entry_of_a_number_is_no_ticket(relay: Any) -> None:
    """It stands under a key of its own, and has no text."""
    keys = _typed({"pk": "number#1341793806", "sk": "ticket"})
    assert list(relay.pushes_of(relay.Change("tickets", keys, {}, _typed({"account": "pms/1"})))) == []


def test_what_is_kept_of_a_chat_is_no_news_and_sets_no_timer(relay: Any, timers: Callable[..., Seen]) -> None:
    keys = _typed({"pk": "chats#2026-11-22", "sk": "2026-11-22T17:20:03.120Z#5f3a9c1b"})
    record = {"data": '{"language":"ka","waited":12,"lasted":180,"ended":"visitor"}'}
    assert list(relay.pushes_of(relay.Change("tickets", keys, {}, _typed(record)))) == []
    assert timers("tickets", {}, record) == []


@pytest.mark.parametrize(
    ("before", "after", "is_news"),
    [
        ({}, {"state": "active"}, True),
        ({"state": "active"}, {"state": "snoozed", "timer_name": "t-1"}, True),
        ({"state": "snoozed", "timer_name": "t-1"}, {"state": "snoozed", "timer_name": "t-2"}, True),
        ({"state": "snoozed", "timer_name": "t-1"}, {"state": "active"}, True),
        ({"state": "active"}, {"state": "read"}, True),
        ({"state": "active"}, {"state": "deleted"}, True),
        ({"state": "deleted"}, {"state": "active"}, True),
        ({"state": "active"}, {"state": "active"}, False),
        ({"state": "snoozed", "timer_name": "t-1"}, {"state": "snoozed", "timer_name": "t-1", "revision": 4}, False),
        ({"state": "deleted", "revision": 2}, {"state": "deleted", "revision": 3}, False),
    ],
)
def test_a_notification_is_told_when_it_is_to_be_seen_or_no_more(
    pushes: Callable[..., Seen], before: Item, after: Item, *, is_news: bool
) -> None:
    assert pushes((USER, ANSWER), before, after) == ([NOTIFICATION] if is_news else [])


def test_an_agents_reminder_is_told_when_it_is_done_and_only_then(pushes: Callable[..., Seen]) -> None:
    place, waiting, done = (AGENT, REMINDER), {"state": "waiting", "timer_name": "t-1"}, {"state": "done"}
    assert pushes(place, {}, waiting) == []
    assert pushes(place, waiting, done) == [{"type": "reminder", "pk": AGENT, "sk": REMINDER}]
    assert pushes(place, done, done) == []


@pytest.mark.parametrize("table", ["tickets", "notifications"])
@pytest.mark.parametrize(
    ("was", "name"),
    [(None, "t-1"), ("t-1", "t-2"), ("t-1", None)],
    ids=["set", "changed", "gone"],
)
def test_a_timer_is_told_when_it_is_set_changed_and_taken_back(
    timers: Callable[..., Seen], table: str, was: str | None, name: str | None
) -> None:
    before, after = ({"timer_name": each} if each else {} for each in (was, name))
    timer = {"table": table, "pk": "p", "sk": "s", "name": name or ""}
    assert timers(table, before, after) == [{"type": "arm", "timer": timer, "was": was}]


@pytest.mark.parametrize("item", [{}, {"timer_name": "t-1", "timer_at": "2026-11-26T22:00:00.000Z"}])
def test_a_timer_that_stays_as_it_is_is_not_told(timers: Callable[..., Seen], item: Item) -> None:
    assert timers("tickets", item, {**item, "revision": 2}) == []
    assert timers("tickets", item, {**item, "timer_name": "t-9"}) != []


@pytest.mark.parametrize(("before", "after"), [({}, {"state": "active"}), ({"state": "active"}, {"state": "read"})])
def test_what_is_told_holds_ids_and_nothing_that_a_person_wrote(
    pushes: Callable[..., Seen], before: Item, after: Item
) -> None:
    told = pushes((USER, ANSWER), {**before, "data": "{}"}, {**after, "data": '{"subject":"ორმაგი"}'})
    told += pushes(HEAD, {}, _head(shared=[ONE], warned_for="2026-11-26T22:00:00Z"))
    assert len(told) == 4
    assert "ორმაგი" not in str(told)
