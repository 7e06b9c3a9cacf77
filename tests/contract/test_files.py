"""One file a message: declared, put, claimed, downloaded."""

import hashlib
import io
import re
import zipfile
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Barrier
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from tests import files
from tests.contract.conftest import Answer, Hotel, declaration
from tests.files import DOC, DOCX, MSG, ODS, ODT, PPTX, REAL, XLS, XLSX

PNG, PDF = files.picture("PNG"), files.picture("PDF")
HTML = b"<!doctype html><script>alert(1)</script>"
LARGEST = 50 * 1024 * 1024
LOOKED_AT = 1024 * 1024
"""How much of a file is fetched at most to tell what it is."""


def _put(ready: dict[str, object], content: bytes, **headers: str) -> httpx.Response:
    given = {**ready["headers"], **headers}  # type: ignore[dict-item]
    return httpx.put(str(ready["url"]), content=content, headers=given, timeout=60, trust_env=False)


def _upload(hotel: Hotel, content: bytes, type_: str) -> str:
    """An upload of any size, arrived."""
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(content, type_, "ფაილი"))
    _put(ready, content).raise_for_status()
    return str(ready["upload_id"])


def _open_with(hotel: Hotel, upload_id: str) -> Answer:
    return hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body={**hotel.request, "upload_id": upload_id})


def _download(hotel: Hotel, number: str) -> httpx.Response:
    """The file of a ticket's first message, from the bucket."""
    url = hotel.api.get(f"/v1/tickets/{number}/attachments/m1", hotel.anna)["url"]
    return httpx.get(url, timeout=60, trust_env=False).raise_for_status()


def _saved_as(got: httpx.Response) -> str:
    """The name that a browser saves it under: RFC 6266, 4; RFC 8187, 3.2."""
    disposition = got.headers["content-disposition"]
    found = re.fullmatch(
        r'attachment; filename="([ !#$&-:<-\[\]-~]*)"; filename\*=UTF-8\'\'([\w.~%-]*)', disposition, re.ASCII
    )
    assert found, disposition
    assert len(found[1]) == len(unquote(found[2])), "one character of the plain name for each of the real one"
    return unquote(found[2], errors="strict")


@pytest.mark.parametrize("type_", REAL)
def test_a_file_travels_from_the_hotel_to_whoever_may_see_the_ticket(hotel: Hotel, type_: str) -> None:
    content, ending = REAL[type_]
    upload_id = hotel.api.upload(hotel.anna, content, type_, name="ეკრანი (1).x")
    opened = hotel.open(upload_id=upload_id)
    attachment = opened["messages"][0]["attachment"]
    assert attachment == {"id": "m1", "name": "ეკრანი (1).x", "type": type_, "size": len(content)}
    for path, token in (
        (f"/v1/tickets/{opened['number']}/attachments/m1", hotel.beka),
        (f"/v1/agent/tickets/{opened['number']}/attachments/m1", hotel.agent),
    ):
        got = httpx.get(hotel.api.get(path, token)["url"], trust_env=False)
        assert got.content == content
        assert got.headers["content-type"] == type_
        assert _saved_as(got) == f"ეკრანი (1).x{ending}"


def test_every_type_that_is_offered_has_travelled(hotel: Hotel) -> None:
    for path, token in (("/v1/catalog", hotel.anna), ("/v1/agent/catalog", hotel.agent)):
        offered = hotel.api.get(path, token)["attachment"]
        assert (set(offered["types"]), offered["max_bytes"]) == (set(REAL), LARGEST)


@pytest.mark.parametrize("what", ["text in cp1251", "csv by a windows spreadsheet", "docx written by a server"])
def test_what_other_programs_write_arrives_byte_for_byte(hotel: Hotel, what: str) -> None:
    type_, make = files.OTHER_REAL[what]
    number = hotel.open(upload_id=hotel.api.upload(hotel.anna, make(), type_))["number"]
    got = _download(hotel, number)
    assert (got.content, got.headers["content-type"]) == (make(), type_)


