"""Two websockets as one: what comes from either side goes to the other, and so does the end."""

import asyncio

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.client import ClientWebSocketResponse

_NEVER_SENT = frozenset({1005, WSCloseCode.ABNORMAL_CLOSURE, 1015})
"""What a library makes up when the other side has gone without a code (RFC 6455, 7.4.1)."""
Socket = web.WebSocketResponse | ClientWebSocketResponse


async def join(near: Socket, far: Socket) -> None:
    """Passes frames both ways until one side closes, and then its code to the other."""
    ways = [asyncio.create_task(_pass_frames(near, far)), asyncio.create_task(_pass_frames(far, near))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in ways:
            each.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        told = [code for code in (near.close_code, far.close_code) if code is not None and code not in _NEVER_SENT]
        for side in (near, far):
            await side.close(code=told[0] if told else WSCloseCode.GOING_AWAY)


async def _pass_frames(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
