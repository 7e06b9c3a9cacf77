"""Front matter: the YAML before a page's text."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from pages.importing.report import Refused

_BLOCK = re.compile(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|$)", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--[ \t]*\n(.*?\n)-->", re.DOTALL)
"""How Wiki.js keeps it in HTML."""


_LONGEST_NUMBER = 256
"""In bits; Python refuses to write out very long ones, and no title is one."""


def split(text: str) -> tuple[Mapping[str, Any], str]:
    """The front matter, empty when there is none, and the text behind it; Refused when it cannot be read."""
    block = _BLOCK.match(text)
    found = block or _COMMENT.match(text)
    if found is None:
        return {}, text
    try:
        facts = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, RecursionError):  # the last but one: odd tags
        if block:
            raise Refused("its front matter, between the two `---` lines, is not YAML") from None
        facts = None
    return (facts, text[found.end() :]) if isinstance(facts, dict) else ({}, text)


def compose(facts: Mapping[str, Any], body: str) -> str:
    """An article's file."""
    head = yaml.safe_dump(dict(facts), allow_unicode=True, default_flow_style=None, sort_keys=False, width=10**6)
    return f"---\n{head}---\n{body}"


def line(value: object) -> str:
    """A value as one line of text without control characters; empty when it is not a plain value."""
    if not isinstance(value, str | int | float) or (isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())


def lines(value: object) -> list[str]:
    """A list's values, or those between commas, without the empty ones."""
    values = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return list(dict.fromkeys(text for each in values if (text := line(each))))


def day(value: object) -> date | None:
    """The day of a date, of a time, or of a text that begins with one (ISO 8601)."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
