"""The log: one JSON line an invocation, with nothing in it that a person wrote or that opens a door."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.contract.conftest import Api, Hotel
from tests.contract.test_files import PNG
from tests.contract.test_route_matrix import LEAVER, ROWS, Named

CANARY = "kanarek-7f3a"
ALWAYS = {"level", "message", "timestamp", "service", "route", "request_id", "status", "duration_ms"}
HEADERS = (
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Cookie",
    "Idempotency-Key",
    "If-Match",
    "Origin",
    "Referer",
    "User-Agent",
    "X-Amzn-Trace-Id",
    "X-Anything",
    "X-Forwarded-For",
)


class Printed:
    """What the functions print: our lines, and whatever anything else says on the way out."""

    def __init__(self, ours: io.StringIO, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._ours, self._caplog, self._capfd, self._others = ours, caplog, capfd, ""

    def text(self) -> str:
        self._others += "".join(self._capfd.readouterr())
        return self._ours.getvalue() + self._caplog.text + self._others

    def lines(self, route: str | None = None) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._ours.getvalue().splitlines()]
        return [line for line in lines if route in {None, line["route"]}]


@pytest.fixture
def printed(hotel: Hotel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[Printed]:
    del hotel
    from chalicelib.observability import logger

    stream = io.StringIO()
    handler = next(each for each in logger.handlers if isinstance(each, logging.StreamHandler))
    before = handler.setStream(stream)
    capfd.readouterr()
    yield Printed(stream, caplog, capfd)
    assert before is not None
    handler.setStream(before)


def test_a_request_is_one_line_that_says_what_was_served(hotel: Hotel, printed: Printed) -> None:
    hotel.open()
    (line,) = printed.lines("POST /v1/tickets")
    assert set(line) == {*ALWAYS, "account", "user"}
    assert (line["status"], line["level"]) == (201, "INFO")
    assert line["request_id"]
    assert isinstance(line["duration_ms"], float)
    assert len(line["account"]) == len(line["user"]) == 16
    hotel.open()
    assert len({each["request_id"] for each in printed.lines("POST /v1/tickets")}) == 2, "API Gateway's id of each"
    authorized = printed.lines("authorize")[0]
    assert (authorized["status"], authorized["request_id"]) == (200, "authorizer")
    assert [authorized[name] for name in ("account", "user")] == [line[name] for name in ("account", "user")]


def test_an_agents_line_has_no_account(hotel: Hotel, printed: Printed) -> None:
    hotel.api.get("/v1/agent/catalog", hotel.agent)
    (line,) = printed.lines("GET /v1/agent/catalog")
    assert set(line) == {*ALWAYS, "user"}
    assert len(line["user"]) == 16


def test_a_duration_is_in_milliseconds_to_the_tenth(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import observability

    times = iter([1.0, 2.2345678])
    monkeypatch.setattr(observability, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    with observability.one_line("sweep", "one"):
        pass
    assert [line["duration_ms"] for line in printed.lines()] == [1234.6]


@pytest.mark.parametrize("token", [CANARY, "", "a.b.c"])
def test_a_refused_token_is_one_line_that_does_not_say_why(hotel: Hotel, printed: Printed, token: str) -> None:
    hotel.api.call("GET", "/v1/tickets", token=token).problem(401, "unauthorized")
    (line,) = printed.lines()
    assert set(line) == ALWAYS
    assert (line["route"], line["status"]) == ("authorize", 401)
    assert CANARY not in printed.text()


def test_accounts_and_users_are_told_apart_by_hashes_only(hotel: Hotel, printed: Printed) -> None:
    for token in (hotel.anna, hotel.beka, hotel.anna, hotel.agent):
        hotel.api.get("/v1/agent/catalog" if token == hotel.agent else "/v1/catalog", token)
    users = [line["user"] for line in printed.lines() if line["route"] != "authorize"]
    assert users[0] == users[2]
    assert len(set(users)) == 3
    assert hotel.account not in printed.text()


def _replaced(value: Any) -> Iterator[Any]:
    """A body with a canary in one of its texts or names, for each of them; and the canary as the whole."""
    yield CANARY
    if isinstance(value, dict):
        yield {**value, CANARY: 1}
        for name, inner in value.items():
            yield from ({**value, name: each} for each in _replaced(inner))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], each, *value[index + 1 :]] for each in _replaced(inner))


@pytest.fixture
def canaries(hotel: Hotel) -> dict[str, Any]:
    """A hotel user and a ticket of which every text is a canary; all of it was taken."""
    names = {"name": CANARY, "account_name": CANARY}
    token = hotel.api.running.hotel_token(f"{hotel.account}-{CANARY}", CANARY, **names)
    upload_id = hotel.api.upload(token, PNG, "image/png", name=f"{CANARY}.png")
    request = {**hotel.request, "subject": CANARY, "text": CANARY, "context": {CANARY: CANARY}, "upload_id": upload_id}
    supervisor = hotel.api.running.agent_token("marta", supervisor=True)
    leaver = hotel.api.running.make_agent(LEAVER)
    number = hotel.api.post("/v1/tickets", token, request, key=CANARY)["number"]
    to_him = {**hotel.request, "subject": CANARY, "text": CANARY, "requester": CANARY}
    hotel.api.post("/v1/agent/tickets", supervisor, {**to_him, "account": f"demo/{hotel.account}-{CANARY}"})
    notification = hotel.api.get("/v1/notifications", token)["items"][0]["id"]
    return {"token": token, "supervisor": supervisor, "number": number, "named": Named(number, notification, leaver)}


@pytest.mark.parametrize(("method", "path"), ROWS, ids=[" ".join(each) for each in ROWS])
def test_nothing_that_was_sent_is_printed(
    hotel: Hotel, canaries: dict[str, Any], printed: Printed, method: str, path: str
) -> None:
    """In every field, parameter and header, one at a time: some calls are taken, most are refused."""
    row, number = ROWS[method, path], canaries["number"]
    token = canaries["supervisor"] if row.audience == "agent" else canaries["token"]
    place, query = canaries["named"].place(path), row.query(hotel)
    version = {"If-Match": row.version} if row.version else {}
    body, statuses = row.body(hotel), set()
    for sent in [body, *(_replaced(body) if body is not None else ())]:
        statuses.add(hotel.api.call(method, place, token=token, body=sent, query=query, headers=version).status)
    for name in HEADERS:
        statuses.add(hotel.api.call(method, place, token=token, body=body, headers={**version, name: CANARY}).status)
    for name in ("cursor", "messages_cursor", "status", "topic", "date", "unread", "limit", "account", "state", CANARY):
        statuses.add(hotel.api.call(method, place, token=token, body=body, query={name: CANARY}).status)
    for raw in (CANARY.encode(), f'{{"subject": "{CANARY}'.encode(), b"\xff" + CANARY.encode()):
        statuses.add(hotel.api.call(method, place, token=token, raw=raw, headers=version).status)
    for parts in ({"number": CANARY, "id": "m1"}, {"number": number, "id": CANARY}):
        statuses.add(hotel.api.call(method, path.format(**parts), token=token, body=body, headers=version).status)
    assert row.status in statuses
    assert statuses & {400, 404}
    text = printed.text()
    assert len(printed.lines()) > len(statuses)
    assert all(set(line) - {"account", "user", "code"} == ALWAYS for line in printed.lines())
    for secret in (CANARY, hotel.account, token.split(".")[1], token.split(".")[2], "X-Amz-Signature"):
        assert secret not in text


@pytest.mark.parametrize("prefix", ["/v1", "/v1/agent"])
def test_no_signed_address_is_printed(hotel: Hotel, canaries: dict[str, Any], printed: Printed, prefix: str) -> None:
    token = canaries["token"] if prefix == "/v1" else hotel.agent
    url = hotel.api.get(f"{prefix}/tickets/{canaries['number']}/attachments/m1", token)["url"]
    assert "X-Amz-Signature" in url
    assert not {url, url.partition("?")[2], url.rpartition("=")[2]} & set(printed.text().split('"'))
    assert "X-Amz" not in printed.text()


def test_what_fails_unexpectedly_is_told_by_its_type_and_place_alone(
    hotel: Hotel, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.services import opening

    def fail(*_: object) -> None:
        raise ValueError(f"{CANARY} of {CANARY}") from KeyError(CANARY)

    monkeypatch.setattr(opening, "draw_number", fail)
    body = {**hotel.request, "subject": CANARY}
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body)
    answer.problem(500, "internal_error")
    (line,) = printed.lines("POST /v1/tickets")
    assert set(line) == {*ALWAYS, "account", "user", "error", "where"}
    assert (line["status"], line["level"], line["error"]) == (500, "ERROR", "ValueError < KeyError")
    assert line["where"][-1].startswith("tests/contract/test_logs.py:")
    assert line["where"][-1].endswith(" fail")
    assert line["request_id"] == answer.body["request_id"]
    assert 1 < len(line["where"]) <= 5
    assert line["where"][-2].endswith(" open_new"), "the innermost line of ours"
    assert CANARY not in printed.text() + str(answer.body)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_aws_refuses_is_told_by_its_code_and_our_line(
    hotel: Hotel, printed: Printed, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    from botocore.exceptions import ClientError

    from chalicelib.adapters import tables

    def refuse(operation: str, *_: object) -> None:
        error: Any = {"Error": {"Code": "AccessDeniedException", "Message": CANARY}}
        error["ResponseMetadata"] = {"HTTPStatusCode": 400}
        error["CancellationReasons"] = [{"Code": "None"}, {"Code": "ValidationError", "Message": CANARY}, {}]
        raise ClientError(error, operation)

    monkeypatch.setattr(tables.CLIENT, "_make_api_call", refuse)
    body = hotel.request if method == "POST" else None
    hotel.api.call(method, "/v1/tickets", token=hotel.anna, body=body).problem(500, "internal_error")
    (line,) = printed.lines(f"{method} /v1/tickets")
    assert line["aws"] == ["AccessDeniedException", "ValidationError"]
    assert any(place.startswith("chalicelib/adapters/") for place in line["where"])
    assert CANARY not in printed.text()


def test_errors_that_cause_each_other_are_told_once() -> None:
    from chalicelib.observability import cause

    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert cause(one) == {"error": "ValueError < KeyError", "where": []}


def test_a_busy_table_is_told_with_its_cause(hotel: Hotel, printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ReadTimeoutError

    from chalicelib.adapters.tables import CONNECTION

    def break_down(*_: object) -> None:
        raise ReadTimeoutError(endpoint_url=f"http://{CANARY}")

    monkeypatch.setattr(CONNECTION, "dispatch", break_down)
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request).problem(503, "try_again")
    (line,) = printed.lines("POST /v1/tickets")
    assert (line["code"], line["status"], line["level"]) == ("try_again", 503, "ERROR")
    assert line["error"].startswith("TryAgain < ")
    assert line["error"].endswith("ReadTimeoutError")
    assert CANARY not in printed.text()


@pytest.mark.parametrize("function", ["authorize", "sweep", "tick", "relay", "connect", "message", "disconnect"])
def test_a_function_that_nobody_waits_for_fails_without_a_word_of_what_it_had(
    api: Api, printed: Printed, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    import traceback

    from chalicelib.handlers import authorizer, push, sockets, sweep, timers
    from chalicelib.observability import Failed

    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(authorizer, "identify", fail)
    monkeypatch.setattr(sweep, "sweep_uploads", fail)
    monkeypatch.setattr("chalicelib.services.timers.sweep", fail)
    monkeypatch.setattr("chalicelib.services.relay.relay", fail)
    for name in ("connect", "receive", "disconnect"):
        monkeypatch.setattr(f"chalicelib.services.sockets.{name}", fail)
    frame = {"requestContext": {"connectionId": CANARY}, "body": CANARY, "queryStringParameters": {"ticket": CANARY}}
    event = {"type": "TOKEN", "authorizationToken": CANARY, "methodArn": "a/b/GET/v1/tickets"}
    invoke = {
        "authorize": lambda: api.authorize(event, SimpleNamespace(aws_request_id="one")),
        "sweep": lambda: sweep.run("one"),
        "tick": lambda: timers.tick("one"),
        "relay": lambda: push.relay({"Records": []}, "one"),
        "connect": lambda: sockets.connect(frame, "one"),
        "message": lambda: sockets.receive(frame, "one"),
        "disconnect": lambda: sockets.disconnect(frame, "one"),
    }[function]
    with pytest.raises(Failed) as failed:
        invoke()
    (line,) = printed.lines()
    assert set(line) - {"changes"} == {*ALWAYS, "error", "where"}
    assert (line["route"], line["request_id"], line["status"]) == (function, "one", 500)
    # Lambda prints what leaves a function, with its traceback.
    assert CANARY not in printed.text() + "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize("function", ["push", "remind"])
def test_a_message_that_fails_is_told_without_a_word_of_it(
    api: Api, printed: Printed, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    del api
    from chalicelib.handlers import push, timers

    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr("chalicelib.services.pushing.push", fail)
    monkeypatch.setattr("chalicelib.services.timers.handle", fail)
    bodies = {
        "push": {"type": "notification", "pk": CANARY, "sk": CANARY},
        "remind": {"type": "fire", "timer": {"table": "tickets", "pk": CANARY, "sk": CANARY, "name": CANARY}},
    }
    records = [
        {"messageId": str(n), "eventSource": "aws:sqs", "body": body}
        for n, body in enumerate(("x" + CANARY, json.dumps(bodies[function])))
    ]
    answer = {"push": push.push, "remind": timers.remind}[function]({"Records": records}, "one")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]}
    (line,) = printed.lines()
    assert set(line) == {*ALWAYS, "error", "where", "messages", "done", "failed"}
    assert (line["route"], line["level"], line["messages"], line["done"], line["failed"]) == (
        function,
        "ERROR",
        2,
        0,
        2,
    )
    assert CANARY not in printed.text()


def test_a_canary_put_there_on_purpose_is_found(printed: Printed) -> None:
    from chalicelib.observability import logger, one_line

    with one_line("GET /v1/tickets", "one") as line:
        line["subject"] = f"{CANARY} in a line"
    assert f"{CANARY} in a line" in printed.text()
    assert set(printed.lines()[0]) - {"account", "user", "code"} != ALWAYS
    sys.stdout.write(f"{CANARY} printed")
    sys.stderr.write(f"{CANARY} said")
    logging.getLogger("botocore").warning("%s by a library", CANARY)
    logger.warning(CANARY)
    for each in ("in a line", "printed", "said", "by a library"):
        assert f"{CANARY} {each}" in printed.text()
