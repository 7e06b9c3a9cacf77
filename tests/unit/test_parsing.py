"""What does not fit is told by field and by what is wrong with it."""

from typing import Annotated, Any

import msgspec
import pytest
from chalice.app import MultiDict

from chalicelib.domain.text import CLEAN_MEANING, Language, ShortText, Subject
from chalicelib.errors import InvalidRequest, UnsupportedMediaType
from chalicelib.routes.parsing import parse_body, parse_if_match, parse_key, parse_query

JSON = "application/json"


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a body."""

    beds: int
    notes: dict[ShortText, ShortText] = {}


class Booking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body for these tests."""

    subject: Subject
    room: Room | None = None
    rooms: tuple[Room, ...] = ()
    languages: tuple[Language, ...] = ()


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query for these tests."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25
    cursor: str | None = None
    unread: bool = False


def body(raw: bytes | str, content_type: str | None = JSON) -> Any:
    return parse_body(Booking, raw.encode() if isinstance(raw, str) else raw, content_type)


def query(**given: list[str]) -> Any:
    return parse_query(Page, MultiDict(given))


def fields_of(refused: pytest.ExceptionInfo[InvalidRequest]) -> dict[str, str]:
    assert refused.value.status == 400
    assert list(refused.value.details) == ["fields"]
    fields: dict[str, str] = refused.value.details["fields"]
    return fields


def test_a_body_becomes_its_type():
    assert body('{"subject": "a", "room": {"beds": 2}}') == Booking("a", Room(2))


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ('{"subject": "a", "colour": 1}', {"colour": "is not a field of this request"}),
        ('{"subject": "a", "Subject": "a"}', {"Subject": "is not a field of this request"}),
        ('{"subject": "a", "room": {"beds": 1, "view": 1}}', {"room.view": "is not a field of this request"}),
        ('{"subject": "a", "rooms": [{"beds": 1, "view": 1}]}', {"rooms.view": "is not a field of this request"}),
        ("{}", {"subject": "is missing"}),
        ('{"subject": "a", "room": {}}', {"room.beds": "is missing"}),
        ('{"subject": "a", "rooms": [{"beds": 1}, {}]}', {"rooms.beds": "is missing"}),
        ('{"subject": 1}', {"subject": "Expected `str`, got `int`"}),
        ('{"subject": null}', {"subject": "Expected `str`, got `null`"}),
        ('{"subject": "a", "room": {"beds": "1"}}', {"room.beds": "Expected `int`, got `str`"}),
        ('{"subject": "a", "room": {"beds": true}}', {"room.beds": "Expected `int`, got `bool`"}),
        ('{"subject": "a", "rooms": [{"beds": []}]}', {"rooms.beds": "Expected `int`, got `array`"}),
        ('{"subject": "a", "room": {"beds": 1, "notes": {"k": 1}}}', {"room.notes": "Expected `str`, got `int`"}),
        ('{"subject": " "}', {"subject": CLEAN_MEANING}),
        ('{"subject": "a\\u0000"}', {"subject": CLEAN_MEANING}),
        ("[]", {"body": "Expected `object`, got `array`"}),
        ("null", {"body": "Expected `object`, got `null`"}),
        ('"subject"', {"body": "Expected `object`, got `str`"}),
    ],
)
def test_a_body_that_does_not_fit_is_told_by_field(raw, fields):
    with pytest.raises(InvalidRequest) as refused:
        body(raw)
    assert fields_of(refused) == fields


def test_a_text_that_is_too_long_is_told_with_its_limit():
    assert body(f'{{"subject": "{"a" * 200}"}}')
    with pytest.raises(InvalidRequest) as refused:
        body(f'{{"subject": "{"a" * 201}"}}')
    assert "200" in fields_of(refused)["subject"]


def test_a_wrong_language_is_told_by_its_field_and_not_as_a_text():
    assert body('{"subject": "a", "languages": ["ka"]}')
    with pytest.raises(InvalidRequest) as refused:
        body('{"subject": "a", "languages": ["ka", "de"]}')
    assert list(fields_of(refused)) == ["languages"]
    assert fields_of(refused)["languages"] != CLEAN_MEANING


@pytest.mark.parametrize("key", ["", " ", "a\\u0000", "a" * 201])
def test_a_wrong_key_is_told_by_the_field_it_is_in(key):
    with pytest.raises(InvalidRequest) as refused:
        body(f'{{"subject": "a", "room": {{"beds": 1, "notes": {{"{key}": "x"}}}}}}')
    assert list(fields_of(refused)) == ["room.notes"]


def test_a_field_may_have_any_name_and_is_told():
    with pytest.raises(InvalidRequest) as refused:
        body('{"subject": "a", "self": 1}')
    assert fields_of(refused) == {"self": "is not a field of this request"}


