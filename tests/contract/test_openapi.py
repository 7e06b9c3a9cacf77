"""The published document is the code's, and the committed one is the published one."""

import json
from pathlib import Path
from typing import Any

from tests.contract.conftest import Api

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_the_one_that_the_code_makes(api: Api) -> None:
    served = api.call("GET", "/v1/openapi.json").ok()
    assert json.loads(COMMITTED.read_text()) == served, "run `make openapi`"


def test_every_route_is_in_the_document_and_nothing_else(api: Api) -> None:
    paths = api.call("GET", "/v1/openapi.json").ok()["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert documented == {(method, path) for path, methods in api.app.routes.items() for method in methods}


def test_every_operation_has_words_a_success_and_its_errors(api: Api) -> None:
    for methods in api.call("GET", "/v1/openapi.json").ok()["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith(".")
            statuses = set(operation["responses"])
            assert statuses & {"200", "201", "204"}
            assert {"400", "500"} <= statuses
            assert ("security" in operation) == ("401" in statuses)


def test_every_body_and_every_answer_has_an_example_that_is_one(api: Api) -> None:
    import msgspec

    from chalicelib.routes import openapi

    paths = api.call("GET", "/v1/openapi.json").ok()["paths"]
    for endpoint in openapi._ENDPOINTS:
        operation = paths[endpoint.path][endpoint.method.lower()]
        success = operation["responses"][str(endpoint.status)]
        if endpoint.body is not None:
            assert msgspec.convert(_example(operation["requestBody"]), endpoint.body), endpoint.path
        if endpoint.answer is not None:
            example = _example(success)
            assert json.loads(msgspec.json.encode(msgspec.convert(example, endpoint.answer))) == example, endpoint.path
    assert set(openapi.examples()) == {endpoint.view.__name__ for endpoint in openapi._ENDPOINTS}


def _example(place: Any) -> Any:
    return place["content"]["application/json"]["example"]
