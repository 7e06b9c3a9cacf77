"""Frames: at most 32 KiB in either direction, and what is none is told so."""

import json
import re
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.services.chat_frames import (
    AcceptChat,
    Believed,
    Body,
    EndChat,
    EndedFrame,
    Intro,
    PeerBackFrame,
    Ping,
    ProposeTicket,
    ReceiveInChat,
    ResumeChat,
    Said,
    SaidFrame,
    SayInChat,
    SetStatus,
    StartChat,
    TransferChat,
    TypeInChat,
    TypingFrame,
)
from chalicelib.services.frames import (
    LARGEST,
    ClientFrame,
    ErrorFrame,
    NotificationFrame,
    PongFrame,
    RefusedFrame,
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
Place = tuple[str, ...]
LETTERS = ("a", '"', "\\", "\n", "\t", "é", "ж", "ა", "€", "漢", "🛎️", "👩\u200d🔧", "\u202e")
LONGEST = 20_000
"""Characters of a message's text."""
CHAT = "5f0c9d2e7a48536b-0d9a41c27be85f36"
NO_JSON = "A frame is a JSON object with an action."
NO_ACTION = "The frame is none of the actions of this socket, or has a field too many or too few."
NO_TEXT = "A text holds 1 to 4,000 characters, not only white space, and no control characters."
NO_LEG = "What was received needs its leg."
NO_BODY = "A body is one of text, intro and replay."
TOO_LONG = "A frame holds at most 32 KiB."


def _frame(text: str) -> NotificationFrame:
    return NotificationFrame(replace(NOTIFICATION, text=text))


def _sent(text: str) -> tuple[dict[str, Any], int]:
    """The notification as it is received, and the frame's bytes."""
    encoded = encode(_frame(text))
    received = json.loads(encoded)
    assert received["event"] == "notification"
    return received["notification"], len(encoded)


def _refused(text: str) -> ErrorFrame:
    with pytest.raises(RefusedFrame) as refused:
        decode(text)
    return refused.value.answer


def _refusal(text: str) -> tuple[str, str | None]:
    """What is wrong, and the id under which it is told; nothing more is."""
    answer = _refused(text)
    assert answer == ErrorFrame("invalid_frame", answer.message, answer.id)
    return answer.message, answer.id


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
        (
            ErrorFrame("leg_over", "No.", "x", CHAT, 0),
            {"event": "error", "code": "leg_over", "message": "No.", "id": "x", "chat": CHAT, "leg": 0},
        ),
        (
            ErrorFrame("chat_unavailable", "No.", next_open_at=AT),
            {"event": "error", "code": "chat_unavailable", "message": "No.", "next_open_at": AT},
        ),
        (
            ErrorFrame("chat_unavailable", "No.", next_open_at=None),
            {"event": "error", "code": "chat_unavailable", "message": "No.", "next_open_at": None},
        ),
        (
            SaidFrame(CHAT, 1, 2, Body(text="ა"), "agent", AT),
            {"event": "chat.message", "chat": CHAT, "leg": 1, "n": 2, "body": {"text": "ა"}, "from": "agent", "at": AT},
        ),
        (
            SaidFrame(CHAT, 1, 1, Body(intro=Intro("ანა", "1", "?")), "visitor", AT, 0),
            {
                "event": "chat.message",
                "chat": CHAT,
                "leg": 1,
                "n": 1,
                "body": {"intro": {"name": "ანა", "phone": "1", "question": "?"}},
                "from": "visitor",
                "at": AT,
                "received": 0,
            },
        ),
        (
            SaidFrame(CHAT, 2, 1, Body(replay=(Said("visitor", "ა", AT),)), "agent", AT),
            {
                "event": "chat.message",
                "chat": CHAT,
                "leg": 2,
                "n": 1,
                "body": {"replay": [{"from": "visitor", "text": "ა", "at": AT}]},
                "from": "agent",
                "at": AT,
            },
        ),
        (TypingFrame(CHAT), {"event": "chat.typing", "chat": CHAT}),
        (TypingFrame(CHAT, 1, 0), {"event": "chat.typing", "chat": CHAT, "leg": 1, "received": 0}),
        (
            PeerBackFrame(CHAT, 1, 0, 0, lost=False),
            {"event": "chat.peer_back", "chat": CHAT, "leg": 1, "sent": 0, "shown": 0, "lost": False},
        ),
        (EndedFrame(CHAT, "unknown"), {"event": "chat.ended", "chat": CHAT, "by": "unknown"}),
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
        ('{"action":"ping","id":"a"}', Ping(id="a")),
        ('{"id":"წერილი 1","action":"ping"}', Ping(id="წერილი 1")),
        ('{"action":"ping","id":null}', Ping()),
        (json.dumps({"action": "ping", "id": 128 * "ა"}), Ping(id=128 * "ა")),
        (' {"action":"ping"}' + (LARGEST - 18) * " ", Ping()),
        ('{"action":"ping","chats":null}', Ping()),
        ('{"action":"ping","chats":[]}', Ping(chats=())),
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
    ["\ud800", '{"action":"ping","id":"\\ud800"}', '{"action":"ping","id":"\ud800"}', '{"a":' * 6000],
)
def test_what_no_parser_can_read_is_no_frame_either(text: str) -> None:
    assert _refusal(text) == (NO_JSON, None)


