"""What the contacts page says in five languages; a text that lacks one does not load."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from chalicelib.catalog import Texts
from chalicelib.domain.text import Language

_SPOKEN = ("title", "open", "closed", "until", "again", "today", "tomorrow", "on_date")
"""What the page's script says."""


class Weekday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day in a list of hours, and where something happens on it ("on Monday")."""

    name: Texts
    on: Texts


class ContactsTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of contacts_texts.toml, which says what each is for; zones by their IANA names."""

    title: Texts
    lead: Texts
    phones: Texts
    emails: Texts
    hours: Texts
    unknown: Texts
    every_day: Texts
    around_the_clock: Texts
    days: Texts
    times: Texts
    holidays: Texts
    holiday: Texts
    open: Texts
    closed: Texts
    until: Texts
    again: Texts
    today: Texts
    tomorrow: Texts
    on_date: Texts
    zones: dict[str, Texts]
    weekday: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=7, max_length=7)]
    month: Annotated[tuple[Texts, ...], msgspec.Meta(min_length=12, max_length=12)]

    def zone(self, name: str, locale: Language) -> str:
        """How this zone's time is told, as in "9:00 Moscow time"; by its own name where no text is known."""
        return self.zones[name].in_(locale) if name in self.zones else f"({name})"

    def spoken(self, locale: Language) -> dict[str, Any]:
        """The words with which the page's script tells what is open: `Words` of web/src/contacts/telling.ts."""
        return {
            **{id_: getattr(self, id_).in_(locale) for id_ in _SPOKEN},
            "weekdays": [each.on.in_(locale) for each in self.weekday],
            "months": [each.in_(locale) for each in self.month],
        }


@cache
def contacts_texts() -> ContactsTexts:
    """All of them; msgspec.ValidationError names a missing text, and the language that it lacks."""
    return msgspec.convert(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")), ContactsTexts)
