"""AWS's side, played where the local stack never shows it: what we make of each answer.

botocore asks the handlers of `before-send` for an answer before it opens a connection. One stands there and speaks as
AWS does, in AWS's own shapes, so that parsing, retries and the translation of errors are the real ones.
`docs/aws-differences.md` has a row for each.
"""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import urllib3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from tests.contract.conftest import Hotel
from tests.contract.test_files import PNG
from tests.contract.test_history import turned

Answer = AWSResponse | None
"""What AWS says; None lets the request go on to the local stack."""
Player = Callable[[Any, int], Answer]
ATTEMPTS = 3
TBILISI = ZoneInfo("Asia/Tbilisi")


@dataclass
class Aws:
    """Who answers in AWS's place: an operation's player, asked at each attempt."""

    asked: list[tuple[str, Any]] = field(default_factory=list)
    players: dict[str, Player] = field(default_factory=dict)

    def plays(self, operation: str, player: Player) -> None:
        """From now on this player answers the operation; it is told how often it was asked before."""
        self.players[operation] = player
        self.asked.clear()

    def says(self, operation: str, status: int, body: bytes, *, times: int = 1000) -> None:
        """The operation's next calls are answered so."""
        self.plays(operation, lambda request, before: reply(request, status, body) if before < times else None)

    def requests(self, operation: str) -> list[Any]:
        """What the operation was asked with, attempt by attempt."""
        return [request for name, request in self.asked if name == operation]

    def answer(self, request: Any, event_name: str, **_: Any) -> Answer:
        """The handler that botocore asks."""
        operation = event_name.rpartition(".")[2]
        before = len(self.requests(operation))
        is_json = "json" in str(request.headers.get("Content-Type"))
        self.asked.append((operation, json.loads(request.body) if is_json else request.url))
        player = self.players.get(operation)
        return player(request, before) if player else None


def reply(request: Any, status: int, body: bytes, **headers: str) -> AWSResponse:
    raw = urllib3.HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)
    return AWSResponse(request.url, status, dict(raw.headers), raw)  # type: ignore[arg-type]  # any mapping does


def passed_on(request: Any, **changes: Any) -> AWSResponse:
    """The local stack's own answer to the request with these changes."""
    body = json.dumps(json.loads(request.body) | changes)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    found = urllib3.request(request.method, request.url, body=body, headers=headers)
    return reply(request, found.status, found.data)


def error(code: str, message: str = "", *, room: str = "com.amazonaws.dynamodb.v20120810", **more: Any) -> bytes:
    """An error as the JSON protocols write it."""
    return json.dumps({"__type": f"{room}#{code}", "message": message, **more}).encode()


def canceled(*codes: str) -> bytes:
    """A transaction that DynamoDB cancels, with a reason for each of its items."""
    reasons = [{"Code": code} if code == "None" else {"Code": code, "Message": "why"} for code in codes]
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    return error("TransactionCanceledException", Message=message, CancellationReasons=reasons)


