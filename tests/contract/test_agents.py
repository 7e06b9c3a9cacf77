"""What agents see and do, through the app's edge."""

from typing import Any

import pytest

from tests.contract.conftest import Hotel


def _queue(hotel: Hotel) -> list[dict[str, object]]:
    """The rows of this hotel in the waiting view, in its order."""
    rows, cursor = [], None
    while True:
        query = {"limit": "100", **({"cursor": cursor} if cursor else {})}
        page = hotel.api.get("/v1/agent/tickets", hotel.agent, **query)
        rows += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return [row for row in rows if row["account"] == f"demo/{hotel.account}"]


def test_a_new_ticket_waits_and_an_answer_takes_it_out(hotel: Hotel) -> None:
    number = hotel.open(importance="high")["number"]
    (row,) = _queue(hotel)
    assert (row["number"], row["team"], row["assignee"], row["version"]) == (number, "support", None, 1)
    assert row["requester"] == {"id": "anna", "name": "ანა"}
    assert row["languages"] == ["ka"]
    hotel.answer(number)
    assert _queue(hotel) == []
    hotel.reply(number)
    assert [row["number"] for row in _queue(hotel)] == [number]


def test_what_is_due_first_stands_first(hotel: Hotel) -> None:
    numbers = {
        importance: hotel.open(importance=importance, languages=["en"])["number"]
        for importance in ("low", "critical", "normal", "high")
    }
    expected = [numbers[importance] for importance in ("critical", "high", "normal", "low")]
    assert [row["number"] for row in _queue(hotel)] == expected


def test_the_queue_is_paged_without_gaps_or_repeats(hotel: Hotel) -> None:
    numbers = {hotel.open()["number"] for _ in range(7)}
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
        page = hotel.api.get("/v1/agent/tickets", hotel.agent, **query)
        seen += [row["number"] for row in page["items"] if row["account"] == f"demo/{hotel.account}"]
        assert len(page["items"]) <= 3
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == numbers


