"""What an operator edits: topics, teams, statuses, importances with their goals, hours by language, contacts.

Every file is held to its types when it is read, and all of them together by `check` when a package is built.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from chalicelib.domain.calendar import Hours, add_open_time
from chalicelib.domain.text import LANGUAGES, Language
from chalicelib.domain.ticket import Importance, Status

_HERE = Path(__file__).parent
_T = TypeVar("_T")
_FilledIn = Annotated[str, msgspec.Meta(pattern=r"^\S([\s\S]*\S)?(?!\n)$")]


TextId = Literal["pending_reminder", "pending_closed"]


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in each of the five languages; a missing one does not load."""

    ka: _FilledIn
    en: _FilledIn
    ru: _FilledIn
    uk: _FilledIn
    pl: _FilledIn

    def in_(self, locale: str) -> str:
        """The text in this language, or in English when it is none of the five."""
        text: str = getattr(self, locale if locale in LANGUAGES else "en")
        return text


class Team(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who handles a topic."""

    id: str
    label: Texts


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ticket can be about, and the team that handles it."""

    id: str
    team: str
    label: Texts


class StatusEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A status as the hotel reads it."""

    id: Status
    label: Texts


class ImportanceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much it matters, what that means, and within how many open minutes it is answered."""

    id: Importance
    goal_minutes: Annotated[int, msgspec.Meta(ge=1)]
    label: Texts
    meaning: Texts


class TextEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What Deskbell itself writes into a ticket."""

    id: TextId
    text: Texts


class Service(Hours, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which teams answer in which languages, and when; no `weekly` means that the hours are not known."""

    id: str
    label: Texts
    teams: tuple[str, ...]
    languages: tuple[Language, ...]


class Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number to call in a country; its id is the country's ISO 3166 code."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(?!\n)$")]
    number: Annotated[str, msgspec.Meta(pattern=r"^\+[0-9 ()-]+(?!\n)$")]
    country: Texts
    note: Texts


class Email(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to write to, and what for."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+(?!\n)$")]
    purpose: Texts


def _load(file: str, entry: str, type_: type[_T]) -> dict[str, _T]:
    """The entries of a file by their id, in the file's order, held to their type; ValueError for an id given twice."""
    entries = tomllib.loads((_HERE / file).read_text("utf-8"))[entry]
    twice = [id_ for id_, count in Counter(each["id"] for each in entries).items() if count > 1]
    if twice:
        raise ValueError(f"{file}: {', '.join(twice)} stands there twice")
    return {each["id"]: msgspec.convert(each, type_) for each in entries}


@cache
def topics() -> dict[str, Topic]:
    """Every topic by its id."""
    return _load("topics.toml", "topic", Topic)


@cache
def teams() -> dict[str, Team]:
    """Every team by its id."""
    return _load("teams.toml", "team", Team)


@cache
def statuses() -> dict[str, StatusEntry]:
    """Every status by its id."""
    return _load("statuses.toml", "status", StatusEntry)


@cache
def importances() -> dict[str, ImportanceEntry]:
    """Every importance by its id."""
    return _load("importances.toml", "importance", ImportanceEntry)


@cache
def texts() -> dict[str, TextEntry]:
    """Every text of Deskbell's own by its id."""
    return _load("texts.toml", "text", TextEntry)


@cache
def services() -> dict[str, Service]:
    """Every service by its id."""
    return _load("services.toml", "service", Service)


@cache
def phones() -> dict[str, Phone]:
    """Every phone by its country's code."""
    return _load("contacts.toml", "phone", Phone)


@cache
def emails() -> dict[str, Email]:
    """Every e-mail address."""
    return _load("contacts.toml", "email", Email)


def answering(team: str, languages: Sequence[str]) -> Service:
    """The service that will answer: the first language with known hours counts, else whoever of the team has some."""
    of_team = [service for service in services().values() if team in service.teams and service.weekly]
    for language in languages:
        for service in of_team:
            if language in service.languages:
                return service
    return of_team[0]


def due_at(since: datetime, importance: str, team: str, languages: Sequence[str]) -> datetime:
    """When a hotel message of `since` is to be answered: its goal, counted in the answering service's open hours."""
    goal = timedelta(minutes=importances()[importance].goal_minutes)
    return add_open_time(since, goal, answering(team, languages))


def check() -> None:
    """Reads everything and holds it together; ValueError says in which file what is wrong. The build asks for it."""
    for entries in (topics, teams, statuses, importances, texts, services, phones, emails):
        if not entries():
            raise ValueError(f"the catalog has no {entries.__name__}")
    known = ((statuses, get_args(Status)), (importances, get_args(Importance)), (texts, get_args(TextId)))
    for entries, ids in known:
        if tuple(entries()) != ids:
            raise ValueError(f"{entries.__name__}.toml must have {', '.join(ids)}, in this order")
    find_fault(topics(), teams(), services())


def find_fault(topics: Mapping[str, Topic], teams: Mapping[str, Team], services: Mapping[str, Service]) -> None:
    """Raises ValueError for a team or a zone that does not exist, and for a team that nobody with hours answers for."""
    for topic in topics.values():
        if topic.team not in teams:
            raise ValueError(f"topics.toml: {topic.id} goes to the team {topic.team}, which teams.toml does not have")
    for service in services.values():
        if unknown := set(service.teams) - set(teams):
            raise ValueError(f"services.toml: {service.id} names {', '.join(unknown)}, which teams.toml does not have")
        try:
            ZoneInfo(service.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"services.toml: {service.id} has the unknown zone {service.zone}") from None
    for team in teams:
        if not any(team in service.teams and service.weekly for service in services.values()):
            raise ValueError(f"services.toml: nobody with known hours answers for the team {team}")
