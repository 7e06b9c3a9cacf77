"""Chats: who may start one, what goes from side to side, what a broken socket changes, and how one ends."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from tests.contract.conftest import Api, Hotel
from tests.contract.floor import Floor, Line, opened_floor
from tests.pages import Frame

TEXT = {"text": "გამარჯობა! Добрый день 👋"}
INTRO = {"intro": {"name": "ანა", "phone": "+995 555 12 34 56", "question": "ბარათი არ იბეჭდება"}}
UNKNOWN = "0123456789abcdef-0123456789abcdef"


@pytest.fixture
def floor(api: Api) -> Iterator[Floor]:
    with opened_floor(api) as floor:
        yield floor


def _say(line: Line, joined: Frame, n: int, body: Any = TEXT, **others: Any) -> list[Frame]:
    return line.send("chat.message", chat=joined["chat"], leg=joined["leg"], n=n, body=body, **others)


def _code(frames: list[Frame]) -> str:
    (error,) = frames
    assert error["event"] == "error"
    assert error["message"].endswith(".")
    return str(error["code"])


def _resume(line: Line, joined: Frame, *, sent: int = 0, shown: int = 0, lost: bool = False) -> list[Frame]:
    return line.send("chat.resume", chat=joined["chat"], leg=joined["leg"], sent=sent, shown=shown, lost=lost)


def test_a_visitor_waits_is_offered_and_both_are_together(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor = floor.visitor(account="demo/hotel-7")
    (queued,) = visitor.send("chat.start", id="s", languages=["ru", "ka"])
    assert queued == {"event": "chat.queued", "chat": queued["chat"], "position": 1}
    (offered,) = agent.take()
    assert offered == {
        "event": "chat.offered",
        "chat": queued["chat"],
        "leg": 1,
        "account": "demo/hotel-7",
        "locale": "ru",
        "waited": 0,
    }
    joined = {"event": "chat.joined", "chat": queued["chat"], "leg": 1}
    assert agent.send("chat.accept", chat=queued["chat"], leg=1) == [{**joined, "peer": {"name": "demo/hotel-7"}}]
    assert visitor.take() == [{**joined, "peer": {"name": agent.who.name}}]


@pytest.mark.parametrize("body", [TEXT, INTRO, {"replay": [{"from": "agent", "text": "x", "at": "2026-01-01"}]}])
def test_what_a_visitor_says_reaches_the_agent_as_it_was_said(floor: Floor, body: Any) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    assert _say(visitor, joined, 1, body) == []
    at = floor.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {"chat": joined["chat"], "leg": 1, "n": 1, "body": body, "from": "visitor", "at": at}
    assert agent.take() == [{"event": "chat.message", **facts}]
    assert _say(agent, joined, 1, {"text": "!"}, received=1) == []
    (said,) = visitor.take()
    assert (said["from"], said["body"], said["received"]) == ("agent", {"text": "!"}, 1)


def test_marks_of_receipt_and_of_typing_reach_the_other_side(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    chat = joined["chat"]
    assert visitor.send("chat.received", chat=chat, leg=1, n=3) == []
    assert visitor.send("chat.typing", chat=chat) == []
    assert visitor.send("chat.typing", chat=chat, leg=1, received=4) == []
    assert agent.take() == [
        {"event": "chat.received", "chat": chat, "leg": 1, "n": 3},
        {"event": "chat.typing", "chat": chat},
        {"event": "chat.typing", "chat": chat, "leg": 1, "received": 4},
    ]


def test_only_the_visitors_first_message_is_an_intro(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    assert _code(_say(visitor, joined, 2, INTRO)) == "invalid_frame"
    assert _code(_say(agent, joined, 1, INTRO)) == "invalid_frame"
    assert agent.take() == visitor.take() == []


def test_nobody_else_takes_part(floor: Floor) -> None:
    agent, stranger, colleague = floor.on_duty(), floor.visitor(), floor.agent()
    visitor, joined = floor.talking(agent)
    chat = joined["chat"]
    agent.take()
    for line in (stranger, colleague):
        assert _code(_say(line, joined, 1)) == "chat_over"
        assert _code(line.send("chat.end", chat=chat)) == "chat_over"
        assert _code(_resume(line, joined)) == "chat_over"
    assert _code(stranger.send("chat.end", chat=UNKNOWN)) == "chat_over"
    assert _code(colleague.send("chat.accept", chat=chat, leg=1)) == "offer_over"
    assert agent.take() == visitor.take() == []
    assert _say(visitor, joined, 1) == []
    assert agent.events() == ["chat.message"]


def test_a_neighbour_with_the_same_name_is_another_visitor(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    namesake = floor.visitor()
    assert namesake.who.id == visitor.who.id
    assert _code(_resume(namesake, joined)) == "chat_over"


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("agent.status", {"available": True, "capacity": 1, "locales": ["ka"]}),
        ("chat.accept", {"chat": UNKNOWN, "leg": 1}),
        ("chat.transfer", {"chat": UNKNOWN}),
        ("chat.propose_ticket", {"chat": UNKNOWN}),
    ],
)
def test_a_visitor_does_not_act_as_an_agent(floor: Floor, action: str, facts: Any) -> None:
    assert _code(floor.visitor().send(action, **facts)) == "forbidden"
    assert "forbidden" not in [each.get("code") for each in floor.agent().send(action, **facts)]


def test_an_agent_does_not_start_a_chat(floor: Floor) -> None:
    floor.on_duty()
    assert _code(floor.agent().send("chat.start", id="s", languages=["ka"])) == "forbidden"


@pytest.mark.parametrize(
    ("available", "capacity", "locales"),
    [(False, 3, ["ka"]), (True, 3, ["ru"])],
)
def test_no_chat_begins_while_nobody_can_take_it(
    floor: Floor, *, available: bool, capacity: int, locales: list[str]
) -> None:
    floor.agent().send("agent.status", available=available, capacity=capacity, locales=locales)
    visitor = floor.visitor()
    (error,) = visitor.send("chat.start", id="s", languages=["ka"])
    assert (error["code"], error["id"]) == ("chat_unavailable", "s")
    assert error["next_open_at"] is None  # a Monday at noon: open, but nobody is free
    assert floor.kept("chats#agents") == []
    floor.on_duty(locales=["ka"])
    assert visitor.send("chat.start", id="s", languages=["ka"])[0]["event"] == "chat.queued"


def test_no_chat_begins_while_all_are_full_and_one_does_as_soon_as_there_is_room(floor: Floor) -> None:
    agent = floor.on_duty(capacity=1)
    first, joined = floor.talking(agent)
    second = floor.visitor()
    assert _code(second.send("chat.start", id="s", languages=["ka"])) == "chat_unavailable"
    first.send("chat.end", chat=joined["chat"])
    assert second.send("chat.start", id="s", languages=["ka"])[0]["event"] == "chat.queued"


def test_who_is_refused_is_told_when_it_opens_again(floor: Floor) -> None:
    night = floor.now.replace(hour=22, minute=0)
    floor.now = night + timedelta(days=(5 - night.isoweekday()) % 7)  # a Friday
    (error,) = floor.visitor().send("chat.start", id="s", languages=["ka"])
    monday = floor.now + timedelta(days=3)
    assert error["next_open_at"] == monday.strftime("%Y-%m-%dT05:00:00.000Z")  # 8:00 in Moscow


def test_a_user_has_one_chat(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, chat = floor.waiting()
    (error,) = visitor.send("chat.start", id="another", languages=["ka"])
    assert (error["code"], error["chat"]) == ("chat_exists", chat)
    other_tab = floor.again(visitor)
    (error,) = other_tab.send("chat.start", id="another", languages=["ka"])
    assert (error["code"], error["chat"]) == ("chat_exists", chat)
    assert [each["chat"] for each in agent.take() if each["event"] == "chat.offered"] == [chat]


def test_a_start_that_is_sent_again_is_the_same_start(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor = floor.visitor()
    answers = [visitor.send("chat.start", id="s", languages=["ka"])[0] for _ in range(2)]
    assert answers[0] == answers[1]
    again = floor.again(visitor)
    assert again.send("chat.start", id="s", languages=["ka"])[0]["chat"] == answers[0]["chat"]
    assert agent.events() == ["chat.offered"]
    floor.accepted(agent)
    assert again.events() == ["chat.joined"]


def test_an_acceptance_that_is_sent_again_tells_both_again(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    assert agent.send("chat.accept", chat=joined["chat"], leg=1) == [joined]
    assert visitor.events() == ["chat.joined"]


def test_texts_of_another_leg_are_refused_with_the_leg_that_is_on(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, chat = floor.waiting()
    (error,) = visitor.send("chat.message", chat=chat, leg=1, n=1, body=TEXT, id="m")
    assert (error["code"], error["leg"], error["id"]) == ("leg_over", 1, "m")  # offered, and not accepted yet
    joined = floor.accepted(agent)
    agent.take()
    visitor.take()
    for leg in (0, 2):
        assert _code(_say(visitor, {**joined, "leg": leg}, 1)) == "leg_over"
        assert _code(visitor.send("chat.received", chat=chat, leg=leg, n=1)) == "leg_over"
    assert agent.take() == []


def test_a_closed_socket_is_told_and_so_is_the_way_back(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    visitor.close()
    assert agent.take() == [{"event": "chat.peer_away", "chat": joined["chat"]}]
    back = floor.again(visitor)
    name = {"name": agent.who.name}
    assert _resume(back, joined, sent=3, shown=2) == [
        {"event": "chat.resumed", "chat": joined["chat"], "leg": 1, "peer": name}
    ]
    facts = {"chat": joined["chat"], "leg": 1, "sent": 3, "shown": 2, "lost": False}
    assert agent.take() == [{"event": "chat.peer_back", **facts}]
    _say(agent, joined, 1)
    assert back.events() == ["chat.message"]


def test_an_agents_closed_socket_and_his_way_back(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.close()
    assert visitor.take() == [{"event": "chat.peer_away", "chat": joined["chat"]}]
    back = floor.again(agent)
    assert _resume(back, joined, sent=1, shown=5)[0]["event"] == "chat.resumed"
    assert visitor.take() == [
        {"event": "chat.peer_back", "chat": joined["chat"], "leg": 1, "sent": 1, "shown": 5, "lost": False}
    ]
    _say(visitor, joined, 1)
    assert back.events() == ["chat.message"]


def test_the_end_of_an_older_socket_changes_nothing(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    back = floor.again(visitor)
    _resume(back, joined)
    agent.take()
    visitor.close()
    assert agent.take() == []
    _say(agent, joined, 1)
    assert back.events() == ["chat.resumed", "chat.message"][1:]


def test_an_older_socket_of_the_same_person_is_told_that_the_chat_is_elsewhere(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    _resume(floor.again(visitor), joined)
    agent.take()
    assert _code(_say(visitor, joined, 1)) == "chat_elsewhere"
    assert agent.take() == []
    assert _resume(visitor, joined)[0]["event"] == "chat.resumed"
    assert _say(visitor, joined, 1) == []


@pytest.mark.parametrize("role", ["visitor", "agent"])
def test_who_has_lost_his_memory_begins_a_new_leg(floor: Floor, role: str) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    who, peer = (visitor, agent) if role == "visitor" else (agent, visitor)
    peer.take()
    back = floor.again(who)
    assert _resume(back, {**joined, "leg": 0}, sent=7, shown=7, lost=True)[0]["leg"] == 2
    facts = {"chat": joined["chat"], "leg": 2, "sent": 0, "shown": 0, "lost": True}
    assert peer.take() == [{"event": "chat.peer_back", **facts}]
    assert _code(_say(peer, joined, 1)) == "leg_over"
    assert _say(peer, {**joined, "leg": 2}, 1) == []
    assert back.events() == ["chat.message"]


def test_who_missed_a_new_leg_learns_it_by_resuming_and_has_sent_nothing_in_it(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.close()
    visitor.vanish()
    back = floor.again(agent)
    _resume(back, joined, lost=True)
    returned = floor.again(visitor)
    back.take()
    assert _resume(returned, joined, sent=4, shown=4)[0]["leg"] == 2
    assert back.take() == [
        {"event": "chat.peer_back", "chat": joined["chat"], "leg": 2, "sent": 0, "shown": 0, "lost": False}
    ]


def test_a_text_for_a_socket_that_is_gone_is_answered_by_the_other_sides_absence(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.vanish()
    assert _say(visitor, joined, 1) == [{"event": "chat.peer_away", "chat": joined["chat"]}]


def test_nothing_goes_to_a_socket_whose_token_has_ended_nor_comes_from_it(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor = floor.visitor(minutes=2)
    visitor.send("chat.start", id="s", languages=["ka"])
    joined = floor.accepted(agent)
    assert _say(visitor, joined, 1) == []
    visitor.take()
    floor.now += timedelta(minutes=2)
    agent.take()
    assert _say(agent, joined, 1) == [{"event": "chat.peer_away", "chat": joined["chat"]}]
    assert visitor.take() == []
    assert _say(visitor, joined, 2) == []
    assert agent.events() == ["chat.peer_away"]
    assert visitor.id in floor.door.wires.closed


@pytest.mark.parametrize("role", ["visitor", "agent"])
def test_either_side_ends_it_and_nothing_is_left_but_a_record(floor: Floor, role: str) -> None:
    agent = floor.on_duty()
    floor.now += timedelta(seconds=1)
    visitor, _ = floor.waiting(("ru", "ka"))
    floor.now += timedelta(seconds=7)
    joined = floor.accepted(agent)
    floor.now += timedelta(seconds=70)
    visitor.take()
    agent.take()
    ended = {"event": "chat.ended", "chat": joined["chat"], "by": role}
    who, peer = (visitor, agent) if role == "visitor" else (agent, visitor)
    assert who.send("chat.end", chat=joined["chat"]) == [ended]
    assert peer.take() == [ended]
    assert floor.records() == [{"language": "ru", "waited": 7, "lasted": 70, "ended": role}]
    assert floor.kept("chats#agents", "chats#claims") == []
    assert _code(who.send("chat.end", chat=joined["chat"])) == "chat_over"
    assert _code(_say(peer, joined, 1)) == "chat_over"
    assert floor.records() == [{"language": "ru", "waited": 7, "lasted": 70, "ended": role}]


def test_a_record_tells_nothing_of_who_it_was(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    visitor.send("chat.end", chat=joined["chat"])
    assert set(floor.records()[0]) == {"language", "waited", "lasted", "ended"}


def test_who_waits_may_leave_the_queue(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, chat = floor.waiting()
    assert visitor.send("chat.end", chat=chat) == [{"event": "chat.ended", "chat": chat, "by": "visitor"}]
    assert agent.events()[-1] == "chat.ended"
    assert floor.records()[0]["ended"] == "visitor"
    floor.pass_time(40)
    assert agent.take() == []  # not told of an offer that he did not accept


def test_a_new_chat_of_the_same_user_is_another_one(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    visitor.send("chat.end", chat=joined["chat"])
    (queued,) = visitor.send("chat.start", id="next", languages=["ka"])
    assert queued["chat"] != joined["chat"]
    assert _code(_say(visitor, joined, 1)) == "chat_over"


def test_two_hours_are_the_end_and_both_are_warned(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    began = floor.now
    for _ in range(11):
        floor.pass_time(10 * 60 - 1, visitor, agent)
        visitor, agent = floor.again(visitor), floor.again(agent)
        _resume(visitor, joined)
        _resume(agent, joined)
        visitor.take()
        agent.take()
    floor.pass_time((began + timedelta(minutes=110) - floor.now).total_seconds(), visitor, agent)
    ending = {"event": "chat.ending", "chat": joined["chat"], "at": visitor.last("chat.ending")["at"]}
    assert visitor.take() == agent.take() == [ending]
    assert ending["at"] == (began + timedelta(hours=2)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    floor.pass_time(9 * 60, visitor, agent)
    assert visitor.take() == agent.take() == []
    floor.pass_time(60, visitor, agent)
    ended = {"event": "chat.ended", "chat": joined["chat"], "by": "limit"}
    assert visitor.take() == agent.take() == [ended]
    assert floor.records()[0]["ended"] == "limit"


@pytest.mark.parametrize("code", ["TransactionConflictException", "ThrottlingException"])
def test_a_sign_of_life_that_meets_a_transaction_is_no_fault_of_the_texts(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    from chalicelib.adapters.tables import LiveItem

    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    floor.now += timedelta(seconds=30)

    def refused(*_: Any, **__: Any) -> None:
        raise _refusal(code)

    monkeypatch.setattr(LiveItem, "update", refused)
    answered = [each["code"] for each in _say(visitor, joined, 1)]
    assert answered == ([] if code == "TransactionConflictException" else ["try_again"])
    assert agent.events() == ["chat.message"]


def _refusal(code: str) -> UpdateError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return UpdateError("", ClientError(answer, "UpdateItem"))


def test_a_change_that_meets_a_transaction_is_made_once_that_is_over(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.adapters.tables import LiveItem

    visitor, joined = floor.talking(floor.on_duty())
    update, refused = LiveItem.update, list[int]()

    def once(self: Any, *given: Any, **others: Any) -> Any:
        if not refused:
            refused.append(1)
            raise _refusal("TransactionConflictException")
        return update(self, *given, **others)

    monkeypatch.setattr(LiveItem, "update", once)
    assert _resume(floor.again(visitor), joined)[0]["event"] == "chat.resumed"
    assert refused


def test_a_proposed_ticket_is_the_visitors_to_open(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    assert agent.send("chat.propose_ticket", chat=joined["chat"]) == []
    assert visitor.take() == [{"event": "chat.propose_ticket", "chat": joined["chat"]}]


def test_a_frame_that_is_too_large_or_a_text_that_is_too_long_is_refused_and_the_socket_stays(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    assert _code(_say(visitor, joined, 1, {"text": "ა" * 4001})) == "invalid_frame"
    floor.receive(visitor.id, json.dumps({"action": "ping", "id": "x" * 33_000}))
    assert _code(visitor.take()) == "invalid_frame"
    entry = {"from": "agent", "text": "x" * 3500, "at": "2026"}
    room = 32 * 1024 - len(_compact(_frame_of(joined, [entry] * 9)))
    text = _compact(_frame_of(joined, [*[entry] * 8, {**entry, "text": "x" * (3500 + room)}]))
    assert 32 * 1024 - 10 < len(text) <= 32 * 1024
    floor.receive(visitor.id, text)
    assert _code(visitor.take()) == "invalid_frame"  # with `from` and `at` it would be a larger one for the agent
    assert agent.take() == []
    assert _say(visitor, joined, 1, {"text": "ა" * 4000}) == []
    assert agent.events() == ["chat.message"]


def _compact(frame: Frame) -> str:
    return json.dumps(frame, separators=(",", ":"))


def _frame_of(joined: Frame, replay: list[Any]) -> Frame:
    return {"action": "chat.message", "chat": joined["chat"], "leg": 1, "n": 1, "body": {"replay": replay}}


def test_a_socket_takes_600_frames_a_minute_and_goes_on_in_the_next(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    agent.take()
    for n in range(1, 601):
        visitor.floor.receive(visitor.id, json.dumps({"action": "chat.typing", "chat": joined["chat"]}))
        if n == 300:
            assert visitor.take() == []
    assert set(visitor.events()) <= {"error"}
    (error,) = _say(visitor, joined, 1, id="m")
    assert (error["code"], error["id"], error["chat"]) == ("too_many_frames", "m", joined["chat"])
    assert agent.events().count("chat.message") == 0
    floor.now += timedelta(minutes=1)
    assert _say(visitor, joined, 1) == []
    assert agent.events() == ["chat.message"]


def test_frames_that_several_processes_took_count_together(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections import OrderedDict

    from chalicelib.services import rate

    visitor = floor.visitor()
    counts: list[Any] = [OrderedDict() for _ in range(3)]
    for n in range(750):
        monkeypatch.setattr(rate, "_counted", counts[n % 3])
        floor.receive(visitor.id, '{"action": "ping"}')
    assert set(visitor.events()) == {"error"}


def test_a_heartbeat_is_answered_with_what_the_page_does_not_know(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, chat = floor.waiting()
    agent.take()
    assert visitor.send("ping", chats=[{"chat": chat, "leg": 0}]) == []
    assert visitor.send("ping", chats=[])[0]["event"] == "chat.queued"
    assert agent.send("ping", chats=[])[0]["event"] == "chat.offered"
    assert agent.send("ping", chats=[{"chat": chat, "leg": 1}]) == []
    joined = floor.accepted(agent)
    visitor.take()
    assert visitor.send("ping", chats=[{"chat": chat, "leg": 0}])[0]["event"] == "chat.joined"
    assert agent.send("ping", chats=[]) == [joined]
    for line in (visitor, agent):
        assert line.send("ping", chats=[{"chat": chat, "leg": 1}]) == []
        assert line.send("ping") == []
    visitor.send("chat.end", chat=chat)
    agent.take()
    for line in (visitor, agent):
        assert line.send("ping", chats=[{"chat": chat, "leg": 1}]) == [
            {"event": "chat.ended", "chat": chat, "by": "unknown"}
        ]


def test_another_page_of_the_same_user_is_not_told_of_a_chat_that_has_its_page(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    believed = [{"chat": joined["chat"], "leg": 1}]
    other = floor.again(visitor)
    assert other.send("ping", chats=[]) == []
    assert _code(other.send("ping", chats=believed)) == "chat_elsewhere"  # never `chat.joined`: it has not resumed
    visitor.close()
    (error,) = other.send("ping", chats=[])
    assert (error["code"], error["chat"]) == ("chat_elsewhere", joined["chat"])
    assert _resume(other, joined)[0]["event"] == "chat.resumed"
    assert other.send("ping", chats=believed) == []


def test_an_agents_page_that_has_lost_everything_learns_of_his_chats(floor: Floor) -> None:
    agent = floor.on_duty()
    _, joined = floor.talking(agent)
    agent.close()
    (error,) = floor.again(agent).send("ping", chats=[])
    assert (error["code"], error["chat"]) == ("chat_elsewhere", joined["chat"])


def test_an_agent_whose_chat_is_another_agents_now_is_told_that_he_left_it(floor: Floor) -> None:
    agent = floor.on_duty(name="a")
    _, joined = floor.talking(agent)
    floor.on_duty(name="b")
    agent.send("chat.transfer", chat=joined["chat"])
    believed = [{"chat": joined["chat"], "leg": 1}]
    left = {"event": "chat.left", "chat": joined["chat"], "leg": 2, "why": "unknown"}
    assert agent.send("ping", chats=believed) == [left]


def test_an_acceptance_that_is_sent_again_after_the_visitor_began_another_leg_tells_that_one(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    _resume(floor.again(visitor), joined, lost=True)
    assert agent.send("chat.accept", chat=joined["chat"], leg=1) == [{**joined, "leg": 2}]


def test_availability_says_by_language_who_would_be_taken(floor: Floor, hotel: Hotel) -> None:
    def items(**query: str) -> Any:
        return hotel.api.get("/v1/chat/availability", hotel.anna, **query)["items"]

    assert [each["locale"] for each in items()] == ["ka", "en", "ru", "uk", "pl"]
    assert [each["available"] for each in items(languages="ru,ka")] == [False, False]
    from datetime import UTC, datetime

    floor.now = datetime.now(UTC)
    agent = floor.on_duty(capacity=1, locales=["ka"])
    assert [(each["locale"], each["available"]) for each in items(languages="ru,ka")] == [("ru", False), ("ka", True)]
    floor.waiting(("ka",))
    assert [each["available"] for each in items(languages="ka")] == [False]
    agent.close()
    floor.pass_time(31)
    assert [(each["queue_length"], each["available"]) for each in items(languages="ka,ru")] == [(1, False), (0, False)]
    refused = hotel.api.call("GET", "/v1/chat/availability", token=hotel.anna, query={"languages": "ka,xx"})
    assert set(refused.problem(400, "invalid_request")["fields"]) == {"languages"}
