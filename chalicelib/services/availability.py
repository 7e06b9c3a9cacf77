"""Whether somebody can take a chat now, by language, and when it opens again."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import msgspec

from chalicelib import catalog
from chalicelib.adapters import chats
from chalicelib.domain.calendar import is_open, next_change
from chalicelib.domain.chat import can_take
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.text import LANGUAGES, Language
from chalicelib.errors import InvalidRequest
from chalicelib.services.wire import Time

TEAM = "support"
"""Who chats."""


class LocaleAvailability(msgspec.Struct, frozen=True):
    """Whether a chat in this language would be taken now, how many wait for one, and when it opens if it is closed."""

    locale: Language
    available: bool
    queue_length: int
    next_open_at: Time | None


def availability(languages: str, now: datetime) -> list[LocaleAvailability]:
    """For each of these languages, `ka,ru`; all without any. InvalidRequest for one that there is not."""
    wanted = tuple(dict.fromkeys(languages.split(","))) if languages else LANGUAGES
    if not set(wanted) <= set(LANGUAGES):
        raise InvalidRequest({"languages": "is a list of ka, en, ru, uk, pl with commas between"})
    present, waiting = chats.presences(), chats.waiting()
    return [
        LocaleAvailability(
            locale,
            any(can_take(each, (locale,), now) for each in present),
            sum(locale in each.languages for each in waiting),
            next_open_at((locale,), now),
        )
        for locale in cast("tuple[Language, ...]", wanted)
    ]


def next_open_at(languages: Sequence[Language], now: datetime) -> str | None:
    """When somebody begins to answer in one of the languages; None while it is open, and where no hours are known."""
    services = [
        each
        for each in catalog.services().values()
        if TEAM in each.teams and each.weekly and not set(each.languages).isdisjoint(languages)
    ]
    if any(is_open(each, now) for each in services):
        return None
    opening = [change for each in services if (change := next_change(each, now)) is not None]
    return rfc3339(min(opening)) if opening else None
