"""Notifications through the app's edge: who gets an answer, what he does with it, and what the next shift sees."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from typing import Any

import msgspec
import pytest

from bench.units import Meter
from chalicelib.domain.moment import rfc3339, to_millisecond
from tests.contract.conftest import Answer, Api, Hotel
from tests.contract.test_files import PNG
from tests.contract.test_history import change, hotel_user, open_at, turned
from tests.contract.told import answer_at, armed, listed, own_tables, reply_at, write_first_at

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
YESTERDAY = to_millisecond(datetime.now(UTC) - DAY)
"""Recent enough for every list."""
STATES = ("active", "snoozed", "all")
BIG = "𝄞" * 20_000
"""The longest text, in characters of four bytes."""


@pytest.fixture(autouse=True)
def _own_tables(api: Api) -> Iterator[None]:
    """Nothing happens by itself in them, so moments may lie where a test wants them."""
    with own_tables(api.running):
        yield


def _now() -> datetime:
    return to_millisecond(datetime.now(UTC))


def _shown(hotel: Hotel, token: str | None = None, state: str = "active") -> list[Any]:
    page = hotel.api.get("/v1/notifications", token or hotel.anna, state=state, limit="100")
    assert page["next_cursor"] is None
    return list(page["items"])


def _ids(hotel: Hotel, token: str | None = None, state: str = "active") -> list[str]:
    return [each["id"] for each in _shown(hotel, token, state)]


def _states(hotel: Hotel, token: str | None = None) -> list[str]:
    """Of all that this user has, the newest first."""
    return [each["state"] for each in _shown(hotel, token, "all")]


def _call(hotel: Hotel, method: str, id_: str, step: str = "", *, token: str | None = None, body: Any = None) -> Answer:
    return hotel.api.call(method, f"/v1/notifications/{id_}{step}", token=token or hotel.anna, body=body)


def _snooze(hotel: Hotel, id_: str, token: str | None = None, **body: Any) -> Any:
    return _call(hotel, "POST", id_, "/snooze", token=token, body=body or {"minutes": 60}).ok()


def _delete(hotel: Hotel, id_: str, token: str | None = None) -> None:
    _call(hotel, "DELETE", id_, token=token).ok(204)


def _restore(hotel: Hotel, id_: str, token: str | None = None) -> Any:
    return _call(hotel, "POST", id_, "/restore", token=token).ok()


def _read(hotel: Hotel, number: str, up_to: str, token: str | None = None) -> None:
    hotel.api.post(f"/v1/tickets/{number}/read", token or hotel.anna, {"up_to": up_to}, status=204)


def _dato(hotel: Hotel) -> str:
    return hotel.api.running.hotel_token(hotel.account, "dato", name="დათო")


def _unread(hotel: Hotel, number: str, token: str | None = None) -> tuple[bool, bool]:
    """In the history, and on the ticket's page."""
    rows = hotel.api.get("/v1/tickets", token or hotel.anna, unread="true")["items"]
    return number in [row["number"] for row in rows], hotel.view(number, token)["unread"]


def _summary(hotel: Hotel, token: str | None = None) -> tuple[int, ...]:
    found = hotel.api.get("/v1/summary", token or hotel.anna)
    assert set(found) == {"unread", "active", "snoozed", "open_tickets"}
    return found["unread"], found["active"], found["snoozed"], found["open_tickets"]


def _write_first(hotel: Hotel, requester: str | None, **others: Any) -> str:
    body = {**hotel.request, "account": f"demo/{hotel.account}", "requester": requester, **others}
    return str(hotel.api.post("/v1/agent/tickets", hotel.agent, body)["number"])


def _answered(hotel: Hotel, **others: Any) -> tuple[str, str]:
    """The number of a ticket of Anna's that was answered, and the notification's id."""
    number = hotel.open(**others)["number"]
    hotel.answer(number)
    return number, _ids(hotel)[0]


def _timer_of(hotel: Hotel, number: str) -> Any:
    """The ticket's timer as it stands."""
    from chalicelib.adapters.tables import TicketsItem
    from chalicelib.adapters.timers import Timer

    item = TicketsItem.get(f"demo/{hotel.account}#{number}", "ticket", consistent_read=True)
    return Timer("tickets", item.pk, item.sk, item.timer_name)


def _fire(timer: Any, now: datetime) -> None:
    from chalicelib.services.timers import fire

    fire(timer, now)


# What makes one, and for whom


def test_an_answer_is_one_active_notification_with_all_of_it(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    text = "პირველი სტრიქონი.\n\tმეორე 𝄞 " + "x" * 19_000
    file = hotel.api.upload(hotel.agent, PNG, "image/png", name="ეკრანი.png", prefix="/v1/agent")
    message = hotel.answer(number, text, upload_id=file)
    (found,) = _shown(hotel)
    assert found == {
        "id": found["id"],
        "ticket": number,
        "subject": hotel.request["subject"],
        "text": text,
        "attachment": {"id": "m2", "name": "ეკრანი.png", "type": "image/png", "size": len(PNG)},
        "author": {"kind": "agent", "name": message["author"]["name"]},
        "created_at": message["created_at"],
        "state": "active",
        "snoozed_until": None,
    }
    assert _call(hotel, "GET", found["id"]).ok() == found
    assert _shown(hotel, state="all") == [found]
    assert _shown(hotel, hotel.beka, "all") == [], "who does not take part is not told yet"


def test_what_is_not_an_answer_makes_none(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, note=True)
    hotel.answer(number, note=True, status="pending")
    change(hotel, number, status="open")
    change(hotel, number, importance="high", subject="სხვა", topic="rates")
    hotel.reply(number)
    hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200)
    assert _shown(hotel, state="all") == []
    assert _unread(hotel, number) == (False, False)
    hotel.answer(number)
    assert len(_shown(hotel, state="all")) == 1


