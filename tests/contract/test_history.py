"""The hotel's history through the app's edge: its filters alone and together, what is unread, what a page costs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, permutations, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.people import AccountId, Caller, HotelUser
from tests.contract.conftest import Api, Hotel

NEVER = datetime(2099, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 5, 11, 8, tzinfo=UTC)
"""Noon of Tbilisi, where the hotel's users are."""
DAY = timedelta(days=1)
Query = dict[str, str]


def hotel_user(account: str, id_: str = "anna", zone: str = "Asia/Tbilisi") -> HotelUser:
    return HotelUser(account=AccountId(f"demo/{account}"), id=id_, name=id_, expires_at=NEVER, locale="ka", zone=zone)


def call_of(who: Caller, now: datetime) -> Any:
    """A call of this moment, without a key."""
    from chalicelib.services.once import Call

    return Call(who=who, route="POST /v1/tickets", key=None, digest="", now=now)


def open_at(now: datetime, user: HotelUser, **others: Any) -> Any:
    """The ticket that this user opened at this moment."""
    from chalicelib.services.tickets import OpenTicket, open_ticket

    request = {"topic": "bookings", "subject": "ორმაგი ჯავშანი", "text": "რა ვქნათ?", "importance": "normal", **others}
    return open_ticket(call_of(user, now), user, OpenTicket(**request)).ticket


def forget(*accounts: str) -> None:
    """Takes these hotels' tickets out of the table: the fuller it is, the slower are the tests that come after."""
    from chalicelib.adapters import places
    from chalicelib.adapters.tables import TicketsItem

    for account in accounts:
        key = places.account(AccountId(f"demo/{account}"))
        numbers = [item.sk.rpartition("#")[2] for item in TicketsItem.query(key)]
        partitions = [key, *(f"{key}@{user}" for user in ("anna", "beka", "dato"))]
        partitions += [partition for number in numbers for partition in (f"{key}#{number}", f"number#{number}")]
        with TicketsItem.batch_write() as batch:
            for item in chain.from_iterable(map(TicketsItem.query, partitions)):
                batch.delete(item)


@pytest.fixture(autouse=True)
def _forgotten(hotel: Hotel) -> Iterator[None]:
    yield
    forget(hotel.account)


def change(hotel: Hotel, number: str, **fields: Any) -> Any:
    """The ticket once an agent has changed these fields of it as it is now."""
    headers = {"If-Match": str(hotel.agent_view(number)["version"])}
    path = f"/v1/agent/tickets/{number}"
    return hotel.api.call("PATCH", path, token=hotel.agent, body=fields, headers=headers).ok()


def _rows(hotel: Hotel, token: str | None = None, **query: str) -> list[Any]:
    page = hotel.api.get("/v1/tickets", token or hotel.anna, limit="100", **query)
    assert page["next_cursor"] is None
    return list(page["items"])


def _numbers(hotel: Hotel, token: str | None = None, **query: str) -> list[str]:
    return [row["number"] for row in _rows(hotel, token, **query)]


def turned(api: Api, path: str, token: str, limit: int, **query: str) -> Iterator[list[Any]]:
    """Every page of a list in turn."""
    cursor: Query = {}
    seen: list[Query] = []
    while True:
        page = api.get(path, token, limit=str(limit), **query, **cursor)
        assert len(page["items"]) <= limit
        yield page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}
        assert cursor not in seen, "it goes round"
        seen.append(cursor)


def _pages(hotel: Hotel, token: str, limit: int, **query: str) -> Iterator[list[Any]]:
    return turned(hotel.api, "/v1/tickets", token, limit, **query)


def _wrong(hotel: Hotel, token: str | None = None, **query: str) -> set[str]:
    """The parameters that this query is refused for."""
    answer = hotel.api.call("GET", "/v1/tickets", token=token or hotel.anna, query=dict(query))
    return set(answer.problem(400, "invalid_request")["fields"])


