"""Whose socket is which side of a chat, and how the chat stands for it."""

from datetime import datetime

from chalicelib.adapters import chats, places
from chalicelib.adapters.sockets import Socket
from chalicelib.domain.chat import Chat, Role, Wire, position
from chalicelib.services.chat_frames import QueuedFrame
from chalicelib.services.frames import RefusedFrame, ServerFrame
from chalicelib.services.telling import joined_frame, offered_frame

ELSEWHERE = "This chat is on another socket of yours."


def over(chat: str, id_: str | None) -> RefusedFrame:
    """There is no such chat, or it is not the caller's: the two are one."""
    return RefusedFrame("chat_over", "This chat is over.", id=id_, chat=chat)


def only_for(socket: Socket, role: Role, id_: str | None) -> None:
    """RefusedFrame when the other kind of caller sent this."""
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


def state_frame(chat: Chat, role: Role, now: datetime, waiting: list[Chat]) -> ServerFrame:
    """Where the chat stands, as this side is told it."""
    if chat.state == "talking":
        return joined_frame(chat, role)
    if role == "agent":
        return offered_frame(chat, now)
    return QueuedFrame(chat.id, position(chat, waiting) if chat.state == "waiting" else 1)
