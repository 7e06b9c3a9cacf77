"""The site on the running stack: pages out of the bucket, the API and its sockets at the same address."""

import json
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from infra.publish import publish
from local.stack import built_pages
from tests.conftest import Running, wait_until

CASES: list[dict[str, str]] = json.loads((Path(__file__).parents[1] / "unit" / "paths.json").read_text())
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGES = ("/", "/404.html", "/contacts/", "/faq/ka/", "/faq/en/search.json", "/nothing/here/", "/nothing.png")
SERVED = [case for case in CASES if case["path"] != "/socket" and unquote(case["path"]).isprintable()]
REQUEST = {"topic": "other", "subject": "ა", "text": "ბ", "importance": "low"}
Get = Callable[[str], httpx.Response]


@pytest.fixture
def get(running: Running) -> Get:
    """Asks the site for a path exactly as it is written."""

    def asked(path: str) -> httpx.Response:
        with closing(HTTPConnection("127.0.0.1", running.stack.site_port, timeout=30)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())

    return asked


class Bucket:
    """The pages' bucket of a running stack."""

    def __init__(self, running: Running) -> None:
        self.s3: Any = running.stack.deployment.client("s3")
        self.name = running.stack.deployment.outputs()["PagesBucketName"]

    def text(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body.decode()

    def names(self) -> list[str]:
        parts = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for part in parts for each in part.get("Contents", ())]

    def publish(self, folder: Path) -> list[str]:
        return publish(self.s3, self.name, folder).written


@pytest.fixture(scope="module")
def bucket(running: Running) -> Bucket:
    return Bucket(running)


@pytest.fixture
def changing(bucket: Bucket) -> Iterator[Bucket]:
    """The bucket; afterwards it holds the site's own pages and nothing else."""
    before = set(bucket.names())
    yield bucket
    for key in set(bucket.names()) - before:
        bucket.s3.delete_object(Bucket=bucket.name, Key=key)
    bucket.publish(built_pages())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_headers_that_keep_it_to_itself(get: Get, path: str) -> None:
    headers = get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["cache-control"] == "public, max-age=60"
    assert "strict-transport-security" not in headers, "there is no https on this machine"


def test_a_page_is_what_was_published(get: Get, bucket: Bucket) -> None:
    for path, key in (("/", "index.html"), ("/contacts/", "contacts/index.html"), ("/faq/ka/", "faq/ka/index.html")):
        answer = get(path)
        assert (answer.status_code, answer.text) == (200, bucket.text(key))
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_what_a_page_is_made_of_is_kept_for_ever(get: Get, bucket: Bucket) -> None:
    assets = [key for key in bucket.names() if key.startswith("assets/")]
    assert assets
    assert {get(f"/{key}").headers["cache-control"] for key in assets} == {"public, max-age=31536000, immutable"}


@pytest.mark.parametrize("path", ["/nothing.png", "/faq/ka/no-such/article/", "/nothing"])
def test_a_missing_page_is_the_published_404(get: Get, bucket: Bucket, path: str) -> None:
    answer = get(path)
    if answer.status_code == 301:
        answer = get(answer.headers["location"])
    assert (answer.status_code, answer.text) == (404, bucket.text("404.html"))


@pytest.mark.parametrize("case", SERVED, ids=lambda case: case["path"])
def test_a_path_is_served_as_the_function_says(get: Get, changing: Bucket, case: dict[str, str]) -> None:
    if "leads_to" in case:
        answer = get(case["path"])
        assert (answer.status_code, answer.headers["location"]) == (301, case["leads_to"])
        return
    key = unquote(case["becomes"]).lstrip("/")
    changing.s3.put_object(Bucket=changing.name, Key=key, Body=(text := f"{key} {uuid.uuid4()}").encode())
    assert get(case["path"]).text == text


@pytest.mark.parametrize("path", ["/", "/contacts/", "/nothing.png"])
def test_head_tells_the_same_without_the_page(running: Running, get: Get, path: str) -> None:
    page, head = get(path), httpx.head(running.facts["site_url"] + path, trust_env=False)
    told = ("content-type", "content-length", "etag", "cache-control", "content-security-policy")
    assert (head.status_code, head.content) == (page.status_code, b"")
    assert {name: head.headers[name] for name in told} == {name: page.headers[name] for name in told}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_page_is_only_read(running: Running, get: Get, method: str) -> None:
    before = get("/").text
    answer = httpx.request(method, f"{running.facts['site_url']}/index.html", trust_env=False)
    assert answer.status_code == 403
    assert get("/").text == before


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/faq/..%2f..%2fministack/secretsmanager.json",
        "/..\\..\\lock.x",
        "/faq/../contacts/index.html",
        "/assets/..%2findex.html",
        "//etc/passwd.x",
    ],
)
def test_a_path_leads_nowhere_but_into_the_bucket(get: Get, bucket: Bucket, path: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.text) == (404, bucket.text("404.html"))