def test_an_agents_answer_and_note_carry_a_file_each(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    kinds: list[dict[str, Any]] = [{}, {"note": True}]
    for others in kinds:
        upload_id = hotel.api.upload(hotel.agent, PDF, "application/pdf", prefix="/v1/agent")
        sent = hotel.answer(number, upload_id=upload_id, **others)
        path = f"/v1/agent/tickets/{number}/attachments/{sent['attachment']['id']}"
        assert httpx.get(hotel.api.get(path, hotel.agent)["url"], trust_env=False).content == PDF
    assert hotel.api.get(f"/v1/tickets/{number}/attachments/m2", hotel.anna)["url"]
    hotel.api.call("GET", f"/v1/tickets/{number}/attachments/n1", token=hotel.anna).problem(404, "not_found")


RELATIVES = {
    "image/png": "image/jpeg",
    "image/jpeg": "image/png",
    "image/gif": "image/webp",
    "image/webp": "image/gif",
    "image/heic": "video/mp4",
    "video/mp4": "video/quicktime",
    "video/webm": "video/mp4",
    "video/quicktime": "video/mp4",
    "application/pdf": "text/plain",
    "text/plain": "application/pdf",
    "text/csv": XLS,
    "message/rfc822": "text/plain",
    MSG: DOC,
    DOC: XLS,
    XLS: XLSX,
    DOCX: ODT,
    XLSX: DOCX,
    PPTX: DOCX,
    ODT: ODS,
    ODS: XLSX,
}
"""For each type another that somebody could mistake for it."""


@pytest.mark.parametrize("type_", REAL)
def test_content_that_is_not_its_declared_type_is_refused_when_it_is_claimed(hotel: Hotel, type_: str) -> None:
    """One wrong type each; `tests/unit/test_file.py` tries all."""
    other, _ = REAL[RELATIVES[type_]]
    _open_with(hotel, hotel.api.upload(hotel.anna, other, type_)).problem(415, "unsupported_media_type")
    assert hotel.api.get("/v1/tickets", hotel.anna)["items"] == []
    assert _open_with(hotel, hotel.api.upload(hotel.anna, other, RELATIVES[type_])).ok(201)


def test_a_refused_file_is_refused_again_and_stays_nobodys(hotel: Hotel) -> None:
    upload_id = hotel.api.upload(hotel.anna, HTML, "text/plain")
    number = hotel.open()["number"]
    body = {"text": "ფაილით", "upload_id": upload_id}
    for _ in range(2):
        answer = hotel.api.call("POST", f"/v1/tickets/{number}/messages", token=hotel.anna, body=body)
        answer.problem(415, "unsupported_media_type")
    body["upload_id"] = hotel.api.upload(hotel.anna, b"html", "text/plain")
    hotel.api.post(f"/v1/tickets/{number}/messages", hotel.anna, body)
    assert [each["text"] for each in hotel.view(number)["messages"]] == [hotel.request["text"], "ფაილით"]


@pytest.mark.parametrize(
    "type_",
    ["text/html", "image/svg+xml", "application/zip", "application/x-msdownload", "IMAGE/PNG", "text/plain; charset=x"],
)
def test_a_type_that_is_not_taken_is_refused_when_it_is_declared(hotel: Hotel, type_: str) -> None:
    body = declaration(HTML, type_, "page.html")
    hotel.api.call("POST", "/v1/uploads", token=hotel.anna, body=body).problem(415, "unsupported_media_type")


def test_html_called_a_picture_is_refused(hotel: Hotel) -> None:
    body = {**hotel.request, "upload_id": hotel.api.upload(hotel.anna, HTML, "image/png", name="a.png")}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("size", LARGEST + 1),
        ("size", "12"),
        ("sha256", "0" * 63),
        ("sha256", "A" * 64),
        ("name", ""),
        ("name", "x" * 256),
        ("name", "a\x00b.png"),
        ("type", ""),
        ("extra", 1),
    ],
)
def test_a_wrong_declaration_says_which_field(hotel: Hotel, field: str, value: object) -> None:
    good = declaration(PNG, "image/png", "x" * 255)
    hotel.api.post("/v1/uploads", hotel.anna, good)
    answer = hotel.api.call("POST", "/v1/uploads", token=hotel.anna, body={**good, field: value})
    assert field in answer.problem(400, "invalid_request")["fields"]


@lru_cache(maxsize=1)
def _largest(type_: str) -> bytes:
    """A file of exactly 50 MiB."""
    if type_ == "image/png":
        return PNG + bytes(LARGEST - len(PNG))
    if type_ == DOC:  # 12,800 sectors: the header, 13 tables, one stream, and the directory behind it
        return files.compound(("WordDocument",), shift=12, stream_bytes=LARGEST - 15 * 4096, at_end=True)
    return _with_film(LARGEST - len(_with_film(0)))