def test_lists_without_an_end_are_no_frame() -> None:
    assert _refusal(LARGEST * "[")[1] is None


@pytest.mark.parametrize(
    "rest",
    [
        '"id":"\\ud800"}',
        '"id":"x","n":' + 20_000 * "9" + "}",
        '"id":"x"}{',
        '"id":"x","a":' + 16_000 * "[",
        '"id":"x","a":' + 16_000 * "[" + 16_000 * "]" + "}",
    ],
    ids=["half a letter", "a number too long", "something behind it", "lists without an end", "lists in lists"],
)
@pytest.mark.parametrize("beginning", ['{"action":"chat.fly",', '{"action":"ping","more":1,'])
def test_a_bad_frame_whose_rest_no_parser_can_read_is_refused_without_an_id(beginning: str, rest: str) -> None:
    assert _refusal(beginning + rest) == (NO_ACTION, None)
    assert _refusal(beginning + '"id":"x"}') == (NO_ACTION, "x")


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
    assert _refusal(json.dumps(facts)) == (NO_ACTION, None)
    assert _refusal(json.dumps({**facts, "id": "ა-1"})) == (NO_ACTION, "ა-1")
    assert _refusal(json.dumps({"id": "ა-1", **facts})) == (NO_ACTION, "ა-1")


@pytest.mark.parametrize("id_", ["", 7, [], {}, True, 129 * "x"])
def test_an_id_that_can_be_none_is_not_given_back(id_: Any) -> None:
    assert _refusal(json.dumps({"action": "ping", "id": id_}))[1] is None
    assert decode('{"action":"ping","id":"x"}') == Ping(id="x")


@pytest.mark.parametrize("letter", ["x", "ა"])
def test_a_frame_of_more_than_32_kib_is_refused_counted_in_bytes(letter: str) -> None:
    def padded(size: int) -> str:
        text = json.dumps({"action": "?", "id": "x", "pad": ""}, ensure_ascii=False)
        room = size - len(text)
        letters = room // len(letter.encode())
        return text[:-2] + letter * letters + (room - letters * len(letter.encode())) * "x" + text[-2:]

    assert len(padded(LARGEST).encode()) == LARGEST
    assert _refusal(padded(LARGEST)) == (NO_ACTION, "x")
    assert _refusal(padded(LARGEST + 1)) == (TOO_LONG, None)


