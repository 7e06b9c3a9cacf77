"""Where items stand: the keys of both tables, made from an account so that no other account's can be named.

Parts are percent-encoded, so `#`, `@` and `/` between them mean what they say whatever a PMS calls its hotels.
"""

from datetime import datetime
from urllib.parse import quote

from chalicelib.domain.moment import rfc3339
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId, Agent, Caller

HEAD = "ticket"
"""The sort key of the ticket itself; it sorts right behind its messages, so one query backwards reads both."""
ROWS = "row#"
MARKS = "unread#"
THREAD = "thread#"
NOTES = "note#"
AUDIT = "audit#"


def account(account_id: AccountId) -> str:
    """The partition of an account's list."""
    return quote(account_id, safe="/")


def user(account_id: AccountId, user_id: str) -> str:
    """The partition of what belongs to one hotel user."""
    return f"{account(account_id)}@{quote(user_id, safe='')}"


def caller(who: Caller) -> str:
    """The partition of what belongs to this caller."""
    return f"agents@{quote(who.id, safe='')}" if isinstance(who, Agent) else user(who.account, who.id)


def ticket(account_id: AccountId, number: TicketNumber) -> str:
    """The partition of a ticket: its head, its messages, its notes."""
    return f"{account(account_id)}#{number}"


def number(number_: TicketNumber) -> str:
    """The partition of the entry that makes a number unique and tells agents whose it is."""
    return f"number#{number_}"


def opened(created_at: datetime, number_: TicketNumber) -> str:
    """What a ticket's row and its marks are sorted by: the time of its opening, then its number."""
    return f"{rfc3339(created_at)}#{number_}"


def row(created_at: datetime, number_: TicketNumber) -> str:
    """The sort key of a ticket's row in its account's list."""
    return f"{ROWS}{opened(created_at, number_)}"


def rows_between(first: datetime, end: datetime) -> tuple[str, str]:
    """The bounds of the rows of tickets opened from `first` on and before `end`: no row's key is either of them."""
    return f"{ROWS}{rfc3339(first)}", f"{ROWS}{rfc3339(end)}"


def unread(created_at: datetime, number_: TicketNumber) -> str:
    """The sort key of a user's mark of an answer not yet opened, in the order of the list."""
    return f"{MARKS}{opened(created_at, number_)}"


def message(count: int) -> str:
    """The sort key of a public message, counted from 1."""
    return f"{THREAD}{count:06d}"


def note(after: int, count: int) -> str:
    """The sort key of a note that stands behind public message `after`."""
    return f"{NOTES}{after:06d}#{count:06d}"


def audit(version: int) -> str:
    """The sort key of what an agent changed when the ticket came to this version."""
    return f"{AUDIT}{version:09d}"
