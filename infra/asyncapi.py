"""Writes docs/asyncapi.yaml, the websocket's frames, from the code's types: `make asyncapi`."""

import inspect
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec

from chalicelib import VERSION
from chalicelib.domain.chat import AWAY_AFTER
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.notification import Answered
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.ticket import SYSTEM
from chalicelib.services import frames
from chalicelib.services.chat_frames import (
    AcceptChat,
    Believed,
    Body,
    EndChat,
    EndedFrame,
    EndingFrame,
    Intro,
    JoinedFrame,
    LeftFrame,
    OfferedFrame,
    Peer,
    PeerAwayFrame,
    PeerBackFrame,
    Ping,
    ProposedFrame,
    ProposeTicket,
    QueuedFrame,
    QueueFrame,
    ReceivedFrame,
    ReceiveInChat,
    ResumeChat,
    ResumedFrame,
    Said,
    SaidFrame,
    SayInChat,
    SetStatus,
    StartChat,
    StatusFrame,
    TransferChat,
    TypeInChat,
    TypingFrame,
)
from chalicelib.services.frames import (
    ClientFrame,
    ErrorFrame,
    NotificationFrame,
    PongFrame,
    ReminderFrame,
    RemovedFrame,
    ServerFrame,
    TicketFrame,
)
from chalicelib.services.wire import AttachmentAnswer, AuthorAnswer, NotificationAnswer
from infra import build

