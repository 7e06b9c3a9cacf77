"""What the site passes on and back, held against an origin that says what it got."""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientSession, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestServer
from yarl import URL

from local.site import LARGEST_BODY, Origins, Site
from tests.conftest import free_port


class Origin:
    """The API and its sockets: says what it got, and with which codes its sockets ended."""

    def __init__(self) -> None:
        self.ended: asyncio.Queue[int | None] = asyncio.Queue()
        self.opened = 0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2 * LARGEST_BODY)
        app.router.add_get("/stage", self._gate)
        app.router.add_get("/api/v1/half", self._half)
        app.router.add_route("*", "/{path:.*}", self._echo)
        return app

    async def _echo(self, request: web.Request) -> web.Response:
        """What arrived, as JSON, with the status that the query asks for."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        size = len(await request.read())
        told = {"method": request.method, "path": request.raw_path, "headers": headers, "size": size}
        answer = web.json_response(told, status=int(request.query.get("status", "200")))
        answer.headers.update({"Location": "/elsewhere", "Set-Cookie": "who=you"})
        return answer

    async def _half(self, request: web.Request) -> web.StreamResponse:
        """An answer that breaks off."""
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"hello")
        assert request.transport
        request.transport.close()
        return response

    async def _gate(self, request: web.Request) -> web.StreamResponse:
        """A socket that repeats what it is told, closes with the code it is told, and refuses who has no ticket."""
        if "ticket" not in request.query:
            return web.Response(status=403)
        self.opened += 1
        gate = web.WebSocketResponse()
        await gate.prepare(request)
        await gate.send_json({"path": request.raw_path, "origin": request.headers["Origin"]})
        async for message in gate:
            if message.type is WSMsgType.BINARY:
                await gate.send_bytes(message.data)
            elif message.data.startswith("close "):
                await gate.close(code=int(message.data[6:]))
            else:
                await gate.send_str(message.data)
        await self.ended.put(gate.close_code)
        return gate


Test = Callable[[ClientSession, URL, Origin], Awaitable[None]]


def _try(test: Test) -> None:
    """Runs a test with a client, the site's address and the origin behind it."""

    async def run() -> None:
        origin = Origin()
        async with TestServer(origin.app(), host="127.0.0.1") as server:
            at = str(server.make_url("")).rstrip("/")
            origins = Origins(at, "pages.cloudfront.net", f"{at}/api", f"{at}/stage".replace("http", "ws"))
            async with TestServer(Site(origins).app(), host="127.0.0.1") as site, ClientSession() as client:
                await test(client, site.make_url("/"), origin)

    asyncio.run(run())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_call_of_the_api_arrives_whole_and_with_the_address_it_came_from(method: str) -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        url = URL(f"{site}v1/tickets/12%2034?topic=a%2Bb&topic=%E1%83%90", encoded=True)
        sent = {"Authorization": "Bearer x", "If-Match": "3", "X-Forwarded-For": "10.0.0.1", "Connection": "close"}
        async with client.request(method, url, headers=sent, data=b"12345") as answer:
            got = await answer.json()
        assert (got["method"], got["size"]) == (method, 5)
        assert got["path"] == "/api/v1/tickets/12%2034?topic=a%2Bb&topic=%E1%83%90"
        assert (got["headers"]["authorization"], got["headers"]["if-match"]) == ("Bearer x", "3")
        assert got["headers"]["x-forwarded-for"] == "10.0.0.1, 127.0.0.1"
        assert got["headers"].get("connection") != "close"

    _try(test)


@pytest.mark.parametrize("status", [201, 301, 403, 404, 409, 503])
def test_an_answer_comes_back_with_its_status(status: int) -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        async with client.get(site / "v1/x" % {"status": status}, allow_redirects=False) as answer:
            assert answer.status == status
            assert (await answer.json())["path"] == f"/api/v1/x?status={status}"
            assert answer.headers["Location"] == "/elsewhere"

    _try(test)


def test_nothing_is_added_that_the_caller_did_not_say_and_nothing_remembered_for_the_next_one() -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        unsaid = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
        for _again in range(2):
            async with client.post(site / "v1/x", data=b"{}", skip_auto_headers=unsaid, cookies={}) as answer:
                got = (await answer.json())["headers"]
            client.cookie_jar.clear()
            assert not {each.lower() for each in unsaid} & set(got)
            assert "cookie" not in got
            assert got["host"] != site.authority

    _try(test)


def test_an_answer_that_breaks_off_breaks_off_here_too() -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        async with client.get(site / "v1/half") as answer:
            assert answer.status == 200
            assert await answer.content.readexactly(5) == b"hello"
            with pytest.raises(ClientPayloadError):
                await answer.content.read()

    _try(test)