def _token(hotel: Hotel, user: str = "anna", zone: str = "Asia/Tbilisi") -> str:
    return hotel.api.running.hotel_token(hotel.account, user, zoneinfo=zone)


def _read(hotel: Hotel, number: str, token: str, up_to: str = "m2") -> None:
    hotel.api.post(f"/v1/tickets/{number}/read", token, {"up_to": up_to}, status=204)


def test_a_day_is_the_readers_from_its_first_millisecond_to_its_last(hotel: Hotel) -> None:
    midnight = datetime(2026, 5, 11, tzinfo=ZoneInfo("Asia/Tbilisi")).astimezone(UTC)
    millisecond = timedelta(milliseconds=1)
    moments = [midnight - millisecond, midnight, midnight + millisecond, midnight + DAY - millisecond, midnight + DAY]
    before, *inside, after = [open_at(moment, hotel_user(hotel.account)).number for moment in moments]
    assert _numbers(hotel, date="2026-05-10") == [before]
    assert _numbers(hotel, date="2026-05-11") == inside[::-1]
    assert _numbers(hotel, date="2026-05-12") == [after]
    assert _numbers(hotel, date="2026-05-13") == []
    warsaw = _token(hotel, zone="Europe/Warsaw")
    assert _numbers(hotel, warsaw, date="2026-05-10") == [inside[1], inside[0], before]


def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is(hotel: Hotel) -> None:
    warsaw = _token(hotel, zone="Europe/Warsaw")
    for first, hours in ((datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)):
        last = first + timedelta(hours=hours, milliseconds=-1)
        opened = [open_at(moment, hotel_user(hotel.account)).number for moment in (first, last)]
        next_day = open_at(last + timedelta(milliseconds=1), hotel_user(hotel.account)).number
        day = (first + timedelta(hours=12)).date()
        assert _numbers(hotel, warsaw, date=str(day)) == opened[::-1]
        assert _numbers(hotel, warsaw, date=str(day + DAY)) == [next_day]


def test_the_topic_is_the_one_chosen_at_opening_wherever_support_has_moved_it(hotel: Hotel) -> None:
    moved, stayed = (hotel.open(topic="rates")["number"] for _ in range(2))
    other = hotel.open(topic="billing")["number"]
    change(hotel, moved, topic="billing")
    assert _numbers(hotel, topic="rates") == [stayed, moved]
    assert _numbers(hotel, topic="billing") == [other]
    assert [(row["topic"], row.get("moved_to")) for row in _rows(hotel, topic="rates")] == [
        ("rates", None),
        ("rates", "billing"),
    ]
    assert hotel.view(moved)["moved_to"] == "billing"
    change(hotel, moved, topic="rates")
    assert all("moved_to" not in row for row in _rows(hotel, topic="rates"))


def test_a_ticket_stands_in_the_list_of_its_status_and_in_no_other(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    steps = (
        ("new", lambda: None),
        ("open", lambda: hotel.answer(number)),
        ("pending", lambda: hotel.answer(number, status="pending")),
        ("open", lambda: hotel.reply(number)),
        ("closed", lambda: hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200)),
        ("open", lambda: hotel.reply(number)),
        ("closed", lambda: change(hotel, number, status="closed")),
        ("pending", lambda: change(hotel, number, status="pending")),
    )
    for now, step in steps:
        step()
        for status in ("new", "open", "pending", "closed"):
            assert _numbers(hotel, status=status) == ([number] if status == now else [])
            both = _numbers(hotel, status=status, topic="bookings")
            assert both == ([number] if status == now else [])
            assert _numbers(hotel, status=status, topic="rates") == []


