"""From a change of a table to messages of ids: what is to be pushed, and which timer is to be set."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from chalicelib.adapters import places, queues
from chalicelib.adapters.timers import Table, Timer
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId
from chalicelib.services.timers import Arm
from chalicelib.settings import settings


class NotificationChanged(msgspec.Struct, frozen=True, tag="notification"):
    """A notification is to be seen, or no more; what it is now, its item says."""

    pk: str
    sk: str


class SharedChanged(msgspec.Struct, frozen=True, tag="shared"):
    """These answers went to the whole hotel, or are gone again; which of the two, the ticket says."""

    account: AccountId
    number: TicketNumber
    ids: tuple[str, ...]


class TicketChanged(msgspec.Struct, frozen=True, tag="ticket"):
    """A ticket changed, and for whom that is to be seen."""

    account: AccountId
    number: TicketNumber
    audiences: tuple[Literal["hotel", "agents"], ...]


class AboutToBeLate(msgspec.Struct, frozen=True, tag="late"):
    """The team of a ticket is to be told that its answer is due soon."""

    account: AccountId
    number: TicketNumber


class ReminderDue(msgspec.Struct, frozen=True, tag="reminder"):
    """An agent's reminder has come."""

    pk: str
    sk: str


Push = NotificationChanged | SharedChanged | TicketChanged | AboutToBeLate | ReminderDue
Item = Mapping[str, Mapping[str, Any]]


class _Head(msgspec.Struct, frozen=True):
    """What of a ticket counts here."""

    updated_at: str = ""
    version: int = 0
    shared: tuple[str, ...] = ()
    warned_for: str | None = None


class Change(msgspec.Struct, frozen=True):
    """An item as it was and as it is, in DynamoDB's own types; a new one was empty."""

    table: Table
    keys: Item
    before: Item
    after: Item


def relay(changes: list[Change]) -> int:
    """Sends what the changes ask for, all of it (TryAgain else); gives how many messages that were."""
    pushes = [push for each in changes for push in pushes_of(each)]
    timers = [told for each in changes for told in _timers_of(each)]
    queues.send(settings().pushes_queue, pushes)
    queues.send(settings().timers_queue, timers)
    return len(pushes) + len(timers)


def pushes_of(change: Change) -> Iterator[Push]:
    """What there is to push for a change."""
    pk, sk = change.keys["pk"]["S"], change.keys["sk"]["S"]
    if change.table == "tickets":
        if sk == places.HEAD and "data" in change.after:
            yield from _pushes_of_ticket(pk, _head(change.before), _head(change.after))
    elif sk.startswith(places.ANSWERS):
        was, now = _text(change.before, "state"), _text(change.after, "state")
        if now != was or _text(change.before, "timer_name") != _text(change.after, "timer_name"):
            yield NotificationChanged(pk, sk)
    elif _text(change.after, "state") == "done" != _text(change.before, "state"):
        yield ReminderDue(pk, sk)


def _pushes_of_ticket(pk: str, before: _Head, after: _Head) -> Iterator[Push]:
    account, number = places.ticket_of(pk)
    if after.updated_at != before.updated_at:
        audiences: tuple[Literal["hotel", "agents"], ...] = ("hotel", "agents")
        yield TicketChanged(account, number, audiences)
    elif after.version != before.version:
        yield TicketChanged(account, number, ("agents",))
    if changed := set(after.shared) ^ set(before.shared):
        yield SharedChanged(account, number, tuple(sorted(changed)))
    if after.warned_for and after.warned_for != before.warned_for:
        yield AboutToBeLate(account, number)


def _head(item: Item) -> _Head:
    return msgspec.json.decode(_text(item, "data") or "{}", type=_Head)


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _timers_of(change: Change) -> Iterator[Arm]:
    was, name = _text(change.before, "timer_name"), _text(change.after, "timer_name")
    if name == was:
        return
    pk, sk = change.keys["pk"]["S"], change.keys["sk"]["S"]
    yield Arm(Timer(change.table, pk, sk, name or ""), was)
