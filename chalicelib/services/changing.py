"""Changing a ticket while others do: read, decide, write on condition, and anew when somebody was faster."""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from chalicelib import catalog
from chalicelib.adapters import tickets
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.tickets import WrittenMeanwhile
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import Ticket
from chalicelib.errors import TryAgain

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


def with_due(ticket: Ticket) -> Ticket:
    """The ticket with the time when its oldest unanswered message is due, by the catalog as it is now."""
    if ticket.waiting_since is None or ticket.view != "waiting":
        return ticket
    due_at = catalog.due_at(ticket.waiting_since, ticket.importance, ticket.team, ticket.languages)
    return replace(ticket, due_at=due_at)
