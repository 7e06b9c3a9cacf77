"""Addresses of websockets."""

import msgspec

from chalicelib.domain.moment import rfc3339
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services.sockets import offer_connection
from chalicelib.services.wire import Time

hotel = Routes(__name__, "hotel")
agent = Routes(__name__, "agent")


class ConnectionAnswer(msgspec.Struct, frozen=True):
    """Where to open a socket, and until when."""

    url: str
    expires_at: Time


def _offer(incoming: Incoming) -> ConnectionAnswer:
    address = offer_connection(incoming.caller, incoming.now)
    return ConnectionAnswer(address.url, rfc3339(address.expires_at))


_FACTS = {"answer": ConnectionAnswer, "status": 201, "takes_key": True}


@hotel.serve("POST", "/v1/connections", **_FACTS)
def open_connection(incoming: Incoming) -> ConnectionAnswer:
    """A websocket address that works once, within 30 seconds; the key is ignored: each call gives a new one."""
    return _offer(incoming)


@agent.serve("POST", "/v1/agent/connections", **_FACTS)
def agent_open_connection(incoming: Incoming) -> ConnectionAnswer:
    """A websocket address that works once, within 30 seconds; the key is ignored: each call gives a new one."""
    return _offer(incoming)
