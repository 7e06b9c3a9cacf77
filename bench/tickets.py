"""The tickets that benchmarks load: the demo's subjects and texts, over and over, the same for the same index.

It needs nothing but Python, since other help desks are loaded with the same tickets from environments of their own.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

ISSUER = "demo"
HOTEL = "hotel-1"
"""The account with nine of ten tickets; its lists are what is measured."""
_OTHERS = ("hotel-2", "hotel-3")
_OTHERS_EVERY = 10
_DEMO = Path(__file__).resolve().parent.parent / "local" / "demo" / "tickets.toml"
_FIRST_AT = datetime(2025, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=7)
"""100,000 tickets end in spring 2026: none is opened after today."""
Status = Literal["new", "open", "pending", "closed"]
_STATUSES: tuple[Status, ...] = ("new", "open", "open", "pending", "pending", "closed", "closed", "closed", "closed")
LANGUAGES = ("ka", "ru")


@dataclass(frozen=True)
class User:
    """Who opened a ticket."""

    id: str
    name: str
    locale: str


@dataclass(frozen=True)
class Sample:
    """One ticket with its first message."""

    index: int
    account: str
    account_name: str
    user: User
    topic: str
    status: Status
    importance: str
    languages: tuple[str, ...]
    subject: str
    text: str
    opened_at: datetime


@cache
def _demo() -> dict[str, Any]:
    return tomllib.loads(_DEMO.read_text("utf-8"))


@cache
def hotel(account: str) -> dict[str, Any]:
    """The demo's facts about a hotel: `name`, `zone`, `users`."""
    found: dict[str, Any] = next(each for each in _demo()["hotel"] if each["account"] == account)
    return found


def users(account: str) -> tuple[User, ...]:
    """Who works in a hotel."""
    return tuple(User(each["sub"], each["name"], each["locale"]) for each in hotel(account)["users"])


def sample(index: int) -> Sample:
    """The ticket with this index; a higher one was opened later."""
    bytes_ = hashlib.sha256(str(index).encode()).digest()
    model = _demo()["ticket"][bytes_[0] % len(_demo()["ticket"])]
    is_other = index % _OTHERS_EVERY == _OTHERS_EVERY - 1
    account = _OTHERS[bytes_[1] % len(_OTHERS)] if is_other else HOTEL
    people = users(account)
    return Sample(
        index=index,
        account=account,
        account_name=hotel(account)["name"],
        user=people[bytes_[2] % len(people)],
        topic=model["topic"],
        status=_STATUSES[bytes_[3] % len(_STATUSES)],
        importance=model["importance"],
        languages=tuple(model.get("languages", LANGUAGES)),
        subject=f"{model['subject']} · {index}",
        text=model["text"],
        opened_at=_FIRST_AT + index * _STEP,
    )


def samples(indices: range) -> Iterator[Sample]:
    """The tickets with these indices; those of a shorter range are the first of a longer one."""
    return map(sample, indices)