def test_the_first_unanswered_message_keeps_its_due_time(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    due_at = hotel.view(number)["due_at"]
    hotel.reply(number)
    assert hotel.view(number)["due_at"] == due_at
    hotel.answer(number)
    assert "due_at" not in hotel.view(number)


def test_an_answer_takes_the_ticket(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number)
    seen = hotel.agent_view(number)
    assert seen["assignee"]
    assert seen["status"] == "open"
    assert seen["version"] == 2


def test_an_answer_may_move_the_status(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, status="pending")
    assert hotel.view(number)["status"] == "pending"
    hotel.reply(number)
    assert hotel.view(number)["status"] == "open"
    hotel.answer(number, status="closed")
    assert hotel.view(number)["status"] == "closed"


def test_what_an_agent_changed_is_on_record_for_agents_only(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, "შენიშვნა", note=True)
    assert hotel.agent_view(number)["audit"] == []
    hotel.answer(number, status="pending")
    hotel.reply(number)
    hotel.answer(number)
    hotel.answer(number, status="closed")
    first, last = hotel.agent_view(number)["audit"]
    assert first["agent"] == "Nino"
    assert first["changes"]["status"] == {"from": "new", "to": "pending"}
    assert first["changes"]["assignee"]["from"] is None
    assert last["changes"] == {"status": {"from": "open", "to": "closed"}}
    assert first["version"] < last["version"]
    assert "audit" not in hotel.view(number)


def test_a_note_never_reaches_the_hotel(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    before, row = hotel.view(number), hotel.api.get("/v1/tickets", hotel.anna)
    note = hotel.answer(number, "შიგა შენიშვნა", note=True)
    assert note["note"]
    assert hotel.view(number) == before
    assert hotel.api.get("/v1/tickets", hotel.anna) == row
    assert [each["id"] for each in hotel.agent_view(number)["messages"]] == ["m1", "n1"]


def test_notes_stand_where_they_were_written(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, "შენიშვნა 1", note=True)
    hotel.answer(number, "პასუხი")
    hotel.answer(number, "შენიშვნა 2", note=True)
    hotel.answer(number, "შენიშვნა 3", note=True)
    hotel.reply(number)
    assert [each["id"] for each in hotel.agent_view(number)["messages"]] == ["m1", "n1", "m2", "n2", "n3", "m3"]


def test_a_stale_answer_is_stopped_and_told_what_is_new(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    version = hotel.agent_view(number)["version"]
    hotel.reply(number, "კიდევ ერთი რამ")
    path, body, headers = f"/v1/agent/tickets/{number}/messages", {"text": "პასუხი"}, {"If-Match": f'"{version}"'}
    stale = hotel.api.call("POST", path, token=hotel.agent, body=body, headers=headers)
    details = stale.problem(409, "ticket_changed")
    assert [each["text"] for each in details["messages"]] == ["კიდევ ერთი რამ"]
    assert "key" not in str(details)
    fresh = {"If-Match": str(hotel.agent_view(number)["version"])}
    assert hotel.api.call("POST", path, token=hotel.agent, body=body, headers=fresh).ok(201)


def test_reading_does_not_make_an_agents_view_stale(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    answer = hotel.answer(number)
    version = hotel.agent_view(number)["version"]
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, {"up_to": answer["id"]}, status=204)
    seen = hotel.agent_view(number)
    assert seen["version"] == version
    assert not seen["unread"]


def test_a_version_that_is_none_is_refused(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    path = f"/v1/agent/tickets/{number}/messages"
    for version in ("x", "1.5", "*", '"'):
        answer = hotel.api.call("POST", path, token=hotel.agent, body={"text": "x"}, headers={"If-Match": version})
        assert "If-Match" in answer.problem(400, "invalid_request")["fields"]


def test_an_unknown_number_is_not_found_for_agents_too(hotel: Hotel) -> None:
    for path in ("/v1/agent/tickets/1234567894", "/v1/agent/tickets/x", "/v1/agent/tickets/1234567894/attachments/m1"):
        hotel.api.call("GET", path, token=hotel.agent).problem(404, "not_found")


def test_an_agents_long_thread_is_paged_with_its_notes(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, "n1", note=True)
    for n in range(2, 54):
        hotel.reply(number, str(n))
    hotel.answer(number, "n2", note=True)
    newest = hotel.agent_view(number)
    assert [each["id"] for each in newest["messages"]] == [*(f"m{n}" for n in range(5, 54)), "n2"]
    older = hotel.api.get(f"/v1/agent/tickets/{number}", hotel.agent, messages_cursor=newest["messages_cursor"])
    assert [each["id"] for each in older["messages"]] == ["m1", "n1", "m2", "m3", "m4"]


def test_counts_end_where_they_are_said_to(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters import tables
    from chalicelib.services import queue

    for _ in range(4):
        hotel.open()
    assert hotel.api.get("/v1/agent/queue", hotel.agent)["teams"][0]["waiting"] >= 4
    real, limits = tables.CLIENT._make_api_call, []

    def watched(operation: str, kwargs: dict[str, Any]) -> Any:
        if operation == "Query":
            limits.append(kwargs["Limit"])
        return real(operation, kwargs)

    monkeypatch.setattr(queue, "COUNTED_UP_TO", 3)
    monkeypatch.setattr(tables.CLIENT, "_make_api_call", watched)
    counts = hotel.api.get("/v1/agent/queue", hotel.agent)
    support = next(each for each in counts["teams"] if each["team"] == "support")
    assert (support["waiting"], limits) == (3, [3] * 9)
    assert all(each[name] <= 3 for each in counts["teams"] for name in ("waiting", "late", "pending"))


@pytest.mark.parametrize("account", ["", "demo", "demo/", "/x", "Demo/x", "demo/" + "x" * 129, "demo/" + "ქ" * 57])
def test_an_account_that_cannot_be_is_refused_in_a_list(hotel: Hotel, account: str) -> None:
    for view in ("waiting", "closed", "all"):
        query = {"view": view, "account": account}
        answer = hotel.api.call("GET", "/v1/agent/tickets", token=hotel.agent, query=query)
        assert "account" in answer.problem(400, "invalid_request")["fields"]
    assert hotel.api.get("/v1/agent/tickets", hotel.agent, view="all", account="gone/1")["items"] == []


def test_an_agent_is_looked_for_by_id_or_by_name(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    seen = hotel.agent_view(number)
    headers = {"If-Match": str(seen["version"])}
    path = f"/v1/agent/tickets/{number}"
    taken = hotel.api.call("PATCH", path, token=hotel.agent, body={"assignee": "me"}, headers=headers).ok()
    for name in ("me", "nino", taken["assignee"]):
        query = {"account": f"demo/{hotel.account}", "assignee": name}
        assert [row["number"] for row in hotel.api.get("/v1/agent/tickets", hotel.agent, **query)["items"]] == [number]
    for name in ("", "nobody-of-ours", "\ud800"):
        answer = hotel.api.call("GET", "/v1/agent/tickets", token=hotel.agent, query={"assignee": name})
        assert "assignee" in answer.problem(400, "invalid_request")["fields"]
