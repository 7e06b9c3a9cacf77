"""The same call again gives the first answer again, and does nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.conftest import Hotel, declaration
from tests.contract.test_files import PNG

FIFTY = 50


def test_the_same_key_and_body_give_the_first_answer_again(hotel: Hotel) -> None:
    first = hotel.open(key="one")
    hotel.answer(first["number"])
    assert hotel.open(key="one") == first
    assert len(hotel.api.get("/v1/tickets", hotel.anna)["items"]) == 1
    assert hotel.open(key="two")["number"] != first["number"]


def test_the_same_key_with_another_body_is_refused(hotel: Hotel) -> None:
    hotel.open(key="one")
    body, headers = {**hotel.request, "subject": "სხვა"}, {"Idempotency-Key": "one"}
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body, headers=headers)
    answer.problem(409, "idempotency_key_reused")
    assert len(hotel.api.get("/v1/tickets", hotel.anna)["items"]) == 1


def test_a_key_belongs_to_user_and_path(hotel: Hotel) -> None:
    number = hotel.open(key="one")["number"]
    assert hotel.open(hotel.beka, key="one")["number"] != number
    reply = hotel.api.post(f"/v1/tickets/{number}/messages", hotel.anna, {"text": "კიდევ"}, key="one")
    assert reply["id"] == "m2"


def test_one_key_at_two_tickets_is_two_replies(hotel: Hotel) -> None:
    numbers = [hotel.open()["number"] for _ in range(2)]
    for prefix, token in (("/v1", hotel.anna), ("/v1/agent", hotel.agent)):
        for number in numbers:
            hotel.api.post(f"{prefix}/tickets/{number}/messages", token, {"text": "იგივე"}, key=numbers[0])
    assert [len(hotel.view(number)["messages"]) for number in numbers] == [3, 3]


def test_a_key_is_forgotten_after_a_day(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters import idempotency

    monkeypatch.setattr(idempotency, "KEPT", timedelta(seconds=-1))
    first = hotel.open(key="one")["number"]
    assert hotel.open(key="one")["number"] != first
    monkeypatch.undo()
    second = hotel.open(key="one")["number"]
    assert hotel.open(key="one")["number"] == second


def test_a_key_is_kept_for_a_day_and_free_from_then_on(hotel: Hotel) -> None:
    from chalicelib.adapters import idempotency
    from chalicelib.adapters.tables import Writes

    place, now = (hotel.account, "done#POST /v1/tickets#one"), datetime(2026, 11, 2, 9, tzinfo=UTC)

    def record(answer: str, at: datetime) -> None:
        writes = Writes()
        idempotency.put_record(writes, place, digest="d", answer=answer, now=at)
        writes.commit()

    record("first", now)
    within, after = now + timedelta(hours=24) - timedelta(seconds=1), now + timedelta(hours=24)
    assert idempotency.find_record(place, within) == ("d", "first")
    with pytest.raises(idempotency.AlreadyDone):
        record("second", within)
    assert idempotency.find_record(place, after) is None
    record("second", after)
    assert idempotency.find_record(place, after) == ("d", "second")


def test_a_refused_call_does_not_use_up_its_key(hotel: Hotel) -> None:
    wrong = {**hotel.request, "topic": "weather"}
    headers = {"Idempotency-Key": "one"}
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=wrong, headers=headers)
    assert "topic" in answer.problem(400, "invalid_request")["fields"]
    assert hotel.open(key="one")["subject"] == hotel.request["subject"]


def test_fifty_calls_at_once_with_one_key_make_one_ticket(hotel: Hotel) -> None:
    with ThreadPoolExecutor(FIFTY) as pool:
        answers = list(pool.map(lambda _: hotel.open(key="one"), range(FIFTY)))
    assert all(answer == answers[0] for answer in answers)
    assert len(hotel.api.get("/v1/tickets", hotel.anna)["items"]) == 1


def test_a_reply_is_not_doubled(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    path, body = f"/v1/tickets/{number}/messages", {"text": "ერთხელ"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: hotel.api.post(path, hotel.anna, body, key="one"), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert [each["id"] for each in hotel.view(number)["messages"]] == ["m1", "m2"]


def test_an_agents_answer_is_not_doubled(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    path, body = f"/v1/agent/tickets/{number}/messages", {"text": "ერთხელ", "status": "pending"}
    first = hotel.api.post(path, hotel.agent, body, key=f"{number}-one")
    assert hotel.api.post(path, hotel.agent, body, key=f"{number}-one") == first
    assert [each["id"] for each in hotel.view(number)["messages"]] == ["m1", "m2"]


def test_an_upload_is_given_again_with_a_fresh_address(hotel: Hotel) -> None:
    body = declaration(PNG, "image/png", "a.png")
    first = hotel.api.post("/v1/uploads", hotel.anna, body, key="one")
    again = hotel.api.post("/v1/uploads", hotel.anna, body, key="one")
    assert again["upload_id"] == first["upload_id"]
    assert again["headers"] == first["headers"]
    assert again["expires_at"] > first["expires_at"]
    assert hotel.api.post("/v1/uploads", hotel.anna, body, key="two")["upload_id"] != first["upload_id"]


def test_a_repeated_call_with_a_file_is_answered_although_its_upload_is_used(hotel: Hotel) -> None:
    upload_id = hotel.api.upload(hotel.anna, PNG, "image/png")
    first = hotel.open(key="one", upload_id=upload_id)
    assert hotel.open(key="one", upload_id=upload_id) == first
    body = {**hotel.request, "upload_id": upload_id}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(409, "upload_used")


def test_a_call_without_a_key_is_never_the_echo_of_another(hotel: Hotel) -> None:
    body = {**hotel.request, "upload_id": hotel.api.upload(hotel.anna, PNG, "image/png")}
    hotel.api.post("/v1/tickets", hotel.anna, body, key="None")
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(409, "upload_used")


@pytest.mark.parametrize("key", ["", "x" * 129, "ქ", "a\tb"])
def test_a_key_that_is_none_is_refused(hotel: Hotel, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request, headers=headers)
    assert "Idempotency-Key" in answer.problem(400, "invalid_request")["fields"]
    hotel.open(key="x" * 128)


class Lossy:
    """A connection that breaks once, after the write has been committed and before its answer has come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from chalicelib.adapters.tables import CONNECTION

        self.lost: list[str] = []
        self._real = CONNECTION.dispatch
        monkeypatch.setattr(CONNECTION, "dispatch", self._dispatch)

    def _dispatch(self, operation: str, kwargs: dict[str, object]) -> object:
        from botocore.exceptions import ReadTimeoutError

        answer = self._real(operation, kwargs)
        if operation == "TransactWriteItems" and not self.lost:
            self.lost.append(operation)
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        return answer


