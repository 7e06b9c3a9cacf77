"""A page without a page: opens a socket as a hotel user or an agent, and prints what comes."""

import contextlib
import json
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from local.client import Client
from local.stack import Stack

_PING_EVERY_SECONDS = 240
"""API Gateway closes a socket that is silent for 10 minutes."""


def listen(stack: Stack, token: str, *, is_agent: bool, show: Callable[[str], None]) -> None:
    """Shows each frame until Ctrl-C, or until the token ends."""
    facts = stack.facts()
    client = Client(facts["api_url"], token)
    address = client.post("/v1/agent/connections" if is_agent else "/v1/connections")["url"]
    client.close()
    headers = {"Origin": facts["site_url"]}
    with contextlib.suppress(ConnectionClosed), connect(address, additional_headers=headers, proxy=None) as socket:
        show(f"listening at {address.partition('?')[0]}")
        while True:
            try:
                show(str(socket.recv(timeout=_PING_EVERY_SECONDS)))
            except TimeoutError:
                socket.send(json.dumps({"action": "ping"}))