def test_filters_leave_what_fits_all_of_them(hotel: Hotel) -> None:
    cases = list(product((NOON, NOON + DAY), ("bookings", "rates"), ("new", "open", "pending", "closed")))
    facts: list[Query] = []
    for n, (moment, topic, status) in enumerate(cases):
        number = open_at(moment + timedelta(seconds=n), hotel_user(hotel.account), topic=topic).number
        if status != "new":
            hotel.answer(number, status=status)
        facts.append({"date": str(moment.date()), "topic": topic, "status": status, "number": number})
    days, topics = (None, "2026-05-11", "2026-05-12", "2026-05-13"), (None, "bookings", "rates", "other")
    for wanted in product(days, topics, (None, "new", "open", "pending", "closed")):
        query = {name: value for name, value in zip(("date", "topic", "status"), wanted, strict=True) if value}
        expected = [each["number"] for each in facts[::-1] if query.items() <= each.items()]
        assert _numbers(hotel, **query) == expected, query


def test_the_newest_opened_stands_first_in_every_list(hotel: Hotel) -> None:
    numbers = [open_at(NOON + timedelta(seconds=n), hotel_user(hotel.account)).number for n in range(4)]
    for number in (numbers[1], numbers[3], numbers[0], numbers[2]):
        hotel.answer(number)
    day = {"date": "2026-05-11"}
    wanted: tuple[Query, ...] = ({}, {"topic": "bookings"}, {"status": "open"}, day, {"unread": "true"})
    for query in wanted:
        assert _numbers(hotel, **query) == numbers[::-1], query


def test_unread_stands_alone(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number)
    others = {"date": "2026-05-11", "topic": "bookings", "status": "open"}
    for names in chain.from_iterable(combinations(others, size) for size in (1, 2, 3)):
        query = {name: others[name] for name in names}
        assert _wrong(hotel, unread="true", **query) == {"unread"}
        assert _numbers(hotel, unread="false", **query) == _numbers(hotel, **query)
    assert _numbers(hotel, unread="true") == [number]


def test_what_is_unread_is_what_nobody_has_opened_and_what_one_has_not_opened_himself(hotel: Hotel) -> None:
    dato = _token(hotel, "dato")
    unopened, read_by_anna, read_by_beka, read_by_a_stranger, unanswered, read_by_all = (
        hotel.open()["number"] for _ in range(6)
    )
    bekas, answered_again = hotel.open(hotel.beka)["number"], hotel.open()["number"]
    for number in (unopened, read_by_a_stranger, read_by_all, bekas, answered_again):
        hotel.answer(number)
    for number, reader in ((read_by_anna, hotel.anna), (read_by_beka, hotel.beka)):
        hotel.reply(number, token=hotel.beka)
        hotel.answer(number)
        _read(hotel, number, reader, "m3")
    _read(hotel, read_by_a_stranger, dato)
    _read(hotel, read_by_all, hotel.anna)
    _read(hotel, answered_again, hotel.anna)
    hotel.answer(answered_again)
    everybodys = [answered_again, bekas]
    expected = {
        hotel.anna: [*everybodys, read_by_a_stranger, read_by_beka, unopened],
        hotel.beka: [*everybodys, read_by_anna, unopened],
        dato: [*everybodys, unopened],
    }
    for token, numbers in expected.items():
        for limit in (1, 2, 25):
            pages = [[row["number"] for row in page] for page in _pages(hotel, token, limit, unread="true")]
            assert pages == [numbers[n : n + limit] for n in range(0, len(numbers), limit)]
        assert all(row["unread"] for row in _rows(hotel, token, unread="true"))
        assert [row["number"] for row in _rows(hotel, token) if row["unread"]] == numbers
        assert [number for number in _numbers(hotel, token) if hotel.view(number, token)["unread"]] == numbers
    assert unanswered in _numbers(hotel)


