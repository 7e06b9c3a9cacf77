"""What no message took within its day is cleared away; what a message has taken never is."""

import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.errors import TryAgain
from tests.conftest import wait_until
from tests.contract.conftest import Answer, Hotel, declaration, items_of
from tests.files import DOCX, REAL

PNG = REAL["image/png"][0]
MOMENT = timedelta(milliseconds=1)
AFTER = timedelta(hours=1)
"""How long the sweep waits after an upload's day."""


def _sweep(now: datetime) -> int:
    """A sweep that reaches uploads whose day ended by `now`; gives how many went."""
    from chalicelib.services.uploads import sweep_uploads

    return sweep_uploads(now + AFTER).gone


@dataclass(frozen=True)
class Declared:
    """An upload of Anna's, and what the service still knows of it."""

    hotel: Hotel
    id: str
    key: str
    record: dict[str, Any]

    @property
    def until(self) -> datetime:
        """When its day is over."""
        found = datetime.fromisoformat(json.loads(self.record["data"]["S"])["claim_until"])
        assert found.tzinfo is not None
        return found

    @property
    def place(self) -> tuple[str, str]:
        return self.record["pk"]["S"], self.record["sk"]["S"]

    def state(self) -> str | None:
        """The record's state; None when there is no record."""
        found = _record(self.hotel, self.id)
        return str(found["state"]["S"]) if found else None

    def is_stored(self) -> bool:
        """Whether its bytes are in the bucket."""
        s3 = self.hotel.api.running.stack.deployment.client("s3")
        found = s3.list_objects_v2(Bucket=_bucket(), Prefix=self.key)
        return [each["Key"] for each in found.get("Contents", [])] == [self.key]

    def is_listed(self) -> bool:
        """Whether a sweep would still find it."""
        from chalicelib.adapters import uploads

        found = uploads.find_expired(self.until + timedelta(days=1), limit=10_000)
        return self.id in {upload.id for _, upload in found}

    def claim(self) -> Answer:
        """Anna opens a ticket with it."""
        body = {**self.hotel.request, "upload_id": self.id}
        return self.hotel.api.call("POST", "/v1/tickets", token=self.hotel.anna, body=body)

    def expire(self) -> bool:
        """What a sweep does first: from then on nobody may claim it."""
        from chalicelib.adapters import uploads

        return uploads.expire(self.place, self.until + AFTER)


def _room(step: str) -> Any:
    """Where a step of the sweep is done."""
    from chalicelib.adapters import bucket, uploads

    return bucket if step == "delete_bytes" else uploads


def _bucket() -> str:
    from chalicelib.settings import settings

    return settings().attachments_bucket


def _record(hotel: Hotel, upload_id: str) -> dict[str, Any] | None:
    items = (json.loads(each) for each in items_of(hotel.api.running)["LiveTableName"])
    return next((item for item in items if item["sk"]["S"] == f"upload#{upload_id}"), None)


def _declare(hotel: Hotel, content: bytes = PNG, type_: str = "image/png", *, put: bool = True) -> Declared:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(content, type_, "ფოტო"))
    if put:
        httpx.put(ready["url"], content=content, headers=ready["headers"], trust_env=False).raise_for_status()
    record = _record(hotel, ready["upload_id"])
    assert record
    return Declared(hotel, ready["upload_id"], json.loads(record["data"]["S"])["key"], record)


def _download(hotel: Hotel, number: str) -> bytes:
    url = hotel.api.get(f"/v1/tickets/{number}/attachments/m1", hotel.anna)["url"]
    return httpx.get(url, trust_env=False).raise_for_status().content


def _assert_gone(upload: Declared) -> None:
    assert (upload.state(), upload.is_stored(), upload.is_listed()) == (None, False, False)


def _assert_taken_or_gone(upload: Declared, answer: Answer) -> None:
    """Never a message without bytes, and never bytes without a message once the sweeps are through."""
    tickets = upload.hotel.api.get("/v1/tickets", upload.hotel.anna)["items"]
    if answer.status == 201:
        assert answer.body["number"] in {each["number"] for each in tickets}
        assert answer.body["messages"][0]["attachment"]
        assert _download(upload.hotel, answer.body["number"]) == PNG
        assert (upload.state(), upload.is_listed()) == ("claimed", False)
    else:
        assert (answer.status, answer.body["code"]) in {
            (404, "not_found"),
            (409, "upload_used"),
            (409, "upload_missing"),
        }
        _assert_gone(upload)


