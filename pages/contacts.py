"""The contacts in five languages: a page of the site, and one file that needs nothing but itself."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from chalicelib import catalog
from chalicelib.domain.calendar import Hours, Interval
from chalicelib.domain.text import LANGUAGES, Language
from pages.assets import BUILT, Assets, CannotBuild, assets_of, build_web
from pages.contacts_texts import contacts_texts
from pages.rendering import fill
from pages.texts import NAMES, texts

ENTRY = "src/contacts/contacts.ts"
MOST_BYTES = 30 * 1024
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_ALWAYS = (Interval(days=_EVERY_DAY, start="00:00", end="24:00"),)
_SHORTEST_RANGE = 3
"""Days in a row are told by the first and the last of them from here on."""


def page(assets: Assets, icon: str = "") -> str:
    """The site's page, with the styles, the script and the icon (SVG) at these addresses."""
    return _rendered(assets=assets, icon=icon, inline=None)


def self_contained(css: str, js: str) -> str:
    """The page with its styles and script inside, and a content policy that lets it run these and load nothing.

    It looks the same from any host and from a file. Raises ValueError for a style or script that would end its element.
    """
    if "</style" in css.lower() or re.search(r"</script|<!--", js, re.IGNORECASE):
        raise ValueError("a style or a script would end in the middle")
    policy = (
        f"default-src 'none'; style-src {_source(css)}; script-src {_source(js)}; base-uri 'none'; form-action 'none'"
    )
    inline = {"policy": policy, "css": Markup(css), "js": Markup(js)}  # noqa: S704 - our own, as Vite built them
    return _rendered(assets=None, icon="", inline=inline)


def write_self_contained(out: Path) -> int:
    """Builds styles and script, writes the self-contained page, gives its size in bytes; CannotBuild beyond 30 KB."""
    build_web()
    assets = assets_of(ENTRY)
    content = self_contained(_built(assets.styles), _built(assets.scripts)).encode()
    if len(content) > MOST_BYTES:
        raise CannotBuild(
            f"{out}: would have {len(content):,} bytes; a sign-in page is promised at most {MOST_BYTES:,}"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    return len(content)


def hours_in_words(hours: Hours, locale: Language) -> str:
    """When it is open, as in "Monday to Friday, 9:00 to 18:00 Moscow time"; where no hours are known, what then."""
    say = contacts_texts()
    if not hours.weekly:
        return say.unknown.in_(locale)
    words = "; ".join(_interval_in_words(days, locale, its) for days, its in groupby(hours.weekly, _days))
    zone = "" if hours.weekly == _ALWAYS else f" {say.zone(hours.zone, locale)}"
    # Georgian has no capitals at a beginning: its upper case is for whole words, its title case is the plain letter.
    return f"{words[0].title()}{words[1:]}{zone}{_holidays_in_words(hours.holidays, locale)}"


def dialled(number: str) -> str:
    """A phone number as it stands in a `tel:` address."""
    return re.sub(r"[^+\d]", "", number)


def _days(interval: Interval) -> tuple[int, ...]:
    return tuple(sorted(set(interval.days)))


def _interval_in_words(days: tuple[int, ...], locale: Language, intervals: Iterable[Interval]) -> str:
    say = contacts_texts()
    named = say.every_day.in_(locale) if days == _EVERY_DAY else ", ".join(_runs_in_words(days, locale))
    return ", ".join([named, *(_times_in_words(each, locale) for each in intervals)])


def _runs_in_words(days: Sequence[int], locale: Language) -> Iterable[str]:
    for _, run in groupby(enumerate(days), lambda each: each[1] - each[0]):
        names = [contacts_texts().weekday[day - 1].name.in_(locale) for _, day in run]
        if len(names) < _SHORTEST_RANGE:
            yield from names
        else:
            yield contacts_texts().days.in_(locale).format(first=names[0], last=names[-1])


def _times_in_words(interval: Interval, locale: Language) -> str:
    if (interval.start, interval.end) == ("00:00", "24:00"):
        return contacts_texts().around_the_clock.in_(locale)
    start, end = (each.removeprefix("0") for each in (interval.start, interval.end))
    return contacts_texts().times.in_(locale).format(start=start, end=end)


def _holidays_in_words(holidays: Sequence[date], locale: Language) -> str:
    say = contacts_texts()
    days = [
        say.holiday.in_(locale).format(day=each.day, month=say.month[each.month - 1].in_(locale), year=each.year)
        for each in holidays
    ]
    return f". {say.holidays.in_(locale).format(dates=', '.join(days))}" if days else ""


def _rendered(**how: Any) -> str:
    return fill(
        "contacts.html",
        **how,
        locales=LANGUAGES,
        names=NAMES,
        say=contacts_texts(),
        site_texts={locale: texts(locale) for locale in LANGUAGES},
        phones=catalog.phones().values(),
        emails=catalog.emails(),
        services=catalog.services(),
        hours_in_words=hours_in_words,
        dialled=dialled,
        data=_data(),
    )


def _data() -> Markup:
    """What the script needs of the catalog: `Data` of web/src/contacts/contacts.ts."""
    hours = {
        id_: {"zone": each.zone, "weekly": each.weekly, "holidays": each.holidays}
        for id_, each in catalog.services().items()
        if each.weekly
    }
    words = {locale: contacts_texts().spoken(locale) for locale in LANGUAGES}
    json = msgspec.json.encode({"hours": hours, "words": words}).decode()
    return Markup(json.replace("<", "\\u003c"))  # noqa: S704 - cannot end its element any more


def _source(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _built(addresses: Sequence[str]) -> str:
    return "".join((BUILT / each.lstrip("/")).read_text("utf-8") for each in addresses).strip()
