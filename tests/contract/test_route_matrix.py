"""Every route times everybody: made from the app's own routes, so that a new one without a row fails."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local import pms
from tests.contract.conftest import Answer, Api, Hotel, declaration, items_of
from tests.contract.test_files import PNG

EVERYONE, HOTEL, AGENT = "everyone", "hotel", "agent"


@dataclass(frozen=True)
class Row:
    """Who a route is for, what a good call sends, and what a stranger (another hotel's user) is told."""

    audience: str
    status: int
    body: Callable[[Hotel], Any] = lambda _: None
    stranger: int = 404
    version: str | None = None


ROWS = {
    ("GET", "/v1/health"): Row(EVERYONE, 200),
    ("GET", "/v1/openapi.json"): Row(EVERYONE, 200),
    ("GET", "/v1/contacts"): Row(EVERYONE, 200),
    ("GET", "/v1/catalog"): Row(HOTEL, 200, stranger=200),
    ("POST", "/v1/uploads"): Row(HOTEL, 201, lambda _: declaration(PNG, "image/png", "a.png"), stranger=201),
    ("POST", "/v1/tickets"): Row(HOTEL, 201, lambda hotel: hotel.request, stranger=201),
    ("GET", "/v1/tickets"): Row(HOTEL, 200, stranger=200),
    ("GET", "/v1/tickets/{number}"): Row(HOTEL, 200),
    ("POST", "/v1/tickets/{number}/messages"): Row(HOTEL, 201, lambda _: {"text": "x"}),
    ("POST", "/v1/tickets/{number}/close"): Row(HOTEL, 200),
    ("POST", "/v1/tickets/{number}/read"): Row(HOTEL, 204, lambda _: {"up_to": "m1"}),
    ("GET", "/v1/tickets/{number}/attachments/{id}"): Row(HOTEL, 200),
    ("GET", "/v1/agent/catalog"): Row(AGENT, 200),
    ("POST", "/v1/agent/uploads"): Row(AGENT, 201, lambda _: declaration(PNG, "image/png", "a.png")),
    ("GET", "/v1/agent/queue"): Row(AGENT, 200),
    ("GET", "/v1/agent/tickets"): Row(AGENT, 200),
    ("POST", "/v1/agent/tickets"): Row(
        AGENT, 201, lambda hotel: {**hotel.request, "account": f"demo/{hotel.account}", "requester": "anna"}
    ),
    ("GET", "/v1/agent/tickets/{number}"): Row(AGENT, 200),
    ("PATCH", "/v1/agent/tickets/{number}"): Row(AGENT, 200, lambda _: {"assignee": None}, version="1"),
    ("POST", "/v1/agent/tickets/{number}/messages"): Row(AGENT, 201, lambda _: {"text": "x"}),
    ("GET", "/v1/agent/tickets/{number}/attachments/{id}"): Row(AGENT, 200),
}
IDS = [f"{method} {path}" for method, path in ROWS]


def _claims(hotel: Hotel, **others: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {"iss": pms.ISSUER, "aud": pms.AUDIENCE, "iat": now, "exp": now + 600}
    return {**base, "sub": "anna", "account": hotel.account, "name": "ანა", **others}


def _call(hotel: Hotel, method: str, path: str, token: str | None, number: str) -> Answer:
    row = ROWS[method, path]
    headers = {"If-Match": row.version} if row.version else {}
    place = path.format(number=number, id="m1")
    return hotel.api.call(method, place, token=token, body=row.body(hotel), headers=headers)


@pytest.fixture
def number(hotel: Hotel) -> str:
    """A ticket of the hotel, with a file."""
    return str(hotel.open(upload_id=hotel.api.upload(hotel.anna, PNG, "image/png"))["number"])


def test_every_route_has_a_row_and_every_row_a_route(api: Api) -> None:
    routes = {(method, path) for path, methods in api.app.routes.items() for method in methods}
    assert routes == set(ROWS)


def test_every_route_but_everyones_asks_for_a_token(api: Api) -> None:
    for (method, path), row in ROWS.items():
        has_authorizer = api.app.routes[path][method].authorizer is not None
        assert has_authorizer == (row.audience != EVERYONE), path


@pytest.mark.parametrize(("method", "path"), ROWS, ids=IDS)
def test_who_it_is_for_is_served(hotel: Hotel, number: str, method: str, path: str) -> None:
    row = ROWS[method, path]
    tokens: dict[str, list[str | None]] = {
        EVERYONE: [None],
        HOTEL: [hotel.anna, hotel.beka],
        AGENT: [hotel.agent, hotel.api.running.agent_token("marta", supervisor=True)],
    }
    for token in tokens[row.audience]:
        _call(hotel, method, path, token, number).ok(row.status)


@pytest.mark.parametrize(("method", "path"), [each for each in ROWS if ROWS[each].audience != EVERYONE])
def test_without_a_good_token_nothing_is_served_and_nothing_changes(
    hotel: Hotel, number: str, method: str, path: str
) -> None:
    now = int(time.time())
    expired = pms.sign(hotel.api.running.stack.state_dir, _claims(hotel, iat=now - 100, exp=now - 1))
    bearer = hotel.agent if ROWS[method, path].audience == AGENT else hotel.anna
    head, payload, signature = bearer.split(".")
    tampered = ".".join([head, payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1], signature])
    unsigned = f"{head}.{payload}."
    before = items_of(hotel.api.running)
    for token in (None, "", "x", expired, tampered, unsigned):
        _call(hotel, method, path, token, number).problem(401, "unauthorized")
    assert items_of(hotel.api.running) == before
    _call(hotel, method, path, bearer, number).ok(ROWS[method, path].status)


@pytest.mark.parametrize(("method", "path"), [each for each in ROWS if ROWS[each].audience != EVERYONE])
def test_the_wrong_kind_of_token_is_forbidden_and_changes_nothing(
    hotel: Hotel, number: str, method: str, path: str
) -> None:
    supervisor = hotel.api.running.agent_token("marta", supervisor=True)
    wrong = [hotel.anna, hotel.beka] if ROWS[method, path].audience == AGENT else [hotel.agent, supervisor]
    before = items_of(hotel.api.running)
    for token in wrong:
        _call(hotel, method, path, token, number).problem(403, "forbidden")
    assert items_of(hotel.api.running) == before


@pytest.mark.parametrize(("method", "path"), [each for each in ROWS if ROWS[each].audience == HOTEL])
def test_another_hotels_user_meets_exactly_what_an_unknown_id_meets(
    hotel: Hotel, number: str, method: str, path: str
) -> None:
    stranger = hotel.api.running.hotel_token(f"{hotel.account}-other")
    if ROWS[method, path].stranger != 404:
        assert number not in str(_call(hotel, method, path, stranger, number).ok(ROWS[method, path].stranger))
        return
    before = items_of(hotel.api.running)
    foreign = _call(hotel, method, path, stranger, number)
    unknown = _call(hotel, method, path, stranger, "1234567894")
    foreign.problem(404, "not_found")
    without_id = [{**each.body, "request_id": ""} for each in (foreign, unknown)]
    assert without_id[0] == without_id[1]
    assert foreign.headers == unknown.headers
    assert items_of(hotel.api.running) == before


def test_a_route_looks_itself_whether_the_caller_is_of_its_kind(hotel: Hotel, number: str) -> None:
    """API Gateway's policy stands before it; were it wrong one day, the route would still refuse."""
    import json

    import msgspec

    from chalicelib.services.identity import identify

    from datetime import UTC, datetime  # isort: skip

    for token, path in ((hotel.anna, f"/v1/agent/tickets/{number}"), (hotel.agent, f"/v1/tickets/{number}")):
        who = identify(f"Bearer {token}", datetime.now(UTC))
        context = {"caller": json.dumps(msgspec.to_builtins(who))}
        hotel.api.call("GET", path, authorizer=context).problem(403, "forbidden")
        late = msgspec.structs.replace(who, expires_at=datetime.now(UTC))
        context = {"caller": json.dumps(msgspec.to_builtins(late))}
        hotel.api.call("GET", path, authorizer=context).problem(401, "unauthorized")
    hotel.api.call("GET", f"/v1/tickets/{number}", authorizer={"caller": ""}).problem(401, "unauthorized")