@pytest.mark.parametrize("values", [["1"], ["1", "2"]], ids=["once", "twice"])
def test_a_parameter_may_have_any_name_and_is_told(values):
    with pytest.raises(InvalidRequest) as refused:
        query(self=values)
    assert list(fields_of(refused)) == ["self"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"subject": "a"',
        b'{"subject": "a"} {}',
        b"{'subject': 'a'}",
        b'{"subject": "a",}',
        b"subject=a",
        b'{"subject": "\xff"}',
        b'{"subject": "\xed\xa0\x80"}',
        rb'{"subject": "\ud800"}',
        '{"subject": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"subject": "a"}',
    ],
)
def test_what_is_not_json_in_utf8_is_told_of_the_body(raw):
    assert body(b'{"subject": "a"}')
    with pytest.raises(InvalidRequest) as refused:
        body(raw)
    assert fields_of(refused) == {"body": "is not JSON in UTF-8"}


def test_deep_nesting_is_refused_like_any_other_body():
    with pytest.raises(InvalidRequest):
        body('{"subject": ' + "[" * 100_000)
    with pytest.raises(InvalidRequest):
        body("[" * 100_000 + "]" * 100_000)


@pytest.mark.parametrize(
    "content_type", [JSON, f"{JSON}; charset=utf-8", f"{JSON};charset=UTF-8", "Application/JSON", f" {JSON} ", "", None]
)
def test_a_body_is_json_by_its_content_type_or_without_one(content_type):
    assert body('{"subject": "a"}', content_type) == Booking("a")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "text/json", "application/jsonp", "application/json+x", "multipart/form-data; boundary=x", "json"],
)
def test_a_body_of_another_content_type_is_not_taken(content_type):
    assert body('{"subject": "a"}')
    with pytest.raises(UnsupportedMediaType) as refused:
        body('{"subject": "a"}', content_type)
    assert refused.value.status == 415


@pytest.mark.parametrize("raw", [b"", b" \n", b"{}", b" {} "])
@pytest.mark.parametrize("content_type", [None, JSON, "text/plain"])
def test_a_route_without_a_body_takes_none_or_an_empty_one(raw, content_type):
    assert parse_body(None, raw, content_type) is None


@pytest.mark.parametrize("raw", [b'{"subject": "a"}', b"[]", b"null", b"x"])
def test_a_route_without_a_body_refuses_one(raw):
    assert parse_body(None, b"{}", JSON) is None
    with pytest.raises(InvalidRequest) as refused:
        parse_body(None, raw, JSON)
    assert fields_of(refused) == {"body": "must be empty"}


@pytest.mark.parametrize("params", [None, MultiDict({})], ids=["none", "empty"])
def test_a_query_without_parameters_has_its_defaults(params):
    assert parse_query(Page, params) == Page()


def test_a_query_becomes_its_type():
    assert query(limit=["1"], cursor=["1"], unread=["true"]) == Page(1, "1", unread=True)


@pytest.mark.parametrize(("limit", "number"), [("1", 1), ("25", 25), ("100", 100)])
def test_a_number_in_a_query_is_read(limit, number):
    assert query(limit=[limit]).limit == number


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "", " 1", "1 ", "one", "1.5", "0x10", "1_0", "\u0663", "null", "9" * 30]
)
def test_a_wrong_number_in_a_query_is_told(limit):
    assert query(limit=["10"]).limit == 10
    with pytest.raises(InvalidRequest) as refused:
        query(limit=[limit])
    assert list(fields_of(refused)) == ["limit"]


@pytest.mark.parametrize("values", [["1", "2"], ["1", "1"], []])
def test_a_parameter_stands_once(values):
    assert query(limit=["1"]).limit == 1
    with pytest.raises(InvalidRequest) as refused:
        query(limit=values)
    assert fields_of(refused) == {"limit": "must be given once"}


@pytest.mark.parametrize("name", ["page", "Limit", "limit[]", "", "limit "])
def test_an_unknown_parameter_is_told(name):
    with pytest.raises(InvalidRequest) as refused:
        query(**{name: ["1"]})
    assert fields_of(refused) == {name: "is not a field of this request"}


@pytest.mark.parametrize("key", ["a", " ", "~", "0f6d7a52-8a2e-4a44-bb0a-3f2f4a0d7f11", "x" * 128, None])
def test_a_key_is_of_1_to_128_printable_characters(key):
    assert parse_key(key) == key


@pytest.mark.parametrize("key", ["", "x" * 129, "a\n", "a\tb", "a\x00", "\x7f", "ა", "é", "a\u00a0b"], ids=ascii)
def test_another_key_is_told_by_its_header(key):
    assert parse_key("x") == "x"
    with pytest.raises(InvalidRequest) as refused:
        parse_key(key)
    assert list(fields_of(refused)) == ["Idempotency-Key"]


@pytest.mark.parametrize("header", ["7", '"7"', 'W/"7"', " 7 ", ' "7" '])
def test_a_version_may_be_written_plain_quoted_or_weak(header):
    assert parse_if_match(header) == 7


def test_without_a_version_there_is_none():
    assert parse_if_match(None) is None


@pytest.mark.parametrize(
    "header", ["", "*", "x", "-7", "7.0", '"7", "8"', "7,8", "0x7", "\u0667", "1" * 10, '""', "'7'", "w/7"]
)
def test_another_version_is_told_by_its_header(header):
    assert parse_if_match("1" * 9) == 111_111_111
    with pytest.raises(InvalidRequest) as refused:
        parse_if_match(header)
    assert list(fields_of(refused)) == ["If-Match"]
