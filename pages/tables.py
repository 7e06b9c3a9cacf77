"""Tables of the catalog's facts, for articles that name them: `[[hours]]`, `[[phones]]` and the others."""

from collections.abc import Mapping
from html import escape
from types import SimpleNamespace

from chalicelib import catalog
from chalicelib.domain.text import Language
from pages.contacts import dialled, hours_in_words
from pages.markdown import table
from pages.texts import texts

_HOUR = 60


def tables(locale: Language) -> Mapping[str, str]:
    """Each table as HTML in this language, by its name."""
    say = texts(locale)
    return {
        "hours": _hours(locale, say),
        "phones": _phones(locale, say),
        "emails": _emails(locale, say),
        "importances": _importances(locale, say),
        "statuses": table([say.status], [[escape(each.label.in_(locale))] for each in catalog.statuses().values()]),
    }


def _hours(locale: Language, say: SimpleNamespace) -> str:
    rows = [
        [escape(each.label.in_(locale)), escape(hours_in_words(each, locale))] for each in catalog.services().values()
    ]
    return table([say.hours_service, say.hours_open], rows)


def _phones(locale: Language, say: SimpleNamespace) -> str:
    rows = [
        [escape(each.country.in_(locale)), f'<a href="tel:{dialled(each.number)}">{escape(each.number)}</a>']
        for each in catalog.phones().values()
    ]
    notes = dict.fromkeys(each.note.in_(locale) for each in catalog.phones().values())
    return table([say.country, say.phone], rows) + "".join(f"<p>{escape(note)}</p>" for note in notes)


def _emails(locale: Language, say: SimpleNamespace) -> str:
    rows = [
        [f'<a href="mailto:{escape(each.id)}">{escape(each.id)}</a>', escape(each.purpose.in_(locale))]
        for each in catalog.emails().values()
    ]
    return table([say.email, say.purpose], rows)


def _importances(locale: Language, say: SimpleNamespace) -> str:
    rows = [
        [escape(each.label.in_(locale)), escape(each.meaning.in_(locale)), _goal(each.goal_minutes, say)]
        for each in catalog.importances().values()
    ]
    return table([say.importance, say.meaning, say.goal], rows)


def _goal(minutes: int, say: SimpleNamespace) -> str:
    """In hours where it is several of them: no language here needs another form for these."""
    hours, rest = divmod(minutes, _HOUR)
    in_hours = hours > 1 and not rest
    return str(say.hours if in_hours else say.minutes).format(count=hours if in_hours else minutes)
