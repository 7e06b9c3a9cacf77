"""A chat from its start to a hand-over: who may do what, and whom it is told. What is said passes through `saying`."""

from datetime import datetime

from msgspec.structs import replace

from chalicelib.adapters import chats, places
from chalicelib.adapters.chats import Change
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.chat import (
    ACCEPTED_WITHIN,
    Chat,
    Presence,
    Role,
    back_in_queue,
    can_take,
    could_take,
    joined,
    offered,
    position,
    resumed,
    with_chat,
    without_chat,
)
from chalicelib.services.availability import next_open_at
from chalicelib.services.chat_frames import (
    AcceptChat,
    LeftFrame,
    PeerBackFrame,
    ProposedFrame,
    ProposeTicket,
    ResumeChat,
    ResumedFrame,
    SetStatus,
    StartChat,
    TransferChat,
)
from chalicelib.services.frames import RefusedFrame
from chalicelib.services.handing_out import checked_from, hand_out, offer, plan_check, until_written
from chalicelib.services.sides import agent_of, chat_of, only_for, over, state_frame, wire_of
from chalicelib.services.telling import (
    joined_frame,
    offered_frame,
    other,
    peer_of,
    status_frame,
    tell,
    tell_away,
    tell_if_possible,
    tell_left,
    tell_queued,
)


def start(socket: Socket, frame: StartChat, now: datetime) -> None:
    """A visitor waits from now on, or is told why not: nobody is there for him, or he has a chat already."""
    only_for(socket, "visitor", frame.id)
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


def set_status(socket: Socket, frame: SetStatus, now: datetime) -> None:
    """What an agent takes from now on, on this socket; what he was offered and has not accepted is told again."""
    only_for(socket, "agent", frame.id)
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
    only_for(socket, "agent", frame.id)
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
    only_for(socket, "agent", frame.id)
    chat, _ = chat_of(socket, frame.chat, frame.id)
    tell(chat.visitor, ProposedFrame(chat.id), now)


def transfer(socket: Socket, frame: TransferChat, now: datetime) -> None:
    """The chat goes to this agent, or to the head of the queue for whoever is free."""
    only_for(socket, "agent", frame.id)
    before, after, target = until_written(lambda: _transferred(socket, frame, now))
    tell_left(before.agent_wire, LeftFrame(after.id, before.leg, "transferred"), None, now)
    tell_queued(after, position(after, chats.waiting()) if target is None else 1, now)
    if target is not None:
        offer(after, target, now)
    given = hand_out(now)  # the agent's own place is free as well
    if target is None and after.id not in given:
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
