"""Lists: their order, their pages, their cursors."""

from typing import Any

import pytest

from tests.contract.conftest import Hotel


def _pages(hotel: Hotel, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        query = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
        page = hotel.api.get("/v1/tickets", hotel.anna, **query)
        pages.append([row["number"] for row in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages


def test_the_newest_opened_stands_first_whatever_is_answered_meanwhile(hotel: Hotel) -> None:
    numbers = [hotel.open()["number"] for _ in range(5)]
    hotel.answer(numbers[0])
    assert _pages(hotel, 25) == [numbers[::-1]]


def test_pages_are_complete_and_without_repeats(hotel: Hotel) -> None:
    numbers = [hotel.open()["number"] for _ in range(7)]
    assert _pages(hotel, 3) == [numbers[:-4:-1], numbers[3:0:-1], numbers[:1]]
    assert _pages(hotel, 7) == [numbers[::-1]]


def test_a_ticket_opened_meanwhile_moves_no_page(hotel: Hotel) -> None:
    numbers = [hotel.open()["number"] for _ in range(4)]
    first = hotel.api.get("/v1/tickets", hotel.anna, limit="2")
    hotel.open()
    second = hotel.api.get("/v1/tickets", hotel.anna, limit="2", cursor=first["next_cursor"])
    assert [row["number"] for row in first["items"] + second["items"]] == numbers[::-1]


def test_an_empty_list_is_a_list(hotel: Hotel) -> None:
    assert hotel.api.get("/v1/tickets", hotel.anna) == {"items": [], "next_cursor": None}


def test_a_forged_or_foreign_cursor_is_refused(hotel: Hotel) -> None:
    for _ in range(2):
        hotel.open()
    cursor = hotel.api.get("/v1/tickets", hotel.anna, limit="1")["next_cursor"]
    forged = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    other = hotel.api.running.hotel_token(f"{hotel.account}2")
    for token, wrong in ((hotel.anna, forged), (hotel.anna, "x"), (hotel.anna, ""), (other, cursor)):
        answer = hotel.api.call("GET", "/v1/tickets", token=token, query={"cursor": wrong})
        assert "cursor" in answer.problem(400, "invalid_request")["fields"]
    answer = hotel.api.call("GET", "/v1/agent/tickets", token=hotel.agent, query={"cursor": cursor})
    assert "cursor" in answer.problem(400, "invalid_request")["fields"]
    assert len(hotel.api.get("/v1/tickets", hotel.anna, cursor=cursor)["items"]) == 1


def test_a_threads_cursor_belongs_to_its_ticket(hotel: Hotel) -> None:
    numbers = [hotel.open()["number"] for _ in range(2)]
    for number in numbers:
        for n in range(50):
            hotel.reply(number, str(n))
    cursor = hotel.view(numbers[0])["messages_cursor"]
    path, query = f"/v1/tickets/{numbers[1]}", {"messages_cursor": cursor}
    answer = hotel.api.call("GET", path, token=hotel.anna, query=query)
    assert "messages_cursor" in answer.problem(400, "invalid_request")["fields"]
    assert hotel.api.get(f"/v1/tickets/{numbers[0]}", hotel.anna, messages_cursor=cursor)["messages"]


@pytest.mark.parametrize("limit", ["0", "101", "x", "1.5", "-1", ""])
def test_a_limit_out_of_bounds_is_refused(hotel: Hotel, limit: str) -> None:
    answer = hotel.api.call("GET", "/v1/tickets", token=hotel.anna, query={"limit": limit})
    assert "limit" in answer.problem(400, "invalid_request")["fields"]
    hotel.api.get("/v1/tickets", hotel.anna, limit="100")


def test_unknown_and_doubled_parameters_are_refused(hotel: Hotel) -> None:
    for query in ({"colour": "red"}, {"limit": ["1", "2"]}):
        answer = hotel.api.call("GET", "/v1/tickets", token=hotel.anna, query=query)
        assert set(query) == set(answer.problem(400, "invalid_request")["fields"])
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=hotel.request, query={"x": "1"})
    assert "x" in answer.problem(400, "invalid_request")["fields"]


def test_the_catalog_speaks_all_five_languages(hotel: Hotel) -> None:
    labels = {
        locale: [each["label"] for each in hotel.api.get("/v1/catalog", hotel.anna, locale=locale)["topics"]]
        for locale in ("ka", "en", "ru", "uk", "pl")
    }
    assert len({tuple(each) for each in labels.values()}) == 5
    assert hotel.api.get("/v1/catalog", hotel.anna)["topics"][0]["label"] == labels["ka"][0], "the token's own"
    answer = hotel.api.call("GET", "/v1/catalog", token=hotel.anna, query={"locale": "de"})
    assert "locale" in answer.problem(400, "invalid_request")["fields"]
    catalog = hotel.api.get("/v1/catalog", hotel.anna)
    assert [each["id"] for each in catalog["statuses"]] == ["new", "open", "pending", "closed"]
    assert catalog["attachment"]["max_bytes"] == 52_428_800
    assert catalog["faq_url"] is None


def test_nothing_by_name_is_no_filter(hotel: Hotel) -> None:
    hotel.open()
    for query in ({"status": "null"}, {"date": "NULL"}, {"cursor": "null"}):
        answer = hotel.api.call("GET", "/v1/tickets", token=hotel.anna, query=query)
        assert set(query) == set(answer.problem(400, "invalid_request")["fields"])
    assert hotel.api.get("/v1/tickets", hotel.anna, status="new")["items"]


def test_many_marks_between_two_rows_are_not_all_read(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters import history, tables

    monkeypatch.setattr(history, "_MARKS_READ", 3)
    first = hotel.open(topic="rates")["number"]
    between = [hotel.open()["number"] for _ in range(6)]
    last = hotel.open(topic="rates")["number"]
    for number in (first, *between):
        hotel.answer(number)
    real, read = tables.CLIENT._make_api_call, []

    def watched(operation: str, kwargs: dict[str, Any]) -> Any:
        answer = real(operation, kwargs)
        read.append((operation, answer.get("ScannedCount")))
        return answer

    monkeypatch.setattr(tables.CLIENT, "_make_api_call", watched)
    rows = hotel.api.get("/v1/tickets", hotel.anna, topic="rates")["items"]
    assert [(row["number"], row["unread"]) for row in rows] == [(last, False), (first, True)]
    assert read == [("Query", 2), ("Query", 4), ("Query", 1), ("Query", 0)], "then each row's own"
    read.clear()
    assert [row["unread"] for row in hotel.api.get("/v1/tickets", hotel.anna, limit="2")["items"]] == [False, True]
    assert read == [("Query", 3), ("Query", 1)]


def test_two_users_whose_names_hold_a_cursors_punctuation_do_not_share_one(hotel: Hotel) -> None:
    one = hotel.api.running.hotel_token(f"{hotel.account}|b", "c")
    other = hotel.api.running.hotel_token(hotel.account, "b|c")
    for _ in range(2):
        hotel.answer(hotel.open(one)["number"])
    cursor = hotel.api.get("/v1/tickets", one, unread="true", limit="1")["next_cursor"]
    query = {"unread": "true", "cursor": cursor}
    answer = hotel.api.call("GET", "/v1/tickets", token=other, query=query)
    assert "cursor" in answer.problem(400, "invalid_request")["fields"]
    assert hotel.api.get("/v1/tickets", one, **query)["items"]


def test_a_day_that_a_zone_left_out_is_an_empty_one(hotel: Hotel) -> None:
    samoan = hotel.api.running.hotel_token(hotel.account, zoneinfo="Pacific/Apia")
    for query in ({}, {"status": "new"}):
        assert hotel.api.get("/v1/tickets", samoan, date="2011-12-30", **query) == {"items": [], "next_cursor": None}
