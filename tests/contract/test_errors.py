"""One error shape, and what each wrong request is told."""

import json

import pytest

from tests.contract.conftest import Api, Hotel

LIMITS = {"subject": 200, "text": 20_000}


@pytest.mark.parametrize("field", ["topic", "subject", "text", "importance"])
def test_a_missing_field_is_named(hotel: Hotel, field: str) -> None:
    body = {name: value for name, value in hotel.request.items() if name != field}
    fields = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(400, "invalid_request")[
        "fields"
    ]
    assert fields == {field: "is missing"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", "weather"),
        ("topic", 1),
        ("subject", ""),
        ("subject", " \t "),
        ("subject", "x" * 201),
        ("subject", "a\x00b"),
        ("text", "\u0085"),
        ("text", "a\rb"),
        ("text", None),
        ("importance", "urgent"),
        ("languages", []),
        ("languages", ["de"]),
        ("languages", "ka"),
        ("upload_id", 1),
        ("context", {str(n): "x" for n in range(21)}),
        ("context", {"page": "x" * 201}),
        ("context", {"page": 1}),
        ("context", []),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_named(hotel: Hotel, field: str, value: object) -> None:
    body = {**hotel.request, field: value}
    fields = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=body).problem(400, "invalid_request")[
        "fields"
    ]
    assert {name.split(".")[0] for name in fields} == {field}
    assert all(fields.values())


@pytest.mark.parametrize(("field", "limit"), LIMITS.items())
def test_a_text_may_be_exactly_as_long_as_its_limit(hotel: Hotel, field: str, limit: int) -> None:
    assert hotel.open(**{field: "ქ" * limit})
    answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body={**hotel.request, field: "ქ" * (limit + 1)})
    assert field in answer.problem(400, "invalid_request")["fields"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"text": "\xff"}', b'{"text": "\\ud800"}']
)
def test_a_body_that_is_no_json_object_is_refused(hotel: Hotel, raw: bytes) -> None:
    hotel.api.call("POST", "/v1/tickets", token=hotel.anna, raw=raw).problem(400, "invalid_request")


def test_another_content_type_is_refused(hotel: Hotel) -> None:
    raw = json.dumps(hotel.request).encode()
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, raw=raw, headers={"Content-Type": type_})
        answer.problem(415, "unsupported_media_type")
    for type_ in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        headers = {"Content-Type": type_}
        assert hotel.api.call("POST", "/v1/tickets", token=hotel.anna, raw=raw, headers=headers).status == 201


def test_a_route_without_a_body_takes_none(hotel: Hotel) -> None:
    path = f"/v1/tickets/{hotel.open()['number']}/close"
    answer = hotel.api.call("POST", path, token=hotel.anna, body={"status": "open"})
    assert "body" in answer.problem(400, "invalid_request")["fields"]
    hotel.api.post(path, hotel.anna, {}, status=200)


def test_an_unknown_path_and_a_method_that_a_path_lacks_are_not_found(api: Api) -> None:
    for method, path in (("GET", "/v1/nothing"), ("DELETE", "/v1/health"), ("PUT", "/v1/tickets")):
        api.call(method, path).problem(404, "not_found")


def test_a_fault_of_ours_is_told_in_the_same_shape_without_a_traceback(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from chalicelib.routes import tickets

    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(tickets, "list_history", fail)
    answer = hotel.api.call("GET", "/v1/tickets", token=hotel.anna)
    answer.problem(500, "internal_error")
    assert "secret detail" not in json.dumps(answer.body)
    assert "RuntimeError" in {vars(each).get("error") for each in caplog.records}, "we are told, the caller is not"


@pytest.mark.parametrize("error", ["throttled", "timeout", "fault"])
def test_a_busy_table_is_told_as_try_again(hotel: Hotel, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    from botocore.exceptions import ClientError, ConnectTimeoutError

    from chalicelib.adapters.tables import CLIENT

    def client_error(code: str, status: int) -> ClientError:
        return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Query")  # type: ignore[typeddict-item]  # a few facts

    raised = {
        "throttled": client_error("ThrottlingException", 400),
        "timeout": ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
        "fault": client_error("InternalServerError", 500),
    }[error]

    def fail(*_: object) -> None:
        raise raised

    number = hotel.open()["number"]
    with monkeypatch.context() as patch:
        patch.setattr(CLIENT, "_make_api_call", fail)
        for method, path, body in (
            ("GET", "/v1/tickets", None),
            ("GET", f"/v1/tickets/{number}", None),
            ("POST", "/v1/tickets", hotel.request),
            ("POST", f"/v1/tickets/{number}/close", None),
        ):
            hotel.api.call(method, path, token=hotel.anna, body=body).problem(503, "try_again")
    hotel.view(number)


def test_only_allowed_origins_may_read_an_answer(hotel: Hotel) -> None:
    site, demo = hotel.api.running.facts["site_url"], hotel.api.running.facts["demo_url"]
    for origin, allowed in ((site, site), (demo, demo), ("https://evil.example", site), (None, site)):
        headers = {"Origin": origin} if origin else {}
        answer = hotel.api.call("GET", "/v1/catalog", token=hotel.anna, headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == allowed
        assert answer.headers["Vary"] == "Origin"


def test_every_answer_is_json_and_every_failure_at_the_edge_is_told(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from chalicelib.adapters import history
    from chalicelib.errors import DeskbellError

    assert hotel.api.call("GET", "/v1/catalog", token=hotel.anna).headers["Content-Type"] == "application/json"
    assert hotel.api.call("GET", "/v1/tickets/1", token=hotel.anna).headers["Content-Type"] == "application/json"

    def fail(*_: object, **__: object) -> None:
        raise DeskbellError

    monkeypatch.setattr(history, "list_rows", fail)
    hotel.api.call("GET", "/v1/tickets", token=hotel.anna).problem(500, "internal_error")
    assert "DeskbellError" in {vars(each).get("error") for each in caplog.records}
