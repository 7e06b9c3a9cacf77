"""What an agent does with tickets: find what is due, look, answer, leave a note."""

from datetime import datetime

import msgspec

from chalicelib import catalog
from chalicelib.adapters import threads, tickets
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.uploads import Upload
from chalicelib.domain import cursor as cursors
from chalicelib.domain import ticket as rules
from chalicelib.domain.people import Agent
from chalicelib.domain.text import Text
from chalicelib.domain.ticket import AgentRow, AgentStatus, AuditEntry, Message, Ticket
from chalicelib.errors import InvalidRequest, NotFound, TicketChanged
from chalicelib.services.changing import change
from chalicelib.services.once import Call, do_once
from chalicelib.services.reading import Thread, known_number, link, older_than, thread_position
from chalicelib.services.uploads import as_attachment, claim, find_file
from chalicelib.settings import settings


class AgentReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer, or a note that only agents see; it may move the status too."""

    text: Text
    upload_id: str | None = None
    note: bool = False
    status: AgentStatus | None = None


class Queue(msgspec.Struct, frozen=True):
    """A page of tickets to which an answer is due, earliest first, and the next page's cursor."""

    rows: list[AgentRow]
    next_cursor: str | None


def list_waiting(cursor: str | None, limit: int) -> Queue:
    """A page of the tickets of all hotels that wait for an answer, the earliest due first."""
    scope, key = "queue|waiting", settings().signing_key
    position = cursors.unseal(cursor, scope=scope, key=key) if cursor is not None else None
    if cursor is not None and position is None:
        raise InvalidRequest({"cursor": "is not a cursor of this list"})
    teams = dict.fromkeys(topic.team for topic in catalog.topics().values())
    rows, after = tickets.list_queue("waiting", teams, after=position, limit=limit)
    return Queue(rows, cursors.seal(after, scope=scope, key=key) if after else None)


def view_ticket(number: str, cursor: str | None) -> Thread:
    """The ticket and a page of its messages, the notes that stand behind them included."""
    known = known_number(number)
    account = tickets.find_account(known)
    before = thread_position(cursor, f"{account}|{known}")
    ticket, messages = threads.read_page(account, known, before)
    older = older_than(messages)
    first = older or 0
    last = before - 1 if before else ticket.messages
    notes = threads.notes_between(account, known, first, last) if ticket.notes else []
    return Thread(ticket, sorted([*messages, *notes], key=_place_in_thread), older, threads.list_audit(account, known))


def _place_in_thread(message: Message) -> tuple[int, bool, datetime]:
    return (
        message.after if message.is_note else rules.message_count(message.id) or 0,
        message.is_note,
        message.created_at,
    )


def reply(call: Call, agent: Agent, number: str, request: AgentReply, version: int | None) -> Message:
    """Adds the answer or the note; TicketChanged when `version` is given and no longer the ticket's."""
    known = known_number(number)

    def write() -> Message:
        account = tickets.find_account(known)
        upload = find_file(agent, request.upload_id, call.now)

        def decide(before: Ticket, writes: Writes) -> Message:
            if version is not None and version != before.version:
                raise TicketChanged(messages=_since(before, version), version=before.version)
            after, message = _written(call, agent, before, request, upload)
            threads.put_message(writes, tickets.put_changed(writes, before, after), message)
            if not request.note:
                tickets.put_unread(writes, after)
            if changes := rules.changes_between(before, after):
                threads.put_audit(
                    writes, after, AuditEntry(call.now, rules.agent_author(agent), after.version, changes)
                )
            claim(writes, call, upload)
            call.record(writes, message)
            return message

        return change(account, known, decide)

    return do_once(call, Message, write)


def _written(
    call: Call, agent: Agent, before: Ticket, request: AgentReply, upload: Upload | None
) -> tuple[Ticket, Message]:
    if request.note:
        after = rules.after_note(before, request.status, call.now)
        id_ = rules.message_id(after.notes, is_note=True)
    else:
        after = rules.after_answer(before, agent, request.status, call.now)
        id_ = rules.message_id(after.messages)
    file = as_attachment(upload, id_) if upload else None
    author = rules.agent_author(agent)
    return after, Message(
        id_, author, request.text, call.now, file, request.note, before.messages if request.note else 0, after.version
    )


def _since(ticket: Ticket, version: int) -> list[Message]:
    thread = view_ticket(ticket.number, None)
    return [message for message in thread.messages if message.version > version]


def link_attachment(number: str, attachment_id: str, now: datetime) -> tuple[str, datetime]:
    """A download address of a message's or a note's file, and until when it works."""
    known = known_number(number)
    ticket = tickets.find_ticket(tickets.find_account(known), known)
    return link(_any_message(ticket, attachment_id), now)


def _any_message(ticket: Ticket, id_: str) -> Message:
    count = rules.message_count(id_)
    if count is not None:
        return threads.find_message(ticket, count)
    note = rules.message_count(id_.replace("n", "m", 1))
    if note is None:
        raise NotFound
    return threads.find_note(ticket, note)
