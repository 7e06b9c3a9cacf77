"""From what arrived to typed values; what does not fit is InvalidRequest with the field and what is wrong with it."""

import re
from typing import Any

import msgspec

from chalicelib.domain.text import CLEAN_MEANING
from chalicelib.errors import InvalidRequest, UnsupportedMediaType

_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")
_KEY = re.compile(r"[\x20-\x7e]{1,128}")
_VERSION = re.compile(r'([0-9]{1,9})|(?:W/)?"([0-9]{1,9})"')


def parse_body(type_: Any, raw: bytes, content_type: str | None) -> Any:
    """The body as its type; a route without one takes an empty body or `{}`."""
    if type_ is None:
        if raw.translate(None, b" \t\r\n") not in {b"", b"{}"}:
            raise InvalidRequest({"body": "must be empty"})
        return None
    if (content_type or "application/json").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType("The body must be application/json.")
    try:
        return msgspec.json.decode(raw, type=type_)
    except msgspec.ValidationError as error:
        raise _refused(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidRequest({"body": "is not JSON in UTF-8"}) from None


def parse_query(type_: Any, params: Any) -> Any:
    """The query's parameters as their type; each may stand once."""
    given: dict[str, str] = {}
    for name in params or ():
        values = params.getlist(name)
        if len(values) != 1:
            raise InvalidRequest({name: "must be given once"})
        given[name] = values[0]
    try:
        query = msgspec.convert(given, type_, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(error) from None
    for name in given:
        if getattr(query, name) is None:  # msgspec reads the text "null" as nothing
            raise InvalidRequest({name: "is not a value"})
    return query


def parse_key(header: str | None) -> str | None:
    """An Idempotency-Key of 1 to 128 printable characters, or None."""
    if header is not None and _KEY.fullmatch(header) is None:
        raise InvalidRequest({"Idempotency-Key": "must be 1 to 128 printable ASCII characters"})
    return header


def parse_if_match(header: str | None) -> int | None:
    """The ticket's version in an If-Match header, quoted or not, or None."""
    if header is None:
        return None
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise InvalidRequest({"If-Match": "must be the ticket's version"})
    return int(match[1] or match[2])


def _refused(error: msgspec.ValidationError) -> InvalidRequest:
    sentence = str(error)
    place = _PLACE.search(sentence)
    path = re.sub(r"\[\.\.\.\]|\[[0-9]+\]", "", place[1]) if place else ""
    what = sentence[: place.start()] if place else sentence
    for pattern, meaning in ((_UNKNOWN, "is not a field of this request"), (_MISSING, "is missing")):
        if found := pattern.search(what):
            return InvalidRequest({f"{path}.{found[1]}".lstrip("."): meaning})
    if "matching regex" in what and r"\S" in what:
        what = CLEAN_MEANING
    if "RFC3339 encoded date" in what:
        what = "is not a calendar day like 2026-11-22"
    return InvalidRequest({path or "body": what})
