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