def test_what_asks_for_no_socket_uses_no_ticket_up() -> None:
    async def test(client: ClientSession, site: URL, origin: Origin) -> None:
        async with client.get(site / "socket" % {"ticket": "a"}) as answer:
            assert answer.status == 426
        assert origin.opened == 0
        async with client.ws_connect(site / "socket" % {"ticket": "a"}, origin="https://a.example"):
            assert origin.opened == 1

    _try(test)


def test_the_end_of_the_site_is_told_to_open_pages() -> None:
    async def run() -> None:
        origin = Origin()
        async with TestServer(origin.app(), host="127.0.0.1") as server, ClientSession() as client:
            at = str(server.make_url("")).rstrip("/")
            site = TestServer(Site(Origins(at, "p", at, f"{at}/stage".replace("http", "ws"))).app(), host="127.0.0.1")
            await site.start_server()
            opened = await client.ws_connect(site.make_url("/socket?ticket=a"), origin="https://a.example")
            await opened.receive_json()
            ending = asyncio.create_task(site.close())
            assert (await opened.receive()).type is WSMsgType.CLOSE
            assert opened.close_code == 1001
            await ending

    asyncio.run(run())


def test_a_page_is_asked_of_the_distribution_over_https() -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        async with client.get(URL(f"{site}faq/..%2fka/", encoded=True)) as answer:
            got = await answer.json()
        assert got["path"] == "/faq/..%2fka/"
        assert (got["headers"]["host"], got["headers"]["x-forwarded-proto"]) == ("pages.cloudfront.net", "https")

    _try(test)


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
def test_a_body_may_be_as_large_as_the_gateway_takes(size: int, status: int) -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        async with client.post(site / "v1/x", data=BytesIO(bytes(size))) as answer:
            assert answer.status == status
            told = await answer.json()
        assert told["size"] == size if status == 200 else told["code"] == "too_large"

    _try(test)


def test_frames_of_both_kinds_pass_both_ways_with_ticket_and_origin() -> None:
    async def test(client: ClientSession, site: URL, origin: Origin) -> None:
        url = URL(f"{site}socket?ticket=a%2Bb", encoded=True)
        async with client.ws_connect(url, origin="https://help.example.com") as opened:
            assert await opened.receive_json() == {"path": "/stage?ticket=a%2Bb", "origin": "https://help.example.com"}
            await opened.send_str("გამარჯობა")
            assert await opened.receive_str() == "გამარჯობა"
            await opened.send_bytes(b"\x00\xff")
            assert await opened.receive_bytes() == b"\x00\xff"
            await opened.close(code=4001)
        assert await origin.ended.get() == 4001

    _try(test)


@pytest.mark.parametrize("code", [1000, 1001, 1009, 4008])
def test_the_code_with_which_the_service_closes_arrives(code: int) -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        async with client.ws_connect(site / "socket" % {"ticket": "a"}, origin="https://a.example") as opened:
            await opened.receive_json()
            await opened.send_str(f"close {code}")
            assert (await opened.receive()).type is WSMsgType.CLOSE
            assert opened.close_code == code

    _try(test)


def test_a_page_that_vanishes_is_told_as_going_away() -> None:
    async def test(client: ClientSession, site: URL, origin: Origin) -> None:
        opened = await client.ws_connect(site / "socket" % {"ticket": "a"}, origin="https://a.example")
        await opened.receive_json()
        transport: Any = opened.get_extra_info("transport") or opened._writer.transport
        transport.abort()
        assert await origin.ended.get() == 1001

    _try(test)


def test_a_refused_handshake_keeps_its_status() -> None:
    async def test(client: ClientSession, site: URL, _: Origin) -> None:
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect(site / "socket", origin="https://a.example")
        assert refused.value.status == 403
        async with client.ws_connect(site / "socket" % {"ticket": "a"}, origin="https://a.example"):
            pass

    _try(test)


def test_an_origin_that_is_not_there_is_told() -> None:
    async def run() -> None:
        nowhere = f"http://127.0.0.1:{free_port()}"
        site = Site(Origins(nowhere, "pages.cloudfront.net", nowhere, nowhere.replace("http", "ws")))
        async with TestServer(site.app(), host="127.0.0.1") as server, ClientSession() as client:
            for path in ("/", "/v1/health"):
                async with client.get(server.make_url(path)) as answer:
                    assert (answer.status, (await answer.json())["code"]) == (502, "try_again")
            with pytest.raises(WSServerHandshakeError, match="502"):
                await client.ws_connect(server.make_url("/socket?ticket=a"))

    asyncio.run(run())