@pytest.mark.parametrize("put", [True, False])
def test_an_upload_that_no_message_took_is_gone_once_its_day_is_over_and_not_before(hotel: Hotel, *, put: bool) -> None:
    upload = _declare(hotel, put=put)
    before = datetime.now(UTC) + timedelta(days=1)
    assert before - timedelta(minutes=1) < upload.until <= before
    _sweep(upload.until - MOMENT)
    assert (upload.state(), upload.is_stored(), upload.is_listed()) == ("pending", put, True)
    assert _sweep(upload.until) >= 1
    _assert_gone(upload)
    upload.claim().problem(404, "not_found")


def test_an_upload_that_its_day_has_not_ended_for_can_still_be_taken_after_a_sweep(hotel: Hotel) -> None:
    upload = _declare(hotel)
    _sweep(upload.until - MOMENT)
    assert _download(hotel, upload.claim().ok(201)["number"]) == PNG


def test_an_upload_can_be_taken_until_its_day_ends_and_not_at_its_end(hotel: Hotel) -> None:
    from chalicelib.adapters import tables, uploads
    from chalicelib.domain.people import AccountId, HotelUser
    from chalicelib.errors import NotFound

    upload = _declare(hotel)
    anna = HotelUser(account=AccountId(f"demo/{hotel.account}"), id="anna", name="Anna", expires_at=upload.until)

    def claim(now: datetime) -> None:
        writes = tables.Writes()
        uploads.claim(writes, anna, _as_upload(upload), now)
        writes.commit()

    assert uploads.find_upload(anna, upload.id, upload.until - MOMENT).id == upload.id
    for refused in (lambda now: uploads.find_upload(anna, upload.id, now), claim):
        with pytest.raises(NotFound):
            refused(upload.until)
    assert upload.state() == "pending"
    claim(upload.until - MOMENT)
    assert upload.state() == "claimed"


def test_a_used_upload_is_told_from_an_unknown_one_for_a_week(hotel: Hotel) -> None:
    upload = _declare(hotel)
    assert "expires_at" not in upload.record, "only a sweep may end what nobody took"
    upload.claim().ok(201)
    record = _record(hotel, upload.id)
    assert record
    left = datetime.fromtimestamp(int(record["expires_at"]["N"]), UTC) - datetime.now(UTC)
    assert timedelta(days=7, minutes=-1) < left <= timedelta(days=7)


def test_a_file_that_a_message_has_is_kept_for_ever(hotel: Hotel) -> None:
    taken, left = _declare(hotel), _declare(hotel)
    number = taken.claim().ok(201)["number"]
    _sweep(datetime.now(UTC) + timedelta(days=3653))
    _assert_gone(left)
    assert (taken.state(), taken.is_stored(), taken.is_listed()) == ("claimed", True, False)
    assert _download(hotel, number) == PNG


def test_what_was_refused_for_its_content_is_cleared_away_too(hotel: Hotel) -> None:
    upload = _declare(hotel, b"<html>", "text/plain")
    upload.claim().problem(415, "unsupported_media_type")
    _sweep(upload.until)
    _assert_gone(upload)


def test_agents_uploads_are_cleared_away_like_hotels(hotel: Hotel) -> None:
    content, _ = REAL[DOCX]
    ids = [hotel.api.upload(hotel.agent, content, DOCX, prefix="/v1/agent") for _ in range(2)]
    number = hotel.open()["number"]
    sent = hotel.answer(number, upload_id=ids[0])
    _sweep(datetime.now(UTC) + timedelta(days=2))
    assert _record(hotel, ids[1]) is None
    path = f"/v1/agent/tickets/{number}/attachments/{sent['attachment']['id']}"
    assert httpx.get(hotel.api.get(path, hotel.agent)["url"], trust_env=False).content == content
    unknown = {"text": "x", "upload_id": ids[1]}
    answer = hotel.api.call("POST", f"/v1/agent/tickets/{number}/messages", token=hotel.agent, body=unknown)
    answer.problem(404, "not_found")


def test_another_hotels_file_of_the_same_content_is_not_touched(hotel: Hotel) -> None:
    other = hotel.api.running.hotel_token(f"{hotel.account}-2")
    number = hotel.open(other, upload_id=hotel.api.upload(other, PNG, "image/png"))["number"]
    upload = _declare(hotel)
    _sweep(upload.until)
    _assert_gone(upload)
    url = hotel.api.get(f"/v1/tickets/{number}/attachments/m1", other)["url"]
    assert httpx.get(url, trust_env=False).content == PNG