def test_several_stack_up_the_newest_first_of_whichever_ticket(hotel: Hotel) -> None:
    first, second = (hotel.open()["number"] for _ in range(2))
    for number, text in ((first, "1"), (second, "2"), (first, "3"), (first, "4")):
        hotel.answer(number, text)
    assert [(each["ticket"], each["text"]) for each in _shown(hotel)] == [
        (first, "4"),
        (first, "3"),
        (second, "2"),
        (first, "1"),
    ]


def test_everyone_who_takes_part_has_his_own_and_who_comes_later_gets_later_ones(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, "1")
    hotel.reply(number, token=hotel.beka)
    hotel.answer(number, "2")
    assert [each["text"] for each in _shown(hotel)] == ["2", "1"]
    assert [each["text"] for each in _shown(hotel, hotel.beka)] == ["2"]
    _delete(hotel, _ids(hotel)[0])
    assert (_states(hotel), _states(hotel, hotel.beka)) == (["deleted", "active"], ["active"])


def test_the_subject_is_the_one_that_the_answer_was_given_under(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number)
    change(hotel, number, subject="ახალი")
    hotel.answer(number)
    assert [each["subject"] for each in _shown(hotel)] == ["ახალი", hotel.request["subject"]]


def test_what_support_writes_first_is_for_the_one_or_for_everybody(hotel: Hotel) -> None:
    to_anna, to_all = _write_first(hotel, "anna"), _write_first(hotel, None)
    for token, numbers in ((hotel.anna, [to_all, to_anna]), (hotel.beka, [to_all]), (_dato(hotel), [to_all])):
        assert [each["ticket"] for each in _shown(hotel, token)] == numbers
        assert [each["text"] for each in _shown(hotel, token, "all")] == [hotel.request["text"]] * len(numbers)


def test_what_deskbell_itself_writes_is_told_too(hotel: Hotel) -> None:
    anna = hotel_user(hotel.account)
    number = open_at(YESTERDAY, anna).number
    answer_at(YESTERDAY, number, status="pending")
    ((timer, due),) = [each for each in armed().values() if each[0].table == "tickets"]
    _fire(timer, due)
    _fire(_timer_of(hotel, number), YESTERDAY + 3 * DAY)
    newest, oldest = listed(anna, "active", YESTERDAY + 3 * DAY)
    assert (newest.message.author.kind, oldest.message.author.kind) == ("system", "agent")
    assert newest.message.text


# Lists


@pytest.fixture
def full(hotel: Hotel) -> Hotel:
    """A hotel in which Beka has own ones in each state, and shared ones between them: untouched, put off, deleted."""
    mine, urgent = hotel.open(hotel.beka)["number"], hotel.open(importance="critical")["number"]
    for n in range(4):
        hotel.answer(mine, f"mine {n}")
        hotel.answer(urgent, f"urgent {n}")
    _write_first(hotel, None)
    ids = _ids(hotel, hotel.beka)
    assert len(ids) == 9
    for id_ in ids[1:3]:
        _snooze(hotel, id_, hotel.beka)
    for id_ in ids[3:5]:
        _delete(hotel, id_, hotel.beka)
    return hotel


@pytest.mark.parametrize("state", STATES)
def test_pages_of_every_size_are_the_whole_list_in_order(full: Hotel, state: str) -> None:
    whole = _shown(full, full.beka, state)
    assert [each["created_at"] for each in whole] == sorted((each["created_at"] for each in whole), reverse=True)
    assert {each["state"] for each in whole} == {"all": {"active", "snoozed", "deleted"}}.get(state, {state})
    assert len(whole) == {"active": 5, "snoozed": 2, "all": 9}[state]
    for limit in range(1, len(whole) + 2):
        pages = list(turned(full.api, "/v1/notifications", full.beka, limit, state=state))
        assert [each for page in pages for each in page] == whole, limit


def test_the_list_is_of_the_active_ones_without_a_state(full: Hotel) -> None:
    assert full.api.get("/v1/notifications", full.beka)["items"] == _shown(full, full.beka, "active")


def test_what_is_read_between_two_pages_hides_and_repeats_nothing(full: Hotel) -> None:
    before = _ids(full, full.beka)
    page = full.api.get("/v1/notifications", full.beka, limit="2")
    urgent = next(each["ticket"] for each in _shown(full, full.beka) if each["text"].startswith("urgent"))
    _read(full, urgent, "m5", _dato(full))
    rest = full.api.get("/v1/notifications", full.beka, limit="100", cursor=page["next_cursor"])["items"]
    stayed = _ids(full, full.beka)
    assert [each["id"] for each in rest] == [id_ for id_ in before[2:] if id_ in stayed]
    assert 0 < len(rest) < len(before) - 2


