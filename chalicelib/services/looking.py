"""What should have happened in a chat by now: a delayed message asks, a heartbeat, and once a minute a rule."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from chalicelib.adapters import chats
from chalicelib.adapters.chats import Change
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.chat import (
    ACCEPTED_WITHIN,
    WARNED_BEFORE,
    Chat,
    ChatId,
    Presence,
    Role,
    Wire,
    is_away,
    next_check,
    without_chat,
)
from chalicelib.domain.moment import rfc3339
from chalicelib.services.chat_frames import Believed, EndedFrame, EndingFrame, LeftFrame, Ping
from chalicelib.services.ending import finish
from chalicelib.services.frames import ErrorFrame
from chalicelib.services.handing_out import (
    ChatTold,
    CheckChat,
    ReleaseAgent,
    SweepChats,
    hand_out,
    plan_check,
    plan_positions,
    take_back,
    tell_positions,
    until_written,
)
from chalicelib.services.saying import touch
from chalicelib.services.sides import ELSEWHERE, agent_of, role_in, state_frame, wire_of
from chalicelib.services.telling import tell_if_possible

_LATE = timedelta(seconds=15)
"""So much later than its check was due a chat is looked at by whoever sees it: the check was lost."""


def handle(told: ChatTold, now: datetime) -> None:
    """Does what a message of the queue says; what is not true any more does nothing."""
    if isinstance(told, CheckChat):
        chat = chats.find(told.chat)
        if chat is not None and chat.checked_at == told.at:
            look(chat, now)
    elif isinstance(told, ReleaseAgent):
        release(told.agent, now)
    elif isinstance(told, SweepChats):
        sweep(now)
    else:
        tell_positions(now)


def look(chat: Chat, now: datetime) -> None:
    """Has happen what is due: the end, a warning, the way back to the queue. Then has it looked at again."""
    presence = chats.find_presence(chat.agent) if chat.agent else None
    if now >= chat.ends_at:
        finish(chat, "limit", now)
    elif _is_visitor_away(chat, now):
        finish(chat, "away", now, lambda it: _is_visitor_away(it, now))
    elif _has_lapsed(chat, presence, now):
        take_back(chat.id, "not_accepted", now, lambda it, its: it.leg == chat.leg and _has_lapsed(it, its, now))
        hand_out(now)
    elif _is_agent_away(chat, presence, now):
        take_back(chat.id, "away", now, lambda it, its: _is_agent_away(it, its, now))
        hand_out(now)
    else:
        _look_again(chat, presence, now)


def _is_visitor_away(chat: Chat, now: datetime) -> bool:
    return is_away(chat.seen_at, chat.visitor, now)


def _has_lapsed(chat: Chat, _: Presence | None, now: datetime) -> bool:
    return chat.state == "offered" and (chat.offered_at is None or now >= chat.offered_at + ACCEPTED_WITHIN)


def _is_agent_away(chat: Chat, presence: Presence | None, now: datetime) -> bool:
    """Whether the agent was silent too long; when he has a socket for this chat, it may be open and frozen."""
    if chat.state != "talking":
        return False
    return presence is None or is_away(presence.seen_at, chat.agent_wire, now)


def _look_again(chat: Chat, presence: Presence | None, now: datetime) -> None:
    is_due = not chat.is_warned and now >= chat.ends_at - WARNED_BEFORE
    after = replace(chat, is_warned=chat.is_warned or is_due)
    after = replace(after, checked_at=next_check(after, presence, now))
    until_written(lambda: _written(chat, after, now))
    if is_due:
        for wire in (chat.visitor, chat.agent_wire):
            tell_if_possible(wire, EndingFrame(chat.id, rfc3339(chat.ends_at)), now)
    plan_check(after, now)


def _written(chat: Chat, after: Chat, now: datetime) -> None:
    before = chats.find(chat.id)
    if before is not None:
        kept = replace(before, is_warned=after.is_warned, checked_at=after.checked_at)
        Change(now).chat(before, kept).commit()


def release(agent: str, now: datetime) -> None:
    """Takes all his chats back from an agent, who is unavailable from then on, and offers them to others."""
    presence = chats.find_presence(agent)
    if presence is None:
        return
    until_written(lambda: _unavailable(agent, now))
    for id_ in presence.chats:
        take_back(id_, "away", now, lambda it, _: it.agent == agent)
    hand_out(now)


def _unavailable(agent: str, now: datetime) -> None:
    before = chats.find_presence(agent)
    if before is not None and (before.available or before.wire):
        Change(now).presence(before, replace(before, available=False, wire=None)).commit()


def sweep(now: datetime) -> int:
    """Has every chat looked at whose check is overdue, each by a message of its own; gives how many. Hands out."""
    present = chats.presences()
    ids = [id_ for each in present for id_ in each.chats]
    waiting = [chat.id for chat in chats.waiting()]
    found = {chat.id: chat for chat in chats.find_all([*ids, *waiting])}
    for presence in present:
        for id_ in presence.chats:
            if id_ not in found or found[id_].agent != presence.agent:
                until_written(partial(_freed, presence.agent, id_, now))
    overdue = [chat for chat in found.values() if chat.checked_at and now >= chat.checked_at + _LATE]
    for chat in overdue:
        plan_check(chat, now)
    if waiting:
        hand_out(now)
        plan_positions(now)
    return len(overdue)


def _freed(agent: str, id_: ChatId, now: datetime) -> None:
    """A place that a chat takes which is over, or another's."""
    before, chat = chats.find_presence(agent), chats.find(id_)
    if before is not None and id_ in before.chats and (chat is None or chat.agent != agent):
        Change(now).presence(before, without_chat(before, id_)).commit()


