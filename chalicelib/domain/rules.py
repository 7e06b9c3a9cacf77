"""The rules by which a ticket moves: how it is once somebody has done something with it."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from chalicelib.domain.notification import Answered, NotificationId, parse_id
from chalicelib.domain.people import Agent, HotelUser
from chalicelib.domain.ticket import AgentStatus, Assignee, Importance, Status, Ticket, requester
from chalicelib.errors import TicketClosed

REOPEN_WITHIN = timedelta(days=14)
PARTICIPANTS = 50
"""How many who take part are remembered: the latest."""
SHARED = 20
"""How many unopened answers of a ticket the whole hotel gets: the latest."""

_VISIBLE = ("status", "topic_now", "importance", "subject")
"""What the hotel sees of the fields that an agent can change."""
_AUDITED = ("status", "assignee", "assignee_name", "topic_now", "team", "importance", "subject")


def changes_between(before: Ticket | None, after: Ticket) -> dict[str, tuple[str | None, str | None]]:
    """The fields that an agent can change and that differ, from what to what; all from None for a new ticket."""
    was = {field: getattr(before, field, None) for field in _AUDITED}
    return {field: (was[field], now) for field in _AUDITED if (now := getattr(after, field)) != was[field]}


def take_part(ticket: Ticket, user_id: str) -> tuple[str, ...]:
    """Who takes part once this user has written: the latest last."""
    others = tuple(each for each in ticket.participants if each != user_id)
    return (*others, user_id)[-PARTICIPANTS:]


def after_hotel_reply(ticket: Ticket, user: HotelUser, now: datetime) -> Ticket:
    """The ticket once this hotel user has replied. A closed one reopens within 14 days, else TicketClosed."""
    if ticket.closed_at and now > ticket.closed_at + REOPEN_WITHIN:
        raise TicketClosed(follow_up_of=ticket.number)
    # What waited before was answered in another way: it was closed, or the hotel was asked something.
    is_waiting = ticket.view == "waiting"
    is_requester = ticket.requester is not None and ticket.requester.id == user.id
    return replace(
        ticket,
        status="new" if ticket.status == "new" else "open",
        closed_at=None,
        pending_since=None,
        was_reminded=False,
        waiting_since=ticket.waiting_since if is_waiting else now,
        account_name=user.account_name or ticket.account_name,
        requester=requester(user) if is_requester else ticket.requester,
        languages=ticket.languages or (user.locale,),
        participants=take_part(ticket, user.id),
        messages=ticket.messages + 1,
        updated_at=now,
        version=ticket.version + 1,
    )


def after_answer(
    ticket: Ticket, agent: Agent, status: AgentStatus | None, now: datetime, *, shares: bool = True
) -> Ticket:
    """The ticket once this agent has answered: taken, nothing due, unopened by the hotel.

    A question asked while the ticket waits for the hotel is a new one, so what is to happen without an answer to it
    counts from now on. `shares`: whether the account lets answers go to all its users.
    """
    is_taken = ticket.assignee is not None
    answered = replace(
        ticket,
        status="open" if ticket.status == "new" else ticket.status,
        waiting_since=None,
        due_at=None,
        assignee=ticket.assignee if is_taken else agent.id,
        assignee_name=ticket.assignee_name if is_taken else agent.name,
    )
    answered = _with_status(answered, status, now) if status else answered
    if answered.status == "pending":
        answered = replace(answered, pending_since=now, was_reminded=False)
    return _with_news(answered, now, shares=shares)


def after_system_message(ticket: Ticket, now: datetime, *, closes: bool, shares: bool) -> Ticket:
    """The ticket once Deskbell itself has written to the hotel: reminded of the open question, or closed."""
    changed = _with_status(ticket, "closed", now) if closes else replace(ticket, was_reminded=True)
    return _with_news(changed, now, shares=shares)


def _with_news(ticket: Ticket, now: datetime, *, shares: bool) -> Ticket:
    """The ticket with one more message that the hotel has not opened, and who is to get it."""
    count = ticket.messages + 1
    told = replace(ticket, messages=count, unopened=count, updated_at=now, version=ticket.version + 1)
    return with_answer_to_share(told, now, shares=shares)


def with_answer_to_share(ticket: Ticket, now: datetime, *, shares: bool = True) -> Ticket:
    """The ticket whose newest message is for those who take part, and for the whole hotel when its time comes.

    That is at once for a critical ticket, and for what support wrote to the hotel as such, which has nobody else.
    """
    answer = Answered(now, ticket.number, ticket.messages).id
    if not ticket.participants or (shares and ticket.importance == "critical"):
        return replace(ticket, shared=(*ticket.shared, answer)[-SHARED:])
    return replace(ticket, to_share=(*ticket.to_share, answer)[-SHARED:])


def share(ticket: Ticket, answers: tuple[NotificationId, ...], *, shares: bool = True) -> Ticket:
    """The ticket once the time of these answers has come: every user of the hotel gets them, if the account shares."""
    rest = tuple(each for each in ticket.to_share if each not in answers)
    return replace(ticket, to_share=rest, shared=(*ticket.shared, *(answers if shares else ()))[-SHARED:])


def after_note(ticket: Ticket, status: AgentStatus | None, now: datetime) -> Ticket:
    """The ticket once an agent has left a note; the hotel sees a change only if the status moves."""
    noted = replace(ticket, notes=ticket.notes + 1, version=ticket.version + 1)
    if status is None or status == ticket.status:
        return noted
    return replace(_with_status(noted, status, now), updated_at=now)


def after_change(
    ticket: Ticket,
    now: datetime,
    *,
    status: AgentStatus | None = None,
    topic: tuple[str, str] | None = None,
    importance: Importance | None = None,
    subject: str | None = None,
    assignee: Assignee | None = None,
) -> Ticket:
    """The ticket once an agent has changed these of its fields; `topic` is one with the team that handles it.

    A new ticket that somebody is given is taken. Nothing that differs: the very same ticket. `updated_at` moves only
    with what the hotel can see.
    """
    if status is None and assignee is not None and assignee.id and ticket.status == "new":
        status = "open"
    changed = ticket
    if topic:
        changed = replace(changed, topic_now=topic[0], team=topic[1])
    if importance:
        changed = replace(changed, importance=importance)
    if subject:
        changed = replace(changed, subject=subject)
    if assignee is not None and assignee.id != ticket.assignee:
        changed = replace(changed, assignee=assignee.id, assignee_name=assignee.name)
    if status and status != ticket.status:
        changed = _with_status(changed, status, now)
    if changed == ticket:
        return ticket
    is_visible = any(getattr(changed, field) != getattr(ticket, field) for field in _VISIBLE)
    return replace(changed, version=ticket.version + 1, updated_at=now if is_visible else ticket.updated_at)


def after_opening_by_hotel(ticket: Ticket, up_to: int) -> Ticket:
    """The ticket once somebody of the hotel has opened it up to this message; the very same one if nothing is new."""
    return replace(
        ticket,
        unopened=0 if ticket.unopened <= up_to else ticket.unopened,
        to_share=_later(ticket.to_share, up_to),
        shared=_later(ticket.shared, up_to),
    )


def _later(answers: tuple[NotificationId, ...], up_to: int) -> tuple[NotificationId, ...]:
    return tuple(each for each in answers if (answered := parse_id(each)) and answered.message > up_to)


def after_closing(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket once it was closed by the hotel."""
    closed = _with_status(ticket, "closed", now)
    return replace(closed, waiting_since=None, updated_at=now, version=ticket.version + 1)


def _with_status(ticket: Ticket, status: Status, now: datetime) -> Ticket:
    """The ticket with this status. Closing sets its time, leaving `closed` clears it.

    What is closed or waits for the hotel has nothing due; the question that had no answer yet is remembered, so that
    taking the status back brings it back.
    """
    is_pending = status == "pending"
    return replace(
        ticket,
        status=status,
        closed_at=(ticket.closed_at or now) if status == "closed" else None,
        due_at=None if status in {"closed", "pending"} else ticket.due_at,
        pending_since=(ticket.pending_since or now) if is_pending else None,
        was_reminded=ticket.was_reminded and is_pending,
    )
