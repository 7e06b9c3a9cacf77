"""What is said passes through: from one side's socket to the other's, and nowhere else.

The chat's row alone says whose socket a frame came from and where it goes, so a text costs one read.
"""

from collections import OrderedDict
from datetime import datetime

from msgspec import UNSET

from chalicelib.adapters import chats
from chalicelib.domain.chat import SEEN_EVERY, Chat, Role
from chalicelib.domain.moment import rfc3339
from chalicelib.services import frames
from chalicelib.services.chat_frames import (
    PeerAwayFrame,
    ReceivedFrame,
    ReceiveInChat,
    Relayed,
    SaidFrame,
    SayInChat,
    TypeInChat,
    TypingFrame,
)
from chalicelib.services.frames import RefusedFrame, ServerFrame
from chalicelib.services.telling import other, tell

_REMEMBERED = 1000
_touched: OrderedDict[str, datetime] = OrderedDict()
"""When this process wrote down a sign of life last, by whose it was: so it writes one in twenty seconds."""


def pass_on(connection_id: str, frame: Relayed, now: datetime) -> bool:
    """Sends to the other side what this one says; False where this is not a socket of the chat's, or its token ended.

    RefusedFrame for what belongs to another leg, or is not for this side to say.
    """
    chat = chats.find(frame.chat)
    role = _role_of(chat, connection_id, now) if chat is not None else None
    if chat is None or role is None:
        return False
    passed = _passed_on(chat, role, frame, now)
    if not tell(chat.wire(other(role)), passed, now):
        tell(chat.wire(role), PeerAwayFrame(chat.id), now)
    touch(chat.owner if role == "visitor" else chat.agent or "", role, now)
    return True


def _role_of(chat: Chat, connection_id: str, now: datetime) -> Role | None:
    for role in ("visitor", "agent"):
        wire = chat.wire(role)
        if wire is not None and wire.socket == connection_id and wire.until > now:
            return role
    return None


def _passed_on(chat: Chat, role: Role, frame: Relayed, now: datetime) -> ServerFrame:
    leg = frame.leg if frame.leg is not None else chat.leg
    if chat.state != "talking" or leg != chat.leg:
        raise RefusedFrame("leg_over", "Another leg is on.", id=frame.id, chat=chat.id, leg=chat.leg)
    if isinstance(frame, SayInChat):
        if frame.body.intro is not UNSET and (role, frame.n) != ("visitor", 1):
            raise RefusedFrame("invalid_frame", "An intro is a visitor's first message.", id=frame.id, chat=chat.id)
        said = SaidFrame(chat.id, chat.leg, frame.n, frame.body, role, rfc3339(now), frame.received)
        if len(frames.encode(said)) > frames.LARGEST:
            raise RefusedFrame("invalid_frame", "A frame holds at most 32 KiB.", id=frame.id, chat=chat.id)
        return said
    if isinstance(frame, ReceiveInChat):
        return ReceivedFrame(chat.id, chat.leg, frame.n)
    assert isinstance(frame, TypeInChat)
    return TypingFrame(chat.id, frame.leg, frame.received)


def touch(owner: str, role: Role, now: datetime) -> None:
    """Writes down a sign of life, unless this process did so less than 20 seconds ago."""
    before = _touched.get(owner)
    if before is not None and before <= now < before + SEEN_EVERY:
        return
    if role == "visitor":
        chats.touch_visitor(owner, now)
    else:
        chats.touch_agent(owner, now)
    _touched[owner] = now
    _touched.move_to_end(owner)
    while len(_touched) > _REMEMBERED:
        _touched.popitem(last=False)
