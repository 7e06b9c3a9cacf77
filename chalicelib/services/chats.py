"""A chat from its start to its end: who may do what, and whom it is told. What is said passes through `saying`."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from chalicelib.adapters import chats, places
from chalicelib.adapters.chats import Change, Record
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.chat import (
    ACCEPTED_WITHIN,
    Chat,
    Ending,
    Presence,
    Role,
    Wire,
    back_in_queue,
    can_take,
    could_take,
    joined,
    next_check,
    offered,
    position,
    resumed,
    with_chat,
    without_chat,
)
from chalicelib.services.availability import next_open_at
from chalicelib.services.chat_frames import (
    AcceptChat,
    EndChat,
    EndedFrame,
    LeftFrame,
    PeerBackFrame,
    ProposedFrame,
    ProposeTicket,
    QueuedFrame,
    ResumeChat,
    ResumedFrame,
    SetStatus,
    StartChat,
    TransferChat,
)
from chalicelib.services.frames import RefusedFrame, ServerFrame
from chalicelib.services.handing_out import checked_from, hand_out, offer, plan_check, plan_positions, until_written
from chalicelib.services.telling import (
    joined_frame,
    offered_frame,
    other,
    peer_of,
    status_frame,
    tell,
    tell_away,
    tell_ended,
    tell_if_possible,
    tell_left,
    tell_queued,
)

ELSEWHERE = "This chat is on another socket of yours."


def over(chat: str, id_: str | None) -> RefusedFrame:
    """There is no such chat, or it is not the caller's: the two are one."""
    return RefusedFrame("chat_over", "This chat is over.", id=id_, chat=chat)


def _only_for(socket: Socket, role: Role, id_: str | None) -> None:
    if socket.is_agents != (role == "agent"):
        raise RefusedFrame("forbidden", f"Only {role}s send this.", id=id_)


def agent_of(socket: Socket) -> str:
    """The id of the agent whose socket it is."""
    return places.agent_of(socket.owner)


def wire_of(socket: Socket) -> Wire:
    """The socket as a side of a chat."""
    return Wire(socket.id, socket.expires_at)


def role_in(chat: Chat, socket: Socket) -> Role | None:
    """Which side of the chat the owner of this socket is, if any."""
    if socket.is_agents:
        return "agent" if chat.agent == agent_of(socket) else None
    return "visitor" if chat.owner == socket.owner else None


def chat_of(socket: Socket, id_: str, frame_id: str | None) -> tuple[Chat, Role]:
    """The chat and the caller's side of it; RefusedFrame when it is over, or not his."""
    chat = chats.find(id_)
    role = role_in(chat, socket) if chat is not None else None
    if chat is None or role is None:
        raise over(id_, frame_id)
    return chat, role


def start(socket: Socket, frame: StartChat, now: datetime) -> None:
    """A visitor waits from now on, or is told why not: nobody is there for him, or he has a chat already."""
    _only_for(socket, "visitor", frame.id)
    chat = until_written(lambda: _begun(socket, frame, now))
    waiting = chats.waiting() if chat.state == "waiting" else []
    tell(chat.visitor, state_frame(chat, "visitor", now, waiting), now)
    if chat.state == "waiting" and chat.id not in hand_out(now, new=chat.id):
        plan_check(chat, now)


def _begun(socket: Socket, frame: StartChat, now: datetime) -> Chat:
    before, wire = chats.find_of(socket.owner), wire_of(socket)
    if before is not None:
        if before.began_with != frame.id:
            raise RefusedFrame("chat_exists", "You have a chat already. Resume it.", id=frame.id, chat=before.id)
        if before.visitor == wire:
            return before
        after = replace(before, visitor=wire, seen_at=now)
        Change(now).chat(before, after).commit()
        return replace(after, revision=before.revision + 1)
    if not any(can_take(each, frame.languages, now) for each in chats.presences()):
        nobody, at = "Nobody can take a chat now. Please open a ticket.", next_open_at(frame.languages, now)
        raise RefusedFrame("chat_unavailable", nobody, id=frame.id, next_open_at=at)
    chat = checked_from(
        Chat(
            id=chats.new_id(socket.owner),
            owner=socket.owner,
            account=places.account_of(socket.owner),
            began_with=frame.id,
            languages=tuple(dict.fromkeys(frame.languages)),
            started_at=now,
            waits_since=now,
            visitor=wire,
            seen_at=now,
        ),
        None,
        now,
    )
    Change(now).chat(None, chat).commit()
    return chat


def state_frame(chat: Chat, role: Role, now: datetime, waiting: list[Chat]) -> ServerFrame:
    """Where the chat stands, as this side is told it."""
    if chat.state == "talking":
        return joined_frame(chat, role)
    if role == "agent":
        return offered_frame(chat, now)
    return QueuedFrame(chat.id, position(chat, waiting) if chat.state == "waiting" else 1)


def set_status(socket: Socket, frame: SetStatus, now: datetime) -> None:
    """What an agent takes from now on, on this socket; what he was offered and has not accepted is told again."""
    _only_for(socket, "agent", frame.id)
    presence = until_written(lambda: _present(socket, frame, now))
    tell(presence.wire, status_frame(presence), now)
    for chat in chats.find_all(presence.chats):
        if chat.state == "offered" and chat.agent == presence.agent:
            tell(presence.wire, offered_frame(chat, now), now)
    hand_out(now)


def _present(socket: Socket, frame: SetStatus, now: datetime) -> Presence:
    agent = agent_of(socket)
    before = chats.find_presence(agent)
    after = Presence(
        agent=agent,
        name=socket.name,
        available=frame.available,
        capacity=frame.capacity,
        locales=tuple(dict.fromkeys(frame.locales)),
        wire=wire_of(socket),
        chats=before.chats if before else (),
        seen_at=now,
    )
    Change(now).presence(before, after).commit()
    return after