@pytest.mark.parametrize("path", ["/_ministack/health", "/health", "/login", "/_deskbell/deployed"])
def test_the_tools_of_this_machine_are_no_pages(get: Get, bucket: Bucket, path: str) -> None:
    answer = get(f"{path}/")
    assert (answer.status_code, answer.text) == (404, bucket.text("404.html"))
    assert get(path).status_code == 301


def test_the_api_answers_at_the_sites_address(running: Running, account: str) -> None:
    site, token = running.facts["site_url"], running.hotel_token(account)
    with httpx.Client(base_url=site, trust_env=False, timeout=30) as client:
        assert client.get("/v1/health").json()["status"] == "ok"
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
        opened = client.post("/v1/tickets", json=REQUEST, headers=headers)
        again = client.post("/v1/tickets", json=REQUEST, headers=headers)
        assert opened.status_code == 201
        assert again.json()["number"] == opened.json()["number"], "its key arrived"
        listed = client.get("/v1/tickets", params={"topic": "other", "limit": 1}, headers=headers).json()["items"]
        assert [each["number"] for each in listed] == [opened.json()["number"]]
    assert running.client(token).get("/v1/tickets")["items"] == listed


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/health", 404),
        ("GET", "/v1/tickets", 401),
        ("GET", "/v1/agent/tickets", 403),
        ("GET", "/v1/tickets/1234567894", 404),
        ("POST", "/v1/tickets", 400),
    ],
)
def test_what_the_api_refuses_arrives_as_the_api_says_it(
    running: Running, account: str, method: str, path: str, status: int
) -> None:
    headers = {} if status == 401 else {"Authorization": f"Bearer {running.hotel_token(account)}"}
    told = [
        httpx.request(method, address + path, headers=headers, json={} if method == "POST" else None, trust_env=False)
        for address in (running.facts["site_url"], running.facts["api_url"])
    ]
    assert [each.status_code for each in told] == [status, status]
    through, direct = ({**each.json(), "request_id": ""} for each in told)
    assert through == direct
    assert told[0].headers["content-type"] == told[1].headers["content-type"]
    assert "content-security-policy" not in told[0].headers


def _socket(running: Running, account: str, at: str) -> str:
    """A socket's address at the site, with a ticket of this hotel's."""
    url = running.client(running.hotel_token(account)).post("/v1/connections")["url"]
    return f"{at.replace('http', 'ws', 1)}/socket?{urlsplit(url).query}"


def test_a_socket_opens_at_the_sites_address_with_its_ticket_once(running: Running, account: str) -> None:
    site = running.facts["site_url"]
    address = _socket(running, account, site)
    with connect(address, origin=Origin(site), proxy=None, open_timeout=30) as opened:
        opened.send(json.dumps({"action": "ping", "id": "a"}))
        assert json.loads(opened.recv(timeout=30)) == {"event": "pong", "id": "a"}
        opened.send("no frame")
        assert json.loads(opened.recv(timeout=30))["event"] == "error"
        with pytest.raises(InvalidStatus), connect(address, origin=Origin(site), proxy=None, open_timeout=30):
            pass


def test_a_socket_of_a_foreign_page_is_refused(running: Running, account: str) -> None:
    site = running.facts["site_url"]
    with (
        pytest.raises(InvalidStatus),
        connect(_socket(running, account, site), origin=Origin("https://evil.example"), proxy=None, open_timeout=30),
    ):
        pass
    with connect(_socket(running, account, site), origin=Origin(site), proxy=None, open_timeout=30):
        pass


def test_a_changed_page_is_live_without_a_deployment(
    running: Running, get: Get, changing: Bucket, tmp_path: Path
) -> None:
    cloudformation = running.stack.deployment.client("cloudformation")
    name = running.stack.deployment.stack_name
    before = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    folder = tmp_path / "site"
    shutil.copytree(built_pages(), folder)
    changing.publish(folder)
    page = folder / "contacts" / "index.html"
    page.write_text((as_it_was := page.read_text()).replace("</main>", "<p>changed</p></main>"))
    new = folder / "faq" / "new" / "index.html"
    new.parent.mkdir()
    new.write_text("<p>new")
    assert get("/faq/new/").status_code == 404
    assert changing.publish(folder) == ["contacts/index.html", "faq/new/index.html"]
    wait_until(lambda: "<p>changed</p>" in get("/contacts/").text and get("/faq/new/").text == "<p>new")
    page.write_text(as_it_was)
    new.unlink()
    changing.publish(folder)
    wait_until(lambda: get("/contacts/").text == as_it_was and get("/faq/new/").status_code == 404)
    assert cloudformation.describe_stack_events(StackName=name)["StackEvents"] == before


def test_only_the_distribution_reads_the_bucket(running: Running, bucket: Bucket) -> None:
    address = f"{running.facts['gateway_url']}/{bucket.name}/index.html"
    assert httpx.get(address, trust_env=False).status_code == 403
    assert bucket.text("index.html")


def test_the_site_listens_on_this_machine_only(running: Running) -> None:
    port = running.stack.site_port
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in {*addresses, "127.0.0.2"} - {"127.0.0.1"}:
        with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            socket.create_connection((str(address), port), 1)
    socket.create_connection(("127.0.0.1", port), 1).close()