_ID = "ა-1"
_SAID = {"from": "agent", "text": "ა", "at": AT, "leg": 1, "n": 2}
_INTRO = {"name": "ანა", "phone": "+995 555 12 34 56", "question": "?"}
FRAMES: dict[str, tuple[dict[str, Any], ClientFrame]] = {
    "ping": ({"chats": [{"chat": CHAT, "leg": 0}]}, Ping(id=_ID, chats=(Believed(CHAT, 0),))),
    "chat.start": ({"languages": ["ru", "ka"]}, StartChat(id=_ID, languages=("ru", "ka"))),
    "agent.status": (
        {"available": False, "capacity": 3, "locales": ["ka"]},
        SetStatus(id=_ID, available=False, capacity=3, locales=("ka",)),
    ),
    "chat.accept": ({"chat": CHAT, "leg": 1}, AcceptChat(id=_ID, chat=CHAT, leg=1)),
    "chat.message text": (
        {"chat": CHAT, "leg": 1, "n": 2, "body": {"text": "ა"}, "received": 0},
        SayInChat(id=_ID, chat=CHAT, leg=1, n=2, body=Body(text="ა"), received=0),
    ),
    "chat.message intro": (
        {"chat": CHAT, "leg": 1, "n": 1, "body": {"intro": _INTRO}, "received": 0},
        SayInChat(id=_ID, chat=CHAT, leg=1, n=1, body=Body(intro=Intro("ანა", "+995 555 12 34 56", "?")), received=0),
    ),
    "chat.message replay": (
        {"chat": CHAT, "leg": 1, "n": 2, "body": {"replay": [_SAID]}, "received": 0},
        SayInChat(id=_ID, chat=CHAT, leg=1, n=2, body=Body(replay=(Said("agent", "ა", AT, 1, 2),)), received=0),
    ),
    "chat.received": ({"chat": CHAT, "leg": 1, "n": 0}, ReceiveInChat(id=_ID, chat=CHAT, leg=1, n=0)),
    "chat.typing": ({"chat": CHAT, "leg": 1, "received": 2}, TypeInChat(id=_ID, chat=CHAT, leg=1, received=2)),
    "chat.resume": (
        {"chat": CHAT, "leg": 1, "sent": 0, "shown": 2, "lost": True},
        ResumeChat(id=_ID, chat=CHAT, leg=1, sent=0, shown=2, lost=True),
    ),
    "chat.propose_ticket": ({"chat": CHAT}, ProposeTicket(id=_ID, chat=CHAT)),
    "chat.transfer": ({"chat": CHAT, "to": "nino"}, TransferChat(id=_ID, chat=CHAT, to="nino")),
    "chat.end": ({"chat": CHAT}, EndChat(id=_ID, chat=CHAT)),
}
"""Every action with every field that it has, and what it is read as."""
OPTIONAL = {"chat.start": set[str]()}
"""What an action may lack, where that is not `id` and those of the next line that it has."""
OFTEN_OPTIONAL = {"id", "chats", "received", "to"}
LACKING = {("chat.typing", "leg"): NO_LEG}
"""What is told of a field that only others ask for."""
MAY_BE_UNKNOWN: set[Place] = {("body", "replay", "0", name) for name in ("leg", "n")}
"""What may be left out, and is no null."""


def _full(kind: str) -> dict[str, Any]:
    return {"action": kind.partition(" ")[0], "id": _ID, **FRAMES[kind][0]}


def _optional(kind: str) -> set[str]:
    return OPTIONAL.get(kind, OFTEN_OPTIONAL & _full(kind).keys())


def _written(frame: Any) -> str:
    """As a browser writes it: letters are not escaped."""
    return json.dumps(frame, ensure_ascii=False)


def _inner(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(str(index), each) for index, each in enumerate(value)]
    return list(value.items()) if isinstance(value, dict) else []


def _places(value: Any, *way: str) -> list[Place]:
    """Where something stands in it, the whole first."""
    return [way, *(place for name, each in _inner(value) for place in _places(each, *way, name))]


def _at(value: Any, place: Place) -> Any:
    for name in place:
        value = dict(_inner(value))[name]
    return value


