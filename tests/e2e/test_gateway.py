"""What API Gateway answers by itself has the one shape too, and what the stack's doors let through."""

import time
from collections.abc import Callable

import httpx
import pytest

from local import pms
from tests.conftest import Running, wait_until


def _problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert set(answer.json()) <= {"code", "message", "request_id", "details"}
    assert answer.json()["request_id"]
    assert answer.headers["access-control-allow-origin"]
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c"])
def test_without_a_good_token_it_is_401(running: Running, token: str | None) -> None:
    for path in ("/v1/tickets", "/v1/agent/tickets"):
        _problem(running.client(token).call("GET", path), 401, "unauthorized")


def test_the_wrong_kind_of_token_is_403(running: Running, account: str, agent_bearer: str) -> None:
    _problem(running.client(running.hotel_token(account)).call("GET", "/v1/agent/tickets"), 403, "forbidden")
    _problem(running.client(agent_bearer).call("GET", "/v1/tickets"), 403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/nothing"), ("GET", "/"), ("DELETE", "/v1/health"), ("PATCH", "/v1/tickets")]
)
def test_an_unknown_path_and_an_unknown_method_are_404(running: Running, method: str, path: str) -> None:
    _problem(running.client().call(method, path), 404, "not_found")


def test_a_refusal_of_the_function_has_the_same_shape(running: Running, account: str) -> None:
    client = running.client(running.hotel_token(account))
    _problem(client.call("GET", "/v1/tickets/1234567894"), 404, "not_found")
    _problem(client.call("POST", "/v1/tickets", json={}), 400, "invalid_request")


def test_a_preflight_is_answered_without_a_token(running: Running) -> None:
    headers = {
        "Origin": running.facts["demo_url"],
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
    }
    agents = {**headers, "Access-Control-Request-Method": "PATCH"}
    changing = running.client().call("OPTIONS", "/v1/agent/tickets/1234567894", headers=agents)
    assert "PATCH" in changing.headers["access-control-allow-methods"]
    answer = running.client().call("OPTIONS", "/v1/tickets", headers=headers)
    assert answer.status_code == 200
    allowed = answer.headers["access-control-allow-headers"].lower().split(",")
    assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(allowed)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"]


def test_a_browser_of_an_allowed_origin_may_put_a_file(running: Running) -> None:
    bucket = running.stack.deployment.outputs()["AttachmentsBucketName"]
    url = f"{running.facts['gateway_url']}/{bucket}/any"
    asked = "content-type,if-none-match,x-amz-checksum-sha256"
    for origin, is_allowed in ((running.facts["site_url"], True), ("https://evil.example", False)):
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": asked,
        }
        answer = httpx.options(url, headers=headers, trust_env=False)
        assert (answer.headers.get("access-control-allow-origin") == origin) is is_allowed


def test_nothing_is_served_after_a_token_has_ended_cached_or_not(running: Running, account: str) -> None:
    now = int(time.time())
    claims = {"iss": pms.ISSUER, "aud": pms.AUDIENCE, "iat": now, "sub": "anna", "account": account, "name": "ანა"}
    client = running.client(pms.sign(running.stack.state_dir, {**claims, "exp": now + 3}))
    assert client.call("GET", "/v1/tickets").status_code == 200, "taken, and from now on cached"
    answer = wait_until(lambda: _refused(lambda: client.call("GET", "/v1/tickets")))
    _problem(answer, 401, "unauthorized")
    assert time.time() >= now + 3


def _refused(call: Callable[[], httpx.Response]) -> httpx.Response | None:
    answer = call()
    return answer if answer.status_code != 200 else None


def test_a_thing_of_another_hotel_is_told_like_an_unknown_one(running: Running, account: str) -> None:
    owner = running.client(running.hotel_token(account))
    request = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low"}
    number = owner.post("/v1/tickets", request)["number"]
    stranger = running.client(running.hotel_token(f"{account}-other"))
    foreign = stranger.call("GET", f"/v1/tickets/{number}")
    unknown = stranger.call("GET", "/v1/tickets/1234567894")
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert foreign.status_code == unknown.status_code == 404
    assert owner.get(f"/v1/tickets/{number}")["number"] == number


def test_everything_listens_on_this_machine_only(running: Running) -> None:
    import socket

    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            socket.create_connection((str(address), running.stack.port), 1)
    socket.create_connection(("127.0.0.1", running.stack.port), 1).close()
