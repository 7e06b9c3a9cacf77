"""Changing a ticket while others do: read, decide, write on condition, and anew when somebody was faster."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TypeVar

from msgspec.structs import replace

from chalicelib import catalog
from chalicelib.adapters import tickets
from chalicelib.adapters.tables import Writes, WrittenMeanwhile
from chalicelib.domain import timing
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import Ticket
from chalicelib.domain.timing import Times
from chalicelib.errors import TryAgain
from chalicelib.settings import settings

_T = TypeVar("_T")
TRIES = 20


def change(account: AccountId, number: TicketNumber, decide: Callable[[Ticket, Writes], _T]) -> _T:
    """What `decide` gives for the ticket as it is, once the writes that it added are committed, all or none.

    It is asked again with the newer ticket when somebody wrote meanwhile, so it must do nothing but decide.
    """
    for _ in range(TRIES):
        writes = Writes()
        decided = decide(tickets.find_ticket(account, number), writes)
        try:
            writes.commit()
        except WrittenMeanwhile:
            continue
        return decided
    raise TryAgain


def write_changed(writes: Writes, before: Ticket, after: Ticket) -> Ticket:
    """The ticket as changed, its times set anew; WrittenMeanwhile when somebody has written it since it was read."""
    return tickets.put_changed(writes, before, with_times(after))


def with_times(ticket: Ticket) -> Ticket:
    """The ticket with the time when its oldest unanswered message is due, by the catalog as it is now, and its timer.

    The timer stands for whatever happens next by itself; a new one has a new count.
    """
    if ticket.waiting_since is not None and ticket.view == "waiting":
        due_at = catalog.due_at(ticket.waiting_since, ticket.importance, ticket.team, ticket.languages)
        ticket = replace(ticket, due_at=due_at)
    timer_at = timing.next_at(ticket, times())
    if timer_at == ticket.timer_at:
        return ticket
    return replace(ticket, timer_at=timer_at, timers=ticket.timers + 1)


@cache
def times() -> Times:
    """How long what waits before it happens by itself, as the operator has set it."""
    chosen = settings()
    return Times(
        share_after=timedelta(minutes=chosen.share_after_minutes),
        remind_after=timedelta(days=chosen.pending_reminder_days),
        close_after=timedelta(days=chosen.pending_close_days),
        warn_before=timedelta(minutes=chosen.late_warning_minutes),
    )
