"""Real sockets to the packaged service, IAM on: an answer reaches the open pages, and each of them stays true."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from local.client import Client
from tests.conftest import Running, wait_until
from tests.pages import AGENT, HOTEL, Page

REQUEST = {"topic": "bookings", "subject": "ორმაგი ჯავშანი", "text": "ნომერი 204", "importance": "normal"}
Open = Callable[..., Page]


@pytest.fixture
def open_page(running: Running) -> Iterator[Open]:
    """Opens a page of this client's; all are closed at the end."""
    pages: list[Page] = []

    def opened(client: Client, *, at: str = HOTEL) -> Page:
        pages.append(Page(client, running.facts["site_url"], at=at))
        return pages[-1]

    yield opened
    for page in pages:
        page.close()


@pytest.fixture
def anna(running: Running, account: str) -> Client:
    return running.client(running.hotel_token(account))


@pytest.fixture
def beka(running: Running, account: str) -> Client:
    return running.client(running.hotel_token(account, "beka", name="ბექა"))


@pytest.fixture
def nino(running: Running, agent_bearer: str) -> Client:
    return running.client(agent_bearer)


def _answer(agent: Client, number: str, text: str = "გასაგებია.") -> Any:
    return agent.post(f"/v1/agent/tickets/{number}/messages", {"text": text})


