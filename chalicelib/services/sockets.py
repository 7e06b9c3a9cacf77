"""Opening, keeping and closing websockets."""

import secrets
from datetime import datetime, timedelta

import msgspec

from chalicelib.adapters import places, sockets
from chalicelib.adapters.agents import is_disabled
from chalicelib.domain.people import Agent, Caller
from chalicelib.services import frames
from chalicelib.services.frames import BadFrame, ErrorFrame, PongFrame
from chalicelib.settings import settings

OPEN_WITHIN = timedelta(seconds=30)
SOCKETS_A_CALLER = 10
_TICKET_BYTES = 16


class Address(msgspec.Struct, frozen=True):
    """Where a page opens a socket, once, and until when."""

    url: str
    expires_at: datetime


def offer_connection(who: Caller, now: datetime) -> Address:
    """A websocket address that works once, within 30 seconds."""
    ticket, until = secrets.token_hex(_TICKET_BYTES), (now + OPEN_WITHIN).replace(microsecond=0)  # as it is kept
    sockets.put_ticket(ticket, who, until)
    return Address(f"{settings().websocket_url}?ticket={ticket}", until)


def connect(connection_id: str, ticket: str | None, origin: str | None, now: datetime) -> bool:
    """Whether the socket may be opened: from a page of an allowed origin, with a ticket that nobody has used.

    Of more than 10 sockets of one caller the oldest goes.
    """
    if origin not in settings().origins or not ticket:
        return False
    who = sockets.take_ticket(ticket, now)
    if who is None or who.expires_at <= now:
        return False
    socket = sockets.socket_of(connection_id, who, now)
    sockets.add(socket)
    if isinstance(who, Agent) and is_disabled(who.id, now):  # asked last: who disables him closes what is added before
        sockets.forget(socket)
        return False
    _close(sockets.list_of_owner(places.caller(who))[:-SOCKETS_A_CALLER])
    return True


def disconnect(connection_id: str) -> None:
    """The socket was closed, by whomever."""
    socket = sockets.find(connection_id)
    if socket is not None:
        sockets.forget(socket)


def receive(connection_id: str, text: str, now: datetime) -> None:
    """What a client sent. A bad frame is answered with an error and does nothing; after the token's end, goodbye."""
    socket = sockets.find(connection_id)
    if socket is None or socket.expires_at <= now:
        if socket is not None:
            sockets.forget(socket)
        sockets.close(connection_id)
        return
    try:
        frame = frames.decode(text)
    except BadFrame as error:
        _answer(socket, ErrorFrame("invalid_frame", error.message, error.id))
        return
    if frame.id is not None:
        _answer(socket, PongFrame(frame.id))


def _answer(socket: sockets.Socket, frame: frames.ServerFrame) -> None:
    if not sockets.post(socket, frames.encode(frame)):
        sockets.forget(socket)


def close_all(who: str) -> None:
    """Closes every socket of the owner of this partition."""
    _close(sockets.list_of_owner(who))


def _close(open_ones: list[sockets.Socket]) -> None:
    for socket in open_ones:
        sockets.close(socket.id)
        sockets.forget(socket)  # once it is closed: what failed is found the next time
