"""What mutmut's calls of pytest need: a clean stack, fast tests first, and whose test a module's own lines are."""

from collections import defaultdict
from collections.abc import Generator
from typing import Any

import pytest
from mutmut.state import state

from tests.conftest import Running
from tests.mutants.areas import is_tested_by

_at_import: dict[str, set[str]] = defaultdict(set)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests first, and what is done soonest: most mutants end there, in a fraction of the time."""
    items.sort(key=lambda item: ("unit" not in item.path.parts, state().duration_by_test.get(item.nodeid, 0)))


def pytest_collection_finish() -> None:
    """What ran while modules were loaded belongs to no test; mutmut would give it to whichever comes first."""
    for function in state()._stats:
        _at_import[_module(function)].add(function)
    state()._stats.clear()


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A mutant with which the tests do not even load is one that they notice; mutmut would call it a timeout."""
    if report.failed:
        pytest.exit(str(report.longrepr), pytest.ExitCode.TESTS_FAILED)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """It belongs to each test that runs anything else of its module; and a test, to the areas that it is about."""
    found = state()._stats
    for module in {_module(function) for function in found}:
        found |= _at_import[module]
    found -= {function for function in found if not is_tested_by(function, item.nodeid)}


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """The shared stack, without what an earlier mutant may have left there."""
    value = yield
    if fixturedef.argname == "running":
        _empty(value)
    return value


def _module(function: str) -> str:
    return function.rpartition(".")[0]


def _empty(running: Running) -> None:
    deployment = running.stack.deployment
    outputs, dynamodb, s3 = deployment.outputs(), deployment.client("dynamodb"), deployment.client("s3")
    for name in ("TicketsTableName", "LiveTableName"):
        for page in dynamodb.get_paginator("scan").paginate(TableName=outputs[name]):
            for item in page["Items"]:
                dynamodb.delete_item(TableName=outputs[name], Key={"pk": item["pk"], "sk": item["sk"]})
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=outputs["AttachmentsBucketName"]):
        for stored in page.get("Contents", []):
            s3.delete_object(Bucket=outputs["AttachmentsBucketName"], Key=stored["Key"])
