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
LEAVER = "leaver"
"""The agent who is disabled here, and does nothing else."""
UNKNOWN = "1234567894"


@dataclass(frozen=True)
class Row:
    """Who a route is for, what a good call sends, and what a stranger (another hotel's user) is told."""

    audience: str
    status: int
    body: Callable[[Hotel], Any] = lambda _: None
    stranger: int = 404
    version: str | None = None
    query: Callable[[Hotel], dict[str, str]] = lambda _: {}
    is_for_supervisors: bool = False


@dataclass(frozen=True)
class Named:
    """What the paths name: a ticket with a file, an answer that every user of the hotel gets, an agent who leaves."""

    number: str
    notification: str
    agent: str

    def place(self, path: str) -> str:
        """The path with these in their places."""
        kind = path.split("/")[-3 if path.count("{") == 1 and not path.endswith("}") else -2]
        return path.format(
            number=self.number, id={"notifications": self.notification, "agents": self.agent}.get(kind, "m1")
        )


ROWS = {
    ("GET", "/v1/health"): Row(EVERYONE, 200),
    ("GET", "/v1/openapi.json"): Row(EVERYONE, 200),
    ("GET", "/v1/contacts"): Row(EVERYONE, 200),
    ("POST", "/v1/faq/votes"): Row(EVERYONE, 204, lambda _: {"article": "a/b", "locale": "ka", "helpful": True}),
    ("POST", "/v1/faq/misses"): Row(EVERYONE, 204, lambda _: {"locale": "ka"}),
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
    ("GET", "/v1/summary"): Row(HOTEL, 200, stranger=200),
    ("GET", "/v1/notifications"): Row(HOTEL, 200, stranger=200),
    ("GET", "/v1/notifications/{id}"): Row(HOTEL, 200),
    ("POST", "/v1/notifications/{id}/snooze"): Row(HOTEL, 200, lambda _: {"minutes": 60}),
    ("DELETE", "/v1/notifications/{id}"): Row(HOTEL, 204),
    ("POST", "/v1/notifications/{id}/restore"): Row(HOTEL, 200),
    ("GET", "/v1/chat/availability"): Row(HOTEL, 200, stranger=200),
    ("POST", "/v1/connections"): Row(HOTEL, 201, stranger=201),
    ("POST", "/v1/agent/connections"): Row(AGENT, 201),
    ("POST", "/v1/agent/tickets/{number}/reminders"): Row(AGENT, 201, lambda _: {"at": "2027-01-01T12:00:00Z"}),
    ("GET", "/v1/agent/reminders"): Row(AGENT, 200),
    ("POST", "/v1/agent/agents/{id}/disable"): Row(AGENT, 204, is_for_supervisors=True),
    ("GET", "/v1/agent/settings"): Row(AGENT, 200, query=lambda hotel: {"account": f"demo/{hotel.account}"}),
    ("PUT", "/v1/agent/settings"): Row(
        AGENT,
        200,
        lambda hotel: {"account": f"demo/{hotel.account}", "shares_answers": True},
        is_for_supervisors=True,
    ),
}
IDS = [f"{method} {path}" for method, path in ROWS]


