"""Writes docs/asyncapi.yaml, the websocket's frames, from the code's types: `make asyncapi`."""

import inspect
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec

from chalicelib import VERSION
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.notification import Answered
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.ticket import SYSTEM
from chalicelib.services import frames
from chalicelib.services.frames import (
    ClientFrame,
    ErrorFrame,
    NotificationFrame,
    Ping,
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
EXAMPLES: dict[Frame, list[msgspec.Struct]] = {
    NotificationFrame: [NotificationFrame(_NOTIFICATION), NotificationFrame(_FROM_DESKBELL)],
    RemovedFrame: [RemovedFrame(_ANSWERED.id)],
    TicketFrame: [TicketFrame(_NUMBER), TicketFrame(_NUMBER, 7)],
    ReminderFrame: [
        ReminderFrame("agent", _NUMBER, "ორმაგი ჯავშანი", "2026-11-23T09:00:00.000Z", "დარეკვა", "9f2c4e11d08a7b36"),
        ReminderFrame("late", _NUMBER, "ორმაგი ჯავშანი", "2026-11-22T13:38:00.000Z"),
    ],
    PongFrame: [PongFrame("1")],
    ErrorFrame: [ErrorFrame("invalid_frame", "The frame is none of the actions of this socket.", "1")],
    Ping: [Ping(), Ping("1")],
}
"""What each frame looks like; the types hold them to the schemas."""
TO_HOTEL: tuple[Frame, ...] = (NotificationFrame, RemovedFrame, TicketFrame)
TO_AGENTS: tuple[Frame, ...] = (TicketFrame, ReminderFrame)
ANSWERS: tuple[Frame, ...] = (PongFrame, ErrorFrame)
_INFO = f"""\
A page opens one socket with the address from `POST /v1/connections` (agents: `POST /v1/agent/connections`). It
works once, within 30 seconds, for a page of an allowed origin. Who has ten sockets already loses the oldest.

A frame is a JSON object of at most {frames.LARGEST} bytes. The server's has an `event`, the client's an `action`. A
text that makes a frame longer is cut (`text_cut`); `GET /v1/notifications/{{id}}` has the whole of it. A receiver
leaves alone what it does not know: an event, a field.

A bad frame is answered with `error` and does nothing. The socket is closed when its token has ended: the page asks
for a new address in time. It sends `ping` at least every 5 minutes, since API Gateway closes a socket that was
silent for 10, and any after 2 hours. Frames may come twice or out of order; each tells what held when it was sent.
What was missed while there was no socket, `GET /v1/notifications` and `GET /v1/summary` tell."""


def document() -> dict[str, Any]:
    """The whole document."""
    all_frames = [*members(ServerFrame), *members(ClientFrame)]
    _, schemas = msgspec.json.schema_components(all_frames, ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Deskbell's websocket",
            "version": VERSION,
            "description": _INFO,
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
            "messages": {tag(each): _message(each) for each in all_frames},
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
        "messages": {tag(each): {"$ref": f"#/components/messages/{tag(each)}"} for each in all_frames},
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
    return [{"$ref": f"#/channels/socket/messages/{tag(each)}"} for each in used]


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
    head = "# Written by `make asyncapi` from chalicelib/services/frames.py.\n"
    written = yaml.dump(document(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return head + str(written)


if __name__ == "__main__":
    COMMITTED.write_text(generated(), "utf-8")
    print(f"written: {COMMITTED.relative_to(build.ROOT)}")
