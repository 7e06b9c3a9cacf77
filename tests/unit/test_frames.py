"""Frames: at most 32 KiB in either direction, and what is none is told so."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.services.frames import (
    LARGEST,
    BadFrame,
    ErrorFrame,
    NotificationFrame,
    Ping,
    PongFrame,
    ReminderFrame,
    RemovedFrame,
    ServerFrame,
    TicketFrame,
    decode,
    encode,
)
from chalicelib.services.wire import AuthorAnswer, NotificationAnswer

AT = "2026-11-22T13:08:00.123Z"
NUMBER = "1341793806"
NOTIFICATION = NotificationAnswer(
    id=f"1795730436496-{NUMBER}-2",
    ticket=NUMBER,
    subject="ორმაგი ჯავშანი",
    text="",
    attachment=None,
    author=AuthorAnswer("agent", "Nino"),
    created_at=AT,
    state="active",
    snoozed_until=None,
)
LETTERS = ("a", '"', "\\", "\n", "\t", "é", "ж", "ა", "€", "漢", "🛎️", "👩\u200d🔧", "\u202e")
LONGEST = 20_000
"""Characters of a message's text."""


def _frame(text: str) -> NotificationFrame:
    return NotificationFrame(replace(NOTIFICATION, text=text))


def _sent(text: str) -> tuple[dict[str, Any], int]:
    """The notification as it is received, and the frame's bytes."""
    encoded = encode(_frame(text))
    received = json.loads(encoded)
    assert received["event"] == "notification"
    return received["notification"], len(encoded)


def _refusal(text: str) -> tuple[str, str | None]:
    with pytest.raises(BadFrame) as refused:
        decode(text)
    return refused.value.message, refused.value.id


@pytest.mark.parametrize(
    ("frame", "sent"),
    [
        (RemovedFrame("1-2-3"), {"event": "notification.removed", "id": "1-2-3"}),
        (TicketFrame(NUMBER), {"event": "ticket.updated", "number": NUMBER}),
        (TicketFrame(NUMBER, 7), {"event": "ticket.updated", "number": NUMBER, "version": 7}),
        (
            ReminderFrame("late", NUMBER, "ჯავშანი", AT),
            {
                "event": "reminder",
                "kind": "late",
                "number": NUMBER,
                "subject": "ჯავშანი",
                "at": AT,
                "text": None,
                "id": None,
            },
        ),
        (PongFrame("x"), {"event": "pong", "id": "x"}),
        (ErrorFrame("invalid_frame", "No."), {"event": "error", "code": "invalid_frame", "message": "No."}),
        (
            ErrorFrame("invalid_frame", "No.", "x"),
            {"event": "error", "code": "invalid_frame", "message": "No.", "id": "x"},
        ),
    ],
)
def test_a_frame_is_an_object_with_its_event(frame: ServerFrame, sent: dict[str, Any]) -> None:
    assert json.loads(encode(frame)) == sent


def test_a_notification_is_sent_whole_with_every_field_and_no_word_of_a_cut() -> None:
    received, _ = _sent('გასაგებია.\n„ბრჭყალები“ "quotes" \\ 🛎️')
    assert received == {
        "id": NOTIFICATION.id,
        "ticket": NUMBER,
        "subject": NOTIFICATION.subject,
        "text": 'გასაგებია.\n„ბრჭყალები“ "quotes" \\ 🛎️',
        "attachment": None,
        "author": {"kind": "agent", "name": "Nino"},
        "created_at": AT,
        "state": "active",
        "snoozed_until": None,
    }