def test_who_takes_part_keeps_his_mark_until_he_has_read_the_newest_answer_himself(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for _ in range(2):
        hotel.answer(number)
    _read(hotel, number, hotel.anna, "m2")
    _read(hotel, number, hotel.beka, "m3")
    assert _numbers(hotel, unread="true") == [number]
    assert _rows(hotel)[0]["unread"]
    assert _numbers(hotel, hotel.beka, unread="true") == []
    _read(hotel, number, hotel.anna, "m3")
    assert _numbers(hotel, unread="true") == []


def test_an_unread_ticket_is_the_same_row_in_every_list(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number)
    _read(hotel, number, hotel.beka)
    change(hotel, number, status="pending", importance="critical", topic="billing", subject="სხვა სათაური")
    (row,) = _rows(hotel)
    assert row["unread"], "who opened it has not opened the answer"
    assert [row] == _rows(hotel, unread="true") == _rows(hotel, status="pending") == _rows(hotel, topic="bookings")
    assert (row["importance"], row["moved_to"], row["subject"]) == ("critical", "billing", "სხვა სათაური")
    assert set(row) == {
        *("number", "topic", "moved_to", "subject", "status", "importance", "opened_by"),
        *("created_at", "updated_at", "unread"),
    }
    assert _rows(hotel, hotel.beka, unread="true") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("date", day) for day in ("2026-02-30", "2026-1-1", "1999-12-31", "3000-01-01", "", "x", "9999-12-31")),
        *(("date", day) for day in ("0001-01-01", "20260511", "2026-05-11T00:00:00Z", " 2026-05-11", "1778443200")),
        *(("topic", topic) for topic in ("weather", "", "Bookings", "billing ", "null")),
        *(("status", status) for status in ("done", "", "NEW", "new,open")),
        *(("unread", unread) for unread in ("x", "", "yes", "null")),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_its_name(hotel: Hotel, name: str, value: str) -> None:
    assert _wrong(hotel, **{name: value}) == {name}
    right = {"date": "2026-05-11", "topic": "bookings", "status": "new", "unread": "true"}
    assert _rows(hotel, **{name: right[name]}) == []


@pytest.mark.parametrize("name", ["date", "status"])
def test_a_filter_called_null_is_not_the_missing_one(hotel: Hotel, name: str) -> None:
    for value in ("null", "NULL"):
        assert _wrong(hotel, **{name: value}) == {name}


def test_the_first_and_the_last_day_of_the_calendar_are_days(hotel: Hotel) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        for day in ("2000-01-01", "2999-12-31"):
            assert _rows(hotel, _token(hotel, zone=zone), date=day) == []


QUERIES: tuple[Query, ...] = (
    {},
    {"date": "2026-05-11"},
    {"date": "2026-05-12"},
    {"topic": "bookings"},
    {"topic": "rates"},
    {"status": "new"},
    {"status": "open"},
    {"date": "2026-05-11", "topic": "bookings"},
    {"date": "2026-05-11", "status": "new"},
    {"topic": "bookings", "status": "new"},
    {"date": "2026-05-11", "topic": "bookings", "status": "new"},
    {"unread": "true"},
)


@pytest.fixture
def full(hotel: Hotel) -> Hotel:
    """A hotel with two tickets or more in each of `QUERIES`."""
    user = hotel_user(hotel.account)
    for n, (topic, moment) in enumerate(product(("bookings", "rates"), (NOON, NOON + DAY))):
        for k in range(4):
            number = open_at(moment + timedelta(minutes=n, seconds=k), user, topic=topic).number
            if k % 2:
                hotel.answer(number)
    return hotel


def _cursor(hotel: Hotel, token: str, query: Query) -> str:
    cursor = hotel.api.get("/v1/tickets", token, limit="1", **query)["next_cursor"]
    assert cursor
    return str(cursor)


def test_a_cursor_belongs_to_its_filters(full: Hotel) -> None:
    cursors = [(query, _cursor(full, full.anna, query)) for query in QUERIES]
    for (query, cursor), (other, _) in permutations(cursors, 2):
        assert _wrong(full, cursor=cursor, **other) == {"cursor"}, (query, other)
    for query, cursor in cursors:
        first = full.api.get("/v1/tickets", full.anna, limit="1", **query)["items"]
        assert first + _rows(full, cursor=cursor, **query) == _rows(full, **query)