def _with(frame: Any, place: Place, value: Any) -> Any:
    """The frame with something else at this place."""
    if not place:
        return value
    name, *rest = place
    if isinstance(frame, list):
        return [_with(each, tuple(rest), value) if str(i) == name else each for i, each in enumerate(frame)]
    return {**frame, name: _with(frame.get(name), tuple(rest), value)}


def _without(frame: Any, place: Place) -> Any:
    *way, last = place
    holder = _at(frame, tuple(way))
    return _with(frame, tuple(way), {name: each for name, each in holder.items() if name != last})


def _objects(frame: Any) -> list[Place]:
    return [place for place in _places(frame) if isinstance(_at(frame, place), dict)]


def _fault_at(place: Place) -> str:
    """What is told of a field at this place."""
    if not place or place == ("action",):
        return NO_ACTION
    if place[-1] in {"text", "question"}:
        return NO_TEXT
    named = re.sub(r"\.(\d+)", r"[\1]", ".".join(place))
    return f"The field {named} of the frame is missing, or not what it is to be."


def test_a_refusal_is_the_error_that_answers_it_and_says_nothing_more_by_itself() -> None:
    refused = RefusedFrame("leg_over", "Another leg is on.", id="x", chat=CHAT, leg=2)
    assert refused.answer == ErrorFrame("leg_over", "Another leg is on.", "x", CHAT, 2)
    assert str(refused) == "leg_over"


def test_every_action_is_among_these() -> None:
    assert {type(frame) for _, frame in FRAMES.values()} == set(get_args(ClientFrame))


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_of_every_action_is_taken(kind: str) -> None:
    frame, read = _full(kind), FRAMES[kind][1]
    assert decode(_written(frame)) == read
    assert decode(json.dumps(frame)) == read, "escaped or not"
    assert decode(_written(dict(reversed(frame.items())))) == read, "in whatever order"


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_may_lack_what_is_optional_or_say_that_it_is_null(kind: str) -> None:
    read: Any = FRAMES[kind][1]
    for name in _optional(kind):
        lacking = replace(read, **{name: None})
        assert decode(_written(_without(_full(kind), (name,)))) == lacking
        assert decode(_written({**_full(kind), name: None})) == lacking


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_lacks_nothing_else_at_any_depth(kind: str) -> None:
    frame = _full(kind)
    fields = [(*place, name) for place in _objects(frame) for name in _at(frame, place)]
    needed = [place for place in fields if place[0] not in _optional(kind) or len(place) > 1]
    for place in needed:
        if place in MAY_BE_UNKNOWN:
            assert isinstance(decode(_written(_without(frame, place))), SayInChat)
            continue
        told = LACKING.get((kind, place[0]), NO_BODY if place[:-1] == ("body",) else _fault_at(place[:-1]))
        id_ = None if place == ("id",) else _ID
        assert _refusal(_written(_without(frame, place))) == (told, id_), place


@pytest.mark.parametrize("kind", FRAMES)
def test_each_field_is_held_to_its_type_at_any_depth_and_named_where_it_is_not(kind: str) -> None:
    frame = _full(kind)
    for place in _places(frame)[1:]:
        told = [_fault_at(place), _fault_at((*place, "0"))]
        message, id_ = _refusal(_written(_with(frame, place, [{"no such": 1}])))
        assert message in told, place
        assert id_ == (None if place == ("id",) else _ID)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_field_that_there_is_not_is_refused_at_any_depth(kind: str) -> None:
    frame = _full(kind)
    for place in _objects(frame):
        for name in ("more", "Text", "", "ა"):
            told = _fault_at(place)
            assert _refusal(_written(_with(frame, (*place, name), 1))) == (told, _ID)


NO_TEXTS = ["", " ", "\n\t \u3000", "a\0", "a\r\n", "a\u007f", "a\u0085", 7, ["ა"], {}, None, True]
NO_COUNTS = [-1, 1_000_001, 2**63, 2**64, 0.5, "1", "", True, [], {}]
NO_IDS = [7, [], {}, True]
NO_LANGUAGES = [[], ["de"], ["KA"], ["ka "], [""], [None], ["ka", "de"], 6 * ["ka"], "ka", "", {"ka": 1}, 7, None]
ALL_LANGUAGES = ["ka", "en", "ru", "uk", "pl"]
NO_YES = [0, 1, "true", "", [], None]
A_CHAT = {"chat": CHAT, "leg": 1}


