"""Another account's things do not exist, whatever the accounts and users are called."""

import pytest

from tests.contract.conftest import Api, Hotel
from tests.contract.test_files import PNG


def test_a_list_holds_the_own_accounts_tickets_only(hotel: Hotel) -> None:
    own = hotel.open()["number"]
    other = hotel.api.running.hotel_token(f"{hotel.account}2")
    foreign = hotel.open(other)["number"]
    assert [row["number"] for row in hotel.api.get("/v1/tickets", hotel.anna)["items"]] == [own]
    assert [row["number"] for row in hotel.api.get("/v1/tickets", other)["items"]] == [foreign]


@pytest.mark.parametrize(
    ("account", "other"), [("a/b", "a"), ("a#1", "a"), ("a@b", "a"), ("1", "1 "), ("ქ", "%E1%83%A5"), ("..", ".")]
)
def test_odd_names_of_accounts_do_not_meet(api: Api, hotel: Hotel, account: str, other: str) -> None:
    first = api.running.hotel_token(f"{hotel.account}{account}")
    second = api.running.hotel_token(f"{hotel.account}{other}")
    number = hotel.open(first)["number"]
    assert api.get("/v1/tickets", first)["items"]
    assert api.get("/v1/tickets", second)["items"] == []
    api.call("GET", f"/v1/tickets/{number}", token=second).problem(404, "not_found")


def test_users_with_odd_names_do_not_share_uploads(hotel: Hotel) -> None:
    one = hotel.api.running.hotel_token(hotel.account, "a@b#c")
    two = hotel.api.running.hotel_token(hotel.account, "a%40b%23c")
    body = {**hotel.request, "upload_id": hotel.api.upload(one, PNG, "image/png")}
    hotel.api.call("POST", "/v1/tickets", token=two, body=body).problem(404, "not_found")
    hotel.api.post("/v1/tickets", one, body)


def test_a_follow_up_of_another_accounts_ticket_is_not_found(hotel: Hotel) -> None:
    foreign = hotel.open(hotel.api.running.hotel_token(f"{hotel.account}2"))["number"]
    body = {**hotel.request, "follow_up_of": foreign}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(404, "not_found")


def test_no_filter_reaches_another_accounts_tickets(hotel: Hotel) -> None:
    other = hotel.api.running.hotel_token(f"{hotel.account}2")
    own, foreign = hotel.open()["number"], hotel.open(other)["number"]
    for number in (own, foreign):
        hotel.answer(number)
    today = hotel.view(own)["created_at"][:10]
    token = hotel.api.running.hotel_token(hotel.account, zoneinfo="UTC")
    for query in ({"status": "open"}, {"topic": "bookings"}, {"date": today}, {"unread": "true"}):
        assert [row["number"] for row in hotel.api.get("/v1/tickets", token, **query)["items"]] == [own], query


def _names(answer: object) -> set[str]:
    """Every field's name at any depth."""
    if isinstance(answer, dict):
        return set(answer).union(*map(_names, answer.values()))
    return set().union(*map(_names, answer)) if isinstance(answer, list) else set()


def test_what_only_agents_may_see_is_in_no_answer_to_a_hotel(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(
        number,
        "CANARY-NOTE",
        note=True,
        upload_id=hotel.api.upload(hotel.agent, PNG, "image/png", name="CANARY-FILE.png", prefix="/v1/agent"),
    )
    hotel.answer(number, "პასუხი")
    version = str(hotel.agent_view(number)["version"])
    body = {"assignee": "me", "topic": "services", "importance": "low", "status": "pending"}
    path = f"/v1/agent/tickets/{number}"
    seen_by_agent = hotel.api.call("PATCH", path, token=hotel.agent, body=body, headers={"If-Match": version}).ok()
    answers = [
        hotel.api.get("/v1/tickets", hotel.anna),
        *(hotel.api.get("/v1/tickets", hotel.anna, **query) for query in ({"status": "pending"}, {"unread": "true"})),
        hotel.view(number),
        hotel.reply(number),
        hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200),
    ]
    agents_own = {"assignee", "assignee_name", "team", "version", "audit", "note", "account", "requester", "languages"}
    assert not agents_own & _names(answers)
    assert agents_own <= _names(seen_by_agent), "the names are the ones that agents read"
    secrets = ("CANARY", seen_by_agent["assignee"], "n1", hotel.account)
    assert not [secret for secret in secrets if secret in str(answers)]
    assert [secret for secret in secrets if secret in str(seen_by_agent)] == list(secrets)