def test_a_cursor_belongs_to_its_account(full: Hotel) -> None:
    stranger = full.api.running.hotel_token(f"{full.account}2")
    for query in QUERIES:
        cursor = _cursor(full, full.anna, query)
        assert _wrong(full, stranger, cursor=cursor, **query) == {"cursor"}
        assert _rows(full, cursor=cursor, **query)


def test_a_days_cursor_belongs_to_the_day_of_its_zone(full: Hotel) -> None:
    warsaw = _token(full, zone="Europe/Warsaw")
    for query in QUERIES:
        cursor = _cursor(full, full.anna, query)
        if "date" in query:
            assert _wrong(full, warsaw, cursor=cursor, **query) == {"cursor"}
            assert _rows(full, warsaw, **query), "the zone has that day too"
        else:
            assert _rows(full, warsaw, cursor=cursor, **query) == _rows(full, cursor=cursor, **query)
        assert _rows(full, cursor=cursor, **query)


def test_an_unread_lists_cursor_belongs_to_its_user(full: Hotel) -> None:
    cursor = _cursor(full, full.anna, {"unread": "true"})
    assert _wrong(full, full.beka, cursor=cursor, unread="true") == {"cursor"}
    assert _rows(full, full.beka, unread="true") == _rows(full, unread="true")
    assert len(_rows(full, cursor=cursor, unread="true")) == len(_rows(full, unread="true")) - 1


def test_a_page_may_be_of_another_size_than_the_one_before(full: Hotel) -> None:
    for query in QUERIES:
        first = full.api.get("/v1/tickets", full.anna, limit="1", **query)
        rest = _rows(full, cursor=first["next_cursor"], **query)
        assert first["items"] + rest == _rows(full, **query)


Sent = tuple[str, dict[str, Any], dict[str, Any]]


