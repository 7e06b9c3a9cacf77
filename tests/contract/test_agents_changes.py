"""What an agent changes on a ticket, guarded by its version, and tickets in which support writes first."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.conftest import Answer, Hotel
from tests.contract.test_files import PNG


def _patch(hotel: Hotel, number: str, body: dict[str, Any], *, version: int | str | None = None) -> Answer:
    if version is None:
        version = hotel.agent_view(number)["version"]
    headers = {"If-Match": str(version)} if version else {}
    return hotel.api.call("PATCH", f"/v1/agent/tickets/{number}", token=hotel.agent, body=body, headers=headers)


def _agent_id(hotel: Hotel, token: str) -> str:
    from datetime import UTC, datetime

    from chalicelib.services.identity import identify

    del hotel
    return identify(f"Bearer {token}", datetime.now(UTC)).id


def _waiting(hotel: Hotel) -> list[dict[str, Any]]:
    account = f"demo/{hotel.account}"
    return list(hotel.api.get("/v1/agent/tickets", hotel.agent, account=account)["items"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "open"),
        ("status", "pending"),
        ("status", "closed"),
        ("topic", "billing"),
        ("importance", "critical"),
        ("subject", "სხვა სათაური"),
    ],
)
def test_an_agent_changes_a_field_and_the_hotel_sees_it(hotel: Hotel, field: str, value: str) -> None:
    number = hotel.open()["number"]
    before = hotel.view(number)
    changed = _patch(hotel, number, {field: value}).ok()
    assert (changed[field], changed["version"]) == (value, 2)
    after = hotel.view(number)
    assert after["moved_to" if field == "topic" else field] == value
    assert after["topic"] == before["topic"]
    assert after["updated_at"] > before["updated_at"]
    (entry,) = changed["audit"]
    assert entry["changes"][field] == {"from": before[field], "to": value}
    assert entry["version"] == 2


def test_a_topic_brings_its_team_and_that_teams_hours(hotel: Hotel) -> None:
    number = hotel.open(importance="critical", languages=["en"])["number"]
    moved = _patch(hotel, number, {"topic": "services"}).ok()
    assert (moved["team"], moved["topic"]) == ("services", "services")
    assert moved["due_at"] >= hotel.open(importance="critical", languages=["en"])["due_at"][:16]
    assert moved["audit"][0]["changes"]["team"] == {"from": "support", "to": "services"}
    assert [row["team"] for row in _waiting(hotel) if row["number"] == number] == ["services"]


def test_more_importance_brings_the_answer_forward(hotel: Hotel) -> None:
    number = hotel.open(importance="low", languages=["en"])["number"]
    earlier = hotel.open(importance="normal", languages=["en"])["number"]
    assert [row["number"] for row in _waiting(hotel)] == [earlier, number]
    _patch(hotel, number, {"importance": "critical"}).ok()
    assert [row["number"] for row in _waiting(hotel)] == [number, earlier]


def test_several_fields_change_at_once_as_one_version(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    changed = _patch(hotel, number, {"topic": "rates", "importance": "low", "assignee": "me"}).ok()
    assert changed["version"] == 2
    assert set(changed["audit"][0]["changes"]) == {"topic", "importance", "assignee", "assignee_name", "status"}


def test_taking_a_new_ticket_opens_it_and_giving_it_on_shows_the_hotel_nothing(hotel: Hotel) -> None:
    marta = hotel.api.running.agent_token("marta", supervisor=True)
    number = hotel.open()["number"]
    taken = _patch(hotel, number, {"assignee": "me"}).ok()
    assert (taken["assignee"], taken["assignee_name"]) == (_agent_id(hotel, hotel.agent), "Nino")
    assert hotel.view(number)["status"] == "open"
    seen = hotel.view(number)
    given = _patch(hotel, number, {"assignee": _agent_id(hotel, marta)}).ok()
    assert (given["assignee"], given["assignee_name"]) == (_agent_id(hotel, marta), "Marta")
    assert _patch(hotel, number, {"assignee": None}).ok()["assignee"] is None
    assert hotel.view(number) == seen, "the hotel sees nothing of it, updated_at included"
    assert "assignee" not in str(hotel.api.get("/v1/tickets", hotel.anna))


def test_an_assignee_who_is_no_agent_is_refused(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for nobody in ("00000000-0000-4000-8000-000000000000", "x y", "ქ", ""):
        assert "assignee" in _patch(hotel, number, {"assignee": nobody}).problem(400, "invalid_request")["fields"]
    disabled = hotel.api.running.agent_token("gone")
    pool = hotel.api.running.stack.deployment.outputs()["AgentsPoolId"]
    cognito = hotel.api.running.stack.deployment.client("cognito-idp")
    groups = {"UserPoolId": pool, "Username": "gone", "GroupName": "agents"}
    cognito.admin_remove_user_from_group(**groups)
    in_no_group = _patch(hotel, number, {"assignee": "gone"})
    assert "assignee" in in_no_group.problem(400, "invalid_request")["fields"]
    cognito.admin_add_user_to_group(**groups)
    cognito.admin_disable_user(UserPoolId=pool, Username="gone")
    try:
        answer = _patch(hotel, number, {"assignee": _agent_id(hotel, disabled)})
        assert "assignee" in answer.problem(400, "invalid_request")["fields"]
    finally:
        cognito.admin_enable_user(UserPoolId=pool, Username="gone")
    assert _patch(hotel, number, {"assignee": _agent_id(hotel, disabled)}).ok()["assignee_name"] == "Gone"
    assert _patch(hotel, number, {"assignee": "gone"}).ok()["assignee"] == _agent_id(hotel, disabled), "by name"


def test_a_user_pool_that_is_busy_is_told_as_try_again(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    from chalicelib.adapters import agents

    def throttle(**_: str) -> None:
        error: Any = {"Error": {"Code": "TooManyRequestsException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(error, "AdminGetUser")

    number = hotel.open()["number"]
    monkeypatch.setattr(agents._pool(), "admin_get_user", throttle)
    _patch(hotel, number, {"assignee": "marta"}).problem(503, "try_again")
    assert _patch(hotel, number, {"assignee": "me"}).ok()["assignee_name"] == "Nino"


def test_a_change_without_a_version_is_refused(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    _patch(hotel, number, {"importance": "low"}, version="").problem(428, "version_required")
    assert hotel.agent_view(number)["importance"] == "normal"
    _patch(hotel, number, {"importance": "low"}, version=1).ok()


def test_a_stale_change_is_stopped_and_told_what_is_new(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, "შენიშვნა", note=True)
    hotel.reply(number, "კიდევ ერთი რამ")
    details = _patch(hotel, number, {"status": "closed"}, version=1).problem(409, "ticket_changed")
    assert [each["text"] for each in details["messages"]] == ["შენიშვნა", "კიდევ ერთი რამ"]
    assert details["version"] == 3
    assert hotel.view(number)["status"] == "new"
    assert _patch(hotel, number, {"status": "closed"}, version=details["version"]).ok()["status"] == "closed"


def test_of_eight_agents_who_change_one_version_one_wins(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: _patch(hotel, number, {"subject": f"{n}"}, version=1), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    seen = hotel.agent_view(number)
    assert seen["version"] == 2
    assert len(seen["audit"]) == 1


def test_a_change_of_nothing_is_no_change(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    before = hotel.agent_view(number)
    assert _patch(hotel, number, {"importance": "normal", "assignee": None, "topic": "bookings"}).ok() == before
    assert "body" in _patch(hotel, number, {}).problem(400, "invalid_request")["fields"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "new"),
        ("status", None),
        ("topic", "weather"),
        ("importance", "urgent"),
        ("subject", " "),
        ("subject", "x" * 201),
        ("assignee", 1),
        ("team", "billing"),
    ],
)
def test_a_wrong_change_says_which_field(hotel: Hotel, field: str, value: object) -> None:
    number = hotel.open()["number"]
    before = hotel.agent_view(number)
    answer = _patch(hotel, number, {"importance": "low", field: value})
    assert field in answer.problem(400, "invalid_request")["fields"]
    assert hotel.agent_view(number) == before
    assert _patch(hotel, number, {"importance": "low"}).ok()["importance"] == "low"


def test_an_agent_reopens_a_closed_ticket_at_any_time(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    due_at = hotel.agent_view(number)["due_at"]
    assert "closed_at" in _patch(hotel, number, {"status": "closed"}).ok()
    assert _waiting(hotel) == []
    reopened = _patch(hotel, number, {"status": "open"}).ok()
    assert "closed_at" not in reopened
    assert reopened["due_at"] == due_at, "nobody has answered it"
    assert [row["number"] for row in _waiting(hotel)] == [number]
    hotel.answer(number, status="closed")
    assert _patch(hotel, number, {"status": "open"}).ok()["due_at"] is None
    pending = hotel.api.get("/v1/agent/tickets", hotel.agent, view="pending", account=f"demo/{hotel.account}")
    assert [row["number"] for row in pending["items"]] == [number]


def _open_for(hotel: Hotel, **others: Any) -> Answer:
    body = {**hotel.request, "account": f"demo/{hotel.account}", **others}
    return hotel.api.call("POST", "/v1/agent/tickets", token=hotel.agent, body=body)


def test_support_writes_first_to_one_user(hotel: Hotel) -> None:
    opened = _open_for(hotel, requester="anna").ok(201)
    number = opened["number"]
    assert (opened["status"], opened["assignee_name"], opened["due_at"]) == ("pending", "Nino", None)
    assert opened["requester"] == {"id": "anna", "name": "anna"}
    assert opened["audit"][0]["changes"]["status"] == {"from": None, "to": "pending"}
    (row,) = hotel.api.get("/v1/tickets", hotel.anna)["items"]
    assert (row["number"], row["opened_by"], row["unread"]) == (number, "Nino", True)
    assert hotel.view(number)["messages"][0]["author"] == {"kind": "agent", "name": "Nino"}
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.beka, {"up_to": "m1"}, status=204)
    assert hotel.view(number)["unread"], "who it is for has not opened it"
    assert not hotel.view(number, hotel.beka)["unread"]
    hotel.reply(number)
    seen = hotel.agent_view(number)
    assert (seen["status"], seen["requester"], seen["languages"]) == ("open", {"id": "anna", "name": "ანა"}, ["ka"])
    assert [row["number"] for row in _waiting(hotel)] == [number]


def test_support_writes_first_to_the_hotel_as_such(hotel: Hotel) -> None:
    number = _open_for(hotel).ok(201)["number"]
    assert hotel.agent_view(number)["requester"] is None
    for token in (hotel.anna, hotel.beka):
        assert [row["number"] for row in hotel.api.get("/v1/tickets", token, unread="true")["items"]] == [number]
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.beka, {"up_to": "m1"}, status=204)
    assert hotel.api.get("/v1/tickets", hotel.anna, unread="true")["items"] == []


def test_support_opens_a_ticket_with_a_file_and_once(hotel: Hotel) -> None:
    upload_id = hotel.api.upload(hotel.agent, PNG, "image/png", prefix="/v1/agent")
    body = {**hotel.request, "account": f"demo/{hotel.account}", "upload_id": upload_id}
    first = hotel.api.post("/v1/agent/tickets", hotel.agent, body, key=upload_id)
    assert hotel.api.post("/v1/agent/tickets", hotel.agent, body, key=upload_id) == first
    assert len(hotel.api.get("/v1/tickets", hotel.anna)["items"]) == 1
    assert hotel.api.get(f"/v1/tickets/{first['number']}/attachments/m1", hotel.anna)["url"]


@pytest.mark.parametrize(
    "account",
    ["hotel-1", "demo", "demo/", "/hotel-1", "other/hotel-1", "agents/x", "demo/" + "x" * 129, "demo/a\nb\x00"],
)
def test_support_cannot_write_to_a_hotel_of_no_trusted_installation(hotel: Hotel, account: str) -> None:
    answer = _open_for(hotel, account=account)
    assert "account" in answer.problem(400, "invalid_request")["fields"]


@pytest.mark.parametrize("requester", ["", " ", "x" * 129, "a\x00"])
def test_support_cannot_write_to_a_user_who_cannot_be(hotel: Hotel, requester: str) -> None:
    assert "requester" in _open_for(hotel, requester=requester).problem(400, "invalid_request")["fields"]
    _open_for(hotel, requester="x" * 128).ok(201)


def test_notes_of_any_number_and_length_are_paged_with_the_thread(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for n in range(60):
        hotel.answer(number, str(n), note=True)
    hotel.reply(number)
    for _ in range(14):
        hotel.answer(number, "\U0001f3e8" * 20_000, note=True)
    pages: list[list[str]] = []
    query: dict[str, str] = {}
    while True:
        page = hotel.api.get(f"/v1/agent/tickets/{number}", hotel.agent, **query)
        pages.append([each["id"] for each in page["messages"]])
        if page["messages_cursor"] is None:
            break
        query = {"messages_cursor": page["messages_cursor"]}
    entries = [id_ for page in reversed(pages) for id_ in page]
    assert entries == ["m1", *(f"n{n}" for n in range(1, 61)), "m2", *(f"n{n}" for n in range(61, 75))]
    assert max(map(len, pages)) == 50
    assert len(pages) == 3, "twelve of the longest notes are a page, fifty entries are another, and the rest"
    assert [each["id"] for each in hotel.view(number)["messages"]] == ["m1", "m2"]


def test_a_hotels_cursor_is_none_of_an_agents(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for n in range(50):
        hotel.reply(number, str(n))
    cursors = hotel.view(number)["messages_cursor"], hotel.agent_view(number)["messages_cursor"]
    path = f"/v1/agent/tickets/{number}"
    wrong = hotel.api.call("GET", path, token=hotel.agent, query={"messages_cursor": cursors[0]})
    assert "messages_cursor" in wrong.problem(400, "invalid_request")["fields"]
    assert hotel.api.get(path, hotel.agent, messages_cursor=cursors[1])["messages"][0]["id"] == "m1"
