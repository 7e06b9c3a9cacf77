"""AWS's side, played where the local stack never shows it: what we make of each answer.

botocore asks the handlers of `before-send` for an answer before it opens a connection. One stands there and speaks as
AWS does, in AWS's own shapes, so that parsing, retries and the translation of errors are the real ones.
`docs/aws-differences.md` has a row for each.
"""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3
from botocore.awsrequest import AWSResponse

from tests.contract.conftest import Hotel

Answer = AWSResponse | None
"""What AWS says; None lets the request go on to the local stack."""
Player = Callable[[Any, int], Answer]
ATTEMPTS = 3


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