@pytest.fixture
def sent(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[Sent]:  # noqa: ARG001 - its environment comes first
    """Every call to DynamoDB: its operation, what was asked, what came back."""
    from chalicelib.adapters.tables import CLIENT

    calls: list[Sent] = []
    send = CLIENT._make_api_call

    def record(operation: str, request: dict[str, Any]) -> Any:
        answer = send(operation, request)
        calls.append((operation, request, answer))
        return answer

    monkeypatch.setattr(CLIENT, "_make_api_call", record)
    return calls


def _asked(call: Sent) -> tuple[str, str, Any]:
    """What was done, where, and for how many rows at most."""
    operation, request, _ = call
    values = str(request.get("ExpressionAttributeValues"))
    return operation, "marks" if "@" in values else request.get("IndexName", "table"), request.get("Limit")


def _index(query: Query) -> str:
    names = [name for name in ("status", "topic") if name in query]
    return "_".join(["by", *names]) if names else "table"


def _open_more(hotel: Hotel, numbers: list[str], count: int) -> None:
    """More tickets of the same day, topic and status, each with an answer that waits for its reader."""
    for _ in range(count):
        numbers.append(open_at(NOON + timedelta(seconds=len(numbers)), hotel_user(hotel.account)).number)
        hotel.answer(numbers[-1])


def test_a_page_reads_one_row_more_than_it_shows_however_many_there_are(hotel: Hotel, sent: list[Sent]) -> None:
    filters = {"date": "2026-05-11", "topic": "bookings", "status": "open"}
    queries = [{name: filters[name] for name in names} for size in range(4) for names in combinations(filters, size)]
    numbers: list[str] = []
    for count in (5, 55):
        _open_more(hotel, numbers, count)
        for query, limit in product(queries, (1, 3)):
            cursor: Query = {}
            for left in (len(numbers), len(numbers) - limit):
                sent.clear()
                page = hotel.api.get("/v1/tickets", hotel.anna, limit=str(limit), **query, **cursor)
                rows, marks = sent
                assert _asked(rows) == ("Query", _index(query), limit + 1)
                assert rows[2]["ScannedCount"] == min(limit + 1, left)
                assert _asked(marks)[:2] == ("Query", "marks")
                assert marks[2]["ScannedCount"] == len(page["items"]) == min(limit, left)
                assert not any("FilterExpression" in request for _, request, _ in sent)
                cursor = {"cursor": page["next_cursor"]}
    assert len(_numbers(hotel)) == len(numbers) == 60


def test_an_empty_page_takes_one_query(hotel: Hotel, sent: list[Sent]) -> None:
    hotel.open()
    for query in ({"topic": "rates"}, {"status": "closed"}, {"date": "2026-05-11"}):
        sent.clear()
        assert hotel.api.get("/v1/tickets", hotel.anna, limit="2", **query) == {"items": [], "next_cursor": None}
        assert [_asked(call) for call in sent] == [("Query", _index(query), 3)]


def test_a_page_with_many_marks_between_its_rows_reads_those_of_its_own(
    hotel: Hotel, sent: list[Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.adapters import history

    user = hotel_user(hotel.account)
    rare, *between, last = [
        open_at(NOON + timedelta(seconds=n), user, topic="bookings" if n % 9 else "rates").number for n in range(10)
    ]
    for number in [rare, *between]:
        hotel.answer(number)
        _read(hotel, number, hotel.beka)
    for marks_read, calls in ((9, ["Query", "Query"]), (3, ["Query"] * 4)):
        monkeypatch.setattr(history, "_MARKS_READ", marks_read)
        sent.clear()
        assert [(row["number"], row["unread"]) for row in _rows(hotel, topic="rates")] == [(last, False), (rare, True)]
        assert [operation for operation, _, _ in sent] == calls
        assert all(answer["ScannedCount"] <= marks_read + 1 for _, _, answer in sent[1:2])
        assert all(request["Limit"] == 1 for _, request, _ in sent[2:]), "each row's own marks, the first of them"
        assert [row["unread"] for row in _rows(hotel)] == [False, *[True] * 9]
        assert not any(row["unread"] for row in _rows(hotel, hotel.beka))


def test_an_unread_page_takes_three_calls_however_much_is_unread(hotel: Hotel, sent: list[Sent]) -> None:
    numbers: list[str] = []
    for count in (6, 54):
        _open_more(hotel, numbers, count)
        for number in numbers[-count::2]:
            _read(hotel, number, hotel.beka)
        for token in (hotel.anna, hotel.beka):
            cursor: Query = {}
            unread = len(numbers) // 2 if token == hotel.beka else len(numbers)
            for left in (unread, unread - 2):
                sent.clear()
                page = hotel.api.get("/v1/tickets", token, limit="2", unread="true", **cursor)
                assert [_asked(call) for call in sent[:2]] == [("Query", "by_unopened", 3), ("Query", "marks", 3)]
                assert [operation for operation, _, _ in sent[2:]] in ([], ["BatchGetItem"])
                assert all(answer["ScannedCount"] <= 3 for _, _, answer in sent[:2])
                assert not any("FilterExpression" in request for _, request, _ in sent)
                assert len(page["items"]) == min(2, left)
                cursor = {"cursor": page["next_cursor"]}
    assert _numbers(hotel, unread="true") == numbers[::-1], "anna has opened none"
    assert _numbers(hotel, hotel.beka, unread="true") == numbers[1::2][::-1]


def test_a_day_without_tickets_between_two_with_some_is_empty(hotel: Hotel) -> None:
    opened = [open_at(NOON + days * DAY, hotel_user(hotel.account)).number for days in (0, 2)]
    found = {str(day): _numbers(hotel, date=str(day)) for day in (date(2026, 5, 11) + n * DAY for n in range(3))}
    assert found == {"2026-05-11": opened[:1], "2026-05-12": [], "2026-05-13": opened[1:]}
