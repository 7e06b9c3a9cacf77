"""Names that are safe in an address: Georgian and Cyrillic letters by their national schemes, the rest as ASCII."""

import re
import unicodedata
from collections.abc import Container, Mapping
from itertools import chain, count

from chalicelib.domain.text import Language

_LONGEST = 60
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`]")


def _scheme(letters: str, latin: str) -> dict[int, str]:
    return {ord(letter): each.strip(".") for letter, each in zip(letters, latin.split(), strict=True)}


_GEORGIAN = _scheme(
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ", "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h"
)
"""The national system of 2002, without its apostrophes."""
_RUSSIAN = _scheme(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch ie y . e iu ia",
)
"""That of Russian passports: ICAO Doc 9303-3, 6.B."""
_UKRAINIAN = _scheme(
    "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch . iu ia"
)
"""That of the Cabinet of Ministers' resolution 55 of 2010: https://zakon.rada.gov.ua/laws/show/55-2010-п."""
_UKRAINIAN_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_POLISH = {ord("ł"): "l"}
_LATIN: Mapping[Language, dict[int, str]] = {
    locale: _POLISH | _GEORGIAN | _UKRAINIAN | _RUSSIAN | (_UKRAINIAN if locale == "uk" else {})
    for locale in ("ka", "en", "ru", "uk", "pl")
}


def slug(text: str, locale: Language) -> str:
    """The text as an id: `a-z`, `0-9` and single hyphens, at most 60 characters; empty when nothing is left of it."""
    lower = _APOSTROPHES.sub("", unicodedata.normalize("NFC", text).lower())
    if locale == "uk":
        lower = re.sub(r"\b[єїйюя]", lambda match: _UKRAINIAN_FIRST[match[0]], lower.replace("зг", "zgh"))
    ascii_ = unicodedata.normalize("NFKD", lower.translate(_LATIN[locale])).encode("ascii", "ignore").decode().lower()
    return _shortened(re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-"))


def _shortened(id_: str) -> str:
    if len(id_) <= _LONGEST:
        return id_
    return (id_[: _LONGEST + 1].rpartition("-")[0] or id_[:_LONGEST]).strip("-")


def unique(wanted: str, taken: Container[str]) -> str:
    """The wanted id, or the first of wanted-2, wanted-3… that is not taken."""
    return next(each for each in chain([wanted], (f"{wanted}-{n}" for n in count(2))) if each not in taken)


def words(name: str) -> str:
    """A file's or folder's name as words."""
    spaced = re.sub(r"[\W_]+", " ", name).strip()
    return spaced[:1].upper() + spaced[1:]
