"""Arrows point down: the app is on top, and nobody imports it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports_app(source: str) -> bool:
    """Whether this source imports the module `app`, at whatever depth."""
    names = [
        name
        for node in ast.walk(ast.parse(source))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and node.level == 0
            else []
        )
    ]
    return any(name.partition(".")[0] == "app" for name in names)


MAKES_THE_DOCUMENT = "infra/openapi.py"
"""The one tool that loads the app: docs/openapi.json is made of its routes."""


@pytest.mark.parametrize("room", ["chalicelib", "local", "infra", "pages"])
def test_nobody_imports_the_app(room):
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    importing = {str(file.relative_to(ROOT)) for file in files if imports_app(file.read_text("utf-8"))}
    assert importing - {MAKES_THE_DOCUMENT} == set()


@pytest.mark.parametrize(
    "source",
    ["import app", "import json, app", "import app as deskbell", "from app import app", "def f():\n    import app"],
)
def test_an_import_of_the_app_is_seen(source):
    assert imports_app(source)


@pytest.mark.parametrize("source", ["import apple", "from chalice import app", "from . import app", "app = 1", "# app"])
def test_another_import_is_not_taken_for_it(source):
    assert not imports_app(source)


DIFFERENCES = (ROOT / "docs" / "aws-differences.md").read_text("utf-8")
NAMED = re.compile(r"`(?:tests/)?((?:unit|contract|e2e)/test_\w+\.py)?(?:::(test_\w+))?`")
NOT_RUN = "not run on AWS"


def unproven(text: str) -> list[str]:
    """The rows of its tables that name no test and do not say that none plays AWS."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    heads = {index - 1 for index, row in enumerate(rows) if set("".join(row)) <= set("-|")}
    facts = [row for index, row in enumerate(rows) if index not in heads and index - 1 not in heads]
    return [row[0] for row in facts if NOT_RUN not in row[-1] and not re.search(r"::test_\w+`", row[-1])]


def missing(text: str) -> list[str]:
    """The tests that it names and that there are not; `::test_x` is one of the file named before it."""
    file, gone = "", []
    for named in NAMED.finditer(text):
        file = named[1] or file
        path = ROOT / "tests" / file
        tests = path.read_text("utf-8") if path.is_file() else ""
        if not tests or (named[2] and f"def {named[2]}(" not in tests):
            gone.append(f"{file}::{named[2]}")
    return gone


def test_every_difference_from_aws_has_a_test_or_says_that_it_has_none():
    assert DIFFERENCES.count("\n| ") > 50
    assert unproven(DIFFERENCES) == []


def test_every_test_that_a_difference_from_aws_names_is_there():
    assert len(NAMED.findall(DIFFERENCES)) > 50
    assert missing(DIFFERENCES) == []


@pytest.mark.parametrize("told", ["none", "", "`contract/test_sweep.py`", "seen by eye"])
def test_a_difference_that_is_held_by_nothing_is_seen(told):
    assert unproven(f"| what | test |\n|---|---|\n| TTL | {told} |\n| Keys | `::test_x` |") == ["TTL"]


@pytest.mark.parametrize(
    "named", ["`contract/test_nothing.py`", "`unit/test_house.py::test_gone`", "`unit/test_house.py`, `::test_gone`"]
)
def test_a_test_that_is_gone_is_missed(named):
    assert len(missing(named)) == 1