def test_a_cursor_belongs_to_its_state_and_its_user(full: Hotel) -> None:
    def cursor(state: str) -> str:
        return str(full.api.get("/v1/notifications", full.beka, state=state, limit="1")["next_cursor"])

    def turn(token: str, state: str, at: str) -> Answer:
        return full.api.call("GET", "/v1/notifications", token=token, query={"state": state, "cursor": at})

    stranger = full.api.running.hotel_token(f"{full.account}2", "beka")
    for state, other in permutations(STATES, 2):
        assert set(turn(full.beka, other, cursor(state)).problem(400, "invalid_request")["fields"]) == {"cursor"}
    for state, token in product(STATES, (full.anna, stranger)):
        assert set(turn(token, state, cursor(state)).problem(400, "invalid_request")["fields"]) == {"cursor"}
        turn(full.beka, state, cursor(state)).ok()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "deleted"),
        ("state", "read"),
        ("state", ""),
        ("limit", "0"),
        ("limit", "101"),
        ("cursor", "x"),
        ("x", "1"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused_by_its_name(hotel: Hotel, name: str, value: str) -> None:
    answer = hotel.api.call("GET", "/v1/notifications", token=hotel.anna, query={name: value})
    assert set(answer.problem(400, "invalid_request")["fields"]) == {name}


def test_a_page_ends_early_when_its_texts_pass_a_megabyte(hotel: Hotel) -> None:
    number = open_at(YESTERDAY, hotel_user(hotel.account)).number
    for n in range(14):
        answer_at(YESTERDAY + n * MINUTE, number, BIG)
    pages = list(turned(hotel.api, "/v1/notifications", hotel.anna, 100))
    assert [len(page) for page in pages] == [12, 2], "12 of them are 960 KB"
    assert [each["created_at"] for page in pages for each in page] == [
        rfc3339(YESTERDAY + n * MINUTE) for n in reversed(range(14))
    ]


# 90 days


def test_after_90_days_what_is_settled_is_gone_and_what_waits_is_not(hotel: Hotel) -> None:
    from chalicelib.services.notifications import delete, snooze

    now, anna = _now(), hotel_user(hotel.account)
    old = now - 91 * DAY
    names = ("unread", "put off", "deleted unread", "read", "deleted", "restored")
    numbers = {name: open_at(old, anna).number for name in names}
    ids = {}
    for n, (name, number) in enumerate(numbers.items()):
        answer_at(old + n * MINUTE, number, name)
        ids[name] = _ids(hotel)[0]
    for name in ("read", "deleted", "restored"):
        _read(hotel, numbers[name], "m2")
    delete(anna, ids["deleted unread"], old)
    delete(anna, ids["deleted"], now - 80 * DAY)
    snooze(anna, ids["put off"], now + DAY, now)
    from chalicelib.services.notifications import restore

    restore(anna, ids["restored"], now - 80 * DAY)
    assert _shown(hotel, state="all") == []
    assert [each["text"] for each in _shown(hotel)] == ["restored", "unread"]
    assert [each["text"] for each in _shown(hotel, state="snoozed")] == ["put off"]
    for name in ("read", "deleted"):
        for method, step in (("POST", "/restore"), ("DELETE", ""), ("GET", "")):
            _call(hotel, method, ids[name], step).problem(404, "not_found")
        _call(hotel, "POST", ids[name], "/snooze", body={"minutes": 5}).problem(404, "not_found")
    assert _restore(hotel, ids["deleted unread"])["state"] == "active"
    assert _summary(hotel)[:3] == (3, 3, 1)


def test_within_90_days_whatever_became_of_it_is_listed_and_can_be_brought_back(hotel: Hotel) -> None:
    from chalicelib.services.notifications import delete, restore

    anna, end = hotel_user(hotel.account), YESTERDAY + 90 * DAY
    read, gone = (open_at(YESTERDAY, anna).number for _ in range(2))
    for number in (read, gone):
        answer_at(YESTERDAY, number)
        _read(hotel, number, "m2")
    for each in listed(anna, "all", YESTERDAY):
        if each.notification.answered.number == gone:
            delete(anna, each.notification.answered.id, YESTERDAY)
    found = listed(anna, "all", end)
    assert sorted(each.notification.state for each in found) == ["deleted", "read"]
    assert listed(anna, "all", end + timedelta(milliseconds=1)) == []
    for each in found:
        assert restore(anna, each.notification.answered.id, end).notification.state == "active"


def test_only_what_is_settled_is_ever_taken_away_by_the_table(hotel: Hotel) -> None:
    from chalicelib.adapters.tables import NotificationsItem

    def ends() -> Any:
        (item,) = NotificationsItem.query(f"demo/{hotel.account}@anna", consistent_read=True)
        return item.expires_at

    number, id_ = _answered(hotel)
    created = int(datetime.fromisoformat(_shown(hotel)[0]["created_at"]).timestamp())
    assert ends() is None
    _delete(hotel, id_)
    assert ends() is None, "it is unread"
    _restore(hotel, id_)
    _read(hotel, number, "m2")
    assert 90 <= (ends() - created) / 86_400 <= 92, "no earlier than it leaves the lists"
    _restore(hotel, id_)
    assert ends() is None
    _snooze(hotel, id_)
    assert ends() is None
    _delete(hotel, id_)
    assert ends() is not None


def test_what_a_user_did_with_a_shared_answer_is_remembered_for_half_a_year(hotel: Hotel) -> None:
    """Longer than any hotel leaves a ticket unopened: else what he deleted would come back to him."""
    from chalicelib.adapters.tables import NotificationsItem

    _, id_ = _answered(hotel, importance="critical")
    _delete(hotel, id_, hotel.beka)
    (item,) = NotificationsItem.query(f"demo/{hotel.account}@beka", consistent_read=True)
    answered = int(id_.partition("-")[0]) / 1000
    assert (item.expires_at - answered) / 86_400 == pytest.approx(180, abs=0.01)


# Put off, deleted, brought back


def test_it_is_put_off_by_minutes_or_until_a_time_and_again_replaces(hotel: Hotel) -> None:
    _, id_ = _answered(hotel)
    before = _now()
    found = _snooze(hotel, id_, minutes=5)
    assert before + 5 * MINUTE <= datetime.fromisoformat(found["snoozed_until"]) <= _now() + 5 * MINUTE
    assert (_ids(hotel), _shown(hotel, state="snoozed"), _shown(hotel, state="all")) == ([], [found], [found])
    until = _now() + timedelta(hours=3)
    again = _snooze(hotel, id_, until=until.astimezone(tz=None).isoformat())
    assert (again["state"], again["snoozed_until"]) == ("snoozed", rfc3339(until))
    assert _shown(hotel, state="snoozed") == [again]


@pytest.mark.parametrize("body", [{"minutes": 1}, {"minutes": 30 * 24 * 60}])
def test_a_minute_and_30_days_are_the_ends(hotel: Hotel, body: Any) -> None:
    _, id_ = _answered(hotel)
    assert _snooze(hotel, id_, **body)["state"] == "snoozed"


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no minute": (lambda: {"minutes": 0}, "minutes"),
    "past": (lambda: {"minutes": -5}, "minutes"),
    "over 30 days": (lambda: {"minutes": 30 * 24 * 60 + 1}, "minutes"),
    "half a minute": (lambda: {"minutes": 1.5}, "minutes"),
    "59 seconds": (lambda: {"until": rfc3339(_now() + timedelta(seconds=59))}, "until"),
    "yesterday": (lambda: {"until": rfc3339(_now() - DAY)}, "until"),
    "30 days and a minute": (lambda: {"until": rfc3339(_now() + 30 * DAY + MINUTE)}, "until"),
    "end of time": (lambda: {"until": "9999-12-31T23:59:59-23:00"}, "until"),
    "naive": (lambda: {"until": rfc3339(_now() + DAY).removesuffix("Z")}, "until"),
    "no time": (lambda: {"until": "tomorrow"}, "until"),
    "both": (lambda: {"until": rfc3339(_now() + DAY), "minutes": 5}, "body"),
    "neither": (dict, "body"),
    "unknown": (lambda: {"minutes": 5, "hours": 1}, "hours"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_time_that_is_none_is_refused_and_changes_nothing(hotel: Hotel, name: str) -> None:
    _, id_ = _answered(hotel)
    before = _snooze(hotel, id_)
    make, field = WRONG[name]
    answer = _call(hotel, "POST", id_, "/snooze", body=make())
    assert set(answer.problem(400, "invalid_request")["fields"]) == {field}
    assert _shown(hotel, state="all") == [before]


def test_the_ends_are_there_to_the_millisecond(hotel: Hotel) -> None:
    from chalicelib.errors import InvalidRequest
    from chalicelib.services.notifications import snooze

    _, id_ = _answered(hotel)
    anna, now, moment = hotel_user(hotel.account), _now(), timedelta(milliseconds=1)
    for until in (now + MINUTE, now + 30 * DAY):
        assert snooze(anna, id_, until, now).notification.snoozed_until == until
    for until in (now + MINUTE - moment, now + 30 * DAY + moment):
        with pytest.raises(InvalidRequest):
            snooze(anna, id_, until, now)


def test_a_reminder_brings_it_back_once_and_an_old_one_nothing(hotel: Hotel) -> None:
    from chalicelib.services.notifications import delete, snooze

    anna = hotel_user(hotel.account)
    number = open_at(YESTERDAY, anna).number
    answer_at(YESTERDAY, number)
    (id_,) = _ids(hotel)

    def timer() -> Any:
        ((found, _),) = [each for each in armed().values() if each[0].table == "notifications"]
        return found

    snooze(anna, id_, YESTERDAY + 5 * MINUTE, YESTERDAY)
    old = timer()
    snooze(anna, id_, YESTERDAY + 9 * MINUTE, YESTERDAY)
    new = timer()
    _fire(old, YESTERDAY + 30 * MINUTE)
    _fire(new, YESTERDAY + 9 * MINUTE - timedelta(milliseconds=1))
    assert _states(hotel) == ["snoozed"]
    _fire(new, YESTERDAY + 9 * MINUTE)
    assert [(each["state"], each["snoozed_until"]) for each in _shown(hotel)] == [("active", None)]
    delete(anna, id_, YESTERDAY + 10 * MINUTE)
    for each in (new, old, new):
        _fire(each, YESTERDAY + DAY)
    assert _states(hotel) == ["deleted"]


@pytest.mark.parametrize("how", ["deleted", "read", "restored"])
def test_what_is_deleted_read_or_brought_back_is_no_more_reminded_of(hotel: Hotel, how: str) -> None:
    number, id_ = _answered(hotel)
    _snooze(hotel, id_, minutes=5)
    ((timer, due),) = [each for each in armed().values() if each[0].table == "notifications"]
    {
        "deleted": lambda: _delete(hotel, id_),
        "read": lambda: _read(hotel, number, "m2"),
        "restored": lambda: _restore(hotel, id_),
    }[how]()
    assert [each for each in armed().values() if each[0].table == "notifications"] == []
    after = _shown(hotel, state="all")
    _fire(timer, due + DAY)
    assert _shown(hotel, state="all") == after
    assert [each["state"] for each in after] == [{"restored": "active"}.get(how, how)]


def test_deleting_takes_it_out_of_sight_and_neither_the_ticket_nor_its_mark(hotel: Hotel) -> None:
    number, id_ = _answered(hotel)
    before = hotel.view(number)
    for _ in range(2):
        _delete(hotel, id_)
        assert (_ids(hotel), _states(hotel)) == ([], ["deleted"])
    assert hotel.view(number) == before
    assert _unread(hotel, number) == (True, True)
    assert _summary(hotel) == (1, 0, 0, 1)


def test_whatever_became_of_it_it_is_brought_back_as_active(hotel: Hotel) -> None:
    number, id_ = _answered(hotel)
    as_new = _shown(hotel)[0]
    steps: tuple[Callable[[], Any], ...] = (
        lambda: _delete(hotel, id_),
        lambda: _snooze(hotel, id_),
        lambda: _read(hotel, number, "m2"),
        lambda: None,
    )
    for step in steps:
        step()
        assert _restore(hotel, id_) == as_new
        assert _shown(hotel) == _shown(hotel, state="all") == [as_new]
    assert _unread(hotel, number) == (False, False), "brought back after it was read, it is not unread"
    assert _summary(hotel) == (0, 1, 0, 1)
    _read(hotel, number, "m2")
    assert _states(hotel) == ["read"], "and it is read again when the ticket is opened again"


# Read


def test_reading_up_to_a_message_reads_what_tells_of_it_and_earlier_ones(hotel: Hotel) -> None:
    number, other = hotel.open()["number"], hotel.open()["number"]
    hotel.reply(number, token=hotel.beka)
    for _ in range(4):
        hotel.answer(number)
    hotel.answer(other)
    of_other, newest, _, second, first = _ids(hotel)
    for id_ in (first, newest):
        _snooze(hotel, id_)
    _delete(hotel, second)
    _read(hotel, number, "m4")
    assert _states(hotel) == ["active", "snoozed", "active", "read", "read"]
    assert _unread(hotel, number) == (True, True), "two later ones are not read"
    assert _states(hotel, hotel.beka) == ["active"] * 4, "nor any of a colleague who takes part"
    _read(hotel, number, "m6")
    assert _states(hotel) == ["active", "read", "read", "read", "read"]
    assert (_ids(hotel), _ids(hotel, state="snoozed")) == ([of_other], [])
    assert _unread(hotel, number) == (False, False)
    assert _unread(hotel, number, hotel.beka) == (True, True)
    assert _unread(hotel, other) == (True, True)


def test_more_than_fit_in_one_transaction_are_read_together(hotel: Hotel) -> None:
    number = open_at(YESTERDAY, hotel_user(hotel.account)).number
    for n in range(95):
        answer_at(YESTERDAY + n * MINUTE, number)
    _read(hotel, number, "m96")
    assert set(_states(hotel)) == {"read"}
    assert _unread(hotel, number) == (False, False)


def test_a_message_that_is_not_there_reads_nothing(hotel: Hotel) -> None:
    number, _ = _answered(hotel)
    for up_to in ("m3", "m0", "n1", "2", ""):
        answer = hotel.api.call("POST", f"/v1/tickets/{number}/read", token=hotel.anna, body={"up_to": up_to})
        answer.problem(404, "not_found")
    assert _states(hotel) == ["active"]
    _read(hotel, number, "m2")
    assert _states(hotel) == ["read"]


# What is not there


def _same_refusal(answers: list[Answer]) -> None:
    for answer in answers:
        answer.problem(404, "not_found")
    assert len({str({**answer.body, "request_id": ""}) for answer in answers}) == 1
    assert len({str(answer.headers) for answer in answers}) == 1


STEPS = (("GET", "", None), ("POST", "/snooze", {"minutes": 5}), ("DELETE", "", None), ("POST", "/restore", None))


@pytest.mark.parametrize(("method", "step", "body"), STEPS)
def test_unknown_malformed_and_foreign_ids_are_the_same_and_change_nothing(
    hotel: Hotel, method: str, step: str, body: Any
) -> None:
    number, id_ = _answered(hotel)
    shared = _write_first(hotel, None)
    shared_id = next(each["id"] for each in _shown(hotel, hotel.beka) if each["ticket"] == shared)
    before = [_shown(hotel, token, "all") for token in (hotel.anna, hotel.beka)]
    time, _, _ = id_.split("-")
    unknown = [
        f"{time}-1234567894-2",
        f"{time}-{number}-1",
        f"{time}-{number}-3",
        f"{int(time) + 1}-{number}-2",
        *("x", number, f"{time}-{number}", f"{id_}x", f"0{id_}", f"{id_}%0A", id_.replace("-", "_"), "m2", "%00", "é"),
        f"{time}-{int(number) + 1}-2",
    ]
    stranger = hotel.api.running.hotel_token(f"{hotel.account}2")
    answers = [_call(hotel, method, each, step, body=body) for each in unknown]
    answers.append(_call(hotel, method, id_, step, token=hotel.beka, body=body))
    answers += [_call(hotel, method, each, step, token=stranger, body=body) for each in (id_, shared_id)]
    _same_refusal(answers)
    assert [_shown(hotel, token, "all") for token in (hotel.anna, hotel.beka)] == before
    for token, each in ((hotel.anna, id_), (hotel.beka, shared_id)):
        _call(hotel, method, each, step, token=token, body=body).ok(204 if method == "DELETE" else 200)


# The figures


def test_the_figures_are_those_of_the_lists_for_each_user(full: Hotel) -> None:
    for token in (full.anna, full.beka, _dato(full)):
        unread = full.api.get("/v1/tickets", token, unread="true", limit="100")["items"]
        assert _summary(full, token) == (len(unread), len(_ids(full, token)), len(_ids(full, token, "snoozed")), 3)


def test_each_figure_counts_up_to_100(hotel: Hotel) -> None:
    from chalicelib.services.notifications import snooze

    anna = hotel_user(hotel.account)
    for n in range(101):
        write_first_at(YESTERDAY + n * MINUTE, hotel.account, "anna")
        if n in {98, 99}:
            assert _summary(hotel) == (n + 1, n + 1, 0, n + 1)
    assert _summary(hotel) == (100, 100, 0, 100)
    now = YESTERDAY + DAY
    for each in listed(anna, "active", now):
        snooze(anna, each.notification.answered.id, now + DAY, now)
    assert _summary(hotel) == (100, 0, 100, 100)


def test_the_figures_cost_two_queries(full: Hotel) -> None:
    meter = Meter({}, full.api.running.stack.deployment.client("dynamodb"))
    for token in (full.anna, full.beka):
        with meter.running() as calls:
            _summary(full, token)
        assert [call.operation for call in calls] == ["Query", "Query"]


# All at once, or nothing


def test_everyone_of_the_most_that_are_remembered_gets_the_longest_answer_with_its_file(hotel: Hotel) -> None:
    from chalicelib.domain.rules import PARTICIPANTS

    number = hotel.open()["number"]
    names = [f"user-{n}" for n in range(PARTICIPANTS)]
    for name in names:
        reply_at(_now(), hotel_user(hotel.account, name), number)
    file = hotel.api.upload(hotel.agent, PNG, "image/png", prefix="/v1/agent")
    path, body = f"/v1/agent/tickets/{number}/messages", {"text": BIG, "upload_id": file}
    first = hotel.api.post(path, hotel.agent, body, key="once")
    assert hotel.api.post(path, hotel.agent, body, key="once") == first
    for name in names:
        (found,) = _shown(hotel, hotel.api.running.hotel_token(hotel.account, name), "all")
        assert (found["text"], found["attachment"]["size"], found["state"]) == (BIG, len(PNG), "active")
    assert _shown(hotel, state="all") == [], "the latest 50 are remembered, and Anna wrote before them"


def test_the_same_answer_twice_at_the_same_moment_tells_once(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    path = f"/v1/agent/tickets/{number}/messages"
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(hotel.api.post, path, hotel.agent, {"text": "!"}, key="k") for _ in range(4)]
        answers = [call.result() for call in calls]
    assert all(answer == answers[0] for answer in answers)
    assert len(_shown(hotel, state="all")) == 1
    hotel.api.post(path, hotel.agent, {"text": "!"}, key="another")
    assert len(_shown(hotel, state="all")) == 2


def test_an_answer_that_is_not_written_tells_nobody(hotel: Hotel) -> None:
    """Its transaction fails at the record of another answer with the same key, or at a file that is used."""
    number = hotel.open()["number"]
    file = hotel.api.upload(hotel.agent, PNG, "image/png", prefix="/v1/agent")
    path = f"/v1/agent/tickets/{number}/messages"
    hotel.api.post(path, hotel.agent, {"text": "1", "upload_id": file}, key="k")
    before = (_shown(hotel, state="all"), hotel.agent_view(number), _summary(hotel))
    for body, key, code in (
        ({"text": "2"}, "k", "idempotency_key_reused"),
        ({"text": "2", "upload_id": file}, "l", "upload_used"),
    ):
        headers = {"Idempotency-Key": key}
        hotel.api.call("POST", path, token=hotel.agent, body=body, headers=headers).problem(409, code)
    assert (_shown(hotel, state="all"), hotel.agent_view(number), _summary(hotel)) == before
    hotel.api.post(path, hotel.agent, {"text": "2"}, key="m")
    assert [each["text"] for each in _shown(hotel)] == ["2", "1"]


# The next shift


def test_a_critical_answer_is_everybodys_at_once_and_an_ordinary_one_is_not(hotel: Hotel) -> None:
    ordinary, critical = hotel.open()["number"], hotel.open(importance="critical")["number"]
    for number in (ordinary, critical):
        hotel.answer(number)
    for token in (hotel.beka, _dato(hotel)):
        assert [each["ticket"] for each in _shown(hotel, token)] == [critical]
        assert _shown(hotel, token, "all") == _shown(hotel, token)
        assert _summary(hotel, token) == (2, 1, 0, 2)
    assert [each["ticket"] for each in _shown(hotel)] == [critical, ordinary]
    assert _summary(hotel) == (2, 2, 0, 2)


def test_raising_the_importance_shares_what_nobody_has_opened(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for text in ("1", "2", "3"):
        hotel.answer(number, text)
    _read(hotel, number, "m2", hotel.beka)
    change(hotel, number, importance="high")
    assert _ids(hotel, hotel.beka) == []
    change(hotel, number, importance="critical")
    assert [each["text"] for each in _shown(hotel, hotel.beka)] == ["3", "2"]
    assert [each["text"] for each in _shown(hotel)] == ["3", "2", "1"], "his own are not doubled"


def test_a_colleague_does_with_a_shared_one_what_he_likes_for_himself(hotel: Hotel) -> None:
    hotel.answer(hotel.open(importance="critical")["number"])
    dato = _dato(hotel)
    (as_new,) = _shown(hotel, hotel.beka)
    put_off = _snooze(hotel, as_new["id"], hotel.beka)
    assert put_off == {**as_new, "state": "snoozed", "snoozed_until": put_off["snoozed_until"]}
    assert (_ids(hotel, hotel.beka), _shown(hotel, hotel.beka, "snoozed")) == ([], [put_off])
    assert _summary(hotel, hotel.beka) == (1, 0, 1, 1)
    _delete(hotel, as_new["id"], hotel.beka)
    assert (_ids(hotel, hotel.beka), _states(hotel, hotel.beka)) == ([], ["deleted"])
    assert _summary(hotel, hotel.beka) == (1, 0, 0, 1)
    for token in (hotel.anna, dato):
        assert _states(hotel, token) == ["active"]
        assert _summary(hotel, token) == (1, 1, 0, 1)
    assert _restore(hotel, as_new["id"], hotel.beka) == as_new
    assert _shown(hotel, hotel.beka) == [as_new]


@pytest.mark.parametrize("reader", ["anna", "beka", "elene"])
def test_the_first_who_opens_the_ticket_removes_it_for_all_who_do_not_take_part(hotel: Hotel, reader: str) -> None:
    number = hotel.open(importance="critical")["number"]
    for text in ("1", "2", "3"):
        hotel.answer(number, text)
    dato, token = _dato(hotel), hotel.api.running.hotel_token(hotel.account, reader)
    newest, middle, oldest = _ids(hotel, hotel.beka)
    _snooze(hotel, oldest, hotel.beka)
    _delete(hotel, middle, hotel.beka)
    _read(hotel, number, "m3", token)
    for other in (hotel.beka, dato):
        assert _ids(hotel, other, "all") == _ids(hotel, other) == [newest]
        _same_refusal(
            [_call(hotel, *STEPS[n][:1], oldest, STEPS[n][1], token=other, body=STEPS[n][2]) for n in range(4)]
        )
        assert _unread(hotel, number, other) == (True, True), "nobody has opened the newest"
    assert _states(hotel) == (["active", "read", "read"] if reader == "anna" else ["active"] * 3)
    _read(hotel, number, "m4", token)
    for other in (hotel.beka, dato):
        assert _ids(hotel, other, "all") == []
        assert _unread(hotel, number, other) == (False, False)
        assert _summary(hotel, other) == (0, 0, 0, 1)
    if reader != "anna":
        assert _states(hotel) == ["active"] * 3
        assert _unread(hotel, number) == (True, True)


def test_what_support_wrote_to_the_hotel_as_such_is_gone_once_one_has_opened_it(hotel: Hotel) -> None:
    number = _write_first(hotel, None)
    _snooze(hotel, _ids(hotel, hotel.beka)[0], hotel.beka)
    _read(hotel, number, "m1", _dato(hotel))
    for token in (hotel.anna, hotel.beka, _dato(hotel)):
        assert (_ids(hotel, token, "all"), _unread(hotel, number, token)) == ([], (False, False))


def test_a_put_off_shared_one_comes_back_unless_somebody_has_opened_it(hotel: Hotel) -> None:
    opened, unopened = (write_first_at(YESTERDAY, hotel.account, None).number for _ in range(2))
    for id_ in _ids(hotel, hotel.beka):
        _snooze(hotel, id_, hotel.beka)
    reminders = [each for each in armed().values() if each[0].table == "notifications"]
    assert len(reminders) == 2
    _read(hotel, opened, "m1")
    for timer, due in reminders:
        _fire(timer, due)
    assert [each["ticket"] for each in _shown(hotel, hotel.beka)] == [unopened]
    assert [each["ticket"] for each in _shown(hotel, hotel.beka, "all")] == [unopened]


def _settings(hotel: Hotel, token: str, *, shares: bool) -> Answer:
    body = {"account": f"demo/{hotel.account}", "shares_answers": shares}
    return hotel.api.call("PUT", "/v1/agent/settings", token=token, body=body)


def test_a_supervisor_turns_sharing_off_but_for_what_is_written_to_the_hotel_as_such(hotel: Hotel) -> None:
    supervisor = hotel.api.running.agent_token("marta", supervisor=True)
    _settings(hotel, hotel.agent, shares=False).problem(403, "forbidden")
    _settings(hotel, hotel.anna, shares=False).problem(403, "forbidden")
    asked = {"account": f"demo/{hotel.account}"}
    assert hotel.api.get("/v1/agent/settings", hotel.agent, **asked) == {"shares_answers": True}
    _settings(hotel, supervisor, shares=False).ok()
    assert hotel.api.get("/v1/agent/settings", hotel.agent, **asked) == {"shares_answers": False}
    critical, raised, waited = (hotel.open(importance=each)["number"] for each in ("critical", "low", "low"))
    for number in (critical, raised, waited):
        hotel.answer(number)
    change(hotel, raised, importance="critical")
    to_anna, to_all = _write_first(hotel, "anna", importance="critical"), _write_first(hotel, None)
    _fire(_timer_of(hotel, waited), _now() + 11 * MINUTE)
    assert [each["ticket"] for each in _shown(hotel, hotel.beka)] == [to_all]
    assert len(_shown(hotel)) == 5
    _settings(hotel, supervisor, shares=True).ok()
    hotel.answer(critical)
    assert [each["ticket"] for each in _shown(hotel, hotel.beka)] == [critical, to_all]
    assert to_anna in [each["ticket"] for each in _shown(hotel)]


def test_the_setting_is_one_account_s(hotel: Hotel) -> None:
    supervisor = hotel.api.running.agent_token("marta", supervisor=True)
    other = msgspec.convert({"account": f"demo/{hotel.account}2", "shares_answers": False}, dict[str, Any])
    hotel.api.call("PUT", "/v1/agent/settings", token=supervisor, body=other).ok()
    hotel.answer(hotel.open(importance="critical")["number"])
    assert len(_ids(hotel, hotel.beka)) == 1


def test_after_ten_minutes_unopened_everybody_gets_it_once(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    created = datetime.fromisoformat(hotel.answer(number)["created_at"])
    timer = _timer_of(hotel, number)
    _fire(timer, created + 10 * MINUTE - timedelta(milliseconds=1))
    assert _ids(hotel, hotel.beka) == []
    own = _shown(hotel)
    for _ in range(3):
        _fire(timer, created + 10 * MINUTE)
        assert _shown(hotel, hotel.beka) == own, "the very same, with its text"
        assert _shown(hotel) == own
    before = hotel.agent_view(number)
    _delete(hotel, own[0]["id"], hotel.beka)
    _fire(timer, created + DAY)
    assert (_states(hotel, hotel.beka), hotel.agent_view(number)) == (["deleted"], before)


@pytest.mark.parametrize("reader", ["anna", "beka"])
def test_after_ten_minutes_opened_nobody_else_gets_it(hotel: Hotel, reader: str) -> None:
    """The ticket's opening takes its timer back, and a trigger that is on its way meets nothing to do."""
    number = hotel.open()["number"]
    hotel.answer(number)
    timer = _timer_of(hotel, number)
    _read(hotel, number, "m2", hotel.api.running.hotel_token(hotel.account, reader))
    assert _timer_of(hotel, number).name is None
    for now in (_now() + 11 * MINUTE, _now() + DAY):
        _fire(timer, now)
        assert _ids(hotel, _dato(hotel), "all") == []


def test_each_answer_has_its_own_ten_minutes(hotel: Hotel) -> None:
    anna, beka = hotel_user(hotel.account), hotel_user(hotel.account, "beka")
    number = open_at(YESTERDAY, anna).number
    answer_at(YESTERDAY, number, "1")
    answer_at(YESTERDAY + 4 * MINUTE, number, "2")
    for after, texts in ((10, ["1"]), (14, ["2", "1"])):
        now = YESTERDAY + after * MINUTE
        _fire(_timer_of(hotel, number), now)
        assert [each.message.text for each in listed(beka, "active", now)] == texts


def test_the_sweep_finds_what_is_due_and_nothing_else(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.services.timers import Told, handle, sweep
    from chalicelib.settings import settings

    sqs = hotel.api.running.stack.deployment.client("sqs")
    queue = sqs.create_queue(QueueName=f"swept-{hotel.account}")["QueueUrl"]
    monkeypatch.setenv("TIMERS_QUEUE", queue)
    settings.cache_clear()

    def swept(now: datetime) -> int:
        count = sweep(now)
        found = []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
            found += [msgspec.json.decode(each["Body"], type=Told) for each in messages]
        assert len(found) == count
        for told in [*found, *found]:
            handle(told, now)
        return count

    anna, beka = hotel_user(hotel.account), hotel_user(hotel.account, "beka")
    early, late = (open_at(YESTERDAY, anna).number for _ in range(2))
    answer_at(YESTERDAY, early, "early")
    answer_at(YESTERDAY + 5 * MINUTE, late, "late")
    assert swept(YESTERDAY + 9 * MINUTE) == 0
    assert swept(YESTERDAY + 10 * MINUTE) == 1
    assert [each.message.text for each in listed(beka, "active", YESTERDAY)] == ["early"]
    _snooze(hotel, _ids(hotel)[0], minutes=60)
    assert swept(_now() + 2 * DAY) == 2, "the late answer's, and the reminder that came while nobody swept"
    assert [each.message.text for each in listed(beka, "active", YESTERDAY)] == ["late", "early"]
    assert _states(hotel) == ["active", "active"]
    assert swept(_now() + 2 * DAY) == 0
    sqs.delete_queue(QueueUrl=queue)
    monkeypatch.undo()
    settings.cache_clear()
