"""Agents' reminders, each an item of its agent's partition."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from pynamodb.exceptions import UpdateError

from chalicelib.adapters import places
from chalicelib.adapters.tables import NotificationsItem, Writes, is_condition_failed, reaching_aws
from chalicelib.adapters.timers import armed
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.number import TicketNumber

KEPT = timedelta(days=30)
_LISTED = 100


class AgentReminder(msgspec.Struct, frozen=True):
    """What an agent wants to be reminded of: a ticket, when, and in which words of his own."""

    id: str
    number: TicketNumber
    subject: str
    at: datetime
    text: str | None = None
    state: Literal["waiting", "done"] = "waiting"


def put_reminder(writes: Writes, agent_id: str, reminder: AgentReminder) -> None:
    """A new reminder of this agent's."""
    place = (places.agent(agent_id), places.reminder(reminder.at, reminder.id))
    item = NotificationsItem(
        *place,
        data=msgspec.json.encode(reminder).decode(),
        state=reminder.state,
        expires_at=int((reminder.at + KEPT).timestamp()),
        **armed(place, reminder.at, 1),
    )
    writes.put(item)


def find_reminder(owner: str, sort_key: str) -> AgentReminder | None:
    """The reminder that stands there, or None."""
    with reaching_aws():
        try:
            item = NotificationsItem.get(owner, sort_key, consistent_read=True)
        except NotificationsItem.DoesNotExist:
            return None
    return _reminder(item)


def _reminder(item: NotificationsItem) -> AgentReminder:
    reminder = msgspec.json.decode(item.data or "", type=AgentReminder)
    return msgspec.structs.replace(reminder, state="done" if item.state == "done" else "waiting")


def finish(owner: str, sort_key: str) -> None:
    """Its time has come; once."""
    attributes = (NotificationsItem.timer, NotificationsItem.timer_at, NotificationsItem.timer_name)
    timer_gone = [attribute.remove() for attribute in attributes]
    with reaching_aws():
        try:
            NotificationsItem(owner, sort_key).update(
                [NotificationsItem.state.set("done"), *timer_gone], NotificationsItem.state == "waiting"
            )
        except UpdateError as error:
            if not is_condition_failed(error):
                raise


def list_reminders(agent_id: str, since: datetime) -> list[AgentReminder]:
    """The agent's reminders of a time after this one, waiting and done, the latest time first; at most 100."""
    condition = NotificationsItem.sk.between(f"{places.REMINDERS}{rfc3339(since)}", f"{places.REMINDERS}~")
    with reaching_aws():
        items = NotificationsItem.query(
            places.agent(agent_id), condition, scan_index_forward=False, consistent_read=True, limit=_LISTED
        )
        return [_reminder(item) for item in items]