def note_life(socket: Socket, now: datetime) -> None:
    """Who sent a frame is there."""
    if socket.is_agents:
        touch(agent_of(socket), "agent", now)
    else:
        touch(socket.owner, "visitor", now)


def hear(socket: Socket, frame: Ping, now: datetime) -> None:
    """A heartbeat: who sent it is there; what he waits for is brought forward; what he missed is told again."""
    own = list(_own(socket, frame.chats or ())) if frame.chats is not None or not socket.is_agents else []
    if own or socket.is_agents:
        note_life(socket, now)
    if not socket.is_agents and any(_bring_forward(chat, now) for chat, _ in own):
        own = list(_own(socket, ()))
    if frame.chats is not None:
        _tell_again(socket, own, frame.chats, now)


def _bring_forward(chat: Chat, now: datetime) -> bool:
    """Has happen what the visitor waits for, if it is due; whether the chat may be another one by that."""
    if chat.checked_at is not None and now >= chat.checked_at:
        look(replace(chat, seen_at=now), now)
    elif chat.state == "waiting":
        hand_out(now)
    else:
        return False
    return True


def _tell_again(socket: Socket, own: list[tuple[Chat, Role]], believed: tuple[Believed, ...], now: datetime) -> None:
    known, wire = {each.chat: each.leg for each in believed}, wire_of(socket)
    for chat, role in own:
        id_: str = chat.id
        if not _is_on(chat, role, socket):
            if id_ in known or not _is_live(chat.wire(role), now):
                tell_if_possible(wire, ErrorFrame("chat_elsewhere", ELSEWHERE, chat=id_, leg=chat.leg), now)
        elif known.get(id_) != _leg_to_know(chat, role):
            waiting = chats.waiting() if chat.state == "waiting" else []
            tell_if_possible(wire, state_frame(chat, role, now, waiting), now)
    for gone in known.keys() - {chat.id for chat, _ in own}:
        other = chats.find(gone) if socket.is_agents else None
        frame = LeftFrame(gone, other.leg, "unknown") if other else EndedFrame(gone, "unknown")
        tell_if_possible(wire, frame, now)


def _own(socket: Socket, believed: Iterable[Believed]) -> Iterator[tuple[Chat, Role]]:
    """The chats of the socket's owner, with his side of each."""
    if socket.is_agents:
        presence = chats.find_presence(agent_of(socket))
        found = chats.find_all([*(ChatId(each.chat) for each in believed), *(presence.chats if presence else ())])
    else:
        chat = chats.find_of(socket.owner)
        found = [chat] if chat else []
    for each in found:
        role = role_in(each, socket)
        if role is not None:
            yield each, role


def _is_on(chat: Chat, role: Role, socket: Socket) -> bool:
    """Whether the chat is on this socket, or on none of an agent who is offered it."""
    wire = chat.wire(role)
    return wire.socket == socket.id if wire is not None else chat.state == "offered" and role == "agent"


def _is_live(wire: Wire | None, now: datetime) -> bool:
    return wire is not None and wire.until > now


def _leg_to_know(chat: Chat, role: Role) -> int:
    return chat.leg if chat.state == "talking" or role == "agent" else 0
