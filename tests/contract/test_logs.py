"""The log: one JSON line a request, with nothing in it that a person wrote or that opens a door."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from tests.contract.conftest import Hotel
from tests.contract.test_files import PNG

CANARY = "kanarek-7f3a"


@pytest.fixture
def printed(hotel: Hotel) -> Iterator[io.StringIO]:
    """What the functions print."""
    del hotel
    from chalicelib.observability import logger

    stream = io.StringIO()
    handler = next(each for each in logger.handlers if isinstance(each, logging.StreamHandler))
    before = handler.setStream(stream)
    yield stream
    assert before is not None
    handler.setStream(before)


def _lines(printed: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in printed.getvalue().splitlines()]


def test_a_request_is_one_line_that_says_what_was_served(hotel: Hotel, printed: io.StringIO) -> None:
    hotel.open()
    (line,) = [each for each in _lines(printed) if each["message"] == "served"]
    assert (line["route"], line["status"]) == ("POST /v1/tickets", 201)
    assert line["request_id"]
    assert isinstance(line["duration_ms"], float)
    assert len(str(line["account"])) == len(str(line["user"])) == 16


def test_accounts_and_users_are_told_apart_by_hashes_only(hotel: Hotel, printed: io.StringIO) -> None:
    for token in (hotel.anna, hotel.beka, hotel.anna, hotel.agent):
        path = "/v1/agent/catalog" if token == hotel.agent else "/v1/catalog"
        hotel.api.get(path, token)
    users = [each["user"] for each in _lines(printed) if each["message"] == "served"]
    assert users[0] == users[2]
    assert len(set(users)) == 3
    assert hotel.account not in printed.getvalue()


def test_nothing_that_a_person_wrote_and_no_token_is_printed(hotel: Hotel, printed: io.StringIO) -> None:
    token = hotel.api.running.hotel_token(f"{hotel.account}-{CANARY}", CANARY, name=CANARY, account_name=CANARY)
    upload_id = hotel.api.upload(token, PNG, "image/png", name=f"{CANARY}.png")
    request = {**hotel.request, "subject": CANARY, "text": CANARY, "context": {CANARY: CANARY}, "upload_id": upload_id}
    number = hotel.api.post("/v1/tickets", token, request, key=CANARY)["number"]
    url = hotel.api.get(f"/v1/tickets/{number}/attachments/m1", token)["url"]
    wrong = ({**request, "topic": CANARY}, {**request, CANARY: 1}, {**request, "importance": CANARY}, [CANARY])
    for body in wrong:
        hotel.api.call("POST", "/v1/tickets", token=token, body=body)
    hotel.api.call("GET", f"/v1/tickets/{CANARY}", token=token, headers={"Origin": CANARY, "X-Any": CANARY})
    hotel.api.call("GET", "/v1/tickets", token=token, query={"cursor": CANARY, CANARY: CANARY})
    hotel.api.call("GET", "/v1/tickets", token=CANARY)
    text = printed.getvalue()
    assert len(_lines(printed)) > 8
    assert CANARY not in text
    assert token.split(".")[1] not in text
    assert url.partition("?")[2] not in text


def test_a_canary_put_there_on_purpose_is_found(printed: io.StringIO) -> None:
    from chalicelib.observability import logger

    logger.info("served", subject=CANARY)
    assert CANARY in printed.getvalue()
