"""What a chat is said to cost, from what was counted of it, and how a chat is written that is counted."""

import asyncio
from collections import Counter

import pytest

from bench.chat import LASTS_SECONDS, Cost, dollars, messages, script, time_dollars, timed, total


def test_a_million_chats_cost_each_thing_at_its_price():
    cost = Cost(taken=10, sent=20, invocations=5, requests=2, writes=8, reads=16, queue=3, minutes=20)
    assert dollars(cost) == pytest.approx(
        {"messages": 30, "open sockets": 5, "Lambda": 1, "DynamoDB": 5 + 2, "SQS": 1.2, "REST API": 7}
    )


def test_ten_milliseconds_of_a_gigabyte_are_an_assumption_beside_the_sum():
    assert time_dollars(Cost(invocations=100)) == pytest.approx(13.3334)
    assert sum(dollars(Cost(invocations=100)).values()) == 20


def test_parts_add_up_and_are_shared_by_the_chats_that_an_agent_has_at_once():
    parts = [Cost(taken=3, minutes=6), Cost(taken=6, reads=1.5)]
    assert total(parts) == Cost(taken=9, reads=1.5, minutes=6)
    assert total(parts) / 3 == Cost(taken=3, reads=0.5, minutes=2)
    assert total([]) == Cost()


@pytest.mark.parametrize(("size", "billed"), [(0, 1), (1, 1), (32 * 1024, 1), (32 * 1024 + 1, 2)])
def test_a_frame_is_billed_by_32_kb(size, billed):
    assert messages(size) == billed


def test_the_chat_that_is_counted_has_30_texts_in_turns_within_10_minutes():
    deeds = script()
    says = [deed for deed in deeds if deed.does == "say"]
    assert Counter(deed.by for deed in says) == {"visitor": 16, "agent": 14}
    assert [deed.at for deed in deeds] == sorted(deed.at for deed in deeds)
    assert 0 < deeds[0].at < deeds[-1].at < LASTS_SECONDS
    assert [deed.by for deed in says[:6]] == ["visitor", "agent", "agent", "visitor", "visitor", "visitor"]


def test_a_side_types_at_the_first_key_of_each_text_and_every_ten_seconds():
    first, second, third, *_ = script()
    assert [(each.at, each.does) for each in (first, second, third)] == [(19, "type"), (29, "type"), (39, "say")]
    assert sum(deed.does == "type" for deed in script()) == 30 + 5


def test_loops_go_on_at_once_until_enough_was_measured_and_the_first_ones_do_not_count():
    at_once = [0, 0]

    async def one():
        at_once[0] += 1
        at_once[1] = max(at_once)
        await asyncio.sleep(0)
        at_once[0] -= 1
        done.append(None)
        return float(len(done))

    done = []
    found = asyncio.run(timed([one] * 7, 20))
    assert found == [float(n) for n in range(15, 35)]
    assert at_once == [0, 7]