def accept(socket: Socket, frame: AcceptChat, now: datetime) -> None:
    """The agent takes what he was offered; both are told, again when he asks again."""
    _only_for(socket, "agent", frame.id)
    chat = until_written(lambda: _accepted(socket, frame, now))
    tell(chat.agent_wire, joined_frame(chat, "agent"), now)
    if not tell(chat.visitor, joined_frame(chat, "visitor"), now):
        tell_away(chat, "visitor", now)


def _accepted(socket: Socket, frame: AcceptChat, now: datetime) -> Chat:
    before, wire = chats.find(frame.chat), wire_of(socket)
    if before is None or before.agent != agent_of(socket) or not _is_to_be_had(before, frame.leg, now):
        raise RefusedFrame("offer_over", "This chat is not offered to you any more.", id=frame.id, chat=frame.chat)
    if before.state == "talking" and before.agent_wire == wire:
        return before
    after = replace(before, agent_wire=wire) if before.state == "talking" else joined(before, socket.name, wire, now)
    Change(now).chat(before, after).commit()
    return after


def _is_to_be_had(chat: Chat, leg: int, now: datetime) -> bool:
    """Whether the agent may accept: what he has accepted also when the visitor has begun another leg since."""
    if chat.state == "talking":
        return chat.leg >= leg
    return chat.leg == leg and now < (chat.offered_at or chat.started_at) + ACCEPTED_WITHIN


def resume(socket: Socket, frame: ResumeChat, now: datetime) -> None:
    """This socket is the person's only one for the chat; the other side hears what he has sent and shown."""
    before, after, role = until_written(lambda: _resumed(socket, frame, now))
    if after.state != "talking":
        waiting = chats.waiting() if after.state == "waiting" else []
        tell(after.wire(role) or wire_of(socket), state_frame(after, role, now, waiting), now)
        return
    tell(after.wire(role), ResumedFrame(after.id, after.leg, peer_of(after, role)), now)
    knows = before.leg == after.leg == frame.leg
    sent, shown = (frame.sent, frame.shown) if knows else (0, 0)
    back = PeerBackFrame(after.id, after.leg, sent, shown, frame.lost)
    if not tell_if_possible(after.wire(other(role)), back, now):
        tell_away(after, other(role), now)


def _resumed(socket: Socket, frame: ResumeChat, now: datetime) -> tuple[Chat, Chat, Role]:
    before, role = chat_of(socket, frame.chat, frame.id)
    wire = wire_of(socket)
    if before.state == "offered" and role == "agent":
        return before, before, role
    after = resumed(before, role, wire, lost=frame.lost)
    if role == "visitor":
        after = replace(after, seen_at=now)
    if after != before:
        Change(now).chat(before, after).commit()
    if role == "agent":
        chats.touch_agent(agent_of(socket), now)
    return before, after, role


def propose_ticket(socket: Socket, frame: ProposeTicket, now: datetime) -> None:
    """The visitor is asked whether to go on by a ticket."""
    _only_for(socket, "agent", frame.id)
    chat, _ = chat_of(socket, frame.chat, frame.id)
    tell(chat.visitor, ProposedFrame(chat.id), now)


def transfer(socket: Socket, frame: TransferChat, now: datetime) -> None:
    """The chat goes to this agent, or to the head of the queue for whoever is free."""
    _only_for(socket, "agent", frame.id)
    before, after, target = until_written(lambda: _transferred(socket, frame, now))
    tell_left(before.agent_wire, LeftFrame(after.id, before.leg, "transferred"), None, now)
    tell_queued(after, position(after, chats.waiting()) if target is None else 1, now)
    if target is not None:
        offer(after, target, now)
    elif after.id not in hand_out(now):
        plan_check(after, now)


def _transferred(socket: Socket, frame: TransferChat, now: datetime) -> tuple[Chat, Chat, Presence | None]:
    before, _ = chat_of(socket, frame.chat, frame.id)
    if before.state != "talking" or before.agent is None:
        raise over(frame.chat, frame.id)
    others = [each for each in chats.presences() if each.agent != before.agent]
    target = next((each for each in others if each.agent == frame.to and can_take(each, before.languages, now)), None)
    is_somebody = any(could_take(each, before.languages, now) for each in others)
    if (frame.to is not None and target is None) or not is_somebody:
        nobody = "Nobody else can take this chat now. It stays with you."
        raise RefusedFrame("agent_unavailable", nobody, id=frame.id, chat=frame.chat)
    after = back_in_queue(before, now, left_by=before.agent)
    change = Change(now)
    if target is not None:
        after = offered(after, target, now)
        change.presence(target, with_chat(target, after.id))
    after = checked_from(after, target, now)
    own = chats.find_presence(before.agent)
    if own is not None:
        change.presence(own, without_chat(own, after.id))
    change.chat(before, after).commit()
    return before, replace(after, revision=before.revision + 1), target


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
        until_written(lambda: _agent_left(socket, now))
        presence = chats.find_presence(agent_of(socket))
        for chat in chats.find_all(presence.chats) if presence else ():
            _side_left(chat, "agent", socket, now)
        return
    found = chats.find_of(socket.owner)
    if found is not None:
        _side_left(found, "visitor", socket, now)


def _agent_left(socket: Socket, now: datetime) -> None:
    before = chats.find_presence(agent_of(socket))
    if before is not None and before.wire is not None and before.wire.socket == socket.id:
        Change(now).presence(before, replace(before, wire=None, seen_at=now)).commit()


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
