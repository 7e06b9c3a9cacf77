"""Templates: what is filled in is text, unless it was made of safe HTML; a name that a template lacks is an error."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def fill(template: str, **facts: Any) -> str:
    """The template with these facts; jinja2.UndefinedError where one is missing."""
    return _templates().get_template(template).render(**facts)


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