COMMITTED = build.ROOT / "docs" / "asyncapi.yaml"
Frame = type[msgspec.Struct]
_REF = "#/components/schemas/{name}"
_CHANNEL = {"$ref": "#/channels/socket"}
_WIDTH = 120
_NUMBER = TicketNumber("8480862788")
_ANSWERED = Answered(datetime(2026, 11, 22, 13, 8, 0, 123_000, UTC), _NUMBER, 2)
_REMINDED = Answered(datetime(2026, 11, 25, 13, 8, 0, 123_000, UTC), _NUMBER, 3)
_NOTIFICATION = NotificationAnswer(
    id=_ANSWERED.id,
    ticket=_NUMBER,
    subject="ორმაგი ჯავშანი",
    text="ორივე ჯავშანი გავაერთიანეთ.",
    attachment=AttachmentAnswer("m2", "calendar.png", "image/png", 48213),
    author=AuthorAnswer("agent", "Nino"),
    created_at=rfc3339(_ANSWERED.at),
    state="active",
    snoozed_until=None,
)
_FROM_DESKBELL = msgspec.structs.replace(
    _NOTIFICATION,
    id=_REMINDED.id,
    text="გთხოვთ, გვიპასუხოთ.",
    attachment=None,
    author=AuthorAnswer(SYSTEM.kind, SYSTEM.name),
    created_at=rfc3339(_REMINDED.at),
)
_CHAT = "5f0c9d2e7a48536b-0d9a41c27be85f36"
_AGENT = "5f0c7b1e-6a3d-4c1f-9d52-0b8e4f7a2c61"
_AT = rfc3339(_ANSWERED.at)
_TEXT, _INTRO = Body(text="გასაგებია, ვნახავ."), Body(intro=Intro("ანა", "+995 555 12 34 56", "ჯავშანი ორჯერ ჩანს."))
_REPLAY = Body(
    replay=(Said("visitor", "ჯავშანი ორჯერ ჩანს.", _AT, 1, 2), Said("agent", "გასაგებია, ვნახავ.", _AT, 1, 1))
)
EXAMPLES: dict[Frame, list[msgspec.Struct]] = {
    NotificationFrame: [NotificationFrame(_NOTIFICATION), NotificationFrame(_FROM_DESKBELL)],
    RemovedFrame: [RemovedFrame(_ANSWERED.id)],
    TicketFrame: [TicketFrame(_NUMBER), TicketFrame(_NUMBER, 7)],
    ReminderFrame: [
        ReminderFrame("agent", _NUMBER, "ორმაგი ჯავშანი", "2026-11-23T09:00:00.000Z", "დარეკვა", "9f2c4e11d08a7b36"),
        ReminderFrame("late", _NUMBER, "ორმაგი ჯავშანი", "2026-11-22T13:38:00.000Z"),
    ],
    PongFrame: [PongFrame("1")],
    ErrorFrame: [
        ErrorFrame("invalid_frame", "The frame is none of the actions of this socket.", "1"),
        ErrorFrame("chat_unavailable", "Nobody can take a chat now.", "c-1", next_open_at="2026-11-23T05:00:00.000Z"),
        ErrorFrame("chat_exists", "You have a chat already. Resume it.", "c-1", _CHAT),
        ErrorFrame("leg_over", "Another leg is on.", "m-7", _CHAT, 2),
        ErrorFrame("chat_elsewhere", "This chat is on another socket of yours.", chat=_CHAT, leg=2),
    ],
    QueuedFrame: [QueuedFrame(_CHAT, 2)],
    OfferedFrame: [OfferedFrame(_CHAT, 1, "demo/hotel-1", "ka", 12)],
    JoinedFrame: [JoinedFrame(_CHAT, 1, Peer("Nino")), JoinedFrame(_CHAT, 1, Peer("demo/hotel-1"))],
    SaidFrame: [
        SaidFrame(_CHAT, 1, 1, _INTRO, "visitor", _AT),
        SaidFrame(_CHAT, 1, 1, _TEXT, "agent", _AT, received=1),
        SaidFrame(_CHAT, 2, 2, _REPLAY, "visitor", _AT),
    ],
    ReceivedFrame: [ReceivedFrame(_CHAT, 1, 3)],
    TypingFrame: [TypingFrame(_CHAT), TypingFrame(_CHAT, 1, 3)],
    ResumedFrame: [ResumedFrame(_CHAT, 1, Peer("Nino"))],
    PeerBackFrame: [PeerBackFrame(_CHAT, 1, sent=4, shown=3, lost=False)],
    PeerAwayFrame: [PeerAwayFrame(_CHAT)],
    ProposedFrame: [ProposedFrame(_CHAT)],
    LeftFrame: [LeftFrame(_CHAT, 1, "transferred"), LeftFrame(_CHAT, 2, "not_accepted")],
    EndingFrame: [EndingFrame(_CHAT, "2026-11-22T15:08:00.123Z")],
    EndedFrame: [EndedFrame(_CHAT, "visitor"), EndedFrame(_CHAT, "unknown")],
    StatusFrame: [StatusFrame(available=True, capacity=3, locales=("ka", "en"))],
    QueueFrame: [QueueFrame(2)],
    Ping: [Ping(), Ping(id="1"), Ping(chats=(Believed(_CHAT, 1),))],
    StartChat: [StartChat(id="c-1", languages=("ka", "ru"))],
    SetStatus: [SetStatus(available=True, capacity=3, locales=("ka", "en"))],
    AcceptChat: [AcceptChat(chat=_CHAT, leg=1)],
    SayInChat: [
        SayInChat(id="m-1", chat=_CHAT, leg=1, n=1, body=_INTRO),
        SayInChat(chat=_CHAT, leg=1, n=1, body=_TEXT, received=1),
        SayInChat(chat=_CHAT, leg=2, n=2, body=_REPLAY),
    ],
    ReceiveInChat: [ReceiveInChat(chat=_CHAT, leg=1, n=3)],
    TypeInChat: [TypeInChat(chat=_CHAT), TypeInChat(chat=_CHAT, leg=1, received=3)],
    ResumeChat: [ResumeChat(chat=_CHAT, leg=1, sent=4, shown=3, lost=False)],
    ProposeTicket: [ProposeTicket(chat=_CHAT)],
    TransferChat: [TransferChat(chat=_CHAT), TransferChat(chat=_CHAT, to=_AGENT)],
    EndChat: [EndChat(chat=_CHAT)],
}
"""What each frame looks like; the types hold them to the schemas."""
_TO_BOTH: tuple[Frame, ...] = (
    JoinedFrame,
    SaidFrame,
    ReceivedFrame,
    TypingFrame,
    ResumedFrame,
    PeerBackFrame,
    PeerAwayFrame,
    EndingFrame,
    EndedFrame,
)
TO_HOTEL: tuple[Frame, ...] = (NotificationFrame, RemovedFrame, TicketFrame, QueuedFrame, *_TO_BOTH, ProposedFrame)
TO_AGENTS: tuple[Frame, ...] = (
    TicketFrame,
    ReminderFrame,
    StatusFrame,
    QueueFrame,
    OfferedFrame,
    *_TO_BOTH,
    LeftFrame,
)
ANSWERS: tuple[Frame, ...] = (
    PongFrame,
    ErrorFrame,
    StatusFrame,
    QueuedFrame,
    OfferedFrame,
    JoinedFrame,
    ResumedFrame,
    PeerAwayFrame,
    LeftFrame,
    EndedFrame,
)
"""What a frame may be answered with on its own socket; the same frames come without being asked for, too."""
_INFO = f"""\
A page opens one socket with the address from `POST /v1/connections` (agents: `POST /v1/agent/connections`). It
works once, within 30 seconds, for a page of an allowed origin. Who has ten sockets already loses the oldest.

A frame is a JSON object of at most {frames.LARGEST} bytes. The server's has an `event`, the client's an `action`. A
notification's text that makes a frame longer is cut (`text_cut`); `GET /v1/notifications/{{id}}` has the whole of it. A
receiver leaves alone what it does not know: an event, a field.

A bad frame is answered with `error` and does nothing; so is every one over 600 in a minute on a socket. The socket is
closed when its token has ended: the page asks for a new address in time. It sends `ping` at least every 5 minutes,
since API Gateway closes a socket that was silent for 10, and any after 2 hours. While its owner is available, waiting
or talking in a chat, it sends `ping` whenever it has sent nothing for 25 seconds: who is silent for
{AWAY_AFTER.seconds} seconds is away. Frames may come twice or out of order; each tells what held when it was sent.
What was missed while there was no socket, `GET /v1/notifications` and `GET /v1/summary` tell.

When the frames of a chat come, and what either side does with them, is in `docs/chat.md`. What is said in one goes
through the service frame by frame and is kept by nobody but the two pages."""


