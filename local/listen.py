"""A page without a page: opens a socket as a hotel user or an agent, prints what comes and sends what is typed."""

import contextlib
import json
from collections.abc import Callable, Iterable
from threading import Thread

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from local.client import Client
from local.stack import Stack

_PING_EVERY_SECONDS = 25
"""Who waits or chats and is not heard of for 75 seconds is away."""


def listen(stack: Stack, token: str, *, is_agent: bool, show: Callable[[str], None], typed: Iterable[str] = ()) -> None:
    """Shows each frame until Ctrl-C, or until the token ends; sends each line that is typed, a frame as JSON."""
    facts = stack.facts()
    client = Client(facts["api_url"], token)
    address = client.post("/v1/agent/connections" if is_agent else "/v1/connections")["url"]
    client.close()
    headers = {"Origin": facts["site_url"]}
    with contextlib.suppress(ConnectionClosed), connect(address, additional_headers=headers, proxy=None) as socket:
        show(f"listening at {address.partition('?')[0]}")
        Thread(target=_send, args=(socket, typed), daemon=True).start()
        while True:
            try:
                show(str(socket.recv(timeout=_PING_EVERY_SECONDS)))
            except TimeoutError:
                socket.send(json.dumps({"action": "ping"}))


def _send(socket: ClientConnection, typed: Iterable[str]) -> None:
    with contextlib.suppress(ConnectionClosed):
        for line in filter(str.strip, typed):
            socket.send(line.strip())