def _claims(hotel: Hotel, **others: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {"iss": pms.ISSUER, "aud": pms.AUDIENCE, "iat": now, "exp": now + 600}
    return {**base, "sub": "anna", "account": hotel.account, "name": "ანა", **others}


def _call(hotel: Hotel, method: str, path: str, token: str | None, named: Named) -> Answer:
    row = ROWS[method, path]
    headers = {"If-Match": row.version} if row.version else {}
    body, query = row.body(hotel), row.query(hotel)
    return hotel.api.call(method, named.place(path), token=token, body=body, query=query, headers=headers)


def _kept(hotel: Hotel) -> dict[str, list[str]]:
    """What there is of this hotel, and of agents."""
    return items_of(hotel.api.running, hotel.account, "agents@")


@pytest.fixture(scope="module")
def supervisor(api: Api) -> str:
    return api.running.agent_token("marta", supervisor=True)


@pytest.fixture
def named(hotel: Hotel, supervisor: str) -> Named:
    number = str(hotel.open(upload_id=hotel.api.upload(hotel.anna, PNG, "image/png"))["number"])
    to_all = {**hotel.request, "account": f"demo/{hotel.account}"}
    hotel.api.post("/v1/agent/tickets", supervisor, to_all)
    notification = hotel.api.get("/v1/notifications", hotel.anna)["items"][0]["id"]
    return Named(number, notification, hotel.api.running.make_agent(LEAVER))


def test_every_route_has_a_row_and_every_row_a_route(api: Api) -> None:
    routes = {(method, path) for path, methods in api.app.routes.items() for method in methods}
    assert routes == set(ROWS)


def test_every_route_but_everyones_asks_for_a_token(api: Api) -> None:
    for (method, path), row in ROWS.items():
        has_authorizer = api.app.routes[path][method].authorizer is not None
        assert has_authorizer == (row.audience != EVERYONE), path


@pytest.mark.parametrize(("method", "path"), ROWS, ids=IDS)
def test_who_it_is_for_is_served(hotel: Hotel, named: Named, supervisor: str, method: str, path: str) -> None:
    row = ROWS[method, path]
    tokens: dict[str, list[str | None]] = {
        EVERYONE: [None],
        HOTEL: [hotel.anna, hotel.beka],
        AGENT: [supervisor] if row.is_for_supervisors else [hotel.agent, supervisor],
    }
    for token in tokens[row.audience]:
        _call(hotel, method, path, token, named).ok(row.status)
    if row.is_for_supervisors:
        _call(hotel, method, path, hotel.agent, named).problem(403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [each for each in ROWS if ROWS[each].audience != EVERYONE])
def test_without_a_good_token_nothing_is_served_and_nothing_changes(
    hotel: Hotel, named: Named, supervisor: str, method: str, path: str
) -> None:
    now = int(time.time())
    expired = pms.sign(hotel.api.running.stack.state_dir, _claims(hotel, iat=now - 100, exp=now - 1))
    bearer = supervisor if ROWS[method, path].audience == AGENT else hotel.anna
    head, payload, signature = bearer.split(".")
    tampered = ".".join([head, payload[:-2] + ("A" if payload[-2] != "A" else "B") + payload[-1], signature])
    unsigned = f"{head}.{payload}."
    before = _kept(hotel)
    for token in (None, "", "x", expired, tampered, unsigned):
        _call(hotel, method, path, token, named).problem(401, "unauthorized")
    assert _kept(hotel) == before
    _call(hotel, method, path, bearer, named).ok(ROWS[method, path].status)


@pytest.mark.parametrize(("method", "path"), [each for each in ROWS if ROWS[each].audience != EVERYONE])
def test_the_wrong_kind_of_token_is_forbidden_and_changes_nothing(
    hotel: Hotel, named: Named, supervisor: str, method: str, path: str
) -> None:
    wrong = [hotel.anna, hotel.beka] if ROWS[method, path].audience == AGENT else [hotel.agent, supervisor]
    before = _kept(hotel)
    for token in wrong:
        _call(hotel, method, path, token, named).problem(403, "forbidden")
    assert _kept(hotel) == before


@pytest.mark.parametrize(("method", "path"), [each for each in ROWS if ROWS[each].audience == HOTEL])
def test_another_hotels_user_meets_exactly_what_an_unknown_id_meets(
    hotel: Hotel, named: Named, method: str, path: str
) -> None:
    stranger = hotel.api.running.hotel_token(f"{hotel.account}-other")
    if ROWS[method, path].stranger != 404:
        assert named.number not in str(_call(hotel, method, path, stranger, named).ok(ROWS[method, path].stranger))
        return
    before = _kept(hotel)
    foreign = _call(hotel, method, path, stranger, named)
    nobodys = Named(UNKNOWN, named.notification.replace(named.notification.split("-")[1], UNKNOWN), named.agent)
    unknown = _call(hotel, method, path, stranger, nobodys)
    foreign.problem(404, "not_found")
    without_id = [{**each.body, "request_id": ""} for each in (foreign, unknown)]
    assert without_id[0] == without_id[1]
    assert foreign.headers == unknown.headers
    assert _kept(hotel) == before


def test_a_route_looks_itself_whether_the_caller_is_of_its_kind(hotel: Hotel, named: Named) -> None:
    """API Gateway's policy stands before it; were it wrong one day, the route would still refuse."""
    import json

    import msgspec

    from chalicelib.services.identity import identify

    from datetime import UTC, datetime  # isort: skip

    for token, path in (
        (hotel.anna, f"/v1/agent/tickets/{named.number}"),
        (hotel.agent, f"/v1/tickets/{named.number}"),
    ):
        who = identify(f"Bearer {token}", datetime.now(UTC))
        context = {"caller": json.dumps(msgspec.to_builtins(who))}
        hotel.api.call("GET", path, authorizer=context).problem(403, "forbidden")
        late = msgspec.structs.replace(who, expires_at=datetime.now(UTC))
        context = {"caller": json.dumps(msgspec.to_builtins(late))}
        hotel.api.call("GET", path, authorizer=context).problem(401, "unauthorized")
    hotel.api.call("GET", f"/v1/tickets/{named.number}", authorizer={"caller": ""}).problem(401, "unauthorized")