@pytest.mark.parametrize("kind", ["reply", "answer", "note", "open", "open for a hotel", "upload"])
def test_a_call_whose_answer_was_lost_is_found_again(hotel: Hotel, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The write commits, and the connection breaks before the answer: the caller never sees a double."""
    number = hotel.open()["number"]
    for_hotel = {**hotel.request, "account": f"demo/{hotel.account}"}
    token, path, body = {
        "reply": (hotel.anna, f"/v1/tickets/{number}/messages", {"text": "ერთხელ"}),
        "answer": (hotel.agent, f"/v1/agent/tickets/{number}/messages", {"text": "ერთხელ", "status": "pending"}),
        "note": (hotel.agent, f"/v1/agent/tickets/{number}/messages", {"text": "ერთხელ", "note": True}),
        "open": (hotel.anna, "/v1/tickets", hotel.request),
        "open for a hotel": (hotel.agent, "/v1/agent/tickets", for_hotel),
        "upload": (hotel.anna, "/v1/uploads", declaration(PNG, "image/png", "a.png")),
    }[kind]
    lossy, key = Lossy(monkeypatch), f"{number}-{kind}"
    answered = hotel.api.call("POST", path, token=token, body=body, headers={"Idempotency-Key": key}).ok(201)
    assert lossy.lost
    again = hotel.api.post(path, token, body, key=key)
    told = ("upload_id", "number", "id")
    assert [again.get(name) for name in told] == [answered.get(name) for name in told]
    assert len(hotel.api.get("/v1/tickets", hotel.anna)["items"]) == (2 if "open" in kind else 1)
    assert len(hotel.agent_view(number)["messages"]) == (2 if kind in {"reply", "answer", "note"} else 1)


def test_a_change_whose_answer_was_lost_is_there_and_not_made_twice(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = hotel.open()["number"]
    path, headers = f"/v1/agent/tickets/{number}", {"If-Match": "1"}
    lossy = Lossy(monkeypatch)
    first = hotel.api.call("PATCH", path, token=hotel.agent, body={"importance": "low"}, headers=headers)
    assert lossy.lost
    first.problem(503, "try_again")
    again = hotel.api.call("PATCH", path, token=hotel.agent, body={"importance": "low"}, headers=headers)
    assert (again.ok()["importance"], again.body["version"], len(again.body["audit"])) == ("low", 2, 1)


@pytest.mark.parametrize("newer", ["another agent", "another change", "another field", "a second change", "an answer"])
def test_a_change_is_no_repeat_when_something_else_is_newer(hotel: Hotel, newer: str) -> None:
    number = hotel.open()["number"]
    path = f"/v1/agent/tickets/{number}"

    def change(body: dict[str, str], version: str = "1", token: str = hotel.agent) -> Any:
        return hotel.api.call("PATCH", path, token=token, body=body, headers={"If-Match": version})

    if newer == "another agent":
        change({"importance": "low"}, token=hotel.api.running.agent_token("gia")).ok()
    if newer == "another change":
        change({"importance": "critical"}).ok()
    wanted = {"importance": "low"}
    if newer == "another field":
        change({"subject": "სხვა"}).ok()
        wanted = {"importance": "normal"}
    if newer == "an answer":
        body = {"text": "გასაგებია.", "status": "pending"}
        hotel.api.call("POST", f"{path}/messages", token=hotel.agent, body=body, headers={"If-Match": "1"}).ok(201)
        wanted = {"status": "pending"}
    if newer == "a second change":
        change({"importance": "low"}).ok()
        change({"subject": "სხვა"}, version="2").ok()
    news = change(wanted).problem(409, "ticket_changed")["messages"]
    assert len(news) == (newer == "an answer")


@pytest.mark.parametrize("broken_one", ["GetItem", "Query", "TransactWriteItems"])
def test_reading_whose_connection_breaks_is_told_as_try_again(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, broken_one: str
) -> None:
    """A break without any answer has no code to look at; whichever of a reading's calls it was, the next one reads."""
    from botocore.exceptions import ConnectionClosedError

    from chalicelib.adapters.tables import CONNECTION

    number = hotel.open()["number"]
    hotel.answer(number)
    real = CONNECTION.dispatch

    def broken(operation: str, kwargs: dict[str, object]) -> object:
        if operation == broken_one:
            raise ConnectionClosedError(endpoint_url="http://127.0.0.1")
        return real(operation, kwargs)

    monkeypatch.setattr(CONNECTION, "dispatch", broken)
    path, body = f"/v1/tickets/{number}/read", {"up_to": "m2"}
    hotel.api.call("POST", path, token=hotel.anna, body=body).problem(503, "try_again")
    monkeypatch.undo()
    hotel.api.call("POST", path, token=hotel.anna, body=body).ok(204)
    assert not hotel.api.get("/v1/tickets", hotel.anna)["items"][0]["unread"]


def test_conflicts_with_other_transactions_are_tried_again(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS cancels a transaction that meets another one; MiniStack, which does one thing at a time, never does."""
    from botocore.exceptions import ClientError

    from chalicelib.adapters import tables

    real, tokens, conflicts = tables.CLIENT._make_api_call, [], 3

    def meet(operation: str, kwargs: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems":
            tokens.append(kwargs["ClientRequestToken"])
            if len(tokens) <= conflicts:
                reasons = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in kwargs["TransactItems"][1:])]
                error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
                error["ResponseMetadata"] = {"HTTPStatusCode": 400}
                raise ClientError(error, operation)
        return real(operation, kwargs)

    monkeypatch.setattr(tables.CLIENT, "_make_api_call", meet)
    monkeypatch.setattr("chalicelib.adapters.tables.time.sleep", lambda _: None)
    assert hotel.open()["number"]
    assert len(tokens) == len(set(tokens)) == 4, "each attempt has a token of its own"
    tokens.clear()
    conflicts = 1000
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request).problem(503, "try_again")
