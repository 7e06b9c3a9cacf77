"""Contacts and hours, for everyone, in five languages, with what is open at this moment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract.conftest import Api

LOCALES = ("ka", "en", "ru", "uk", "pl")


def _contacts(api: Api, **query: str) -> Any:
    return api.call("GET", "/v1/contacts", query=dict(query)).ok()


def _hours_at(moment: str) -> Any:
    from chalicelib.domain.address import Addresses
    from chalicelib.routes.contacts import ContactsQuery, contacts
    from chalicelib.routes.http import Incoming

    now = datetime.fromisoformat(moment)
    nothing: Any = {"who": None, "path": {}, "body": None, "call": None, "version": None}
    asked = Incoming(**nothing, query=ContactsQuery(), now=now, addresses=Addresses("192.0.2.1"))
    return contacts(asked).hours


def test_nobody_needs_a_token_to_find_help(api: Api) -> None:
    found = _contacts(api)
    assert [(each["country_code"], each["number"]) for each in found["phones"]] == [
        ("UA", "+38 (044) 390-0014"),
        ("PL", "+48 (22) 390-6200"),
        ("GE", "+995 (32) 205-3204"),
    ]
    assert [each["address"] for each in found["emails"]] == [
        "info@otelms.com",
        "billing@otelms.com",
        "service@otelms.com",
    ]
    assert {language for each in found["hours"] for language in each["languages"]} == set(LOCALES)


def test_every_text_is_in_the_asked_language(api: Api) -> None:
    texts = {
        locale: str(
            [
                [(each["country"], each["note"]) for each in found["phones"]],
                [each["purpose"] for each in found["emails"]],
                [each["service"] for each in found["hours"]],
            ]
        )
        for locale in LOCALES
        for found in [_contacts(api, locale=locale)]
    }
    assert len(set(texts.values())) == len(LOCALES)
    assert "საქართველო" in texts["ka"]
    assert _contacts(api)["phones"] == _contacts(api, locale="en")["phones"]
    wrong = api.call("GET", "/v1/contacts", query={"locale": "de"})
    assert "locale" in wrong.problem(400, "invalid_request")["fields"]


@pytest.mark.parametrize(
    ("moment", "georgian", "services"),
    [
        # A Friday, 16:59:59 and 17:00 in Moscow
        ("2026-11-20T13:59:59Z", (True, "2026-11-20T14:00:00.000Z"), (True, "2026-11-20T15:00:00.000Z")),
        ("2026-11-20T14:00:00Z", (False, "2026-11-23T05:00:00.000Z"), (True, "2026-11-20T15:00:00.000Z")),
        # 18:30 in Tbilisi: Georgian again on Monday at 9:00 there
        ("2026-11-20T14:30:00Z", (False, "2026-11-23T05:00:00.000Z"), (True, "2026-11-20T15:00:00.000Z")),
        # A Sunday
        ("2026-11-22T12:00:00Z", (False, "2026-11-23T05:00:00.000Z"), (False, "2026-11-23T06:00:00.000Z")),
    ],
)
def test_what_is_open_and_until_when(
    api: Api, moment: str, georgian: tuple[bool, str], services: tuple[bool, str]
) -> None:
    del api
    always, ka, unknown, additional = _hours_at(moment)
    assert (always.open_now, always.next_change_at) == (True, None)
    assert (ka.open_now, ka.next_change_at) == georgian
    assert (unknown.open_now, unknown.next_change_at, unknown.weekly) == (None, None, ())
    assert (additional.open_now, additional.next_change_at) == services


def test_it_is_told_for_this_moment_with_the_weeks_hours(api: Api) -> None:
    hours = _contacts(api)["hours"]
    assert hours[1]["weekly"] == [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "17:00"}]
    assert hours[1]["zone"] == "Europe/Moscow"
    changes = [each["next_change_at"] for each in hours if each["next_change_at"]]
    assert changes
    assert all(datetime.fromisoformat(each) > datetime.now(UTC) for each in changes)
