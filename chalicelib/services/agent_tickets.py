"""What an agent does with a ticket: look, answer, leave a note, change it, open one."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.adapters import accounts, notifications, threads, tickets
from chalicelib.adapters.tables import Writes
from chalicelib.domain import rules
from chalicelib.domain.file import Upload
from chalicelib.domain.issuer import is_user_id
from chalicelib.domain.people import Agent
from chalicelib.domain.text import Subject, Text
from chalicelib.domain.ticket import (
    AgentStatus,
    AuditEntry,
    Author,
    Importance,
    Message,
    Ticket,
    agent_author,
    message_count,
    message_id,
)
from chalicelib.errors import InvalidRequest, NotFound, TicketChanged
from chalicelib.services.changing import change, write_changed
from chalicelib.services.known import AgentName, known_account, known_assignee, known_number, known_topic
from chalicelib.services.once import Call, do_once
from chalicelib.services.opening import NOT_DRAWN, open_new
from chalicelib.services.reading import Thread, link, read_thread
from chalicelib.services.uploads import as_attachment, claim, find_file

_AUDITED_AS = {"topic": ("topic_now", "team"), "assignee": ("assignee", "assignee_name", "status")}
"""What the audit calls the fields of a change that it does not call the same: an assignee takes a new ticket."""


class AgentReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer, or a note that only agents see; it may move the status too."""

    text: Text
    upload_id: str | None = None
    note: bool = False
    status: AgentStatus | None = None


class ChangeTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent changes; what is not given stays as it is."""

    status: AgentStatus | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    importance: Importance | UnsetType = UNSET
    assignee: AgentName | UnsetType | None = UNSET
    subject: Subject | UnsetType = UNSET


class OpenForHotel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Support writes first: to one user of the hotel (by the id that its PMS gives), or to the hotel as such."""

    account: str
    requester: str | None = None
    topic: str
    subject: Subject
    text: Text
    importance: Importance
    upload_id: str | None = None


def view_ticket(number: str, cursor: str | None) -> Thread:
    """The ticket and a page of its messages and notes, with what agents changed."""
    known = known_number(number)
    account = tickets.find_account(known)
    thread = read_thread(account, known, cursor, with_notes=True)
    return msgspec.structs.replace(thread, audit=threads.list_audit(account, known))


def reply(call: Call, agent: Agent, number: str, request: AgentReply, version: int | None) -> Message:
    """Adds the answer or the note; TicketChanged when `version` is given and no longer the ticket's."""
    known = known_number(number)

    def write() -> Message:
        account = tickets.find_account(known)
        upload = find_file(agent, request.upload_id, call.now)

        def decide(before: Ticket, writes: Writes) -> Message:
            _check(before, version)
            after, message = _written(call, agent, before, request, upload)
            threads.put_message(writes, write_changed(writes, before, after), message)
            if not request.note:
                notifications.put_for_participants(writes, after, call.now)
            if audit := _audit(agent, before, after, call.now):
                threads.put_audit(writes, after, audit)
            claim(writes, call, upload)
            call.record(writes, message)
            return message

        return change(account, known, decide)

    return do_once(call, Message, write)


