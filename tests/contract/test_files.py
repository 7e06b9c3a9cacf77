"""One file a message: declared, put, claimed, downloaded."""

import io
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from tests.contract.conftest import Hotel, declaration


def _image(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, kind)
    return file.getvalue()


PNG, JPEG, PDF = _image("PNG"), _image("JPEG"), _image("PDF")
REAL = [(PNG, "image/png"), (JPEG, "image/jpeg"), (PDF, "application/pdf")]
HTML = b"<!doctype html><script>alert(1)</script>"


def _put(ready: dict[str, object], content: bytes, **headers: str) -> httpx.Response:
    given = {**ready["headers"], **headers}  # type: ignore[dict-item]
    return httpx.put(str(ready["url"]), content=content, headers=given, trust_env=False)


@pytest.mark.parametrize(("content", "type_"), REAL)
def test_a_file_travels_from_the_hotel_to_whoever_may_see_the_ticket(hotel: Hotel, content: bytes, type_: str) -> None:
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
        disposition = got.headers["content-disposition"]
        assert disposition.startswith("attachment;")
        ending = {"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf"}[type_]
        assert disposition.endswith(f"filename*=UTF-8''{quote(f'ეკრანი (1).x{ending}', safe='')}")


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


@pytest.mark.parametrize("content", [content for content, _ in REAL])
@pytest.mark.parametrize("type_", [type_ for _, type_ in REAL])
def test_content_that_is_not_its_declared_type_is_refused_when_it_is_claimed(
    hotel: Hotel, content: bytes, type_: str
) -> None:
    upload_id = hotel.api.upload(hotel.anna, content, type_)
    body = {**hotel.request, "upload_id": upload_id}
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body)
    if (content, type_) in REAL:
        answer.ok(201)
    else:
        answer.problem(415, "unsupported_media_type")
        assert hotel.api.get("/v1/tickets", hotel.anna)["items"] == []


@pytest.mark.parametrize("type_", ["text/html", "image/svg+xml", "application/zip", "application/x-msdownload", "x"])
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
        ("size", 50 * 1024 * 1024 + 1),
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


def test_exactly_the_largest_size_may_be_declared(hotel: Hotel) -> None:
    good = {**declaration(PNG, "image/png", "a.png"), "size": 50 * 1024 * 1024}
    assert hotel.api.post("/v1/uploads", hotel.anna, good)["method"] == "PUT"


def test_s3_itself_refuses_other_bytes_another_size_and_a_second_put(hotel: Hotel) -> None:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    other = PNG[:-1] + bytes([PNG[-1] ^ 1])
    assert _put(ready, other).status_code >= 400
    assert _put(ready, PNG + b"x", **{"content-length": str(len(PNG) + 1)}).status_code >= 400
    assert _put(ready, PNG, **{"content-type": "text/html"}).status_code >= 400
    assert _put(ready, PNG, **{"if-none-match": ""}).status_code >= 400
    assert _put(ready, PNG).status_code == 200
    assert _put(ready, PNG).status_code == 412


def test_an_upload_whose_bytes_never_came_is_refused_and_works_once_they_have(hotel: Hotel) -> None:
    ready = hotel.api.post("/v1/uploads", hotel.anna, declaration(PNG, "image/png", "a.png"))
    body, headers = {**hotel.request, "upload_id": ready["upload_id"]}, {"Idempotency-Key": "one"}
    early = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body, headers=headers)
    early.problem(409, "upload_missing")
    _put(ready, PNG).raise_for_status()
    assert hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body, headers=headers).ok(201)


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
    stale = hotel.api.upload(hotel.anna, PNG, "image/png")
    body = {**hotel.request, "upload_id": stale}
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(404, "not_found")
    assert hotel.open(upload_id=fresh)["messages"][0]["attachment"]


def test_a_file_name_loses_its_path_and_what_hides_its_ending(hotel: Hotel) -> None:
    upload_id = hotel.api.upload(hotel.anna, PNG, "image/png", name='../../C:\\a\\\u202egnp.exe".png')
    attachment = hotel.open(upload_id=upload_id)["messages"][0]["attachment"]
    assert attachment["name"] == 'gnp.exe".png'


def test_a_script_that_calls_itself_a_document_is_saved_as_one(hotel: Hotel) -> None:
    script = b"%PDF-\r\ncalc.exe\r\n"
    number = hotel.open(upload_id=hotel.api.upload(hotel.anna, script, "application/pdf", name="report.bat"))["number"]
    url = hotel.api.get(f"/v1/agent/tickets/{number}/attachments/m1", hotel.agent)["url"]
    got = httpx.get(url, trust_env=False)
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].endswith("UTF-8''report.bat.pdf")


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
    assert ready["headers"]["x-amz-checksum-sha256"] == b64encode(__import__("hashlib").sha256(PNG).digest()).decode()


def test_on_aws_addresses_are_the_regions_own(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3's global address answers a PUT with a redirect for buckets of other regions, and the signature is lost."""
    del hotel
    from chalicelib.adapters import uploads

    monkeypatch.delenv("AWS_ENDPOINT_URL")
    uploads._s3.cache_clear()
    try:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        url = httpx.URL(uploads.presign_get("key", name="a.png", type_="image/png"))
        assert url.host.endswith(".s3.eu-central-1.amazonaws.com")
    finally:
        monkeypatch.undo()
        uploads._s3.cache_clear()
