"""A chat: who talks with whom and since when, the agents who could, and who gets the next one. Nothing of what is said.

`docs/chat.md` has the states as a picture.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NewType

import msgspec
from msgspec.structs import replace

from chalicelib.domain.people import AccountId
from chalicelib.domain.text import Language

ChatId = NewType("ChatId", str)
State = Literal["waiting", "offered", "talking"]
Role = Literal["visitor", "agent"]
Ending = Literal["visitor", "agent", "away", "limit"]
Left = Literal["transferred", "not_accepted", "away"]

ACCEPTED_WITHIN = timedelta(seconds=30)
AWAY_AFTER = timedelta(seconds=75)
SEEN_EVERY = timedelta(seconds=20)
"""A sign of life is written down once in this time: what is known of it may be so much too old."""
LASTS = timedelta(hours=2)
WARNED_BEFORE = timedelta(minutes=10)
LARGEST_CAPACITY = 10


class Wire(msgspec.Struct, frozen=True):
    """One side's only socket for a chat, and until when its token counts."""

    socket: str
    until: datetime


class Chat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chat that is on.

    `owner`: the visitor, as places name him; `began_with`: the id of his `chat.start`; `leg`: the last that was
    offered, or begun by a side that lost its memory; `came_back`: it was an agent's before, so it stands at the queue's
    head; `left_by`: who handed it over, to whom it goes back only if there is nobody else; `checked_at`: when it is
    looked at next. `seen_at` is the visitor's last sign of life, as far as it was written down.
    """

    id: ChatId
    owner: str
    account: AccountId
    began_with: str
    languages: tuple[Language, ...]
    started_at: datetime
    waits_since: datetime
    visitor: Wire | None
    state: State = "waiting"
    leg: int = 0
    came_back: bool = False
    left_by: str | None = None
    agent: str | None = None
    agent_name: str = ""
    agent_wire: Wire | None = None
    locale: Language | None = None
    offered_at: datetime | None = None
    joined_at: datetime | None = None
    waited: timedelta = timedelta()
    is_warned: bool = False
    checked_at: datetime | None = None
    revision: int = 0
    seen_at: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        """When its two hours are over."""
        return self.started_at + LASTS

    def wire(self, role: Role) -> Wire | None:
        """The socket of this side; None while it has none."""
        return self.visitor if role == "visitor" else self.agent_wire


class Presence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent who is there: whether and what he takes, on which socket, and the chats that take his places."""

    agent: str
    name: str
    available: bool
    capacity: int
    locales: tuple[Language, ...]
    wire: Wire | None
    chats: tuple[ChatId, ...] = ()
    revision: int = 0
    seen_at: datetime | None = None


def is_away(seen_at: datetime | None, wire: Wire | None, now: datetime) -> bool:
    """Whether somebody was silent too long. When his socket closed is known exactly, a sign of life not."""
    slack = timedelta() if wire is None else SEEN_EVERY
    return seen_at is None or now - seen_at >= AWAY_AFTER + slack


def could_take(presence: Presence, languages: Iterable[Language], now: datetime) -> bool:
    """Whether this agent is there for one of the languages, if he had room."""
    return (
        presence.available
        and presence.wire is not None
        and presence.wire.until > now
        and not is_away(presence.seen_at, presence.wire, now)
        and not set(presence.locales).isdisjoint(languages)
    )


def can_take(presence: Presence, languages: Iterable[Language], now: datetime) -> bool:
    """Whether this agent can take one more chat in one of the languages."""
    return len(presence.chats) < presence.capacity and could_take(presence, languages, now)


def fitting(chat: Chat, presences: Sequence[Presence], now: datetime) -> Presence | None:
    """Who takes the chat: of those who can in the first language that anybody can, who has the fewest chats.

    Who handed it over gets it back only when nobody else is there for it, with room or without.
    """
    others = [each for each in presences if each.agent != chat.left_by]
    if not any(could_take(each, chat.languages, now) for each in others):
        others = list(presences)
    for language in chat.languages:
        free = [each for each in others if can_take(each, (language,), now)]
        if free:
            return min(free, key=lambda each: (len(each.chats), each.agent))
    return None