def _check(ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        raise TicketChanged(messages=_since(ticket, version), version=ticket.version)


def _since(ticket: Ticket, version: int) -> list[Message]:
    """What was written after this version, among the newest entries of the thread."""
    newest = read_thread(ticket.account, ticket.number, None, with_notes=True).messages
    return [message for message in newest if message.version > version]


def _written(
    call: Call, agent: Agent, before: Ticket, request: AgentReply, upload: Upload | None
) -> tuple[Ticket, Message]:
    if request.note:
        after = rules.after_note(before, request.status, call.now)
        id_ = message_id(after.notes, is_note=True)
    else:
        after = rules.after_answer(before, agent, request.status, call.now, shares=_shares_at_once(before))
        id_ = message_id(after.messages)
    file = as_attachment(upload, id_) if upload else None
    behind = before.messages if request.note else 0
    author = agent_author(agent)
    return after, Message(id_, author, request.text, call.now, file, request.note, behind, after.version)


def _shares_at_once(ticket: Ticket) -> bool:
    """Whether the whole hotel gets this ticket's answers without waiting. Only a critical ticket costs a look."""
    return ticket.importance == "critical" and accounts.find_settings(ticket.account).shares_answers


def _audit(agent: Agent, before: Ticket | None, after: Ticket, now: datetime) -> AuditEntry | None:
    changes = rules.changes_between(before, after)
    return AuditEntry(now, agent_author(agent), after.version, changes) if changes else None


def change_ticket(agent: Agent, number: str, wanted: ChangeTicket, version: int, now: datetime) -> None:
    """Changes these fields of the ticket; TicketChanged when `version` is no longer the ticket's.

    The same call again, its answer lost, changes nothing: it finds its own change as the newest.
    """
    known = known_number(number)
    account = tickets.find_account(known)
    fields = _looked_up(agent, wanted)

    def decide(before: Ticket, writes: Writes) -> None:
        changed = rules.after_change(before, now, **fields)
        if version != before.version:
            news = _since(before, version)
            if changed == before and not news and _made_by(agent, before, version, set(fields)):
                return
            raise TicketChanged(messages=news, version=before.version)
        after = rules.share(changed, changed.to_share) if _shares_at_once(changed) else changed
        if audit := _audit(agent, before, after, now):
            write_changed(writes, before, after)
            threads.put_audit(writes, after, audit)

    change(account, known, decide)


def _made_by(agent: Agent, ticket: Ticket, version: int, fields: set[str]) -> bool:
    """Whether all that came after this version is one change of these fields by this agent."""
    entry = threads.find_audit(ticket, ticket.version) if ticket.version == version + 1 else None
    asked = {audited for field in fields for audited in _AUDITED_AS.get(field, (field,))}
    return entry is not None and entry.agent.id == agent.id and entry.changes.keys() <= asked


def _looked_up(agent: Agent, wanted: ChangeTicket) -> dict[str, Any]:
    """The fields that are given, with what they name looked up; InvalidRequest when there is no such thing."""
    fields = wanted.__struct_fields__
    given: dict[str, Any] = {name: value for name in fields if (value := getattr(wanted, name)) is not UNSET}
    if not given:
        raise InvalidRequest({"body": f"must have one of {', '.join(fields)}"})
    if "topic" in given:
        topic = known_topic(given["topic"])
        given["topic"] = (topic.id, topic.team)
    if "assignee" in given:
        given["assignee"] = known_assignee(agent, given["assignee"])
    return given


def open_for_hotel(call: Call, agent: Agent, request: OpenForHotel) -> Thread:
    """Opens a ticket in which support writes first; it waits for the hotel, and is its agent's."""
    return do_once(call, Thread, lambda: _open(call, agent, request))


def _open(call: Call, agent: Agent, request: OpenForHotel) -> Thread:
    account, topic = known_account(request.account), known_topic(request.topic)
    user_id = request.requester
    if user_id is not None and not is_user_id(user_id):
        raise InvalidRequest({"requester": "must be a user's id as its PMS gives it, or null for the hotel as such"})
    upload = find_file(agent, request.upload_id, call.now)
    ticket = Ticket(
        number=NOT_DRAWN,
        account=account,
        account_name="",
        opened_by=agent_author(agent),
        # What the user is called, the first reply will tell.
        requester=Author("requester", user_id, user_id) if user_id is not None else None,
        subject=request.subject,
        topic=topic.id,
        topic_now=topic.id,
        team=topic.team,
        importance=request.importance,
        languages=(),
        context={},
        follow_up_of=None,
        status="pending",
        pending_since=call.now,
        created_at=call.now,
        updated_at=call.now,
        assignee=agent.id,
        assignee_name=agent.name,
        participants=(user_id,) if user_id is not None else (),
        messages=1,
        unopened=1,
    )

    audit = _audit(agent, None, ticket, call.now)
    return open_new(call, ticket, request.text, upload, audit=audit, shares=_shares_at_once(ticket))


def link_attachment(number: str, attachment_id: str, now: datetime) -> tuple[str, datetime]:
    """A download address of a message's or a note's file, and until when it works."""
    known = known_number(number)
    ticket = tickets.find_ticket(tickets.find_account(known), known)
    return link(_any_message(ticket, attachment_id), now)


def _any_message(ticket: Ticket, id_: str) -> Message:
    count = message_count(id_)
    if count is not None:
        return threads.find_message(ticket, count)
    note = message_count(id_.replace("n", "m", 1))
    if note is None:
        raise NotFound
    return threads.find_note(ticket, note)
