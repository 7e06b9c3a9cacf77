"""Arrows point down: the app is on top, and nobody imports it."""

import ast
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


@pytest.mark.parametrize("room", ["chalicelib", "local", "infra"])
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
