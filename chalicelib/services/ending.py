"""The end of a chat, and of a socket on which somebody chatted."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from chalicelib.adapters import chats
from chalicelib.adapters.chats import Change, Record
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.chat import Chat, Ending, Role, Wire, next_check, without_chat
from chalicelib.services.chat_frames import EndChat, EndedFrame
from chalicelib.services.handing_out import hand_out, plan_check, plan_positions, plan_sweep, until_written
from chalicelib.services.sides import agent_of, chat_of, over
from chalicelib.services.telling import tell_away, tell_ended


def end(socket: Socket, frame: EndChat, now: datetime) -> None:
    """Either side ends it."""
    chat, role = chat_of(socket, frame.chat, frame.id)
    if not finish(chat, role, now):
        raise over(frame.chat, frame.id)


def finish(chat: Chat, by: Ending, now: datetime, is_so: Callable[[Chat], bool] = lambda _: True) -> bool:
    """Ends the chat for both; nothing of it is left but its record. False when it was over, or that `is_so` no more."""
    done = until_written(lambda: _finished(chat, by, now, is_so))
    if done is None:
        return False
    last, agent = done
    tell_ended(last, EndedFrame(last.id, by), agent, now)
    if last.state == "waiting":
        plan_positions(now)
    else:
        hand_out(now)
    return True


def _finished(chat: Chat, by: Ending, now: datetime, is_so: Callable[[Chat], bool]) -> tuple[Chat, Wire | None] | None:
    before = chats.find(chat.id)
    if before is None or not is_so(before):
        return None
    change = Change(now).chat(before, None).record(_record(before, by, now))
    presence = chats.find_presence(before.agent) if before.agent else None
    if presence is not None:
        change.presence(presence, without_chat(presence, before.id))
    change.commit()
    return before, before.agent_wire or (presence.wire if presence else None)


def _record(chat: Chat, by: Ending, now: datetime) -> Record:
    waited = chat.waited + (now - chat.waits_since if chat.state != "talking" else now - now)
    lasted = now - chat.joined_at if chat.joined_at else now - now
    language = chat.locale or chat.languages[0]
    return Record(language, int(waited.total_seconds()), int(lasted.total_seconds()), by)


def leave(socket: Socket, now: datetime) -> None:
    """A socket was closed: who talked on it is without one, and the other side is told. An older one's is nothing."""
    if socket.is_agents:
        if until_written(lambda: _agent_left(socket, now)):
            plan_sweep()  # who handed a chat over gets it back where nobody else is there any more
        presence = chats.find_presence(agent_of(socket))
        for chat in chats.find_all(presence.chats) if presence else ():
            _side_left(chat, "agent", socket, now)
        return
    found = chats.find_of(socket.owner)
    if found is not None:
        _side_left(found, "visitor", socket, now)


def _agent_left(socket: Socket, now: datetime) -> bool:
    before = chats.find_presence(agent_of(socket))
    if before is None or before.wire is None or before.wire.socket != socket.id:
        return False
    Change(now).presence(before, replace(before, wire=None, seen_at=now)).commit()
    return True


def _side_left(chat: Chat, role: Role, socket: Socket, now: datetime) -> None:
    def once() -> Chat | None:
        before = chats.find(chat.id)
        wire = before.wire(role) if before else None
        if before is None or wire is None or wire.socket != socket.id:
            return None
        without = {"visitor": None, "seen_at": now} if role == "visitor" else {"agent_wire": None}
        after = replace(before, **without)
        presence = chats.find_presence(before.agent) if before.agent else None
        after = replace(after, checked_at=next_check(after, presence, now))
        Change(now).chat(before, after).commit()
        return after

    left = until_written(once)
    if left is not None:
        tell_away(left, role, now)
        plan_check(left, now)