@pytest.mark.parametrize("letter", ["a", '"', "\\", "\n", "é", "ж", "ა", "€", "🛎"])
def test_a_text_is_sent_whole_up_to_the_last_byte_and_cut_behind_it(letter: str) -> None:
    bytes_of_letter = len(msgspec.json.encode(letter)) - 2
    room = LARGEST - len(encode(_frame("")))
    fits = letter * (room // bytes_of_letter)
    whole, size = _sent(fits)
    assert (whole["text"], "text_cut" in whole) == (fits, False)
    assert LARGEST - bytes_of_letter < size <= LARGEST
    cut, size = _sent(fits + letter)
    assert cut["text_cut"] is True
    assert fits.startswith(cut["text"])
    assert LARGEST - bytes_of_letter < size <= LARGEST, "no letter more would fit"


def test_what_fits_to_the_byte_is_not_cut_and_one_byte_more_is() -> None:
    room = LARGEST - len(encode(_frame("")))
    assert (_sent(room * "x")[1], "text_cut" in _sent(room * "x")[0]) == (LARGEST, False)
    assert _sent((room + 1) * "x")[0]["text_cut"] is True


@given(
    st.lists(
        st.tuples(st.sampled_from(LETTERS), st.integers(1, 2500)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_the_alphabet_a_frame_fits_and_holds_as_much_of_the_text_as_it_can(
    parts: list[tuple[str, int]],
) -> None:
    text = "".join(letter * times for letter, times in parts)[:LONGEST]
    received, size = _sent(text)
    assert size <= LARGEST
    kept = received["text"]
    assert text.startswith(kept)
    if kept == text:
        assert "text_cut" not in received
    else:
        assert received["text_cut"] is True
        longer = replace(NOTIFICATION, text=text[: len(kept) + 1], text_cut=True)
        assert len(msgspec.json.encode(NotificationFrame(longer))) > LARGEST


def test_only_the_text_is_cut() -> None:
    short, _ = _sent("ა")
    long, _ = _sent("ა" * LONGEST)
    assert {**long, "text": "ა"} == {**short, "text_cut": True}


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"action":"ping"}', Ping()),
        ('{"action":"ping","id":"a"}', Ping("a")),
        ('{"id":"წერილი 1","action":"ping"}', Ping("წერილი 1")),
        ('{"action":"ping","id":null}', Ping()),
        (json.dumps({"action": "ping", "id": 128 * "ა"}), Ping(128 * "ა")),
        (' {"action":"ping"}' + (LARGEST - 18) * " ", Ping()),
    ],
)
def test_a_ping_is_taken(text: str, frame: Ping) -> None:
    assert decode(text) == frame


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ping",
        "null",
        "7",
        '"ping"',
        "[]",
        '["ping"]',
        '{"action":"ping"',
        "{'action':'ping'}",
        '{"action":7',
        "NaN",
    ],
)
def test_what_is_no_object_is_no_frame(text: str) -> None:
    message, id_ = _refusal(text)
    assert (message.endswith("."), id_) == (True, None)


@pytest.mark.parametrize(
    "text",
    ["\ud800", '{"action":"?","id":"\\ud800"}', '{"action":"ping","id":"\ud800"}', LARGEST * "[", '{"a":' * 6000],
)
def test_what_no_parser_can_read_is_no_frame_either(text: str) -> None:
    assert _refusal(text) == ("A frame is a JSON object with an action.", None)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"action": None},
        {"action": 7},
        {"action": "Ping"},
        {"action": "chat.fly"},
        {"action": ["ping"]},
        {"event": "ping"},
        {"action": "ping", "more": 1},
    ],
)
def test_an_object_that_is_no_known_frame_is_refused_under_its_id(facts: dict[str, Any]) -> None:
    message = "The frame is none of the actions of this socket."
    assert _refusal(json.dumps(facts)) == (message, None)
    assert _refusal(json.dumps({**facts, "id": "ა-1"})) == (message, "ა-1")
    assert _refusal(json.dumps({"id": "ა-1", **facts})) == (message, "ა-1")


@pytest.mark.parametrize("id_", ["", 7, [], {}, True, 129 * "x"])
def test_an_id_that_can_be_none_is_not_given_back(id_: Any) -> None:
    assert _refusal(json.dumps({"action": "ping", "id": id_}))[1] is None
    assert decode('{"action":"ping","id":"x"}') == Ping("x")


@pytest.mark.parametrize("letter", ["x", "ა"])
def test_a_frame_of_more_than_32_kib_is_refused_counted_in_bytes(letter: str) -> None:
    def padded(size: int) -> str:
        text = json.dumps({"action": "?", "id": "x", "pad": ""}, ensure_ascii=False)
        room = size - len(text)
        letters = room // len(letter.encode())
        return text[:-2] + letter * letters + (room - letters * len(letter.encode())) * "x" + text[-2:]

    assert len(padded(LARGEST).encode()) == LARGEST
    assert _refusal(padded(LARGEST)) == ("The frame is none of the actions of this socket.", "x")
    assert _refusal(padded(LARGEST + 1)) == ("A frame holds at most 32 KiB.", None)
