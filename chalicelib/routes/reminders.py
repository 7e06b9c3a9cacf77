"""An agent's own reminders."""

from typing import Literal

import msgspec

from chalicelib.adapters.reminders import AgentReminder
from chalicelib.domain.moment import rfc3339
from chalicelib.errors import IdempotencyKeyReused, NotFound
from chalicelib.routes.answers import Page
from chalicelib.routes.http import Incoming, Routes
from chalicelib.services import reminders
from chalicelib.services.reminders import Remind
from chalicelib.services.wire import Number, Time

routes = Routes(__name__, "agent")


class ReminderAnswer(msgspec.Struct, frozen=True):
    """What an agent is, or was, reminded of."""

    id: str
    ticket: Number
    subject: str
    at: Time
    text: str | None
    state: Literal["waiting", "done"]


def _answer(reminder: AgentReminder) -> ReminderAnswer:
    at = rfc3339(reminder.at)
    return ReminderAnswer(reminder.id, reminder.number, reminder.subject, at, reminder.text, reminder.state)


@routes.serve(
    "POST",
    "/v1/agent/tickets/{number}/reminders",
    body=Remind,
    answer=ReminderAnswer,
    status=201,
    takes_key=True,
    errors=(NotFound, IdempotencyKeyReused),
)
def agent_remind(incoming: Incoming) -> ReminderAnswer:
    """Reminds the agent of the ticket, once, on his open pages."""
    return _answer(reminders.remind(incoming.once, incoming.agent, incoming.path["number"], incoming.body))


@routes.serve("GET", "/v1/agent/reminders", answer=Page[ReminderAnswer])
def agent_list_reminders(incoming: Incoming) -> Page[ReminderAnswer]:
    """The agent's reminders, waiting and of the last 30 days, for a page that was away; the latest time first."""
    return Page([_answer(each) for each in reminders.list_reminders(incoming.agent, incoming.now)], None)
