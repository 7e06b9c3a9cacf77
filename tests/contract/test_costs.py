"""What a request costs in calls and write units: each number stands in docs/data-model.md with its reasons."""

import json

import pytest

from bench import growth
from bench.units import Meter
from infra import build
from tests.contract.conftest import Api, Hotel

CHANGES = {
    "open": (1, 21),
    "reply while it waits": (2, 15),
    "move to another team's topic": (6, 16),
    "change the importance": (7, 16),
    "answer, first": (4, 29),
    "read": (3, 19),
    "reply after an answer": (2, 17),
    "answer and wait": (4, 30),
    "answer again": (4, 28),
    "leave a note": (3, 12),
    "change the status": (8, 20),
    "close": (3, 15),
}


@pytest.fixture
def meter(api: Api) -> Meter:
    deployment = api.running.stack.deployment
    outputs = deployment.outputs()
    resources = json.loads(build.ensure_package(build.LOCAL)[1].read_text())["Resources"]
    tables = {f"{name}Name": name for name in ("TicketsTable", "NotificationsTable", "LiveTable")}
    named = {outputs[output]: resources[name]["Properties"] for output, name in tables.items()}
    return Meter(named, deployment.client("dynamodb"))


def test_what_each_step_of_a_tickets_life_calls_and_writes(meter: Meter) -> None:
    found = {}
    for what, do in growth.changes():
        with meter.running() as calls:
            do()
        found[what] = (len(calls), sum(call.writes for call in calls))
    assert found == CHANGES


def test_a_vote_is_three_small_writes(api: Api, meter: Meter) -> None:
    with meter.running() as calls:
        api.call("POST", "/v1/faq/votes", body={"article": "a/b", "locale": "ka", "helpful": True}).ok(204)
    assert [(call.operation, call.writes) for call in calls] == [("UpdateItem", 1)] * 3


def test_a_page_of_the_list_is_two_calls_and_one_row_more_than_it_shows(hotel: Hotel, meter: Meter) -> None:
    for _ in range(27):
        hotel.open()
    with meter.running() as calls:
        shown = hotel.api.get("/v1/tickets", hotel.anna, limit="25")["items"]
    assert len(shown) == 25
    assert [(call.operation, call.scanned) for call in calls] == [("Query", 26), ("Query", 0)]


def test_a_tickets_page_is_at_most_two_calls(hotel: Hotel, meter: Meter) -> None:
    number = hotel.open()["number"]
    hotel.answer(number)
    hotel.api.call("POST", f"/v1/tickets/{number}/read", token=hotel.beka, body={"up_to": "m2"}).ok(204)
    with meter.running() as calls:
        assert hotel.view(number)["unread"], "his colleague has opened it, he has not"
    assert [call.operation for call in calls] == ["Query", "Query"]