@pytest.fixture
def aws(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    del hotel
    from chalicelib.adapters import agents, bucket, tables

    played, clients = Aws(), (tables.CLIENT, bucket._s3(), agents._pool())
    monkeypatch.setattr("time.sleep", lambda _: None)
    for client in clients:
        client.meta.events.register("before-send", played.answer)
    yield played
    for client in clients:
        client.meta.events.unregister("before-send", played.answer)


THROTTLED: Any = {
    "ThrottlingReasons": [{"reason": "TableWriteKeyRangeThroughputExceeded", "resource": "arn:aws:dynamodb"}]
}
PASSING = {
    "a hot partition": (400, error("ProvisionedThroughputExceededException", **THROTTLED)),
    "an index that lags": (400, error("ThrottlingException", **THROTTLED)),
    "the control plane's throttle": (400, error("ThrottlingException", room="com.amazon.coral.availability")),
    "the account's limit": (400, error("RequestLimitExceeded")),
    "a fault": (500, error("InternalServerError")),
    "a fault of the front": (500, error("InternalFailure", room="com.amazon.coral.service")),
    "unavailable": (503, error("ServiceUnavailableException", room="com.amazon.coral.service")),
    "unavailable, without a word": (503, b""),
    "a balancer's page": (502, b"<html><body>502 Bad Gateway</body></html>"),
}


@pytest.mark.parametrize("what", PASSING)
def test_what_passes_by_itself_is_tried_three_times_and_told_as_try_again(hotel: Hotel, aws: Aws, what: str) -> None:
    for operation, method, body in (("Query", "GET", None), ("TransactWriteItems", "POST", hotel.request)):
        aws.says(operation, *PASSING[what])
        hotel.api.call(method, "/v1/tickets", token=hotel.anna, body=body).problem(503, "try_again")
        assert len(aws.requests(operation)) == ATTEMPTS
        aws.says(operation, *PASSING[what], times=ATTEMPTS - 1)
        assert hotel.api.call(method, "/v1/tickets", token=hotel.anna, body=body).status < 300


def test_a_connection_that_aws_closed_while_the_function_slept_is_made_anew(hotel: Hotel, aws: Aws) -> None:
    def once(request: Any, before: int) -> Answer:
        if before == 0:
            raise ConnectionClosedError(endpoint_url=request.url)
        return None

    for operation in ("GetItem", "Query", "TransactWriteItems"):
        aws.plays(operation, once)
        hotel.view(hotel.open()["number"])
        hotel.api.post(f"/v1/tickets/{hotel.open()['number']}/close", hotel.anna, status=200)
        assert aws.requests(operation)


@pytest.mark.parametrize("reason", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_throttled_transaction_is_told_as_try_again(hotel: Hotel, aws: Aws, reason: str) -> None:
    aws.says("TransactWriteItems", 400, canceled("None", reason, "TransactionConflict", "None"))
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request).problem(503, "try_again")
    assert len(aws.requests("TransactWriteItems")) == 1, "not tried again by ourselves: the caller waits"


def test_a_transaction_that_meets_another_is_tried_again_as_a_new_one(hotel: Hotel, aws: Aws) -> None:
    aws.says("TransactWriteItems", 400, canceled("None", "TransactionConflict", "None", "None"), times=3)
    assert hotel.open()["number"]
    tokens = [request["ClientRequestToken"] for request in aws.requests("TransactWriteItems")]
    assert len(tokens) == len(set(tokens)) == 4


@pytest.mark.parametrize("reason", ["ItemCollectionSizeLimitExceeded", "ValidationError", "AccessDenied"])
def test_a_transaction_that_can_never_succeed_is_our_fault_and_not_tried_again(
    hotel: Hotel, aws: Aws, reason: str
) -> None:
    aws.says("TransactWriteItems", 400, canceled("None", reason, "None", "None"))
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request).problem(500, "internal_error")
    assert len(aws.requests("TransactWriteItems")) == 1


def test_a_transaction_whose_answer_is_lost_is_sent_again_with_its_token_and_done_once(hotel: Hotel, aws: Aws) -> None:
    def lost(request: Any, before: int) -> Answer:
        if before == 0:
            assert passed_on(request).status_code == 200
            return reply(request, 500, error("InternalServerError"))
        return reply(request, 400, error("TransactionInProgressException")) if before == 1 else None

    aws.plays("TransactWriteItems", lost)
    number = hotel.open()["number"]
    assert [row["number"] for row in hotel.api.get("/v1/tickets", hotel.anna)["items"]] == [number]
    assert len({request["ClientRequestToken"] for request in aws.requests("TransactWriteItems")}) == 1


def test_keys_that_a_batch_leaves_over_are_asked_for_again_and_as_strongly(hotel: Hotel, aws: Aws) -> None:
    numbers = [hotel.open()["number"] for _ in range(5)]

    def by_twos(request: Any, _: int) -> Answer:
        ((table, asked),) = json.loads(request.body)["RequestItems"].items()
        answer = passed_on(request, RequestItems={table: {**asked, "Keys": asked["Keys"][:2]}})
        left = {table: {**asked, "Keys": asked["Keys"][2:]}} if asked["Keys"][2:] else {}
        return reply(request, 200, json.dumps(json.loads(answer.content) | {"UnprocessedKeys": left}).encode())

    aws.plays("BatchGetItem", by_twos)
    found = hotel.api.get("/v1/agent/tickets", hotel.agent, view="all", account=f"demo/{hotel.account}")["items"]
    assert [row["number"] for row in found] == numbers[::-1]
    asked = [each for request in aws.requests("BatchGetItem") for each in request["RequestItems"].values()]
    assert [len(each["Keys"]) for each in asked] == [5, 3, 1]
    assert all(each["ConsistentRead"] for each in asked)