def test_an_upload_expires_only_once_its_day_and_the_hour_after_it_are_over(hotel: Hotel) -> None:
    from chalicelib.adapters import uploads

    upload = _declare(hotel)
    assert not uploads.expire(upload.place, upload.until + AFTER - MOMENT)
    assert upload.state() == "pending"
    assert uploads.expire(upload.place, upload.until + AFTER)
    assert upload.state() == "expired"


def test_what_is_not_due_is_not_even_looked_at(hotel: Hotel) -> None:
    from chalicelib.adapters import uploads

    upload = _declare(hotel)
    is_due = upload.until + AFTER
    for now, expected in ((is_due - MOMENT, False), (is_due, True)):
        found = {each.id for _, each in uploads.find_expired(now, limit=10_000)}
        assert (upload.id in found) is expected


def test_only_what_has_expired_is_forgotten(hotel: Hotel) -> None:
    from chalicelib.adapters import uploads

    pending, taken, expired = (_declare(hotel) for _ in range(3))
    taken.claim().ok(201)
    expired.expire()
    for each in (pending, taken, expired):
        uploads.forget(each.place)
    assert [each.state() for each in (pending, taken, expired)] == ["pending", "claimed", None]


def test_a_second_sweep_finds_nothing_more(hotel: Hotel) -> None:
    upload = _declare(hotel)
    _sweep(upload.until)
    assert _sweep(upload.until) == 0
    _assert_gone(upload)


def test_a_sweep_that_may_take_only_a_few_leaves_the_rest_to_the_next(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.services import uploads

    waiting = [_declare(hotel) for _ in range(3)]
    _sweep(waiting[0].until - MOMENT)
    monkeypatch.setattr(uploads, "SWEPT_AT_ONCE", 2)
    now = waiting[-1].until
    assert _sweep(now) == 2
    assert [each.is_listed() for each in waiting] == [False, False, True], "the oldest go first"
    assert _sweep(now) == 1
    for each in waiting:
        _assert_gone(each)


def test_the_clocks_handler_prints_one_line_that_says_how_many_went(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many is what the sweep says: the stack's own clock may have taken some."""
    from chalicelib.handlers import sweep
    from chalicelib.observability import logger
    from chalicelib.services import uploads

    gone: list[int] = []

    def counted(now: datetime) -> uploads.Swept:
        swept = uploads.sweep_uploads(now + timedelta(minutes=2) + AFTER)
        gone.append(swept.gone)
        return swept

    monkeypatch.setattr(sweep, "sweep_uploads", counted)
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "CLAIM_WITHIN", timedelta(minutes=1))
        expired = [_declare(hotel) for _ in range(2)]
    kept, printed = _declare(hotel), io.StringIO()
    handler = next(each for each in logger.handlers if isinstance(each, logging.StreamHandler))
    before = handler.setStream(printed)
    try:
        sweep.run("sweep")
    finally:
        assert before is not None
        handler.setStream(before)
    (line,) = (json.loads(each) for each in printed.getvalue().splitlines())
    assert (line["route"], line["request_id"], [line["uploads"]]) == ("sweep", "sweep", gone)
    assert hotel.account not in printed.getvalue()
    for each in expired:
        _assert_gone(each)
    assert kept.claim().ok(201)


def _refused(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # as much as is read
        "DeleteObject",
    )


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (EndpointConnectionError(endpoint_url="injected"), TryAgain),
        (_refused("SlowDown", 503), TryAgain),
        (_refused("InternalError", 500), TryAgain),
        (_refused("NoSuchBucket", 404), ClientError),
    ],
)
def test_a_file_that_could_not_be_deleted_stays_in_the_list_until_it_can(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception]
) -> None:
    from chalicelib.adapters import bucket

    upload, s3 = _declare(hotel), bucket._s3()
    delete = s3.delete_object

    def fails(**request: str) -> Any:
        if request["Key"] == upload.key:
            raise error
        return delete(**request)

    with monkeypatch.context() as patch:
        patch.setattr(s3, "delete_object", fails)
        for _ in range(2):
            with pytest.raises(raised):
                _sweep(upload.until)
            assert (upload.state(), upload.is_stored(), upload.is_listed()) == ("expired", True, True)
        upload.claim().problem(404, "not_found")
    _sweep(upload.until)
    _assert_gone(upload)


