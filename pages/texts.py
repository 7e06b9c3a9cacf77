"""What the pages say in five languages, and in which language an article is shown that one of them lacks."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import msgspec

from chalicelib.catalog import Texts
from chalicelib.domain.text import LANGUAGES, Language

NAMES: Mapping[Language, str] = {
    "ka": "ქართული",
    "en": "English",
    "ru": "Русский",
    "uk": "Українська",
    "pl": "Polski",
}
"""Each language in its own words."""
_NEXT_BEST: Mapping[Language, tuple[Language, ...]] = {
    "ka": ("en", "ru", "uk", "pl"),
    "en": ("ru", "uk", "pl", "ka"),
    "ru": ("en", "uk", "pl", "ka"),
    "uk": ("en", "ru", "pl", "ka"),
    "pl": ("en", "uk", "ru", "ka"),
}


def preferred(locale: Language) -> tuple[Language, ...]:
    """The languages in which a reader of this one is served, best first."""
    return (locale, *_NEXT_BEST[locale])


def texts(locale: Language) -> SimpleNamespace:
    """The texts in this language, by their ids as attributes."""
    return SimpleNamespace(**{id_: each.in_(locale) for id_, each in _all().items()})


@cache
def _all() -> dict[str, Texts]:
    """Raises msgspec.ValidationError where a text lacks a language."""
    return msgspec.convert(tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8")), dict[str, Texts])


assert set(NAMES) == set(_NEXT_BEST) == set(LANGUAGES)
