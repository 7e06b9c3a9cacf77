"""Telling the two sides of a chat, and the agents: what goes to which socket."""

from datetime import datetime

from chalicelib.adapters import sockets
from chalicelib.domain.chat import Chat, Presence, Role, Wire
from chalicelib.errors import TryAgain
from chalicelib.services import frames
from chalicelib.services.chat_frames import (
    EndedFrame,
    JoinedFrame,
    LeftFrame,
    OfferedFrame,
    Peer,
    PeerAwayFrame,
    QueuedFrame,
    StatusFrame,
)


def tell(wire: Wire | None, frame: frames.ServerFrame, now: datetime) -> bool:
    """Sends to this socket; False when there is none, its token has ended, or the other side is gone."""
    return wire is not None and wire.until > now and sockets.post(wire.socket, frames.encode(frame))


def tell_if_possible(wire: Wire | None, frame: frames.ServerFrame, now: datetime) -> bool:
    """The same, where what failed is told again anyway: with the page's next heartbeat."""
    try:
        return tell(wire, frame, now)
    except TryAgain:
        return False


def other(role: Role) -> Role:
    """The other side."""
    return "agent" if role == "visitor" else "visitor"


def peer_of(chat: Chat, role: Role) -> Peer:
    """Who this side talks with: an agent by name, a visitor by his account."""
    return Peer(chat.agent_name if role == "visitor" else chat.account)


def joined_frame(chat: Chat, role: Role) -> JoinedFrame:
    """What this side is told when both are together."""
    return JoinedFrame(chat.id, chat.leg, peer_of(chat, role))


def offered_frame(chat: Chat, now: datetime) -> OfferedFrame:
    """What an agent is told of a chat that is offered to him."""
    waited = chat.waited + (now - chat.waits_since)
    return OfferedFrame(chat.id, chat.leg, chat.account, chat.locale or chat.languages[0], int(waited.total_seconds()))


def status_frame(presence: Presence) -> StatusFrame:
    """What an agent takes, as the server has it."""
    return StatusFrame(presence.available, presence.capacity, presence.locales)


def tell_queued(chat: Chat, position: int, now: datetime) -> None:
    """Tells the visitor where he stands."""
    tell_if_possible(chat.visitor, QueuedFrame(chat.id, position), now)


def tell_away(chat: Chat, role: Role, now: datetime) -> None:
    """Tells the other side that this one has no socket."""
    tell_if_possible(chat.wire(other(role)), PeerAwayFrame(chat.id), now)


def tell_left(wire: Wire | None, frame: LeftFrame, presence: Presence | None, now: datetime) -> None:
    """Tells an agent that a chat is his no more, and what he takes from now on where that is another thing."""
    tell_if_possible(wire, frame, now)
    if presence is not None:
        tell_if_possible(wire, status_frame(presence), now)


def tell_ended(chat: Chat, frame: EndedFrame, agent: Wire | None, now: datetime) -> None:
    """Tells both sides that it is over."""
    for wire in (chat.visitor, agent):
        tell_if_possible(wire, frame, now)
