"""The line that a served request leaves: which it was, whose, and how long it took."""

from typing import Any

import pytest

from tests.contract.conftest import Hotel


@pytest.fixture
def lines(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is logged at the edge."""
    del hotel
    from chalicelib.observability import logger

    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(logger, "info", lambda message, **facts: logged.append({"message": message, **facts}))
    return logged


def test_an_agents_line_says_which_request_it_was_and_whose(hotel: Hotel, lines: list[dict[str, Any]]) -> None:
    hotel.api.get("/v1/agent/catalog", hotel.agent)
    (line,) = [each for each in lines if each["message"] == "served"]
    assert (line["route"], line["status"]) == ("GET /v1/agent/catalog", 200)
    assert line["request_id"]
    assert len(line["user"]) == 16
    assert "account" not in line


def test_the_authorizer_says_what_kind_of_caller_it_let_in_and_nothing_more(
    hotel: Hotel, lines: list[dict[str, Any]]
) -> None:
    for token in (hotel.anna, hotel.agent, "x"):
        hotel.api.call("GET", "/v1/catalog", token=token)
    logged = [each for each in lines if each["message"] != "served"]
    assert [each.get("kind") for each in logged] == ["HotelUser", "Agent", None]
    assert all(each["message"] and set(each) <= {"message", "kind"} for each in logged)


def test_a_duration_is_in_milliseconds_to_the_tenth(lines: list[dict[str, Any]]) -> None:
    from chalicelib.routes import contacts, http

    http._log(contacts.routes.endpoints[0], "id", None, 200, 1.2345678)
    assert [line["duration_ms"] for line in lines] == [1234.6]
