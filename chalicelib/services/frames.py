"""What goes through a socket: the frames that the server sends, and those that it takes."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from chalicelib.services.wire import NotificationAnswer, Number, Time

LARGEST = 32 * 1024
"""Bytes of a frame, in either direction."""
FrameId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
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
    """A frame was not taken, and nothing happened."""

    code: str
    message: str
    id: str | None = None


ServerFrame = NotificationFrame | RemovedFrame | TicketFrame | ReminderFrame | PongFrame | ErrorFrame


class Ping(msgspec.Struct, frozen=True, tag_field="action", tag="ping", forbid_unknown_fields=True):
    """A sign of life; with an id it is answered."""

    id: FrameId | None = None


ClientFrame = Ping


class _Named(msgspec.Struct, frozen=True):
    """What every frame has; msgspec itself asks for a tag only among several types."""

    action: str


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


class BadFrame(Exception):
    """Why a frame is not taken, and the id that it carries, if any."""

    def __init__(self, message: str, id_: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.id = id_


def decode(text: str) -> ClientFrame:
    """The frame that a client sent; BadFrame says what is wrong with it."""
    try:
        if len(text.encode()) > LARGEST:
            raise BadFrame("A frame holds at most 32 KiB.")
        given: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadFrame("A frame is a JSON object with an action.") from None
    try:
        msgspec.convert(given, _Named)
        return msgspec.convert(given, ClientFrame)
    except msgspec.ValidationError:
        raise BadFrame("The frame is none of the actions of this socket.", _id_in(given)) from None


def _id_in(given: Any) -> str | None:
    """The id of what could not be taken, so that its sender knows which it was."""
    try:
        return msgspec.convert(given.get("id") if isinstance(given, dict) else None, FrameId)
    except msgspec.ValidationError:
        return None