def _texts(limit: int) -> tuple[list[Any], list[Any]]:
    """What a text of at most so many characters may be, and what it may not; the parts of a letter count each."""
    parts = "👩\u200d🔧"
    longest = [limit * letter for letter in ("x", "ა", "🛎", "\u202e")] + [(limit // 3) * parts + limit % 3 * "x"]
    taken = ["ა", " ა\n", *longest, (limit - 1) * " " + "x"]
    too_long = [each + "x" for each in longest] + [limit * " " + "x", (limit + 1) * " "]
    return taken, [*NO_TEXTS, *too_long]


def _names(limit: int) -> tuple[list[Any], list[Any]]:
    """What the name of something of at most so many characters may be, and what not."""
    return ["x", " ", limit * "ა", limit * "🛎"], ["", (limit + 1) * "x", (limit + 1) * "🛎", *NO_IDS]


BOUNDS: dict[str, tuple[list[Any], list[Any]]] = {
    "chat.message text: body.text": _texts(4000),
    "chat.message intro: body.intro.name": _texts(100),
    "chat.message intro: body.intro.phone": _texts(32),
    "chat.message intro: body.intro.question": _texts(4000),
    "chat.message replay: body.replay.0.text": _texts(4000),
    "chat.message replay: body.replay.0.from": (["visitor", "agent"], ["system", "Agent", "", " agent", 7, None]),
    "chat.message replay: body.replay.0.at": (["x", AT, 40 * "ა"], ["", 41 * "x", 7, None]),
    "chat.message replay: body.replay.0.leg": ([0, 1, 1_000_000], [None, *NO_COUNTS]),
    "chat.message replay: body.replay.0.n": ([0, 1, 1_000_000], [None, *NO_COUNTS]),
    "chat.message replay: body.replay": ([[], [_SAID], 100 * [_SAID]], [[None], [_SAID, {}], {}, "", 7, None]),
    "chat.message text: n": ([1, 2, 1_000_000], [0, None, *NO_COUNTS]),
    "chat.message text: leg": ([0, 1, 1_000_000], [None, *NO_COUNTS]),
    "chat.message text: received": ([None, 0, 1, 1_000_000], NO_COUNTS),
    "chat.message text: chat": ([*_names(64)[0]], [None, *_names(64)[1]]),
    "chat.message text: id": ([None, *_names(128)[0]], [*_names(128)[1]]),
    "chat.received: n": ([0, 1, 1_000_000], [None, *NO_COUNTS]),
    "chat.received: leg": ([0, 1_000_000], [None, *NO_COUNTS]),
    "chat.typing: leg": ([0, 1_000_000], NO_COUNTS),
    "chat.typing: received": ([None, 0, 1_000_000], NO_COUNTS),
    "chat.accept: leg": ([0, 1_000_000], [None, *NO_COUNTS]),
    "chat.resume: leg": ([0, 1_000_000], [None, *NO_COUNTS]),
    "chat.resume: sent": ([0, 1_000_000], [None, *NO_COUNTS]),
    "chat.resume: shown": ([0, 1_000_000], [None, *NO_COUNTS]),
    "chat.resume: lost": ([True, False], NO_YES),
    "chat.transfer: to": ([None, *_names(64)[0]], [*_names(64)[1]]),
    "chat.end: chat": ([*_names(64)[0]], [None, *_names(64)[1]]),
    "chat.start: id": ([*_names(128)[0]], [None, *_names(128)[1]]),
    "chat.start: languages": ([["pl"], ALL_LANGUAGES, 5 * ["ka"]], NO_LANGUAGES),
    "agent.status: locales": ([["pl"], ALL_LANGUAGES, 5 * ["ka"]], NO_LANGUAGES),
    "agent.status: available": ([True, False], NO_YES),
    "agent.status: capacity": ([1, 2, 10], [0, 11, None, *NO_COUNTS]),
    "ping: chats": ([None, [], 20 * [A_CHAT]], [21 * [A_CHAT], [None], [A_CHAT, {}], {}, "", 7]),
    "ping: chats.0.chat": ([*_names(64)[0]], [None, *_names(64)[1]]),
    "ping: chats.0.leg": ([0, 1, 1_000_000], [None, *NO_COUNTS]),
    "ping: id": ([None, *_names(128)[0]], [*_names(128)[1]]),
}
"""What may stand in a field, up to its bounds, and what may not, from behind them on."""


@pytest.mark.parametrize("field", BOUNDS)
def test_a_field_takes_what_lies_within_its_bounds_and_nothing_beyond(field: str) -> None:
    kind, _, name = field.partition(": ")
    place, (taken, refused) = tuple(name.split(".")), BOUNDS[field]
    for value in taken:
        read = json.loads(msgspec.json.encode(decode(_written(_with(_full(kind), place, value)))))
        assert _at(read, place) == value, "kept as it was sent"
    for value in refused:
        message, id_ = _refusal(_written(_with(_full(kind), place, value)))
        assert message.startswith(_fault_at(place).partition(" of the frame")[0]), value
        assert id_ == (None if place == ("id",) else _ID)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "ა", "intro": _INTRO},
        {"text": "ა", "replay": []},
        {"intro": _INTRO, "replay": [_SAID]},
        {"text": "ა", "intro": _INTRO, "replay": [_SAID]},
    ],
    ids=lambda body: " and ".join(body) or "none",
)
def test_a_body_is_one_of_the_three(body: dict[str, Any]) -> None:
    frame = _full("chat.message text")
    assert _refusal(_written({**frame, "body": body})) == (NO_BODY, _ID)
    assert _refusal(_written(_without({**frame, "body": body}, ("id",)))) == (NO_BODY, None)
    for name, value in body.items():
        assert msgspec.to_builtins(decode(_written({**frame, "body": {name: value}})))["body"].keys() == {name}