def _with_film(size: int) -> bytes:
    """A real docx that holds a film of this size, as it is."""
    file = io.BytesIO(files.docx())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("word/media/film.mp4", bytes(size))
    return file.getvalue()


def test_a_file_of_exactly_the_largest_size_travels(hotel: Hotel) -> None:
    content = _largest("image/png")
    assert len(content) == LARGEST
    opened = hotel.open(upload_id=_upload(hotel, content, "image/png"))
    assert opened["messages"][0]["attachment"]["size"] == LARGEST
    assert _download(hotel, opened["number"]).content == content


def test_s3_itself_refuses_other_bytes_another_size_and_a_second_put(hotel: Hotel) -> None:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    other = PNG[:-1] + bytes([PNG[-1] ^ 1])
    assert _put(ready, other).status_code >= 400
    assert _put(ready, PNG + b"x", **{"content-length": str(len(PNG) + 1)}).status_code >= 400
    assert _put(ready, PNG, **{"content-type": "text/html"}).status_code >= 400
    assert _put(ready, PNG, **{"if-none-match": ""}).status_code >= 400
    assert _put(ready, PNG).status_code == 200
    assert _put(ready, PNG).status_code == 412


def test_of_many_who_put_to_one_address_at_once_exactly_one_succeeds(hotel: Hotel) -> None:
    content = PNG + bytes(200_000)
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(content, "image/png", "a.png"))
    together = Barrier(16)

    def put(_: int) -> int:
        together.wait(30)
        return _put(ready, content).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(put, range(16)))
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 412}
    number = hotel.open(upload_id=ready["upload_id"])["number"]
    assert _download(hotel, number).content == content


def test_of_many_who_put_only_who_has_the_declared_bytes_succeeds(hotel: Hotel) -> None:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    others = [PNG[:-1] + bytes([PNG[-1] ^ number]) for number in range(1, 16)]
    together = Barrier(16)

    def put(content: bytes) -> tuple[bool, int]:
        together.wait(30)
        return content == PNG, _put(ready, content).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(put, [*others[:7], PNG, *others[7:]]))
    assert [status for is_declared, status in answers if is_declared] == [200]
    assert all(status >= 400 for is_declared, status in answers if not is_declared)
    assert _download(hotel, hotel.open(upload_id=ready["upload_id"])["number"]).content == PNG


def test_an_upload_whose_bytes_never_came_is_refused_and_works_once_they_have(hotel: Hotel) -> None:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    body, headers = {**hotel.request, "upload_id": ready["upload_id"]}, {"Idempotency-Key": "one"}
    early = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body, headers=headers)
    early.problem(409, "upload_missing")
    _put(ready, PNG).raise_for_status()
    assert hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body, headers=headers).ok(201)


def test_where_a_file_is_kept_tells_nothing_of_whose_it_is(hotel: Hotel) -> None:
    places: dict[str, set[str]] = {}
    for token in (hotel.anna, hotel.anna, hotel.beka):
        ready = hotel.api.post("/v1/uploads", token, declaration(PNG, "image/png", "a.png"))
        found = re.search(r"/([0-9a-f]{32})/([0-9a-f]{32})$", urlsplit(ready["url"]).path)
        assert found
        assert found[2] == ready["upload_id"]
        places.setdefault(token, set()).add(found[1])
    assert [len(places[token]) for token in (hotel.anna, hotel.beka)] == [1, 1]
    assert places[hotel.anna].isdisjoint(places[hotel.beka])


def test_an_upload_serves_once_and_for_its_owner_only(hotel: Hotel) -> None:
    upload_id = hotel.api.upload(hotel.anna, PNG, "image/png")
    body = {**hotel.request, "upload_id": upload_id}
    hotel.api.call("POST", "/v1/tickets", token=hotel.beka, body=body).problem(404, "not_found")
    number = hotel.open(upload_id=upload_id)["number"]
    reply = {"text": "კიდევ", "upload_id": upload_id}
    path = f"/v1/tickets/{number}/messages"
    hotel.api.call("POST", path, token=hotel.anna, body=reply).problem(409, "upload_used")
    unknown = {**reply, "upload_id": "0" * 32}
    hotel.api.call("POST", path, token=hotel.anna, body=unknown).problem(404, "not_found")


