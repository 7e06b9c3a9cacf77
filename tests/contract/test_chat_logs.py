"""What the functions behind a socket print and send on while people chat, also when everything fails: ids, no words.

On the local stack functions called by a socket write no log group, so here they are called directly.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from pynamodb.exceptions import GetError

from tests.contract.conftest import Api
from tests.contract.floor import Floor, opened_floor
from tests.contract.test_logs import Printed, printed
from tests.pages import Frame

__all__ = ["printed"]
CANARY = "kanarek-51f0c7"
ALWAYS = {"level", "message", "timestamp", "service", "route", "request_id", "status", "duration_ms"}
INTRO = {"intro": {"name": CANARY, "phone": CANARY, "question": CANARY}}
BODIES = [{"text": CANARY}, INTRO, {"replay": [{"from": "agent", "text": CANARY, "at": CANARY}]}]
FRAMES: list[Any] = [
    *({"action": "chat.message", "n": 1, "body": body} for body in BODIES),
    {"action": "chat.message", "n": 2, "body": {"text": CANARY * 1000}},
    {"action": "chat.message", "n": 2, "body": INTRO},
    {"action": "chat.message", "n": 2, "body": {CANARY: CANARY}},
    {"action": "chat.message", "n": CANARY, "body": {"text": "x"}},
    {"action": "chat.message", "leg": 9, "n": 2, "body": {"text": CANARY}},
    {"action": "chat.message", "chat": CANARY, "n": 2, "body": {"text": CANARY}},
    {"action": "chat.typing", "said": CANARY},
    {"action": "chat.end", "chat": CANARY},
    {"action": CANARY},
    {"action": "ping", "id": CANARY},
    {"action": "chat.start", "id": CANARY, "languages": ["ka"]},
    f'{{"action": "{CANARY}',
    CANARY,
    CANARY * 3000,
]
BUSY: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
REFUSED: Any = {
    "Error": {"Code": "ValidationException", "Message": CANARY},
    "ResponseMetadata": {"HTTPStatusCode": 400},
}
FAULTS: dict[str, Callable[[], Exception]] = {
    "AWS is busy": lambda: ClientError(BUSY, "PostToConnection"),
    "AWS does not answer": lambda: ReadTimeoutError(endpoint_url="https://sockets.test"),
    "AWS refuses what was sent and quotes it": lambda: ClientError(REFUSED, "PostToConnection"),
    "a mistake of ours quotes it": lambda: ValueError(CANARY),
    "the table refuses it": lambda: GetError(CANARY, ClientError(REFUSED, "GetItem")),
}


@pytest.fixture
def floor(api: Api) -> Iterator[Floor]:
    with opened_floor(api) as floor:
        from datetime import UTC, datetime

        floor.now = datetime.now(UTC)
        yield floor


def _invoke(floor: Floor, id_: str, frame: Any) -> None:
    """Calls the function as Lambda does; what it raises, Lambda prints with its text."""
    try:
        floor.door.receive(id_, frame)
    except Exception as error:  # noqa: BLE001 - looked at
        print(repr(error), error, error.__cause__, error.__context__ if not error.__suppress_context__ else "")


def _frames(joined: Frame) -> Iterator[Any]:
    for frame in FRAMES:
        about = {"chat": joined["chat"], "leg": joined["leg"]} if "chat." in str(frame)[:40] else {}
        yield {**about, **frame} if isinstance(frame, dict) else frame


def test_what_is_said_is_not_printed_nor_kept_nor_sent_on_whatever_is_wrong_with_it(
    floor: Floor, printed: Printed
) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    for frame in _frames(joined):
        for line in (visitor, agent):
            _invoke(floor, line.id, frame)
    assert [each["body"] for each in agent.take() if each["event"] == "chat.message"] == BODIES
    agent.vanish()
    _invoke(floor, visitor.id, next(_frames(joined)))
    _nothing_of_it(floor, printed)
    lines = printed.lines("message")
    assert len(lines) == 2 * len(FRAMES) + 1
    assert {name for line in lines for name in line} == ALWAYS | {"did"}
    assert {line["did"] for line in lines} >= {"chat.message", "invalid_frame", "leg_over", "chat_over", "ping"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_says_which_and_where_and_nothing_of_what_was_said(
    floor: Floor, printed: Printed, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    from chalicelib.adapters.tables import LiveItem

    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)

    def fail(*_: Any, **__: Any) -> None:
        error = FAULTS[fault]()
        raise error

    if fault == "the table refuses it":
        monkeypatch.setattr(LiveItem, "get", fail)
    else:
        floor.door.wires.post_to_connection = fail  # type: ignore[method-assign]  # the fault
    for frame in _frames(joined):
        _invoke(floor, visitor.id, frame)
    monkeypatch.undo()
    _nothing_of_it(floor, printed)
    assert len(printed.lines("message")) == len(FRAMES)
    assert any("error" in line or line["did"] == "try_again" for line in printed.lines("message"))


def _nothing_of_it(floor: Floor, printed: Printed) -> None:
    assert CANARY not in json.dumps(floor.door.items())
    assert CANARY not in str(floor.queue)
    assert CANARY not in printed.text()


def test_the_search_finds_what_is_printed_kept_or_sent_on(floor: Floor, printed: Printed) -> None:
    """The control."""
    from chalicelib.adapters.tables import LiveItem
    from chalicelib.observability import logger
    from chalicelib.services.handing_out import ReleaseAgent

    def sees() -> bool:
        try:
            _nothing_of_it(floor, printed)
        except AssertionError:
            return True
        return False

    assert not sees()
    item = LiveItem("chat#x", "chat", data=CANARY)
    item.save()
    assert sees()
    item.delete()
    assert not sees()
    floor.send("", [ReleaseAgent(CANARY)])
    assert sees()
    floor.queue.clear()
    assert not sees()
    logger.info(CANARY)
    assert sees()


def test_what_a_visitor_is_called_in_his_token_is_not_kept_for_his_socket(floor: Floor) -> None:
    from chalicelib.domain.people import AccountId, HotelUser

    who = HotelUser(account=AccountId("demo/h"), id="u", name=CANARY, account_name=CANARY, expires_at=floor._end(60))
    from chalicelib.services.sockets import offer_connection

    offer_connection(who, floor.now)
    floor.open(who).send("ping")
    assert CANARY not in json.dumps(floor.door.items())