@pytest.mark.parametrize("left_out", [{}, {"leg": None}])
def test_what_was_received_while_one_types_needs_its_leg(left_out: dict[str, None]) -> None:
    frame = {"action": "chat.typing", "chat": CHAT, **left_out}
    assert decode(_written(frame)) == TypeInChat(chat=CHAT)
    assert _refusal(_written({**frame, "id": _ID, "received": 0})) == (NO_LEG, _ID)
    assert decode(_written({**frame, "leg": 0, "received": 0})) == TypeInChat(chat=CHAT, leg=0, received=0)
    assert decode(_written({**frame, "leg": 0})) == TypeInChat(chat=CHAT, leg=0)


@pytest.mark.parametrize("letter", ["x", "ა", "🛎"])
def test_a_frame_of_exactly_32_kib_is_taken_and_one_of_a_byte_more_is_not(letter: str) -> None:
    def sized(size: int) -> str:
        """A replay of so many bytes, as many of them as can be of this letter."""
        texts, width = 12 * [letter], len(letter.encode())
        room = size - len(_written(replay(texts)).encode())
        for i, text in enumerate(texts):
            more = min(3990, room // width)
            texts[i], room = text + more * letter, room - more * width
        return _written(replay([*texts[:-1], texts[-1] + room * "x"]))

    def replay(texts: list[str]) -> dict[str, Any]:
        return {**_full("chat.message replay"), "body": {"replay": [{**_SAID, "text": text} for text in texts]}}

    assert len(sized(LARGEST).encode()) == LARGEST
    assert len(sized(LARGEST + 1).encode()) == LARGEST + 1
    assert isinstance(decode(sized(LARGEST)), SayInChat)
    assert _refusal(sized(LARGEST + 1)) == (TOO_LONG, None)


def test_the_longest_text_of_the_widest_letters_fits_a_frame() -> None:
    frame = {**_full("chat.message text"), "chat": 64 * "ა", "id": 128 * "ა", "body": {"text": 4000 * "🛎"}}
    assert len(_written(frame).encode()) < LARGEST
    assert isinstance(decode(_written(frame)), SayInChat)


def test_half_a_letter_is_no_text_wherever_it_stands() -> None:
    for kind in FRAMES:
        frame = _full(kind)
        for place in _places(frame):
            if place and place != ("action",) and isinstance(_at(frame, place), str):
                halved = json.dumps(_with(frame, place, "x\ud83d"))
                assert _refusal(halved) == (NO_JSON, None)


NAMES = {name for kind in FRAMES for place in _places(_full(kind)) for name in place if not name.isdigit()}
MARK = "canary"
LIKE_A_PLACE = f"x - at `$.{MARK}"
"""As a key, with the mark of quotation that msgspec puts behind it, it reads like the place of a fault."""
SHAPES = (
    MARK,
    LIKE_A_PLACE,
    f"{MARK} - at `$.{MARK}`",
    f"at `$.{MARK}`",
    f"`$.{MARK}`",
    f"$.{MARK}",
    f"$[{MARK}]",
    f"text.{MARK}",
    f"ა {MARK}",
)
FAULT = re.compile(r"The field ([a-z.\[\]0-9]+) of the frame is missing, or not what it is to be\.")
marked_keys = st.sampled_from([each for each in SHAPES if each != LIKE_A_PLACE])
marked = st.one_of(
    st.sampled_from(SHAPES),
    st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3),
    st.dictionaries(marked_keys, st.sampled_from([*SHAPES, 1, None]), min_size=1, max_size=2),
)


