"""The websocket's three events."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.moment import to_millisecond
from chalicelib.observability import one_line
from chalicelib.services import sockets

Event = dict[str, Any]


def connect(event: Event, request_id: str) -> bool:
    """Whether the socket may be opened."""
    with one_line("connect", request_id) as line:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        ticket = (event.get("queryStringParameters") or {}).get("ticket")
        now = to_millisecond(datetime.now(UTC))
        is_open = sockets.connect(event["requestContext"]["connectionId"], ticket, headers.get("origin"), now)
        line["status"] = 200 if is_open else 403
        return is_open


def receive(event: Event, request_id: str) -> None:
    """Takes a frame."""
    with one_line("message", request_id) as line:
        id_, now = event["requestContext"]["connectionId"], to_millisecond(datetime.now(UTC))
        line["did"] = sockets.receive(id_, event.get("body") or "", now)


def disconnect(event: Event, request_id: str) -> None:
    """The socket is closed."""
    with one_line("disconnect", request_id):
        sockets.disconnect(event["requestContext"]["connectionId"], to_millisecond(datetime.now(UTC)))
