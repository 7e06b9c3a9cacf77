"""Who waits gets who is free: decided by conditional writes, by whichever function happens to see it.

Each event (somebody comes, a place becomes free) is written first and then hands out, reading what is written by then.
Of two that come at once the later one sees both, so no one waits while a fitting agent is free.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from chalicelib.adapters import chats, queues
from chalicelib.adapters.chats import Change
from chalicelib.adapters.tables import WrittenMeanwhile
from chalicelib.domain.chat import (
    Chat,
    ChatId,
    Left,
    Presence,
    back_in_queue,
    next_check,
    next_pair,
    offered,
    position,
    with_chat,
    without_chat,
)
from chalicelib.errors import TryAgain
from chalicelib.services.chat_frames import LeftFrame, QueueFrame
from chalicelib.services.telling import offered_frame, tell, tell_away, tell_if_possible, tell_left, tell_queued
from chalicelib.settings import settings

POSITIONS_EVERY = timedelta(seconds=2)
_WRITTEN_WITHIN = timedelta(seconds=1)
"""What is told must hold what was written by a function that came too late to have it told once more."""
_ATTEMPTS = 40
_LONGEST_DELAY = 900
"""Seconds, SQS's own limit: what is further away is looked at on the way, and put off again."""
_T = TypeVar("_T")


class CheckChat(msgspec.Struct, frozen=True, tag="check_chat"):
    """By then something may have happened to this chat that nobody told of. One that was put off counts no more."""

    chat: ChatId
    at: datetime


class TellPositions(msgspec.Struct, frozen=True, tag="tell_positions"):
    """Those who wait are to be told where they stand."""


class ReleaseAgent(msgspec.Struct, frozen=True, tag="release_agent"):
    """This agent may not chat any more: his chats go back to the queue."""

    agent: str


class SweepChats(msgspec.Struct, frozen=True, tag="sweep_chats"):
    """Every chat is to be looked at, once a minute."""


ChatTold = CheckChat | TellPositions | ReleaseAgent | SweepChats


def until_written(do: Callable[[], _T]) -> _T:
    """Does it, again while somebody else wrote meanwhile what it read; TryAgain when that does not end."""
    for attempt in range(_ATTEMPTS):
        try:
            return do()
        except WrittenMeanwhile:
            time.sleep(random.uniform(0, 0.002 * 1.2 ** min(attempt, 15)))  # noqa: S311 - jitter, not a secret
    raise TryAgain


def checked_from(chat: Chat, presence: Presence | None, now: datetime) -> Chat:
    """The chat with the time at which it is looked at next: brought forward, never put off."""
    at = next_check(chat, presence, now)
    return replace(chat, checked_at=min(at, chat.checked_at) if chat.checked_at and chat.checked_at > now else at)


def plan_check(chat: Chat, now: datetime) -> None:
    """Has the chat looked at when its time has come."""
    if chat.checked_at is not None:
        delay = min(max(0, ceil((chat.checked_at - now).total_seconds())), _LONGEST_DELAY)
        queues.send(settings().timers_queue, [CheckChat(chat.id, chat.checked_at)], delay=delay)


def hand_out(now: datetime, *, new: ChatId | None = None) -> set[ChatId]:
    """Offers as many of those who wait as there are places for; gives whom. `new` knows his place already."""
    given: set[ChatId] = set()
    while until_written(lambda: _hand_out_one(now, given)):
        pass
    left = {chat.id for chat in chats.waiting()} if given or new else set()
    if (given | left) - {new}:
        plan_positions(now)
    return given


def _hand_out_one(now: datetime, given: set[ChatId]) -> bool:
    waiting = chats.waiting()
    pair = next_pair(waiting, chats.presences(), now) if waiting else None
    if pair is None:
        return False
    before, presence = pair
    chat = checked_from(offered(before, presence, now), presence, now)
    Change(now).chat(before, chat).presence(presence, with_chat(presence, chat.id)).commit()
    given.add(chat.id)
    offer(replace(chat, revision=before.revision + 1), presence, now)
    return True


def offer(chat: Chat, presence: Presence, now: datetime) -> None:
    """Tells the agent what he is offered; where his socket turns out to be gone, the chat goes back at once."""
    try:
        is_told = tell(presence.wire, offered_frame(chat, now), now)
    except TryAgain:
        is_told = True  # perhaps: his next heartbeat, or the thirty seconds, will tell
    looked_at = chat if is_told else until_written(lambda: _is_gone(chat, presence, now))
    if looked_at is not None:
        plan_check(looked_at, now)


def _is_gone(chat: Chat, presence: Presence, now: datetime) -> Chat | None:
    is_, agent = chats.find(chat.id), chats.find_presence(presence.agent)
    if agent is None or is_ is None or (is_.state, is_.agent, is_.leg) != ("offered", agent.agent, chat.leg):
        return None
    wire = None if agent.wire == presence.wire else agent.wire
    back = checked_from(back_in_queue(is_, now, left_by=is_.left_by), None, now)
    Change(now).chat(is_, back).presence(agent, replace(without_chat(agent, chat.id), wire=wire)).commit()
    return back


def take_back(id_: ChatId, why: Left, now: datetime, is_so: Callable[[Chat, Presence | None], bool]) -> None:
    """Takes the chat from an agent who is away, disabled, or did not accept it; he is unavailable from then on.

    Nothing changes when that `is_so` no more.
    """

    def once() -> tuple[Chat, Chat, Presence | None] | None:
        before = chats.find(id_)
        presence = chats.find_presence(before.agent) if before is not None and before.agent else None
        if before is None or before.agent is None or not is_so(before, presence):
            return None
        after = checked_from(back_in_queue(before, now, left_by=before.left_by), None, now)
        change = Change(now).chat(before, after)
        left = None
        if presence is not None:
            left = replace(without_chat(presence, id_), available=False)
            change.presence(presence, left)
        change.commit()
        return before, replace(after, revision=before.revision + 1), left

    done = until_written(once)
    if done is None:
        return
    before, after, left = done
    tell_left(before.agent_wire or (left.wire if left else None), LeftFrame(id_, before.leg, why), left, now)
    if before.state == "talking":
        tell_away(before, "agent", now)
    waiting = chats.waiting()
    tell_queued(after, position(after, waiting), now)
    plan_check(after, now)


def plan_release(agent: str) -> None:
    """Has an agent's chats taken back."""
    queues.send(settings().timers_queue, [ReleaseAgent(agent)])


def plan_sweep() -> None:
    """Has every chat looked at."""
    queues.send(settings().timers_queue, [SweepChats()])


def plan_positions(now: datetime) -> None:
    """Has those who wait told where they stand, and the agents how many they are: at most every 2 seconds."""
    if chats.claim("positions", now, POSITIONS_EVERY):
        queues.send(
            settings().timers_queue, [TellPositions()], delay=int((POSITIONS_EVERY + _WRITTEN_WITHIN).total_seconds())
        )


def tell_positions(now: datetime) -> None:
    """Tells them."""
    waiting = chats.waiting()
    for chat in waiting:
        tell_queued(chat, position(chat, waiting), now)
    for presence in chats.presences():
        tell_if_possible(presence.wire, QueueFrame(len(waiting)), now)
