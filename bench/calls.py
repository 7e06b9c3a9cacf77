"""Calling the app in this process, with the events that API Gateway makes of requests."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from bench.tickets import HOTEL, ISSUER, hotel, users

ACCOUNT = f"{ISSUER}/{HOTEL}"
_OK = range(200, 300)
_CONTEXT = SimpleNamespace(aws_request_id="bench")
_LATER = timedelta(hours=1)


def hotel_user(index: int = 0) -> dict[str, Any]:
    """A user of the hotel with most of the tickets, as the authorizer hands him on."""
    user, facts = users(HOTEL)[index], hotel(HOTEL)
    return {
        "type": "hotel",
        "account": ACCOUNT,
        "account_name": facts["name"],
        "id": user.id,
        "name": user.name,
        "locale": user.locale,
        "zone": facts["zone"],
        "expires_at": (datetime.now(UTC) + _LATER).isoformat(),
    }


def agent() -> dict[str, Any]:
    """An agent, as the authorizer hands him on."""
    groups, until = ["agents"], (datetime.now(UTC) + _LATER).isoformat()
    return {"type": "agent", "id": "bench-agent", "name": "Nino", "groups": groups, "expires_at": until}


def event(
    method: str,
    resource: str,
    who: dict[str, Any],
    *,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    body: Any = None,
    version: int | None = None,
) -> dict[str, Any]:
    """The event of one request; each POST has an Idempotency-Key of its own, as the widget sends it."""
    headers = {"Content-Type": "application/json", "Origin": "https://help.example"}
    headers |= {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
    headers |= {"If-Match": str(version)} if version is not None else {}
    asked = resource.format(**(path or {}))
    return {
        "resource": resource,
        "path": asked,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": path,
        "stageVariables": None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/api{asked}",
            "authorizer": {"caller": json.dumps(who)},
            "identity": {"sourceIp": "127.0.0.1"},
        },
    }


def call(event_: dict[str, Any]) -> Any:
    """What the app answers, as text; AssertionError for a refusal."""
    import app

    answer = app.app(event_, _CONTEXT)
    assert answer["statusCode"] in _OK, answer["body"]
    return answer["body"]


def asked(method: str, resource: str, who: dict[str, Any], **others: Any) -> Any:
    """What the app answers, decoded; None when it answers with nothing."""
    text = call(event(method, resource, who, **others))
    return json.loads(text) if text else None