def test_a_list_is_the_same_however_short_and_empty_dynamodbs_pages_are(hotel: Hotel, aws: Aws) -> None:
    """A page ends at 1 MB, or earlier; only a missing LastEvaluatedKey says that there is no more."""
    numbers = [hotel.open(subject=str(n))["number"] for n in range(4)]
    for text in "abc":
        hotel.answer(numbers[1], text, status="pending")
        hotel.answer(numbers[1], text, note=True)
    hotel.reply(numbers[2])
    hotel.api.post(f"/v1/tickets/{numbers[3]}/close", hotel.anna, status=200)
    created_at = hotel.view(numbers[0])["created_at"]
    day, hotels_day = created_at[:10], str(datetime.fromisoformat(created_at).astimezone(TBILISI).date())
    account = f"demo/{hotel.account}"

    def one_by_one(request: Any, before: int) -> Answer:
        start = json.loads(request.body).get("ExclusiveStartKey")
        if before % 2 and start:
            empty = {"Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": start}
            return reply(request, 200, json.dumps(empty).encode())
        return passed_on(request, Limit=1)

    def everything() -> list[Any]:
        hotels = [{}, {"status": "open"}, {"topic": "bookings"}, {"status": "new", "topic": "bookings"}]
        hotels += [{"unread": "true"}, {"date": hotels_day}]
        agents = [{"view": "all", "account": account}, {"view": "closed", "account": account}]
        agents += [{"view": "waiting", "account": account}, {"view": "pending", "account": account}]
        agents += [{"view": "all", "date": day, "account": account}]
        lists = [hotel.api.get("/v1/tickets", hotel.anna, limit="2", **query) for query in hotels]
        lists += [hotel.api.get("/v1/agent/tickets", hotel.agent, limit="2", **query) for query in agents]
        views = [hotel.view(numbers[1]), hotel.agent_view(numbers[1]), hotel.api.get("/v1/agent/queue", hotel.agent)]
        return [[row["number"] for row in page["items"]] for page in lists] + views

    whole = everything()
    aws.plays("Query", one_by_one)
    assert everything() == whole
    assert len(aws.requests("Query")) > 100


INDEX_KEYS = {
    "by_status": {"status_key", "sk"},
    "by_topic": {"topic_key", "sk"},
    "by_status_topic": {"status_topic_key", "sk"},
    "by_unopened": {"unopened_key", "sk"},
    "by_day": {"opened_day", "opened_at"},
}


def test_a_page_begins_behind_a_key_with_all_its_parts_and_no_other(hotel: Hotel, aws: Aws) -> None:
    """DynamoDB refuses a start key that lacks a part of the table's or the index's key, or has anything else."""
    numbers = [hotel.open()["number"] for _ in range(3)]
    for number in numbers:
        hotel.answer(number)
    created_at = hotel.view(numbers[0])["created_at"]
    day, hotels_day = created_at[:10], str(datetime.fromisoformat(created_at).astimezone(TBILISI).date())
    aws.plays("Query", lambda *_: None)
    hotels: list[dict[str, str]] = [{}, {"status": "open"}, {"topic": "bookings"}, {"unread": "true"}]
    hotels += [{"status": "open", "topic": "bookings"}, {"date": hotels_day}]
    for query in hotels:
        pages = list(turned(hotel.api, "/v1/tickets", hotel.anna, 1, **query))
        assert [row["number"] for page in pages for row in page] == numbers[::-1]
    agents = [{"date": day}, {}]
    for query in agents:
        query |= {"view": "all", "account": f"demo/{hotel.account}"}
        assert len(list(turned(hotel.api, "/v1/agent/tickets", hotel.agent, 1, **query))) == 3
    list(islice(turned(hotel.api, "/v1/agent/tickets", hotel.agent, 1, view="all", date=day), 2))
    begun = [request for request in aws.requests("Query") if "ExclusiveStartKey" in request]
    for request in begun:
        index = request.get("IndexName")
        assert set(request["ExclusiveStartKey"]) == {"pk", "sk"} | INDEX_KEYS.get(index, set())
        assert not (index and request.get("ConsistentRead"))
    assert {request.get("IndexName") for request in begun} == {None, *INDEX_KEYS}


def test_a_ticket_that_an_index_still_has_in_its_old_queue_is_listed_once(hotel: Hotel, aws: Aws) -> None:
    number, account = hotel.open()["number"], f"demo/{hotel.account}"
    old: dict[str, AWSResponse] = {}

    def lagging(request: Any, _: int) -> Answer:
        queue = json.dumps(json.loads(request.body)["ExpressionAttributeValues"])
        if "waiting#support" not in queue:
            return None
        old.setdefault("", passed_on(request))
        return reply(request, 200, old[""].content)

    def listed() -> list[str]:
        page = hotel.api.get("/v1/agent/tickets", hotel.agent, view="waiting", account=account)
        return [row["number"] for row in page["items"]]

    aws.plays("Query", lagging)
    assert listed() == [number]
    path, headers = f"/v1/agent/tickets/{number}", {"If-Match": "1"}
    hotel.api.call("PATCH", path, token=hotel.agent, body={"topic": "billing"}, headers=headers).ok()
    assert listed() == [number]


def s3_error(code: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><RequestId>R</RequestId></Error>'.encode()
    )


