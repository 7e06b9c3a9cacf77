"""Opening, keeping and closing websockets."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chalicelib.adapters import places, sockets
from chalicelib.adapters.agents import is_disabled
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.people import Agent, Caller
from chalicelib.errors import TryAgain
from chalicelib.services import chats, ending, frames, looking, rate, saying, sides
from chalicelib.services.chat_frames import (
    AcceptChat,
    EndChat,
    Ping,
    ProposeTicket,
    Relayed,
    ResumeChat,
    SetStatus,
    StartChat,
    TransferChat,
)
from chalicelib.services.frames import ClientFrame, PongFrame, RefusedFrame
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


def disconnect(connection_id: str, now: datetime) -> None:
    """The socket was closed, by whomever."""
    socket = sockets.find(connection_id)
    if socket is not None:
        _leave(socket, now)


def receive(connection_id: str, text: str, now: datetime) -> str:
    """Does what a client sent; gives its action, or the code of the error that answers it. A bad frame does nothing."""
    is_too_much = rate.is_too_much(connection_id, now)
    try:
        frame = frames.decode(text)
        about = {"id": frame.id, "chat": getattr(frame, "chat", None)}
        try:
            if is_too_much:
                raise RefusedFrame("too_many_frames", rate.TOO_MUCH, **about)
            return _do(connection_id, frame, now)
        except TryAgain as busy:
            raise RefusedFrame(busy.code, busy.message, **about) from busy
    except RefusedFrame as refused:
        error = refused.answer
    socket = _served(connection_id, now)
    if socket is not None:
        _answer(socket, error, now)
    return error.code


def _do(connection_id: str, frame: ClientFrame, now: datetime) -> str:
    action = str(frame.__struct_config__.tag)
    if isinstance(frame, Relayed) and saying.pass_on(connection_id, frame, now):
        return action
    socket = _served(connection_id, now)
    if socket is None:
        return "closed"
    if isinstance(frame, Relayed):
        sides.chat_of(socket, frame.chat, frame.id)
        raise RefusedFrame("chat_elsewhere", sides.ELSEWHERE, id=frame.id, chat=frame.chat)
    if isinstance(frame, Ping):
        if frame.id is not None:
            _answer(socket, PongFrame(frame.id), now)
        looking.hear(socket, frame, now)
    else:
        _VERBS[type(frame)](socket, frame, now)
        if not isinstance(frame, StartChat | SetStatus | EndChat):  # these write it down themselves, or end it
            looking.note_life(socket, now)
    return action


_VERBS: dict[type, Callable[[Socket, Any, datetime], None]] = {
    StartChat: chats.start,
    SetStatus: chats.set_status,
    AcceptChat: chats.accept,
    ResumeChat: chats.resume,
    ProposeTicket: chats.propose_ticket,
    TransferChat: chats.transfer,
    EndChat: ending.end,
}


def _served(connection_id: str, now: datetime) -> Socket | None:
    """The socket, if it is known and its token counts; it is closed otherwise."""
    socket = sockets.find(connection_id)
    if socket is not None and socket.expires_at > now:
        return socket
    if socket is not None:
        _leave(socket, now)
    sockets.close(connection_id)
    return None


def _answer(socket: Socket, frame: frames.ServerFrame, now: datetime) -> None:
    if not sockets.post(socket.id, frames.encode(frame)):
        _leave(socket, now)


def _leave(socket: Socket, now: datetime) -> None:
    sockets.forget(socket)
    ending.leave(socket, now)


def close_all(who: str) -> None:
    """Closes every socket of the owner of this partition."""
    _close(sockets.list_of_owner(who))


def _close(open_ones: list[Socket]) -> None:
    for socket in open_ones:
        sockets.close(socket.id)
        sockets.forget(socket)  # once it is closed: what failed is found the next time
