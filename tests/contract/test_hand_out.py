"""Who gets the next chat: no chat to two agents, none to one who is gone or full, none left while somebody is free."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.conftest import Api, Hotel
from tests.contract.floor import Floor, Line, opened_floor

LANGUAGES = ("ka", "ru")


@pytest.fixture
def floor(api: Api) -> Iterator[Floor]:
    with opened_floor(api) as floor:
        yield floor


def _offers(agent: Line) -> list[str]:
    return [each["chat"] for each in agent.take() if each["event"] == "chat.offered"]


def _queue(floor: Floor, *names: str) -> dict[str, tuple[Line, str]]:
    """Visitors whose chats came back from an agent who went away, one after the other; he is not there any more."""
    gone = floor.on_duty(capacity=10)
    found = {}
    for name in names:
        found[name] = floor.waiting(name=name)
        floor.accepted(gone)
        floor.now += timedelta(seconds=1)
    gone.close()
    floor.pass_time(80, *(line for line, _ in found.values()))
    for line, _ in found.values():
        line.take()
    return found


def test_the_agent_with_the_fewest_chats_gets_the_next(floor: Floor) -> None:
    busy, idle = floor.on_duty(name="a"), floor.on_duty(name="b")
    floor.talking(busy)
    idle.take()
    floor.waiting()
    assert len(_offers(idle)) == 1
    floor.accepted(idle)
    busy.take()
    for _ in range(2):
        floor.waiting(name=f"v{_}")
    assert (len(_offers(busy)), len(_offers(idle))) == (1, 1)


def test_the_language_that_comes_first_decides_before_the_number_of_chats(floor: Floor) -> None:
    georgian, russian = floor.on_duty(locales=["ka"]), floor.on_duty(locales=["ru"])
    floor.talking(georgian)
    russian.take()
    visitor = floor.visitor()
    visitor.send("chat.start", id="s", languages=["ka", "ru"])
    assert georgian.last("chat.offered")["locale"] == "ka"
    assert russian.take() == []


def test_who_waits_longest_is_first_and_each_is_told_his_place(floor: Floor) -> None:
    waiting = _queue(floor, "anna", "beka", "gia")
    floor.pass_time(5)
    for place, (line, chat) in enumerate(waiting.values(), start=1):
        assert line.last("chat.queued") == {"event": "chat.queued", "chat": chat, "position": place}
    agent = floor.on_duty(capacity=1)
    assert _offers(floor.again(agent)) == []
    assert agent.last("chat.offered")["chat"] == waiting["anna"][1]
    floor.pass_time(5)
    assert [waiting[name][0].last("chat.queued")["position"] for name in ("beka", "gia")] == [1, 2]
    assert agent.last("queue") == {"event": "queue", "length": 2}


def test_a_place_counts_only_those_who_wait_for_the_same_agents(floor: Floor) -> None:
    gone = floor.on_duty(capacity=10, locales=["ka", "ru", "en"])
    lines = []
    for name, languages in (("anna", ["ka"]), ("john", ["en"]), ("ivan", ["ru", "en"])):
        line, _ = floor.waiting(languages, name)
        floor.accepted(gone)
        floor.now += timedelta(seconds=1)
        lines.append(line)
    gone.close()
    floor.pass_time(85, *lines)
    assert [line.last("chat.queued")["position"] for line in lines] == [1, 1, 2]


def test_places_are_told_at_most_every_two_seconds(floor: Floor) -> None:
    waiting = _queue(floor, *(f"v{n}" for n in range(10)))
    floor.pass_time(10)
    last, _ = waiting["v9"]
    last.take()
    for n in range(9):
        line, chat = waiting[f"v{n}"]
        line.send("chat.end", chat=chat)
        floor.now += timedelta(milliseconds=100)
    assert last.take() == []
    floor.pass_time(5)
    told = [each["position"] for each in last.take()]
    assert told[-1] == 1
    assert len(told) <= 2


def test_a_chat_that_nobody_accepts_goes_to_the_head_and_its_agent_is_unavailable(floor: Floor) -> None:
    sleepy = floor.on_duty(name="a-sleepy", capacity=3)
    visitor, chat = floor.waiting()
    sleepy.take()
    floor.pass_time(29, visitor)
    assert sleepy.take() == []
    floor.pass_time(1, visitor)
    left = {"event": "chat.left", "chat": chat, "leg": 1, "why": "not_accepted"}
    unavailable = {"event": "agent.status", "available": False, "capacity": 3, "locales": list(LANGUAGES)}
    assert sleepy.take() == [left, unavailable]
    assert visitor.last("chat.queued")["position"] == 1
    (error,) = sleepy.send("chat.accept", chat=chat, leg=1)
    assert error["code"] == "offer_over"
    awake = floor.on_duty()
    assert awake.last("chat.offered") == {
        "event": "chat.offered",
        "chat": chat,
        "leg": 2,
        "account": visitor.who.account,  # type: ignore[union-attr]  # a visitor has one
        "locale": "ka",
        "waited": 30,
    }
    assert floor.accepted(awake)["leg"] == 2


def test_an_acceptance_after_thirty_seconds_is_too_late_also_before_anything_noticed(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, chat = floor.waiting()
    floor.now += timedelta(seconds=30)
    (error,) = agent.send("chat.accept", chat=chat, leg=1)
    assert error["code"] == "offer_over"
    assert "chat.joined" not in visitor.events()


def test_an_agent_who_comes_back_is_told_of_what_he_was_offered(floor: Floor) -> None:
    agent = floor.on_duty()
    _, chat = floor.waiting()
    agent.close()
    back = floor.again(agent)
    status = {"available": True, "capacity": 3, "locales": LANGUAGES}
    assert [each["event"] for each in back.send("agent.status", **status)] == ["agent.status", "chat.offered"]
    assert floor.accepted(back)["chat"] == chat


def test_no_chat_goes_to_an_agent_whose_socket_is_closed(floor: Floor) -> None:
    agent, other = floor.on_duty(name="a"), floor.on_duty(name="b")
    floor.talking(agent)
    agent.close()
    for n in range(3):
        floor.waiting(name=f"v{n}")
    assert len(_offers(other)) == 3
    assert _offers(agent) == []


def test_a_chat_offered_to_a_socket_that_is_gone_is_offered_to_another_at_once(floor: Floor) -> None:
    gone, other = floor.on_duty(name="a"), floor.on_duty(name="b")
    gone.vanish()
    _, chat = floor.waiting()
    assert other.last("chat.offered")["chat"] == chat
    assert floor.accepted(other)["event"] == "chat.joined"


def test_a_visitor_whose_offer_met_a_socket_that_is_gone_is_looked_at_all_the_same(floor: Floor) -> None:
    gone = floor.on_duty()
    gone.vanish()
    visitor, chat = floor.waiting()
    visitor.freeze()
    floor.pass_time(100)
    assert visitor.last("chat.ended") == {"event": "chat.ended", "chat": chat, "by": "away"}


def test_an_agent_who_is_away_loses_his_chats_and_their_visitors_are_told(floor: Floor) -> None:
    frozen = floor.on_duty()
    lines = [floor.talking(frozen) for _ in range(2)]
    visitors = [line for line, _ in lines]
    floor.pass_time(74, *visitors)
    assert [line.take() for line in visitors] == [[], []]
    floor.pass_time(22, *visitors)
    for line, joined in lines:
        away, queued, *_ = line.take()
        assert away == {"event": "chat.peer_away", "chat": joined["chat"]}
        assert (queued["event"], queued["chat"]) == ("chat.queued", joined["chat"])
    assert [each["why"] for each in frozen.take() if each["event"] == "chat.left"] == ["away", "away"]
    (error,) = frozen.send("chat.message", chat=lines[0][1]["chat"], leg=1, n=1, body={"text": "!"})
    assert error["code"] == "chat_over"
    fresh = floor.on_duty()
    offered = [each for each in floor.door.wires.frames(fresh.id) if each["event"] == "chat.offered"]
    assert {each["chat"] for each in offered} == {joined["chat"] for _, joined in lines}


def test_an_agent_who_is_heard_of_keeps_his_chats(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    floor.pass_time(20 * 60, visitor, agent)
    visitor.take()
    agent.take()
    assert agent.send("chat.message", chat=joined["chat"], leg=1, n=1, body={"text": "!"}) == []
    assert visitor.events() == ["chat.message"]


@pytest.mark.parametrize(("how", "least", "most"), [("close", 75, 76), ("freeze", 75, 96)])
def test_a_visitor_who_is_away_ends_the_chat(floor: Floor, how: str, least: int, most: int) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    floor.pass_time(100, visitor, agent)
    getattr(visitor, how)()
    agent.take()
    floor.pass_time(least - 1, agent)
    assert agent.take() == []
    floor.pass_time(most - least + 1, agent)
    assert agent.take() == [{"event": "chat.ended", "chat": joined["chat"], "by": "away"}]
    assert floor.records()[0]["ended"] == "away"


def test_a_visitor_who_is_heard_of_while_his_absence_is_looked_at_keeps_his_chat(floor: Floor) -> None:
    from chalicelib.adapters import chats
    from chalicelib.services.looking import look

    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    read_before = chats.find(joined["chat"])
    assert read_before is not None
    floor.now += timedelta(seconds=100)
    visitor.send("ping")
    look(read_before, floor.now)
    assert chats.find(joined["chat"]) is not None
    floor.now += timedelta(seconds=100)
    look(read_before, floor.now)
    assert chats.find(joined["chat"]) is None


def test_a_reload_is_not_closing(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, joined = floor.talking(agent)
    for _ in range(5):
        visitor.close()
        floor.pass_time(70, agent)
        visitor = floor.again(visitor)
        visitor.send("chat.resume", chat=joined["chat"], leg=1, sent=0, shown=0, lost=False)
    floor.pass_time(70, agent)
    assert "chat.ended" not in agent.events()


def test_a_visitor_who_is_away_leaves_the_queue(floor: Floor) -> None:
    waiting = _queue(floor, "anna", "beka")
    beka, chat = waiting["beka"]
    waiting["anna"][0].close()
    floor.pass_time(80, beka)
    assert beka.last("chat.queued") == {"event": "chat.queued", "chat": chat, "position": 1}
    agent = floor.on_duty()
    assert agent.last("chat.offered")["chat"] == chat
    assert [each["ended"] for each in floor.records()] == ["away"]


def test_a_chat_is_handed_over_to_whom_it_was_meant_for(floor: Floor) -> None:
    first, second, third = (floor.on_duty(name=name) for name in ("a", "b", "c"))
    visitor, joined = floor.talking(first)
    answer = first.send("chat.transfer", chat=joined["chat"], to=third.who.id)
    assert answer == [{"event": "chat.left", "chat": joined["chat"], "leg": 1, "why": "transferred"}]
    assert visitor.last("chat.queued")["position"] == 1
    assert _offers(second) == []
    assert floor.accepted(third)["leg"] == 2
    assert visitor.last("chat.joined")["peer"] == {"name": "C"}
    (error,) = first.send("chat.message", chat=joined["chat"], leg=1, n=1, body={"text": "!"})
    assert error["code"] == "chat_over"


def test_a_chat_handed_over_to_anybody_does_not_come_back_while_somebody_else_is_there(floor: Floor) -> None:
    first, second = floor.on_duty(name="a", capacity=10), floor.on_duty(name="b", capacity=1)
    _, kept = floor.talking(first)
    visitor, chat = floor.waiting(name="beka")
    floor.accepted(second)
    (refused,) = first.send("chat.transfer", chat=kept["chat"], to=second.who.id)
    assert refused["code"] == "agent_unavailable"  # he is full
    first.send("chat.transfer", chat=kept["chat"])
    assert _offers(first) == []
    second.send("chat.end", chat=chat)
    assert second.last("chat.offered")["chat"] == kept["chat"]
    assert visitor.last("chat.ended")["by"] == "agent"


def test_the_place_of_who_hands_over_is_free_for_who_waits(floor: Floor) -> None:
    first, second = floor.on_duty(name="a", capacity=2), floor.on_duty(name="b", capacity=2)
    _, one = floor.talking(first)
    _, other = floor.talking(second)
    _, third = floor.talking(first)
    first.send("agent.status", available=True, capacity=1, locales=LANGUAGES)
    second.send("chat.transfer", chat=other["chat"])  # for whom nobody but himself has room
    assert _offers(first) == []
    first.send("chat.transfer", chat=one["chat"], to=second.who.id)
    first.send("chat.transfer", chat=third["chat"], to=second.who.id)
    assert first.last("chat.offered")["chat"] == other["chat"]


def test_a_chat_handed_over_comes_back_when_nobody_else_is_there_any_more(floor: Floor) -> None:
    first, second = floor.on_duty(name="a"), floor.on_duty(name="b")
    visitor, joined = floor.talking(first)
    first.send("chat.transfer", chat=joined["chat"])
    second.close()
    floor.pass_time(31, visitor, first)
    assert first.last("chat.offered")["chat"] == joined["chat"]


def test_a_chat_stays_when_nobody_can_take_it(floor: Floor) -> None:
    agent = floor.on_duty()
    floor.on_duty(locales=["pl"])
    visitor, joined = floor.talking(agent)
    (error,) = agent.send("chat.transfer", chat=joined["chat"])
    assert (error["code"], error["chat"]) == ("agent_unavailable", joined["chat"])
    assert agent.send("chat.message", chat=joined["chat"], leg=1, n=1, body={"text": "!"}) == []
    assert visitor.events()[-1] == "chat.message"


def test_a_lower_capacity_lets_no_more_in_and_throws_nobody_out(floor: Floor) -> None:
    agent = floor.on_duty(capacity=3)
    visitor, joined = floor.talking(agent)
    floor.talking(agent)
    agent.send("agent.status", available=True, capacity=1, locales=LANGUAGES)
    stranger = floor.visitor()
    assert stranger.send("chat.start", id="s", languages=["ka"])[0]["code"] == "chat_unavailable"
    assert agent.send("chat.message", chat=joined["chat"], leg=1, n=1, body={"text": "!"}) == []
    assert visitor.events() == ["chat.message"]


def test_when_every_message_of_the_queue_is_lost_the_rule_once_a_minute_does_it(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, chat = floor.waiting()
    floor.lost = True
    floor.pass_time(60)
    assert agent.take()[-1]["event"] == "chat.offered"
    floor.lost = False
    floor.tick()
    floor.pass_time(0)
    assert agent.events() == ["chat.left", "agent.status"]
    assert visitor.last("chat.queued")["position"] == 1
    floor.lost = True
    floor.pass_time(60)
    floor.lost = False
    floor.tick()
    floor.pass_time(0)
    assert visitor.last("chat.ended") == {"event": "chat.ended", "chat": chat, "by": "away"}


def test_who_waits_brings_forward_what_is_due(floor: Floor) -> None:
    agent = floor.on_duty()
    visitor, _ = floor.waiting()
    agent.take()
    floor.lost = True
    floor.pass_time(50, visitor)
    assert agent.events() == ["chat.left", "agent.status"]


def test_a_place_that_a_chat_left_behind_is_freed_once_a_minute(floor: Floor) -> None:
    from chalicelib.adapters import chats
    from chalicelib.adapters.chats import Change

    agent = floor.on_duty(capacity=1)
    _, joined = floor.talking(agent)
    chat = chats.find(joined["chat"])
    assert chat is not None
    Change(floor.now).chat(chat, None).commit()
    assert floor.visitor().send("chat.start", id="s", languages=["ka"])[0]["code"] == "chat_unavailable"
    floor.tick()
    assert floor.visitor().send("chat.start", id="s", languages=["ka"])[0]["event"] == "chat.queued"


def test_a_disabled_agent_loses_his_chats_to_who_is_free(floor: Floor) -> None:
    from chalicelib.services.handing_out import plan_release

    agent = floor.on_duty(name="a")
    visitor, joined = floor.talking(agent)
    other = floor.on_duty(name="b")
    plan_release(agent.who.id)
    floor.pass_time(1)
    assert other.last("chat.offered")["chat"] == joined["chat"]
    assert "chat.peer_away" in visitor.events()
    assert floor.visitor().send("chat.start", id="s", languages=["ka"])[0]["event"] == "chat.queued"
    assert _offers(agent) == []


@pytest.mark.parametrize("_", range(3))
def test_whoever_comes_at_the_same_moment_nobody_waits_while_somebody_is_free(floor: Floor, _: int) -> None:
    agents = [floor.agent(f"agent-{n}") for n in range(6)]
    visitors = [floor.visitor(f"visitor-{n}") for n in range(12)]
    floor.on_duty(capacity=1, name="first")  # so that a chat may begin

    def come(line: Line) -> None:
        if line in agents:
            line.send("agent.status", available=True, capacity=2, locales=["ka"])
        else:
            line.send("chat.start", id=line.id, languages=["ka"])

    everybody = [each for pair in zip(visitors[:6], agents, visitors[6:], strict=True) for each in pair]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come, everybody))
    _hold(floor)
    from chalicelib.adapters import chats

    begun = [each for each in visitors if floor.door.wires.frames(each.id)[0]["event"] == "chat.queued"]
    taken = [chat for each in chats.presences() for chat in each.chats]
    assert len(taken) == len(set(taken)) == min(len(begun), 13)


def _hold(floor: Floor) -> None:
    """What always holds of the hand-out, by what the table has."""
    from chalicelib.adapters import chats
    from chalicelib.domain.chat import next_pair

    present = {each.agent: each for each in chats.presences()}
    taken = [(each.agent, id_) for each in present.values() for id_ in each.chats]
    found = {chat.id: chat for chat in chats.find_all(id_ for _, id_ in taken)}
    assert len({id_ for _, id_ in taken}) == len(taken)
    for agent, id_ in taken:
        assert found[id_].agent == agent
        assert found[id_].state in {"offered", "talking"}
    waiting = chats.waiting()
    assert all(each.state == "waiting" and each.agent is None for each in waiting)
    assert next_pair(waiting, list(present.values()), floor.now) is None


def test_the_rules_are_seen_to_be_broken(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without handing out, somebody waits while somebody is free."""
    from chalicelib.services import chats

    floor.on_duty()
    monkeypatch.setattr(chats, "hand_out", lambda *_, **__: set())
    floor.waiting()
    with pytest.raises(AssertionError):
        _hold(floor)


def test_availability_counts_those_who_wait(floor: Floor, hotel: Hotel) -> None:
    from datetime import UTC, datetime

    floor.now = datetime.now(UTC)
    waiting: Any = _queue(floor, "anna", "beka")
    (entry,) = hotel.api.get("/v1/chat/availability", hotel.anna, languages="ru")["items"]
    assert (entry["queue_length"], entry["available"]) == (len(waiting), False)