def document() -> dict[str, Any]:
    """The whole document."""
    all_frames = [*members(ServerFrame), *members(ClientFrame)]
    _, schemas = msgspec.json.schema_components(all_frames, ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Deskbell's websocket",
            "version": VERSION,
            "description": f"{_INFO}\n\n{_pictures()}",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"aws": _server()},
        "channels": {"socket": _channel(all_frames)},
        "operations": {
            "tellHotel": _sends("What hotel users are told.", TO_HOTEL),
            "tellAgents": _sends("What agents are told.", TO_AGENTS),
            "takeFrame": {
                "action": "receive",
                "channel": _CHANNEL,
                "summary": "What a page may send.",
                "messages": _in_channel(members(ClientFrame)),
                "reply": {"channel": _CHANNEL, "messages": _in_channel(ANSWERS)},
            },
        },
        "components": {
            "messages": {key(each): _message(each) for each in all_frames},
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "ticket": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "ticket",
                    "description": "A part of the address from `/connections`: 128 random bits, for one socket.",
                }
            },
        },
    }


def _pictures() -> str:
    """A chat's states, and how it goes on, as docs/chat.md draws them."""
    chapters = (build.ROOT / "docs" / "chat.md").read_text("utf-8").split("\n## ")
    wanted = [each for each in chapters if each.startswith(("States\n", "How a chat goes on\n"))]
    pictures = [part for each in wanted for part in each.split("\n\n") if part.startswith("```")]
    return "\n\n".join(pictures)


def members(union: Any) -> tuple[Frame, ...]:
    """The frames of a union, which may be one alone."""
    return get_args(union) or (union,)


def _server() -> dict[str, Any]:
    return {
        "host": "{api}.execute-api.{region}.amazonaws.com",
        "pathname": "/api",
        "protocol": "wss",
        "description": "`/connections` gives the whole address; on the local stack it is another one.",
        "variables": {
            "api": {"description": "The websocket API's id."},
            "region": {"default": "eu-central-1", "description": "Where it is deployed."},
        },
        "security": [{"$ref": "#/components/securitySchemes/ticket"}],
    }


def _channel(all_frames: Iterable[Frame]) -> dict[str, Any]:
    text = {"type": "string"}
    ticket = {**text, "pattern": "^[0-9a-f]{32}$"}
    origin = {**text, "format": "uri", "description": "The page's own, which the browser sends; one that is allowed."}
    return {
        "address": "/",
        "title": "One page's socket",
        "messages": {key(each): {"$ref": f"#/components/messages/{key(each)}"} for each in all_frames},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "required": ["ticket"], "properties": {"ticket": ticket}},
                "headers": {"type": "object", "required": ["Origin"], "properties": {"Origin": origin}},
                "bindingVersion": "0.1.0",
            }
        },
    }


def _sends(summary: str, sent: Iterable[Frame]) -> dict[str, Any]:
    return {"action": "send", "channel": _CHANNEL, "summary": summary, "messages": _in_channel(sent)}


def _in_channel(used: Iterable[Frame]) -> list[dict[str, str]]:
    return [{"$ref": f"#/channels/socket/messages/{key(each)}"} for each in used]


def key(frame: Frame) -> str:
    """Under which the frame stands in the document: an event and an action may be called alike."""
    return frame.__name__


def tag(frame: Frame) -> str:
    """What the frame's `event` or `action` is."""
    return str(frame.__struct_config__.tag)


def _message(frame: Frame) -> dict[str, Any]:
    return {
        "name": tag(frame),
        "summary": inspect.cleandoc(frame.__doc__ or ""),
        "payload": {"$ref": _REF.format(name=frame.__name__)},
        "examples": [{"payload": _payload(each)} for each in EXAMPLES[frame]],
    }


def _payload(frame: msgspec.Struct) -> dict[str, Any]:
    """A frame as it is sent; a client leaves out what it does not say."""
    fields: dict[str, Any] = msgspec.to_builtins(frame)
    return {name: value for name, value in fields.items() if value is not None or not isinstance(frame, ClientFrame)}


def generated() -> str:
    """The document as it is committed."""
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
        """Texts of several lines as they are read, and nothing by reference."""

        def ignore_aliases(self, _: Any) -> bool:
            """What stands twice is written twice."""
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    head = "# Written by `make asyncapi` from the types in chalicelib/services/frames.py and chat_frames.py.\n"
    written = yaml.dump(document(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return head + str(written)


if __name__ == "__main__":
    COMMITTED.write_text(generated(), "utf-8")
    print(f"written: {COMMITTED.relative_to(build.ROOT)}")
