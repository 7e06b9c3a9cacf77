"""What a hotel user does with tickets: open, reply, read, close."""

import secrets
from datetime import datetime
from typing import Annotated

import msgspec

from chalicelib import catalog
from chalicelib.adapters import threads, tickets
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.tickets import NumberTaken
from chalicelib.adapters.uploads import Upload
from chalicelib.domain import ticket as rules
from chalicelib.domain.number import BODIES, TicketNumber, number_of
from chalicelib.domain.people import HotelUser
from chalicelib.domain.text import Language, ShortText, Subject, Text
from chalicelib.domain.ticket import Importance, Message, Ticket
from chalicelib.errors import InvalidRequest, NotFound, TryAgain
from chalicelib.services.changing import TRIES, change
from chalicelib.services.once import Call, do_once
from chalicelib.services.reading import Thread, known_number
from chalicelib.services.uploads import as_attachment, claim, find_file

Languages = Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=5)]
Context = Annotated[dict[ShortText, ShortText], msgspec.Meta(max_length=20)]


class OpenTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new request: what it is about, in words, and at most one file."""

    topic: str
    subject: Subject
    text: Text
    importance: Importance
    languages: Languages | None = None
    upload_id: str | None = None
    context: Context = msgspec.field(default_factory=dict)
    follow_up_of: str | None = None


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to add to a ticket, with at most one file."""

    text: Text
    upload_id: str | None = None


def open_ticket(call: Call, user: HotelUser, request: OpenTicket) -> Thread:
    """Opens a ticket with its first message: ticket, message, attachment and record appear together or not at all."""
    return do_once(call, Thread, lambda: _open(call, user, request))


def _open(call: Call, user: HotelUser, request: OpenTicket) -> Thread:
    topic = catalog.topics().get(request.topic)
    if topic is None:
        raise InvalidRequest({"topic": "is not one of the catalog's topics"})
    languages = tuple(dict.fromkeys(request.languages or (user.locale,)))
    earlier = _follow_up(user, request.follow_up_of)
    upload = find_file(user, request.upload_id, call.now)
    author = rules.requester(user)
    ticket = Ticket(
        number=_draw_number(),
        account=user.account,
        account_name=user.account_name,
        opened_by=author,
        requester=author,
        subject=request.subject,
        topic=topic.id,
        topic_now=topic.id,
        team=topic.team,
        importance=request.importance,
        languages=languages,
        context=request.context,
        follow_up_of=earlier,
        created_at=call.now,
        updated_at=call.now,
        waiting_since=call.now,
        due_at=catalog.due_at(call.now, request.importance, topic.team, languages),
        participants=(user.id,),
        messages=1,
    )
    for _ in range(TRIES):
        thread = Thread(ticket, [_message(call, user, ticket, request.text, upload)])
        try:
            return _commit_new(call, thread, upload)
        except NumberTaken:
            ticket = msgspec.structs.replace(ticket, number=_draw_number())
    raise TryAgain


def _commit_new(call: Call, thread: Thread, upload: Upload | None) -> Thread:
    writes = Writes()
    tickets.put_new(writes, thread.ticket)
    threads.put_message(writes, thread.ticket, thread.messages[0])
    claim(writes, call, upload)
    call.record(writes, thread)
    writes.commit()
    return thread


def _draw_number() -> TicketNumber:
    return number_of(BODIES.start + secrets.randbelow(len(BODIES)))


def _follow_up(user: HotelUser, number: str | None) -> str | None:
    return None if number is None else tickets.find_ticket(user.account, known_number(number)).number


def _message(call: Call, user: HotelUser, ticket: Ticket, text: str, upload: Upload | None) -> Message:
    id_ = rules.message_id(ticket.messages)
    file = as_attachment(upload, id_) if upload else None
    return Message(id_, rules.requester(user), text, call.now, file, version=ticket.version)


def reply(call: Call, user: HotelUser, number: str, request: Reply) -> Message:
    """Adds the hotel's message. A closed ticket reopens within 14 days, else TicketClosed."""
    known = known_number(number)

    def write() -> Message:
        upload = find_file(user, request.upload_id, call.now)

        def decide(before: Ticket, writes: Writes) -> Message:
            after = _with_due(rules.after_hotel_reply(before, user, call.now))
            message = _message(call, user, after, request.text, upload)
            threads.put_message(writes, tickets.put_changed(writes, before, after), message)
            claim(writes, call, upload)
            call.record(writes, message)
            return message

        return change(user.account, known, decide)

    return do_once(call, Message, write)


def _with_due(ticket: Ticket) -> Ticket:
    if ticket.waiting_since is None:
        return ticket
    due_at = catalog.due_at(ticket.waiting_since, ticket.importance, ticket.team, ticket.languages)
    return msgspec.structs.replace(ticket, due_at=due_at)


def close_ticket(user: HotelUser, number: str, now: datetime) -> None:
    """Closes an own account's ticket; closing a closed one changes nothing."""

    def decide(before: Ticket, writes: Writes) -> None:
        if before.status != "closed":
            tickets.put_changed(writes, before, rules.after_closing(before, now))

    change(user.account, known_number(number), decide)


def mark_read(user: HotelUser, number: str, up_to: str) -> None:
    """This user has read the answers up to this message; later ones stay unread."""
    count = rules.message_count(up_to)

    def decide(before: Ticket, writes: Writes) -> Ticket:
        if count is None or count > before.messages:
            raise NotFound
        after = rules.after_opening_by_hotel(before, count)
        if after != before:
            tickets.put_changed(writes, before, after)
        return before

    ticket = change(user.account, known_number(number), decide)
    tickets.remove_unread(ticket, user.id, count or 0)
