"""What an operator edits: topics and teams, statuses, importances with their goals, hours by language."""

import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from chalicelib.domain.calendar import Interval, add_open_time
from chalicelib.domain.text import LANGUAGES
from chalicelib.domain.ticket import Importance, Status

_HERE = Path(__file__).parent
_T = TypeVar("_T")


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in each of the five languages; a missing one does not load."""

    ka: str
    en: str
    ru: str
    uk: str
    pl: str

    def in_(self, locale: str) -> str:
        """The text in this language, or in English when it is none of the five."""
        text: str = getattr(self, locale if locale in LANGUAGES else "en")
        return text


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
    goal_minutes: int
    label: Texts
    meaning: Texts


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which teams answer in which languages, and when; no `weekly` means that the hours are not known."""

    id: str
    teams: tuple[str, ...]
    languages: tuple[str, ...]
    weekly: tuple[Interval, ...]


def _load(file: str, entry: str, type_: type[_T]) -> dict[str, _T]:
    """The entries of a file by their id, in the file's order, held to their type."""
    entries = tomllib.loads((_HERE / file).read_text("utf-8"))[entry]
    return {each["id"]: msgspec.convert(each, type_) for each in entries}


@cache
def topics() -> dict[str, Topic]:
    """Every topic by its id."""
    return _load("topics.toml", "topic", Topic)


@cache
def statuses() -> dict[str, StatusEntry]:
    """Every status by its id."""
    return _load("statuses.toml", "status", StatusEntry)


@cache
def importances() -> dict[str, ImportanceEntry]:
    """Every importance by its id."""
    return _load("importances.toml", "importance", ImportanceEntry)


@cache
def services() -> dict[str, Service]:
    """Every service by its id."""
    return _load("services.toml", "service", Service)


@cache
def zone() -> str:
    """The zone in which the services' hours are written."""
    return str(tomllib.loads((_HERE / "services.toml").read_text("utf-8"))["zone"])


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
    return add_open_time(since, goal, weekly=answering(team, languages).weekly, zone=zone())