def next_pair(waiting: Iterable[Chat], presences: Sequence[Presence], now: datetime) -> tuple[Chat, Presence] | None:
    """The first of those who wait for whom there is somebody, and who that is; `waiting` in the queue's order."""
    for chat in waiting:
        presence = fitting(chat, presences, now)
        if presence is not None:
            return chat, presence
    return None


def queue_key(chat: Chat) -> tuple[bool, datetime, ChatId]:
    """The order of those who wait: who came back first, and of each the oldest."""
    return not chat.came_back, chat.started_at, chat.id


def position(chat: Chat, waiting: Iterable[Chat]) -> int:
    """The chat's place among those who wait for the same agents, from 1."""
    rivals = (each for each in waiting if not set(each.languages).isdisjoint(chat.languages))
    return 1 + sum(queue_key(each) < queue_key(chat) for each in rivals)


def offered(chat: Chat, presence: Presence, now: datetime) -> Chat:
    """The chat as it is offered to this agent, with a leg of its own."""
    locale = next(each for each in chat.languages if each in presence.locales)
    return replace(
        chat, state="offered", leg=chat.leg + 1, agent=presence.agent, locale=locale, offered_at=now, agent_wire=None
    )


def joined(chat: Chat, name: str, wire: Wire, now: datetime) -> Chat:
    """The chat once its agent has accepted it on this socket."""
    waited = chat.waited + (now - chat.waits_since)
    first = chat.joined_at or now
    return replace(chat, state="talking", agent_name=name, agent_wire=wire, joined_at=first, waited=waited)


def back_in_queue(chat: Chat, now: datetime, *, left_by: str | None = None) -> Chat:
    """The chat without its agent, at the head of the queue. One that was never accepted has waited all the while."""
    since = now if chat.state == "talking" else chat.waits_since
    return replace(
        chat,
        state="waiting",
        came_back=True,
        waits_since=since,
        left_by=left_by,
        agent=None,
        agent_name="",
        agent_wire=None,
        offered_at=None,
    )


def resumed(chat: Chat, role: Role, wire: Wire, *, lost: bool) -> Chat:
    """The chat with this socket as the side's only one; who has lost his memory begins a new leg."""
    leg = chat.leg + 1 if lost and chat.state == "talking" else chat.leg
    return replace(chat, visitor=wire, leg=leg) if role == "visitor" else replace(chat, agent_wire=wire, leg=leg)


def with_chat(presence: Presence, chat: ChatId) -> Presence:
    """The agent with one place less."""
    return replace(presence, chats=(*presence.chats, chat))


def without_chat(presence: Presence, chat: ChatId) -> Presence:
    """The agent with the chat's place free again."""
    return replace(presence, chats=tuple(each for each in presence.chats if each != chat))


def next_check(chat: Chat, presence: Presence | None, now: datetime) -> datetime:
    """When the next thing can have happened to the chat that nobody tells of; not before the next second."""
    moments = [chat.ends_at if chat.is_warned else chat.ends_at - WARNED_BEFORE]
    moments.append(_away_at(chat.seen_at or now, chat.visitor))
    if chat.offered_at is not None and chat.state == "offered":
        moments.append(chat.offered_at + ACCEPTED_WITHIN)
    if presence is not None and presence.seen_at is not None and chat.state == "talking":
        moments.append(_away_at(presence.seen_at, chat.agent_wire))
    return max(min(moments), now + timedelta(seconds=1))


def _away_at(seen_at: datetime, wire: Wire | None) -> datetime:
    return seen_at + AWAY_AFTER + (timedelta() if wire is None else SEEN_EVERY)