def test_two_messages_that_claim_one_upload_at_once_have_one_winner(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    upload_id = hotel.api.upload(hotel.anna, PNG, "image/png")
    body, path = {"text": "ფაილით", "upload_id": upload_id}, f"/v1/tickets/{number}/messages"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: hotel.api.call("POST", path, token=hotel.anna, body=body), range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert len([each for each in hotel.view(number)["messages"] if each["attachment"]]) == 1


def test_an_expired_upload_is_not_found(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from chalicelib.services import uploads

    fresh = hotel.api.upload(hotel.anna, PNG, "image/png")
    monkeypatch.setattr(uploads, "CLAIM_WITHIN", timedelta(seconds=-1))
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    body = {**hotel.request, "upload_id": ready["upload_id"]}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(404, "not_found")
    assert hotel.open(upload_id=fresh)["messages"][0]["attachment"]


NAMES = {
    "path and what hides the ending": ('../../C:\\a\\\u202egnp.exe".png', 'gnp.exe".png', 'gnp.exe".png'),
    "path with slashes": ("/home/ანა/ფოტო.png", "ფოტო.png", "ფოტო.png"),
    "nothing but a path": ("photos/", "file", "file.png"),
    "nothing but dots": ("...", "file", "file.png"),
    "quotes": ("\"ა\" 'b'.png", "\"ა\" 'b'.png", "\"ა\" 'b'.png"),
    "what a header would take for its own": ("a%22;\\b; filename=c.png", "b; filename=c.png", "b; filename=c.png"),
    "newlines and tabs": ("a\nSet-Cookie: b=c\td.png", "aSet-Cookie: b=cd.png", "aSet-Cookie: b=cd.png"),
    "direction marks": ("\u2066ფო\u200fტო\u2069\u202egnp.exe", "ფოტოgnp.exe", "ფოტოgnp.exe.png"),
    "line separators": ("a\u2028b\u2029.png", "ab.png", "ab.png"),
    "no ending": ("ფოტო", "ფოტო", "ფოტო.png"),
    "another ending": ("ფოტო.html", "ფოტო.html", "ფოტო.html.png"),
    "capitals": ("IMG_0001.PNG", "IMG_0001.PNG", "IMG_0001.PNG"),
    "only an ending": (".png", "png", "png.png"),
    "a right-to-left alphabet": ("فاتورة.png", "فاتورة.png", "فاتورة.png"),
    "a plus and a per cent sign": ("a+b 100%.png", "a+b 100%.png", "a+b 100%.png"),
    "255 georgian letters": ("ქ" * 255, "ქ" * 255, "ქ" * 251 + ".png"),
    "255 georgian letters with their ending": ("ქ" * 251 + ".png", "ქ" * 251 + ".png", "ქ" * 251 + ".png"),
    "255 characters outside the first plane": ("\U0001f600" * 255, "\U0001f600" * 255, "\U0001f600" * 251 + ".png"),
}


@pytest.mark.parametrize("what", NAMES)
def test_a_name_is_shown_without_tricks_and_saved_with_its_ending(hotel: Hotel, what: str) -> None:
    sent, shown, saved = NAMES[what]
    opened = hotel.open(upload_id=hotel.api.upload(hotel.anna, PNG, "image/png", name=sent))
    assert opened["messages"][0]["attachment"]["name"] == shown
    assert hotel.agent_view(opened["number"])["messages"][0]["attachment"]["name"] == shown
    got = _download(hotel, opened["number"])
    assert got.content == PNG
    assert _saved_as(got) == saved


def test_a_script_that_calls_itself_a_document_is_saved_as_one(hotel: Hotel) -> None:
    script = b"%PDF-\r\ncalc.exe\r\n"
    number = hotel.open(upload_id=hotel.api.upload(hotel.anna, script, "application/pdf", name="report.bat"))["number"]
    url = hotel.api.get(f"/v1/agent/tickets/{number}/attachments/m1", hotel.agent)["url"]
    got = httpx.get(url, trust_env=False)
    assert got.headers["content-type"] == "application/pdf"
    assert _saved_as(got) == "report.bat.pdf"


@pytest.fixture
def fetched(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes were fetched from the bucket to tell what a file is, by request."""
    del hotel
    from chalicelib.adapters import bucket

    sizes: list[int] = []
    get_range = bucket._get_range

    def counted(key: str, at: int, size: int) -> bytes:
        found = get_range(key, at, size)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(bucket, "_get_range", counted)
    return sizes


@pytest.mark.parametrize("type_", REAL)
def test_little_is_fetched_to_tell_what_a_small_file_is(hotel: Hotel, type_: str, fetched: list[int]) -> None:
    hotel.open(upload_id=hotel.api.upload(hotel.anna, REAL[type_][0], type_))
    assert 0 < sum(fetched) <= 16 * 1024
    assert len(fetched) <= 6


@pytest.mark.parametrize("type_", [DOCX, DOC, "image/png"])
def test_little_is_fetched_to_tell_what_the_largest_file_is(hotel: Hotel, type_: str, fetched: list[int]) -> None:
    content = _largest(type_)
    assert len(content) == LARGEST
    assert _open_with(hotel, _upload(hotel, content, type_)).ok(201)
    assert 0 < sum(fetched) <= 32 * 1024


def test_a_zip_whose_directory_is_too_long_to_look_at_is_refused_and_not_read(hotel: Hotel, fetched: list[int]) -> None:
    parts = files.unzipped(files.docx())
    name = "word/media/" + "x" * 200
    few, many = ({**parts, **{f"{name}{number}": b"" for number in range(count)}} for count in (3000, 4200))
    assert _open_with(hotel, hotel.api.upload(hotel.anna, files.zipped(few), DOCX)).ok(201)
    assert 700_000 < sum(fetched) <= LOOKED_AT
    fetched.clear()
    _open_with(hotel, hotel.api.upload(hotel.anna, files.zipped(many), DOCX)).problem(415, "unsupported_media_type")
    assert sum(fetched) <= 128 * 1024, "its directory is not asked for"


def test_a_zip_that_says_its_directory_is_nearly_all_of_it_is_refused_and_not_read(
    hotel: Hotel, fetched: list[int]
) -> None:
    content = files.zipped({**files.unzipped(files.docx()), "a": b""})
    padded = content[:100] + bytes(3_000_000) + content[100:]
    end = padded.rindex(b"PK\x05\x06")
    lying = padded[: end + 12] + (end - 50).to_bytes(4, "little") + (50).to_bytes(4, "little") + padded[end + 20 :]
    _open_with(hotel, hotel.api.upload(hotel.anna, lying, DOCX)).problem(415, "unsupported_media_type")
    assert sum(fetched) <= 128 * 1024
    assert _open_with(hotel, hotel.api.upload(hotel.anna, content, DOCX)).ok(201)


@pytest.mark.parametrize("upload_id", ["", "x", "0" * 31, "A" * 32, "a" * 5000, "../upload"])
def test_an_upload_id_that_is_none_is_not_found(hotel: Hotel, upload_id: str) -> None:
    body = {**hotel.request, "upload_id": upload_id}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(404, "not_found")
    assert hotel.api.get("/v1/tickets", hotel.anna)["items"] == [], "and nothing was opened without its file"


def test_the_longest_names_of_accounts_and_users_fit_every_key(hotel: Hotel) -> None:
    longest = "ქ" * 56
    token = hotel.api.running.hotel_token(longest, longest)
    number = hotel.open(token, upload_id=hotel.api.upload(token, PNG, "image/png"), key="k" * 128)["number"]
    assert (
        httpx.get(hotel.api.get(f"/v1/tickets/{number}/attachments/m1", token)["url"], trust_env=False).content == PNG
    )
    too_long = hotel.api.running.hotel_token("ქ" * 57, longest)
    hotel.api.call("GET", "/v1/tickets", token=too_long).problem(401, "unauthorized")


def test_a_message_without_a_file_has_no_link(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for id_ in ("m1", "m2", "x", "n1"):
        answer = hotel.api.call("GET", f"/v1/tickets/{number}/attachments/{id_}", token=hotel.anna)
        answer.problem(404, "not_found")


def test_the_signature_covers_what_was_declared(hotel: Hotel) -> None:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    signed = httpx.URL(ready["url"]).params["X-Amz-SignedHeaders"].split(";")
    assert {"content-length", "content-type", "if-none-match", "x-amz-checksum-sha256"} <= set(signed)
    assert ready["headers"]["x-amz-checksum-sha256"] == b64encode(hashlib.sha256(PNG).digest()).decode()


def test_on_aws_addresses_are_the_regions_own(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3's global address answers a PUT with a redirect for buckets of other regions, and the signature is lost."""
    del hotel
    from chalicelib.adapters import bucket

    monkeypatch.delenv("AWS_ENDPOINT_URL")
    bucket._s3.cache_clear()
    try:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        url = httpx.URL(bucket.presign_get("key", name="a.png", type_="image/png"))
        assert url.host.endswith(".s3.eu-central-1.amazonaws.com")
    finally:
        monkeypatch.undo()
        bucket._s3.cache_clear()
