"""Whom to call and to write to, and who is there now: for everyone, also for who cannot sign in."""

from datetime import datetime

import msgspec

from chalicelib import catalog
from chalicelib.catalog import Service
from chalicelib.domain.calendar import Interval, is_open, next_change
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.text import Language
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services.wire import Time

routes = Routes(__name__, "everyone")


class ContactsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The language of the texts; English without it."""

    locale: Language = "en"


class PhoneAnswer(msgspec.Struct, frozen=True):
    """A number to call in a country, with the country's ISO 3166 code."""

    country: str
    country_code: str
    number: str
    note: str


class EmailAnswer(msgspec.Struct, frozen=True):
    """An address to write to, and what for."""

    address: str
    purpose: str


class HoursAnswer(msgspec.Struct, frozen=True):
    """Who answers in which languages, and when.

    `weekly` is in the clock of `zone`. Where the hours are not known it is empty, and `open_now` is null.
    `next_change_at` is when it closes or opens next; null when it never does, and when nobody knows.
    """

    service: str
    languages: tuple[Language, ...]
    zone: str
    weekly: tuple[Interval, ...]
    holidays: tuple[str, ...]
    open_now: bool | None
    next_change_at: Time | None


class Contacts(msgspec.Struct, frozen=True):
    """Phones by country, e-mail by purpose, and hours by service and language."""

    phones: list[PhoneAnswer]
    emails: list[EmailAnswer]
    hours: list[HoursAnswer]


def _hours(service: Service, locale: Language, now: datetime) -> HoursAnswer:
    change = next_change(service, now)
    return HoursAnswer(
        service=service.label.in_(locale),
        languages=service.languages,
        zone=service.zone,
        weekly=service.weekly,
        holidays=tuple(day.isoformat() for day in service.holidays),
        open_now=is_open(service, now) if service.weekly else None,
        next_change_at=rfc3339(change) if change else None,
    )


@routes.serve("GET", "/v1/contacts", query=ContactsQuery, answer=Contacts)
def contacts(incoming: Incoming) -> Contacts:
    """Phones, e-mail addresses, and who answers in which language at which hours, with what is open now."""
    locale = incoming.query.locale
    return Contacts(
        phones=[
            PhoneAnswer(each.country.in_(locale), each.id, each.number, each.note.in_(locale))
            for each in catalog.phones().values()
        ],
        emails=[EmailAnswer(each.id, each.purpose.in_(locale)) for each in catalog.emails().values()],
        hours=[_hours(each, locale, incoming.now) for each in catalog.services().values()],
    )
