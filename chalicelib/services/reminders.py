"""An agent's own reminders."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from chalicelib.adapters import reminders, tickets
from chalicelib.adapters.reminders import KEPT, AgentReminder
from chalicelib.adapters.tables import Writes
from chalicelib.domain.moment import to_millisecond
from chalicelib.domain.people import Agent
from chalicelib.domain.text import ShortText
from chalicelib.errors import InvalidRequest
from chalicelib.services.known import known_number
from chalicelib.services.once import Call, do_once

LONGEST = timedelta(days=365)


class Remind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the agent wants to be reminded of this ticket, and of what; up to a year ahead."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    text: ShortText | None = None


def remind(call: Call, agent: Agent, number: str, wanted: Remind) -> AgentReminder:
    """Reminds this agent of the ticket, once."""
    known = known_number(number)
    if not call.now < wanted.at <= call.now + LONGEST:
        raise InvalidRequest({"at": "must be in the future, and not more than a year ahead"})

    def write() -> AgentReminder:
        ticket = tickets.find_ticket(tickets.find_account(known), known)
        at = to_millisecond(wanted.at)
        reminder = AgentReminder(secrets.token_hex(8), known, ticket.subject, at, wanted.text)
        writes = Writes()
        reminders.put_reminder(writes, agent.id, reminder)
        call.record(writes, reminder)
        writes.commit()
        return reminder

    return do_once(call, AgentReminder, write)


def list_reminders(agent: Agent, now: datetime) -> list[AgentReminder]:
    """The agent's reminders that wait, and those that came within 30 days, the latest time first."""
    return reminders.list_reminders(agent.id, now - KEPT)
