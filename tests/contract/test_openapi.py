"""The published document is the code's, and the committed one is the published one."""

import json
from pathlib import Path

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
