"""What the distribution answers, by MiniStack's own CloudFront: the deployed function, headers, bucket and its policy.

MiniStack 1.5.33 looks at a request's host only after addresses of its own (/health, /login, /_ministack/…), so that
these would answer in a page's place. Here the host comes first. Private names of the pinned version, as in
local/ministack.py: tests/e2e/test_site.py looks at what comes out.
"""

from typing import Any
from urllib.parse import parse_qs

from ministack import app as ministack

from local import HOSTED


def is_for_pages(scope: Any) -> bool:
    """Whether an ASGI request names a distribution as its host."""
    return scope["type"] == "http" and _headers(scope).get("host", "").endswith(HOSTED)


async def serve(scope: Any, receive: Any, send: Any) -> None:
    """Answers a request for a page; what a method other than GET and HEAD carries is not read."""
    headers, method = _headers(scope), scope["method"]
    query = scope["query_string"].decode()
    answer = await ministack._handle_cloudfront_dataplane_request(  # noqa: SLF001 - see the module's docstring
        headers["host"],
        scope["path"],
        scope["raw_path"].decode(),
        query,
        method,
        headers,
        b"",
        parse_qs(query, keep_blank_values=True),
        scope["client"][0],
    )
    status, named, body = answer or (404, {}, b"")
    if method == "HEAD" and body:
        named, body = {**named, "Content-Length": str(len(body))}, b""
    await ministack._send_if_handled(send, (status, named, body), receive, head=method == "HEAD")  # noqa: SLF001 - as above


def _headers(scope: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
