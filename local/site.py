"""What answers on SITE_PORT, as the distribution does on AWS: pages, and the API and its sockets passed on.

`python -m local.site`. Pages come from MiniStack's CloudFront (local/distribution.py); it has no origins but buckets,
so /v1 and /socket go straight to their APIs. It ends with whoever started it.
"""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, WSCloseCode, web
from aiohttp.client_exceptions import WSServerHandshakeError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from local.joined import join

HOST = "127.0.0.1"
LARGEST_BODY = 10_000_000
"""In bytes; API Gateway takes no larger one (its quotas)."""
_ORIGIN_SECONDS = 30
"""How long CloudFront waits for an origin."""
_LOOK_EVERY_SECONDS = 1.0
_THIS_HOP = frozenset(
    {"connection", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that are between two neighbours (RFC 9110, 7.6.1), and the host, which the origin has its own of."""
Headers = CIMultiDict[str]


@dataclass(frozen=True)
class Origins:
    """Where things are: MiniStack and the distribution's name there, the API as far as /v1, the sockets."""

    gateway_url: str
    pages_host: str
    api_url: str
    websocket_url: str


class Site:
    """The forwarder: three kinds of addresses, and every open socket, to be closed at the end."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._sockets: set[web.WebSocketResponse] = set()

    def app(self) -> web.Application:
        """What aiohttp serves."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("GET", "/socket", self._pass_socket)
        app.router.add_route("*", "/v1/{path:(?s:.*)}", self._pass_to_api)
        app.router.add_route("*", "/{path:(?s:.*)}", self._show_page)
        app.cleanup_ctx.append(self._client)
        app.cleanup_ctx.append(_end_with_parent)
        app.on_shutdown.append(self._close_sockets)
        return app

    async def _client(self, _: web.Application) -> AsyncIterator[None]:
        timeout = ClientTimeout(total=None, sock_connect=_ORIGIN_SECONDS, sock_read=_ORIGIN_SECONDS)
        async with ClientSession(
            auto_decompress=False,
            cookie_jar=DummyCookieJar(),
            timeout=timeout,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as self._http:
            yield

    async def _show_page(self, request: web.Request) -> web.StreamResponse:
        headers = _passed_on(request.headers)
        headers.update({"Host": self._origins.pages_host, "X-Forwarded-Proto": "https"})
        return await self._pass(request, self._origins.gateway_url, headers)

    async def _pass_to_api(self, request: web.Request) -> web.StreamResponse:
        return await self._pass(request, self._origins.api_url, _told_by_whom(request))

    async def _pass(self, request: web.Request, origin: str, headers: Headers) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, "too_large", "The request is too large.")
        if headers.popall("Content-Encoding", None):
            headers.popall("Content-Length", None)  # the body was unpacked when it was read
        address = URL(origin + request.raw_path, encoded=True)
        response = web.StreamResponse()
        try:
            async with self._http.request(
                request.method, address, headers=headers, data=BytesIO(body) if body else None, allow_redirects=False
            ) as answer:
                response = web.StreamResponse(status=answer.status, headers=_passed_on(answer.headers))
                await response.prepare(request)
                async for part in answer.content.iter_any():
                    await response.write(part)
                await response.write_eof()
        except (ClientError, TimeoutError):
            if not response.prepared:
                return _problem(502, "try_again", "The origin did not answer.")
            if request.transport:  # half an answer is told by the end of the connection, not by another answer in it
                request.transport.close()
        return response

    async def _pass_socket(self, request: web.Request) -> web.StreamResponse:
        near = web.WebSocketResponse(max_msg_size=0)
        if not near.can_prepare(request):
            return _problem(426, "invalid_request", "A websocket is opened here.")
        address = URL(f"{self._origins.websocket_url}?{request.rel_url.raw_query_string}", encoded=True)
        headers = Headers(
            (name, value)
            for name, value in _told_by_whom(request).items()
            if not name.lower().startswith("sec-websocket-")
        )
        try:
            far = await self._http.ws_connect(address, headers=headers, max_msg_size=0)
        except WSServerHandshakeError as refused:
            return web.Response(status=refused.status)
        except (ClientError, TimeoutError):
            return _problem(502, "try_again", "The origin did not answer.")
        self._sockets.add(near)
        try:
            await near.prepare(request)
            await join(near, far)
        finally:
            self._sockets.discard(near)
            await far.close()
        return near

    async def _close_sockets(self, _: web.Application) -> None:
        await asyncio.gather(*(each.close(code=WSCloseCode.GOING_AWAY) for each in list(self._sockets)))


def _passed_on(headers: CIMultiDictProxy[str]) -> Headers:
    return Headers((name, value) for name, value in headers.items() if name.lower() not in _THIS_HOP)


def _told_by_whom(request: web.Request) -> Headers:
    """The request's headers and, as CloudFront adds it, the address that it came from behind what it brought."""
    headers = _passed_on(request.headers)
    told = headers.popall("X-Forwarded-For", [])
    headers["X-Forwarded-For"] = ", ".join((*told, request.remote or HOST))
    return headers


def _problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


async def _end_with_parent(_: web.Application) -> AsyncIterator[None]:
    watching = asyncio.create_task(_watch(os.getppid()))
    yield
    watching.cancel()


async def _watch(parent: int) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        if os.getppid() != parent:
            raise web.GracefulExit


def main() -> None:
    """Serves until SIGTERM, SIGINT, or the end of its parent."""
    parser = argparse.ArgumentParser(prog="python -m local.site", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    for name in ("gateway-url", "pages-host", "api-url", "websocket-url"):
        parser.add_argument(f"--{name}", required=True)
    wanted = vars(parser.parse_args())
    port = wanted.pop("port")
    web.run_app(Site(Origins(**wanted)).app(), host=HOST, port=port, print=None, access_log=None, shutdown_timeout=2)


if __name__ == "__main__":
    main()
