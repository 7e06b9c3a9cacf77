"""What happens by itself: reminders that are due, answers for the next shift, tickets that wait too long."""

from datetime import datetime, timedelta

import msgspec

from chalicelib import catalog
from chalicelib.adapters import accounts, notifications, places, queues, reminders, schedules, threads, tickets, timers
from chalicelib.adapters.tables import Writes, WrittenMeanwhile
from chalicelib.adapters.timers import Timer
from chalicelib.domain import rules, timing
from chalicelib.domain.moment import to_millisecond
from chalicelib.domain.notification import Notification, activated, deleted
from chalicelib.domain.ticket import SYSTEM, AuditEntry, Message, Ticket, message_id
from chalicelib.services.changing import change, times, with_times, write_changed
from chalicelib.settings import settings

SWEPT_AT_ONCE = 1000
"""How many due timers of a table one sweep takes; what is left, the next one."""
_NEAR = timedelta(seconds=5)
"""A schedule is made for no earlier than this: AWS takes none for the past, and making it takes its time."""


class Fire(msgspec.Struct, frozen=True, tag="fire"):
    """A timer's time has come: a schedule says so, or the sweep."""

    timer: Timer


class Arm(msgspec.Struct, frozen=True, tag="arm"):
    """A timer was set anew or taken back; `was`: the name under which it stood before."""

    timer: Timer
    was: str | None = None


Told = Fire | Arm


def sweep(now: datetime) -> int:
    """Has every timer fired whose time has come; gives how many. What its own schedule fires too does no harm."""
    due = [Fire(each) for table in timers.TABLES for each in timers.list_due(table, now, limit=SWEPT_AT_ONCE)]
    queues.send(settings().timers_queue, due)
    return len(due)


def handle(told: Told, now: datetime) -> None:
    """Does what a message of the timers' queue says; whatever is not true any more does nothing."""
    if isinstance(told, Fire):
        fire(told.timer, now)
    else:
        arm(told, now)


def arm(told: Arm, now: datetime) -> None:
    """Makes the schedule of a timer as it stands now, and takes back the one that it had before."""
    due = timers.due_at(told.timer)
    if due is not None and due <= now:
        fire(told.timer, now)
    elif due is not None:
        schedules.create(told.timer.name, max(due, now + _NEAR), Fire(told.timer))
    if told.was is not None and told.was != told.timer.name:
        schedules.delete(told.was)


def fire(timer: Timer, now: datetime) -> None:
    """What was to happen, if it still is to and its time has come; twice, late or out of order it is nothing new."""
    now, due = to_millisecond(now), timers.due_at(timer)
    if due is None or due > now:
        return
    if timer.table == "tickets":
        _move_on(timer, now)
    elif timer.sk.startswith(places.ANSWERS):
        _wake(timer, now)
    else:
        reminders.finish(timer.pk, timer.sk)


def _wake(timer: Timer, now: datetime) -> None:
    before = notifications.find_at(timer.pk, timer.sk)
    if before is None or before.snoozed_until is None or before.snoozed_until > now:
        return
    after = activated(before) if _is_to_be_seen(timer.pk, before) else deleted(before)
    writes = Writes()
    notifications.put_changed(writes, timer.pk, before, after)
    try:
        writes.commit()
    except WrittenMeanwhile:
        fire(timer, now)


def _is_to_be_seen(owner: str, notification: Notification) -> bool:
    """Whether it is the user's own, or one that the whole hotel still gets."""
    answered = notification.answered
    return not notification.is_shared or (
        answered.id in tickets.find_ticket(places.account_of(owner), answered.number).shared
    )


def _move_on(timer: Timer, now: datetime) -> None:
    account, number = places.ticket_of(timer.pk)
    shares = accounts.find_settings(account).shares_answers

    def decide(before: Ticket, writes: Writes) -> None:
        after, words = _after(before, now, shares=shares)
        if with_times(after) == before:
            return
        written = write_changed(writes, before, after)
        if words is not None:
            message = Message(message_id(after.messages), SYSTEM, words, now, version=after.version)
            threads.put_message(writes, written, message)
            notifications.put_for_participants(writes, written, now)
        if changes := rules.changes_between(before, after):
            threads.put_audit(writes, written, AuditEntry(now, SYSTEM, after.version, changes))

    change(account, number, decide)


def _after(before: Ticket, now: datetime, *, shares: bool) -> tuple[Ticket, str | None]:
    """The ticket once all that is due has happened, and what Deskbell writes to the hotel."""
    after, text = before, None
    if due := timing.answers_due(after, times(), now):
        after = rules.share(after, due, shares=shares)
    if timing.is_warning_due(after, times(), now):
        after = msgspec.structs.replace(after, warned_for=after.due_at)
    if timing.is_closing_due(after, times(), now):
        text, after = "pending_closed", rules.after_system_message(after, now, closes=True, shares=shares)
    elif timing.is_reminder_due(after, times(), now):
        text, after = "pending_reminder", rules.after_system_message(after, now, closes=False, shares=shares)
    return after, _words(text, before) if text else None


def _words(text: str, ticket: Ticket) -> str:
    """The text in the language of the ticket; in English where support wrote first and nobody has replied."""
    return catalog.texts()[text].text.in_(ticket.languages[0] if ticket.languages else "en")
