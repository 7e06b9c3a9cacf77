"""What goes through a socket: the frames that the server sends, and those that it takes."""

import re
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from chalicelib.services.chat_frames import ChatClientFrame, ChatServerFrame, FrameId, Ping, SayInChat, TypeInChat
from chalicelib.services.wire import NotificationAnswer, Number, Time

LARGEST = 32 * 1024
"""Bytes of a frame, in either direction."""
_encode = msgspec.json.Encoder().encode


class NotificationFrame(msgspec.Struct, frozen=True, tag_field="event", tag="notification"):
    """An answer to be seen: new, brought back, due again, or one that the whole hotel gets."""

    notification: NotificationAnswer


class RemovedFrame(msgspec.Struct, frozen=True, tag_field="event", tag="notification.removed"):
    """A notification that is to be seen no more: put off, deleted, or the ticket was opened."""

    id: str


class TicketFrame(msgspec.Struct, frozen=True, tag_field="event", tag="ticket.updated", omit_defaults=True):
    """Something that the receiver can see of this ticket is new. `version`: for agents alone."""

    number: Number
    version: int | None = None


class ReminderFrame(msgspec.Struct, frozen=True, tag_field="event", tag="reminder"):
    """To agents: what one wanted to be reminded of (`agent`), or that a ticket of the team is about to be late."""

    kind: Literal["agent", "late"]
    number: Number
    subject: str
    at: Time
    text: str | None = None
    id: str | None = None


class PongFrame(msgspec.Struct, frozen=True, tag_field="event", tag="pong"):
    """The answer to a ping that has an id."""

    id: FrameId


class ErrorFrame(msgspec.Struct, frozen=True, tag_field="event", tag="error", omit_defaults=True):
    """A frame was not taken, and nothing happened. `chat`, `leg`, `next_open_at`: where the code says more by them."""

    code: str
    message: str
    id: str | None = None
    chat: str | None = None
    leg: int | None = None
    next_open_at: Time | UnsetType | None = UNSET


ServerFrame = NotificationFrame | RemovedFrame | TicketFrame | ReminderFrame | PongFrame | ErrorFrame | ChatServerFrame
ClientFrame = Ping | ChatClientFrame


def encode(frame: ServerFrame) -> bytes:
    """The frame as it is sent, at most 32 KiB: a longer text is cut, and the notification says so."""
    encoded = _encode(frame)
    if len(encoded) <= LARGEST or not isinstance(frame, NotificationFrame):
        return encoded
    notification = replace(frame.notification, text_cut=True)
    room = LARGEST - len(_encode(replace(frame, notification=replace(notification, text=""))))
    text = _beginning(notification.text, room)
    return _encode(replace(frame, notification=replace(notification, text=text)))


def _beginning(text: str, room: int) -> str:
    """The longest beginning that has at most `room` bytes as JSON, its quotes aside."""
    fits, too_long = 0, len(text) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if len(_encode(text[:middle])) - 2 <= room:
            fits = middle
        else:
            too_long = middle
    return text[:fits]


class RefusedFrame(Exception):
    """Why a frame is not taken: the error that answers it."""

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(code)
        self.answer = ErrorFrame(code, message, **facts)


def _bad(message: str, id_: str | None = None) -> RefusedFrame:
    return RefusedFrame("invalid_frame", message, id=id_)


_client_frame = msgspec.json.Decoder(ClientFrame)
_PLACE = re.compile(r" - at `\$([a-z0-9_.\[\]]*)`$")
_FIELD = re.compile("[a-z_]+")
_FIELDS = (
    "at available body capacity chat chats from id intro languages leg locales lost n name phone question received "
    "replay sent shown text to"
)
"""What a client's frame may have: another word in a message of msgspec's is one that was sent."""


def decode(text: str) -> ClientFrame:
    """The frame that a client sent; RefusedFrame says what is wrong with it, and quotes nothing of it."""
    try:
        if len(text.encode()) > LARGEST:
            raise _bad("A frame holds at most 32 KiB.")
        frame: ClientFrame = _client_frame.decode(text)
    except msgspec.ValidationError as error:
        raise _bad(_fault(str(error)), _id_in(text)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _bad("A frame is a JSON object with an action.") from None
    if isinstance(frame, SayInChat) and _bodies(frame) != 1:
        raise _bad("A body is one of text, intro and replay.", frame.id)
    if isinstance(frame, TypeInChat) and frame.leg is None and frame.received is not None:
        raise _bad("What was received needs its leg.", frame.id)
    return frame


def _bodies(frame: SayInChat) -> int:
    return sum(each is not UNSET for each in (frame.body.text, frame.body.intro, frame.body.replay))


def _fault(said: str) -> str:
    """What is wrong, from msgspec's words: only the place is taken over, since the rest may quote what was sent."""
    found = _PLACE.search(said)
    place = found[1].lstrip(".") if found and set(_FIELDS.split()).issuperset(_FIELD.findall(found[1])) else ""
    if place.endswith(("text", "question")):
        return "A text holds 1 to 4,000 characters, not only white space, and no control characters."
    if place:
        return f"The field {place} of the frame is missing, or not what it is to be."
    return "The frame is none of the actions of this socket, or has a field too many or too few."


def _id_in(text: str) -> str | None:
    """The id of what could not be taken, so that its sender knows which it was."""
    try:
        given: Any = msgspec.json.decode(text)
        return msgspec.convert(given.get("id") if isinstance(given, dict) else None, FrameId)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return None
