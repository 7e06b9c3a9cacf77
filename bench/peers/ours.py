"""Deskbell's side: the Chalice app in this process, called with the events that API Gateway makes of requests."""

import json
import os
import sys
import tempfile
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.engine import wait_longer
from bench.load import number
from bench.peers import PAGE, STATUS, TOPIC, Action, opened_index
from bench.tickets import HOTEL, ISSUER, hotel, sample, users

_OK = 200
_CREATED = 201


def _event(method: str, resource: str, **others: Any) -> dict[str, Any]:
    path = others.get("pathParameters") or {}
    query = others.get("queryStringParameters")
    headers = {"Content-Type": "application/json", "Origin": "https://help.example"}
    return {
        "resource": resource,
        "path": resource.format(**path),
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": None,
        "queryStringParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/api{resource.format(**path)}",
            "authorizer": {"caller": json.dumps(_caller())},
            "identity": {"sourceIp": "127.0.0.1"},
        },
        **others,
    }


def _caller() -> dict[str, str]:
    """The hotel user whom the authorizer lets in."""
    user, facts = users(HOTEL)[0], hotel(HOTEL)
    return {
        "type": "hotel",
        "account": f"{ISSUER}/{HOTEL}",
        "account_name": facts["name"],
        "id": user.id,
        "name": user.name,
        "locale": user.locale,
        "zone": facts["zone"],
        "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }


def _call(event: Callable[[], dict[str, Any]], expected: int) -> Any:
    import app

    answer = app.app(event(), SimpleNamespace(aws_request_id="bench"))
    assert answer["statusCode"] == expected, answer["body"]
    return answer["body"]


def _action(action: Action, count: int) -> Callable[[], Any]:
    """What one repeat does. A new ticket comes with an Idempotency-Key, as the widget sends it."""
    if action == "open":
        path = {"number": number(opened_index(count))}
        return partial(_call, partial(_event, "GET", "/v1/tickets/{number}", pathParameters=path), _OK)
    if action == "create":
        return partial(_call, _new_ticket, _CREATED)
    query = {"limit": str(PAGE)} | ({"status": STATUS, "topic": TOPIC} if action == "filter" else {})
    return partial(_call, partial(_event, "GET", "/v1/tickets", queryStringParameters=query), _OK)


def _new_ticket() -> dict[str, Any]:
    given = sample(0)
    body = {"topic": given.topic, "importance": given.importance, "subject": given.subject, "text": given.text}
    event = _event("POST", "/v1/tickets", body=json.dumps(body))
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return {**event, "headers": {**event["headers"], **key}}


def authorize(times: int) -> None:
    """Checks one token `times` times: what the authorizer does when API Gateway does not remember its answer."""
    from local import pms

    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRUSTED_ISSUERS"] = json.dumps([pms.trusted_issuer(Path(folder))])
        token = pms.hotel_token(Path(folder), account=HOTEL, user="anna", name="Anna")
    import app

    event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": "arn:aws:x:y:z:api/stage/GET/v1"}
    for _ in range(times):
        assert app.authorize(event, SimpleNamespace(aws_request_id="bench"))["principalId"] == "hotel"


def repeat(action: Action, count: int, times: int) -> None:
    """Does the action `times` times, with `count` tickets in the tables."""
    wait_longer()
    do = _action(action, count)
    for _ in range(times):
        do()


def queries(action: Action, count: int) -> int:
    """How many calls of DynamoDB one repeat makes; it also looks at the answer."""
    from chalicelib.adapters.tables import CLIENT

    wait_longer()
    made: list[str] = []
    do = _action(action, count)
    do()
    CLIENT.meta.events.register("before-call.dynamodb", lambda **facts: made.append(facts["model"].name))
    answer = json.loads(do())
    found = len(answer["items"]) if action in {"list", "filter"} else len(answer["messages"])
    assert found == (PAGE if action in {"list", "filter"} else 1), found
    return len(made)


if __name__ == "__main__":
    print(queries(sys.argv[2], int(sys.argv[3])))  # type: ignore[arg-type]  # bench.peers gives it
