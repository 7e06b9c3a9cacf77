"""Deskbell's side: the Chalice app in this process."""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.calls import call, event, hotel_user
from bench.engine import wait_longer
from bench.load import number
from bench.peers import PAGE, STATUS, TOPIC, Action, opened_index
from bench.tickets import HOTEL, sample


def _action(action: Action, count: int) -> Callable[[], Any]:
    """What one repeat does. A new ticket comes with an Idempotency-Key, as the widget sends it."""
    if action == "open":
        path = {"number": number(opened_index(count))}
        return lambda: call(event("GET", "/v1/tickets/{number}", hotel_user(), path=path))
    if action == "create":
        return _create
    query = {"limit": str(PAGE)} | ({"status": STATUS, "topic": TOPIC} if action == "filter" else {})
    return lambda: call(event("GET", "/v1/tickets", hotel_user(), query=query))


def _create() -> Any:
    given = sample(0)
    body = {"topic": given.topic, "importance": given.importance, "subject": given.subject, "text": given.text}
    return call(event("POST", "/v1/tickets", hotel_user(), body=body))


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
