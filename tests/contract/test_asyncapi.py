"""docs/asyncapi.yaml is what the frames' types make, is AsyncAPI 3, and its examples are frames."""

import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
import msgspec
import pytest
import yaml

from chalicelib.domain.chat import AWAY_AFTER
from chalicelib.domain.notification import parse_id
from chalicelib.services import frames
from chalicelib.services.frames import ClientFrame, NotificationFrame, ServerFrame
from infra import asyncapi
from infra.asyncapi import key, members, tag
from tests.contract.conftest import Hotel

SPECIFICATION = json.loads((Path(__file__).parents[1] / "cases" / "asyncapi-3.0.0.json").read_text())
SENT, TAKEN = members(ServerFrame), members(ClientFrame)
BROKEN: dict[str, Any] = {
    "an operation that neither sends nor receives": ("operations", "tellHotel", "action", "shout"),
    "a server without a protocol": ("servers", "aws", "protocol", None),
    "an address that is no text": ("channels", "socket", "address", 7),
    "messages that are no references": ("operations", "takeFrame", "messages", ["Ping"]),
    "a payload that is no schema": ("components", "schemas", "Ping", 1),
    "a query that is no schema": ("channels", "socket", "bindings", {"ws": {"query": 1}}),
}


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load(asyncapi.COMMITTED.read_text("utf-8"))


def examples(document: Any, frame: Any) -> list[Any]:
    return [each["payload"] for each in document["components"]["messages"][key(frame)]["examples"]]


def schema(document: Any, frame: Any) -> Any:
    """The frame's schema with all that it refers to."""
    return {**document["components"]["messages"][key(frame)]["payload"], "components": document["components"]}


def fits(schema: Any, value: Any) -> bool:
    """Whether it does. What checks it is of Rust, where no text has a surrogate alone and no pattern may name one."""
    readable = json.loads(json.dumps(schema).replace(r"\\ud800-\\udfff", ""))
    return jsonschema_rs.Draft7Validator(readable, validate_formats=True).is_valid(value)


def test_the_committed_document_is_the_one_that_the_types_make() -> None:
    assert asyncapi.COMMITTED.read_text("utf-8") == asyncapi.generated(), "run `make asyncapi`"


def test_it_keeps_to_the_specification(document: Any) -> None:
    found = jsonschema_rs.Draft7Validator(SPECIFICATION, validate_formats=True).iter_errors(document)
    assert [error.message for error in found] == []


@pytest.mark.parametrize("what", BROKEN)
def test_a_document_that_does_not_keep_to_the_specification_is_noticed(document: Any, what: str) -> None:
    broken = copy.deepcopy(document)
    *way, last, value = BROKEN[what]
    place = broken
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    assert not fits(SPECIFICATION, broken)


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(node: Any) -> Any:
        if isinstance(node, dict):
            yield from [node["$ref"]] if "$ref" in node else []
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from references(each)

    found = set(references(document))
    assert len(found) > 20
    for reference in found:
        place = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_every_frame_is_in_it_in_its_direction_and_nothing_else(document: Any) -> None:
    def used(operation: Any) -> set[str]:
        return {each["$ref"].rpartition("/")[2] for each in operation.get("messages", ())}

    operations = list(document["operations"].values())
    sent = [used(each) for each in operations if each["action"] == "send"]
    taken = [each for each in operations if each["action"] == "receive"]
    answers = [used(each["reply"]) for each in taken]
    assert set().union(*sent, *answers) == set(map(key, SENT))
    assert set().union(*map(used, taken)) == set(map(key, TAKEN))
    assert set(document["components"]["messages"]) == set(map(key, [*SENT, *TAKEN]))
    assert set(document["channels"]["socket"]["messages"]) == set(document["components"]["messages"])


def test_no_two_frames_of_one_direction_are_called_alike(document: Any) -> None:
    for direction in (SENT, TAKEN):
        names = [document["components"]["messages"][key(frame)]["name"] for frame in direction]
        assert names == list(map(tag, direction))
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("frame", [*SENT, *TAKEN], ids=key)
def test_every_message_has_words_and_examples_that_fit_its_schema(document: Any, frame: Any) -> None:
    """A field that is required is missed, and held to its type: none takes an object with this field."""
    assert document["components"]["messages"][key(frame)]["summary"].endswith(".")
    shown = examples(document, frame)
    assert shown
    for example in shown:
        assert fits(schema(document, frame), example)
        for name in schema(document, frame)["components"]["schemas"][frame.__name__]["required"]:
            assert not fits(schema(document, frame), {key: example[key] for key in example if key != name}), name
            assert not fits(schema(document, frame), {**example, name: {"no such": 1}}), name


def test_an_example_is_what_the_service_sends(document: Any) -> None:
    for frame in SENT:
        for example in examples(document, frame):
            sent: Any = msgspec.convert(example, frame)
            assert json.loads(frames.encode(sent)) == example


def test_an_example_of_a_client_is_taken_by_the_service(document: Any) -> None:
    for frame in TAKEN:
        for example in examples(document, frame):
            assert isinstance(frames.decode(json.dumps(example)), frame)
            with pytest.raises(frames.RefusedFrame):
                frames.decode(json.dumps({**example, "action": "no such"}))


def test_a_client_says_nothing_of_what_it_leaves_out(document: Any) -> None:
    def nothings(value: Any) -> list[Any]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [each for part in inner for each in nothings(part)] + ([value] if value is None else [])

    assert [nothings(each) for frame in TAKEN for each in examples(document, frame)] == [[]] * sum(
        len(examples(document, frame)) for frame in TAKEN
    )


@pytest.mark.usefixtures("api")
def test_the_limits_that_it_tells_are_those_that_hold(document: Any) -> None:
    from chalicelib.services.rate import FRAMES_A_MINUTE

    words = document["info"]["description"]
    told = [
        f"of at most {frames.LARGEST} bytes",
        f"every one over {FRAMES_A_MINUTE} in a minute",
        f"for\n{AWAY_AFTER.seconds} seconds is away",
    ]
    assert [each for each in told if each not in words] == []


def test_the_ids_of_shown_notifications_are_real_ones(document: Any) -> None:
    for example in examples(document, NotificationFrame):
        answered = parse_id(example["notification"]["id"])
        assert answered is not None
        assert answered.number == example["notification"]["ticket"]


def test_the_address_that_a_page_gets_has_the_ticket_where_the_document_says(document: Any, hotel: Hotel) -> None:
    url = urlsplit(hotel.api.post("/v1/connections", hotel.anna)["url"])
    query = document["channels"]["socket"]["bindings"]["ws"]["query"]
    assert fits(query, dict(parse_qsl(url.query)))
    assert not fits(query, {})
    (security,) = document["components"]["securitySchemes"].values()
    assert security["name"] in query["required"]
    assert url.path.endswith(document["servers"]["aws"]["pathname"])