@pytest.mark.parametrize(
    ("status", "body", "told", "attempts"),
    [
        (403, s3_error("AccessDenied"), (409, "upload_missing"), 1),
        (404, s3_error("NoSuchKey"), (409, "upload_missing"), 1),
        (503, s3_error("SlowDown"), (503, "try_again"), 3),
        (500, s3_error("InternalError"), (503, "try_again"), 3),
        (206, PNG[:10], (503, "try_again"), 1),
    ],
)
def test_what_s3_says_of_an_uploads_bytes(
    hotel: Hotel, aws: Aws, status: int, body: bytes, told: tuple[int, str], attempts: int
) -> None:
    upload_id = hotel.api.upload(hotel.anna, PNG, "image/png")
    headers = {"Content-Length": str(len(PNG))} if status == 206 else {}
    aws.plays("GetObject", lambda request, _: reply(request, status, body, **headers))
    request = {**hotel.request, "upload_id": upload_id}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=request).problem(*told)
    assert len(aws.requests("GetObject")) == attempts
    aws.plays("GetObject", lambda *_: None)
    assert hotel.open(upload_id=upload_id)["messages"][0]["attachment"]


@pytest.mark.parametrize("operation", ["AdminGetUser", "AdminListGroupsForUser"])
@pytest.mark.parametrize(
    ("status", "code", "told", "attempts"),
    [
        (400, "TooManyRequestsException", (503, "try_again"), 3),
        (429, "TooManyRequestsException", (503, "try_again"), 3),
        (500, "InternalErrorException", (503, "try_again"), 3),
        (400, "UserNotFoundException", (400, "invalid_request"), 1),
    ],
)
def test_what_the_user_pool_says_of_an_assignee(
    hotel: Hotel, aws: Aws, operation: str, status: int, code: str, told: tuple[int, str], attempts: int
) -> None:
    number = hotel.open()["number"]
    hotel.api.running.agent_token("maka")
    aws.says(operation, status, json.dumps({"__type": code, "message": "why"}).encode())
    path, headers = f"/v1/agent/tickets/{number}", {"If-Match": "1"}
    change = {"assignee": "maka"}
    hotel.api.call("PATCH", path, token=hotel.agent, body=change, headers=headers).problem(*told)
    assert len(aws.requests(operation)) == attempts


def test_an_authorizer_that_cannot_read_its_keys_does_not_say_that_the_token_is_bad(
    hotel: Hotel, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other error than `Unauthorized` is a fault to API Gateway: 503, and nobody has to sign in anew."""
    from chalicelib.adapters import issuer_keys
    from chalicelib.observability import Failed

    monkeypatch.setattr(issuer_keys, "_known", {})
    aws.says("GetItem", *PASSING["a hot partition"])
    event = {
        "type": "TOKEN",
        "authorizationToken": f"Bearer {hotel.agent}",
        "methodArn": "arn:aws:execute-api:a/b/GET/",
    }
    context = SimpleNamespace(aws_request_id="one")
    with pytest.raises(Failed):
        hotel.api.authorize(event, context)
    aws.plays("GetItem", lambda *_: None)
    assert hotel.api.authorize(event, context)["context"]


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_a_header_counts_however_the_gateway_spells_it(hotel: Hotel, spelled: Callable[[str], str]) -> None:
    headers = {spelled("content-type"): "application/json", spelled("idempotency-key"): "one"}
    first, again = (
        hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request, headers=headers).ok(201)
        for _ in range(2)
    )
    assert first == again
    path, headers = f"/v1/agent/tickets/{first['number']}", {spelled("if-match"): "7"}
    answer = hotel.api.call("PATCH", path, token=hotel.agent, body={"importance": "low"}, headers=headers)
    answer.problem(409, "ticket_changed")


def test_a_mark_that_is_seen_before_its_row_is_left_for_the_next_look(hotel: Hotel, aws: Aws) -> None:
    """What one transaction writes together, reads beside it may see in parts."""
    number = hotel.open()["number"]
    hotel.answer(number)
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.beka, {"up_to": "m2"}, status=204)

    def without_the_row(request: Any, _: int) -> Answer:
        (table,) = json.loads(request.body)["RequestItems"]
        return reply(request, 200, json.dumps({"Responses": {table: []}, "UnprocessedKeys": {}}).encode())

    aws.plays("BatchGetItem", without_the_row)
    assert hotel.api.get("/v1/tickets", hotel.anna, unread="true") == {"items": [], "next_cursor": None}
    aws.plays("BatchGetItem", lambda *_: None)
    (row,) = hotel.api.get("/v1/tickets", hotel.anna, unread="true")["items"]
    assert (row["number"], len(aws.requests("BatchGetItem"))) == (number, 1)