def _tells_nothing_of(text: str) -> None:
    """Whether it is taken or refused: an error is one of a few sentences, and names no place but one of a frame's."""
    answer = _answer_to(text)
    if answer is None:
        return
    assert answer == ErrorFrame("invalid_frame", answer.message, answer.id)
    found = FAULT.fullmatch(answer.message)
    if found:
        assert set(re.sub(r"\[\d+\]", "", found[1]).split(".")) <= NAMES
    else:
        assert answer.message in {NO_JSON, NO_ACTION, NO_TEXT, NO_BODY, NO_LEG, TOO_LONG}


def _answer_to(text: str) -> ErrorFrame | None:
    try:
        decode(text)
    except RefusedFrame as refused:
        return refused.answer
    return None


@given(st.data())
@pytest.mark.parametrize("kind", FRAMES)
def test_an_error_quotes_nothing_of_what_was_sent_in_whatever_place_it_stands(kind: str, data: st.DataObject) -> None:
    frame = _full(kind)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(_places(frame)))
        value = data.draw(marked)
        if data.draw(st.booleans()) and isinstance(_at(frame, place), dict):
            frame = _with(frame, (*place, data.draw(marked_keys)), value)
        elif place:
            frame = _with(frame, place, value)
    _tells_nothing_of(_written(frame))
    _tells_nothing_of(json.dumps(frame))


@given(
    st.dictionaries(
        st.one_of(st.sampled_from(sorted(NAMES)), marked_keys),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from([*SHAPES, *FRAMES, "ka", CHAT])),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.one_of(st.sampled_from(sorted(NAMES)), marked_keys), inner, max_size=3),
            ),
            max_leaves=8,
        ),
    ),
    st.sampled_from([kind.partition(" ")[0] for kind in FRAMES]),
)
def test_an_error_quotes_nothing_of_an_object_of_any_shape(value: dict[str, Any], action: str) -> None:
    _tells_nothing_of(_written(value))
    _tells_nothing_of(_written({**value, "action": action}))


def test_a_key_that_reads_like_a_place_is_not_quoted() -> None:
    _tells_nothing_of(_written({**_full("ping"), LIKE_A_PLACE: 1}))
