"""A ticket for the tests that are about what happens to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.number import number_of
from chalicelib.domain.people import AccountId, HotelUser
from chalicelib.domain.ticket import Ticket, requester

OPENED_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ACCOUNT = AccountId("pms/1")
ANNA = HotelUser(account=ACCOUNT, id="anna", name="Anna", expires_at=OPENED_AT)


def a_ticket(**changes: Any) -> Ticket:
    """A ticket that Anna opened and nobody answered."""
    facts: dict[str, Any] = {
        "number": number_of(572_000_001),
        "account": ACCOUNT,
        "account_name": "Hotel",
        "opened_by": requester(ANNA),
        "requester": requester(ANNA),
        "subject": "Cannot check in",
        "topic": "guests",
        "topic_now": "guests",
        "team": "support",
        "importance": "high",
        "languages": ("ka", "ru"),
        "context": {},
        "follow_up_of": None,
        "created_at": OPENED_AT,
        "updated_at": OPENED_AT,
        "waiting_since": OPENED_AT,
        "due_at": OPENED_AT + timedelta(hours=2),
        "participants": ("anna",),
        "messages": 1,
    }
    return Ticket(**facts | changes)