def test_a_file_that_s3_refuses_to_delete_holds_up_no_other_and_is_told(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from chalicelib.adapters import bucket
    from chalicelib.handlers import sweep
    from chalicelib.services import uploads as services

    kept, other, s3 = _declare(hotel), _declare(hotel), bucket._s3()
    delete = s3.delete_object

    def refuse(**request: str) -> Any:
        if request["Key"] == kept.key:
            raise _refused("AccessDenied", 403)
        return delete(**request)

    with monkeypatch.context() as patch:
        patch.setattr(s3, "delete_object", refuse)
        patch.setattr(sweep, "sweep_uploads", lambda _: services.sweep_uploads(max(kept.until, other.until) + AFTER))
        sweep.run("sweep")
    assert (kept.state(), kept.is_stored(), kept.is_listed()) == ("expired", True, True)
    _assert_gone(other)
    assert [each.levelname for each in caplog.records if vars(each).get("route") == "sweep"] == ["ERROR"]
    _sweep(kept.until)
    _assert_gone(kept)


def test_every_file_that_s3_refuses_to_delete_is_counted(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters import bucket
    from chalicelib.services.uploads import Swept, sweep_uploads

    waiting = [_declare(hotel) for _ in range(5)]
    _sweep(waiting[0].until - MOMENT)
    with monkeypatch.context() as patch:
        patch.setattr(bucket, "delete_bytes", lambda upload: upload.id not in {each.id for each in waiting[:3]})
        assert sweep_uploads(waiting[-1].until + AFTER) == Swept(gone=2, refused=3)
    assert sweep_uploads(waiting[-1].until + AFTER) == Swept(gone=3)


@pytest.mark.parametrize("step", ["expire", "delete_bytes", "forget"])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_sweep_that_ends_at_any_step_is_finished_by_the_next(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, step: str, *, is_done: bool
) -> None:
    """Before the step, or after it: then only its answer was lost."""
    room = _room(step)
    upload, real = _declare(hotel), getattr(room, step)

    def ends(of: Any, *others: Any) -> Any:
        if of not in (upload.place, _as_upload(upload)):
            return real(of, *others)
        if is_done:
            real(of, *others)
        raise TryAgain

    with monkeypatch.context() as patch:
        patch.setattr(room, step, ends)
        with pytest.raises(TryAgain):
            _sweep(upload.until)
    was_deleted = step == "forget" or (step == "delete_bytes" and is_done)
    was_forgotten = step == "forget" and is_done
    assert (upload.is_stored(), upload.is_listed()) == (not was_deleted, not was_forgotten)
    _sweep(upload.until)
    _assert_gone(upload)


def _as_upload(declared: Declared) -> Any:
    import msgspec

    from chalicelib.domain.file import Upload

    return msgspec.json.decode(declared.record["data"]["S"], type=Upload)


@pytest.mark.parametrize("step", ["expire", "delete_bytes", "forget"])
def test_two_sweeps_at_once_do_not_disturb_each_other(hotel: Hotel, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The clock may start one twice; the second comes while the first is between two steps."""
    room = _room(step)
    upload, real = _declare(hotel), getattr(room, step)
    _sweep(upload.until - MOMENT)
    second: list[int] = []

    def after_another(*given: Any) -> Any:
        monkeypatch.setattr(room, step, real)
        second.append(_sweep(upload.until))
        return real(*given)

    monkeypatch.setattr(room, step, after_another)
    _sweep(upload.until)
    assert second == [1]
    _assert_gone(upload)


def test_an_upload_whose_right_was_taken_away_is_not_found_and_nothing_is_written(hotel: Hotel) -> None:
    expired, free = _declare(hotel), _declare(hotel)
    assert expired.expire()
    before = items_of(hotel.api.running)
    expired.claim().problem(404, "not_found")
    assert items_of(hotel.api.running) == before
    assert free.claim().ok(201)
    _sweep(expired.until)
    _assert_gone(expired)


def test_a_claim_that_is_overtaken_after_it_saw_the_file_is_refused_and_nothing_is_written(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.services import tickets, uploads

    upload, find_file = _declare(hotel), uploads.find_file
    after: list[dict[str, list[str]]] = []

    def overtaken(*given: Any) -> Any:
        found = find_file(*given)
        assert found
        _sweep(upload.until)
        after.append(items_of(hotel.api.running))
        return found

    monkeypatch.setattr(tickets, "find_file", overtaken)
    answer = upload.claim()
    answer.problem(404, "not_found")
    assert [items_of(hotel.api.running)] == after
    _assert_taken_or_gone(upload, answer)


def test_an_upload_that_is_claimed_after_the_sweep_saw_it_keeps_its_file_and_holds_up_no_other(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.adapters import uploads

    upload, next_one, expire = _declare(hotel), _declare(hotel), uploads.expire
    answers: list[Answer] = []

    def late(place: tuple[str, str], now: datetime) -> bool:
        if place == upload.place:
            answers.append(upload.claim())
        return expire(place, now)

    monkeypatch.setattr(uploads, "expire", late)
    _sweep(next_one.until)
    assert answers[0].status == 201
    _assert_taken_or_gone(upload, answers[0])
    _assert_gone(next_one)


@pytest.mark.parametrize("step", ["delete_bytes", "forget"])
def test_an_upload_is_not_claimed_while_the_sweep_deletes_it(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    room = _room(step)
    upload, real = _declare(hotel), getattr(room, step)
    _sweep(upload.until - MOMENT)
    answers: list[Answer] = []

    def meanwhile(of: Any) -> Any:
        answers.append(upload.claim())
        return real(of)

    monkeypatch.setattr(room, step, meanwhile)
    _sweep(upload.until)
    answers[0].problem(404, "not_found")
    _assert_taken_or_gone(upload, answers[0])


@pytest.mark.parametrize("_", range(2))
@pytest.mark.parametrize(
    "begins_at", ["uploads.find_upload", "bucket.open_bytes", "uploads.claim", "tables.Writes.commit"]
)
def test_a_claim_and_a_sweep_at_the_same_moment_have_one_winner(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, begins_at: str, _: int
) -> None:
    """The sweep is told that the day is over, the claim that it is not: only the record decides.

    The sweep begins when the claim has come to one of its steps, and they go on side by side.
    """
    from chalicelib.adapters import bucket, tables, uploads

    upload, claim_is_there = _declare(hotel), Event()
    _sweep(upload.until - MOMENT)
    room: Any = {"uploads": uploads, "bucket": bucket, "tables.Writes": tables.Writes}[begins_at.rpartition(".")[0]]
    real = getattr(room, begins_at.rpartition(".")[2])

    def step(*given: Any) -> Any:
        claim_is_there.set()
        return real(*given)

    def sweep() -> None:
        assert claim_is_there.wait(30)
        _sweep(upload.until)

    monkeypatch.setattr(room, begins_at.rpartition(".")[2], step)
    with ThreadPoolExecutor(1) as pool:
        sweeping = pool.submit(sweep)
        answer = upload.claim()
        sweeping.result(60)
    _assert_taken_or_gone(upload, answer)


def test_claims_and_sweeps_around_the_end_of_the_day_leave_no_message_without_its_file(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the real clock: seven uploads with a day of five seconds, claimed around its end, and one with a whole day."""
    from chalicelib.services import uploads

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "CLAIM_WITHIN", timedelta(seconds=5))
        short = [_declare(hotel) for _ in range(7)]
    waiting = [_declare(hotel), *short]
    early = [timedelta(days=1), *(timedelta(milliseconds=each) for each in (80, 60, 40, 20, 10, 0, -10))]

    def claim(number: int) -> Answer:
        wait_until(lambda: datetime.now(UTC) >= waiting[number].until - early[number])
        return waiting[number].claim()

    with ThreadPoolExecutor(8) as pool:
        claiming = [pool.submit(claim, number) for number in range(8)]
        while not all(each.done() for each in claiming):
            _sweep(datetime.now(UTC))
        answers = [each.result() for each in claiming]
    _sweep(waiting[-1].until)
    assert (answers[0].status, answers[-1].status) == (201, 404)
    for upload, answer in zip(waiting, answers, strict=True):
        _assert_taken_or_gone(upload, answer)


def test_no_address_outlives_its_uploads_day(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that came once the sweep has passed would be nobody's for ever."""
    from chalicelib.services import uploads

    body = declaration(PNG, "image/png", "a.png")
    first = hotel.api.post("/v1/uploads", hotel.anna, body, key="first")
    assert 9 < _minutes_left(first) <= 10
    monkeypatch.setattr(uploads, "CLAIM_WITHIN", timedelta(minutes=3))
    short = hotel.api.post("/v1/uploads", hotel.anna, body, key="short")
    again = hotel.api.post("/v1/uploads", hotel.anna, body, key="short")
    for ready in (short, again):
        assert 2 < _minutes_left(ready) <= 3
        assert int(httpx.URL(ready["url"]).params["X-Amz-Expires"]) <= 180
    assert again["upload_id"] == short["upload_id"]


def _minutes_left(ready: Any) -> float:
    return (datetime.fromisoformat(ready["expires_at"]) - datetime.now(UTC)) / timedelta(minutes=1)