def _live_rows(running: Running, account: str) -> int:
    """How many sockets of this hotel the deployed service knows."""
    deployment = running.stack.deployment
    return int(
        deployment.client("dynamodb").query(
            TableName=deployment.outputs()["LiveTableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"sockets#demo/{account}"}},
            ConsistentRead=True,
        )["Count"]
    )


def _status(url: str, origin: str | None) -> int:
    """What the handshake is answered: 101 when the socket opens."""
    try:
        with connect(url, origin=Origin(origin) if origin else None, proxy=None, ping_interval=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_an_answer_reaches_every_page_of_the_user_the_hotel_and_the_agents(
    anna: Client, beka: Client, nino: Client, running: Running, account: str, open_page: Open
) -> None:
    foreign = open_page(running.client(running.hotel_token(f"{account}-2")))
    mine, bekas, agents = [open_page(anna), open_page(anna)], open_page(beka), open_page(nino, at=AGENT)
    number = anna.post("/v1/tickets", REQUEST)["number"]
    agents.wait_for("ticket.updated", number=number, version=1)
    _answer(nino, number, "„ვასწორებთ“ 🛎️")
    (notification,) = anna.get("/v1/notifications")["items"]
    assert (notification["text"], notification["ticket"]) == ("„ვასწორებთ“ 🛎️", number)
    for page in mine:
        assert page.wait_for("notification")["notification"] == notification
    for page in (*mine, bekas):
        assert page.wait_for("ticket.updated") == {"event": "ticket.updated", "number": number}
    agents.wait_for("ticket.updated", number=number, version=2)
    for page in (foreign, bekas):
        assert page.answers_a_ping()
        assert page.found("notification") == []
    assert foreign.found("ticket.updated") == []


def test_what_is_done_on_one_page_is_seen_on_the_other(anna: Client, nino: Client, open_page: Open) -> None:
    number = anna.post("/v1/tickets", REQUEST)["number"]
    page = open_page(anna)
    _answer(nino, number)
    notification = page.wait_for("notification")["notification"]
    path = f"/v1/notifications/{notification['id']}"
    steps: list[tuple[str, str, Any]] = [
        ("POST", f"{path}/snooze", {"minutes": 5}),
        ("POST", f"{path}/restore", None),
        ("DELETE", path, None),
        ("POST", f"{path}/restore", None),
        ("POST", f"/v1/tickets/{number}/read", {"up_to": "m2"}),
    ]
    for method, where, body in steps:
        page.frames.clear()
        anna.call(method, where, json=body).raise_for_status()
        if where.endswith("restore"):
            assert page.wait_for("notification")["notification"] == notification
        else:
            page.wait_for("notification.removed", id=notification["id"])


def test_the_whole_hotel_gets_what_is_critical_until_somebody_opens_it(
    anna: Client, beka: Client, nino: Client, open_page: Open
) -> None:
    number = anna.post("/v1/tickets", {**REQUEST, "importance": "critical"})["number"]
    page = open_page(beka)
    _answer(nino, number)
    id_ = page.wait_for("notification")["notification"]["id"]
    anna.call("POST", f"/v1/tickets/{number}/read", json={"up_to": "m2"}).raise_for_status()
    page.wait_for("notification.removed", id=id_)


@pytest.mark.parametrize("at", [HOTEL, AGENT])
def test_an_address_works_once(running: Running, anna: Client, nino: Client, at: str) -> None:
    url = (nino if at == AGENT else anna).post(at)["url"]
    assert url.startswith(running.facts["websocket_url"])
    assert [_status(url, running.facts["site_url"]) for _ in range(2)] == [101, 403]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_page_of_a_foreign_origin_and_one_that_hides_it_are_refused(
    running: Running, anna: Client, origin: str | None
) -> None:
    url = anna.post("/v1/connections")["url"]
    assert _status(url, origin) == 403
    assert _status(url, running.facts["site_url"]) == 101


def test_without_a_ticket_no_socket_opens(running: Running, anna: Client) -> None:
    url, site = running.facts["websocket_url"], running.facts["site_url"]
    assert [_status(each, site) for each in (url, f"{url}?ticket=", f"{url}?ticket={32 * '0'}")] == [403] * 3
    assert _status(anna.post("/v1/connections")["url"], site) == 101


def test_frames_are_answered_and_bad_ones_do_no_harm(anna: Client, open_page: Open) -> None:
    page = open_page(anna)
    page.send({"action": "ping", "id": "პირველი"})
    assert page.wait_for("pong") == {"event": "pong", "id": "პირველი"}
    page.send("hello")
    page.wait_for("error", code="invalid_frame")
    page.send({"action": "fly", "id": "x"})
    page.wait_for("error", code="invalid_frame", id="x")
    page.send({"action": "ping"})
    assert page.answers_a_ping()
    assert len(page.frames) == 4


def test_a_closed_socket_is_forgotten_and_the_users_other_one_is_not(
    running: Running, account: str, anna: Client, nino: Client, open_page: Open
) -> None:
    old, new = open_page(anna), open_page(anna)
    assert _live_rows(running, account) == 2
    old.close()
    wait_until(lambda: _live_rows(running, account) == 1)
    number = anna.post("/v1/tickets", REQUEST)["number"]
    _answer(nino, number)
    new.wait_for("notification")
    assert _live_rows(running, account) == 1


def test_the_eleventh_page_of_a_user_closes_his_first(
    running: Running, account: str, anna: Client, beka: Client, open_page: Open
) -> None:
    other, first, second = open_page(beka), open_page(anna), open_page(anna)
    for _ in range(8):
        open_page(anna)
    assert first.answers_a_ping()
    last = open_page(anna)
    wait_until(first.is_closed)
    assert _live_rows(running, account) == 11
    assert all(page.answers_a_ping() for page in (second, last, other))


def test_disabling_an_agent_closes_his_sockets_and_refuses_his_token(
    running: Running, account: str, nino: Client, open_page: Open
) -> None:
    name = f"gone-{account}"
    marta, gone = (
        running.client(running.agent_token("marta", supervisor=True)),
        running.client(running.agent_token(name)),
    )
    unused = running.client(running.agent_token(name))
    his, others = [open_page(gone, at=AGENT) for _ in range(2)], open_page(nino, at=AGENT)
    late, id_ = gone.post(AGENT)["url"], _agent_id(running, name)
    assert nino.call("POST", f"/v1/agent/agents/{id_}/disable").status_code == httpx.codes.FORBIDDEN
    assert all(page.answers_a_ping() for page in his)
    assert marta.call("POST", f"/v1/agent/agents/{id_}/disable").status_code == httpx.codes.NO_CONTENT
    for page in his:
        wait_until(page.is_closed)
    assert _status(late, running.facts["site_url"]) == httpx.codes.FORBIDDEN
    assert others.answers_a_ping()
    # A token that was used is good for a minute more, since API Gateway keeps the authorizer's answer so long.
    assert unused.call("GET", "/v1/agent/catalog").status_code == httpx.codes.UNAUTHORIZED
    assert nino.call("GET", "/v1/agent/catalog").status_code == httpx.codes.OK


def _agent_id(running: Running, name: str) -> str:
    deployment = running.stack.deployment
    pool = deployment.outputs()["AgentsPoolId"]
    found = deployment.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=name)
    return next(str(each["Value"]) for each in found["UserAttributes"] if each["Name"] == "sub")


def test_a_page_that_was_away_catches_up_with_one_call(anna: Client, nino: Client, open_page: Open) -> None:
    number = anna.post("/v1/tickets", REQUEST)["number"]
    away, here = open_page(anna), open_page(anna)
    away.close()
    for message, text in ((2, "პირველი"), (3, "მეორე")):
        _answer(nino, number, text)
        wait_until(lambda: len(here.found("notification")) == message - 1)  # noqa: B023 - called at once
    assert away.frames == []
    items = anna.get("/v1/notifications")["items"]
    assert items == [frame["notification"] for frame in reversed(here.found("notification"))]
    assert [each["text"] for each in items] == ["მეორე", "პირველი"]


def test_a_page_that_reloads_goes_on_where_it_was(anna: Client, nino: Client, open_page: Open) -> None:
    number = anna.post("/v1/tickets", REQUEST)["number"]
    open_page(anna).close()
    page = open_page(anna)
    _answer(nino, number)
    assert page.wait_for("notification")["notification"]["text"] == "გასაგებია."
