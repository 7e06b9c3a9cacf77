"""What a hotel user does with tickets: open, reply, read, close, look back."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from chalicelib import catalog
from chalicelib.adapters import tickets, uploads
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.tickets import NumberTaken, WrittenMeanwhile
from chalicelib.adapters.uploads import DOWNLOAD_WITHIN, Upload
from chalicelib.domain import cursor as cursors
from chalicelib.domain import ticket as rules
from chalicelib.domain.number import BODIES, TicketNumber, looks_like_number, number_of, parse_number
from chalicelib.domain.people import HotelUser
from chalicelib.domain.text import Language, ShortText, Subject, Text
from chalicelib.domain.ticket import Importance, Message, Row, Ticket
from chalicelib.errors import InvalidRequest, NotFound, TryAgain
from chalicelib.services.once import Call, do_once
from chalicelib.services.uploads import as_attachment, claim, find_file
from chalicelib.settings import settings

_TRIES = 20
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


class Thread(msgspec.Struct, frozen=True):
    """A ticket with a page of its messages, oldest first, and where older ones begin."""

    ticket: Ticket
    messages: list[Message]
    older: int | None = None


class History(msgspec.Struct, frozen=True):
    """A page of an account's tickets, the numbers that are unread for this user, and the next page's cursor."""

    rows: list[Row]
    unread: frozenset[str]
    next_cursor: str | None


def known_number(text: str) -> TicketNumber:
    """The number in a path; what cannot be one is NotFound, with a hint when only the check digit is wrong."""
    number = parse_number(text)
    if number is None and looks_like_number(text):
        raise NotFound(hint="The last digit does not fit the others. Please check the number.")
    if number is None:
        raise NotFound
    return number


def open_ticket(call: Call, user: HotelUser, request: OpenTicket) -> Thread:
    """Opens a ticket with its first message: ticket, message, attachment and record appear together or not at all."""
    return do_once(call, Thread, lambda: _open(call, user, request))


def _open(call: Call, user: HotelUser, request: OpenTicket) -> Thread:
    topic = catalog.topics().get(request.topic)
    if topic is None:
        raise InvalidRequest({"topic": "is not one of the catalog's topics"})
    languages = tuple(dict.fromkeys(request.languages or (user.locale,)))
    earlier = _follow_up(user, request.follow_up_of)
    upload = find_file(user, request.upload_id, call.now) if request.upload_id else None
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
    for _ in range(_TRIES):
        thread = Thread(ticket, [_message(call, ticket, request.text, rules.requester(user), upload)])
        try:
            return _commit_new(call, thread, upload)
        except NumberTaken:
            ticket = msgspec.structs.replace(ticket, number=_draw_number())
    raise TryAgain


def _commit_new(call: Call, thread: Thread, upload: Upload | None) -> Thread:
    writes = Writes()
    tickets.put_new(writes, thread.ticket)
    tickets.put_message(writes, thread.ticket, thread.messages[0])
    claim(writes, call, upload)
    call.record(writes, thread)
    writes.commit()
    return thread


def _draw_number() -> TicketNumber:
    return number_of(BODIES.start + secrets.randbelow(len(BODIES)))


def _follow_up(user: HotelUser, number: str | None) -> str | None:
    return tickets.find_ticket(user.account, known_number(number)).number if number else None


def _message(call: Call, ticket: Ticket, text: str, author: rules.Author, upload: Upload | None) -> Message:
    id_ = rules.message_id(ticket.messages)
    file = as_attachment(upload, id_) if upload else None
    return Message(id_, author, text, call.now, file, version=ticket.version)


def reply(call: Call, user: HotelUser, number: str, request: Reply) -> Message:
    """Adds the hotel's message. A closed ticket reopens within 14 days, else TicketClosed."""
    return do_once(call, Message, lambda: _reply(call, user, known_number(number), request))


def _reply(call: Call, user: HotelUser, number: TicketNumber, request: Reply) -> Message:
    upload: Upload | None = None
    for _ in range(_TRIES):
        before = tickets.find_ticket(user.account, number)
        after = _with_due(rules.after_hotel_reply(before, user, call.now))
        if request.upload_id and upload is None:
            upload = find_file(user, request.upload_id, call.now)
        message = _message(call, after, request.text, rules.requester(user), upload)
        writes = Writes()
        tickets.put_message(writes, tickets.put_changed(writes, before, after), message)
        claim(writes, call, upload)
        call.record(writes, message)
        try:
            writes.commit()
        except WrittenMeanwhile:
            continue
        return message
    raise TryAgain


def _with_due(ticket: Ticket) -> Ticket:
    if ticket.waiting_since is None:
        return ticket
    due_at = catalog.due_at(ticket.waiting_since, ticket.importance, ticket.team, ticket.languages)
    return msgspec.structs.replace(ticket, due_at=due_at)


def close_ticket(user: HotelUser, number: str, now: datetime) -> Ticket:
    """Closes an own account's ticket; closing a closed one changes nothing."""
    for _ in range(_TRIES):
        before = tickets.find_ticket(user.account, known_number(number))
        if before.status == "closed":
            return before
        writes = Writes()
        after = tickets.put_changed(writes, before, rules.after_closing(before, now))
        try:
            writes.commit()
        except WrittenMeanwhile:
            continue
        return after
    raise TryAgain


def mark_read(user: HotelUser, number: str, up_to: str) -> None:
    """This user has read the answers up to this message; later ones stay unread."""
    for _ in range(_TRIES):
        before = tickets.find_ticket(user.account, known_number(number))
        count = rules.message_count(up_to)
        if count is None or count > before.messages:
            raise NotFound
        after = rules.after_opening_by_hotel(before, count)
        writes = Writes()
        if after != before:
            tickets.put_changed(writes, before, after)
        try:
            writes.commit()
        except WrittenMeanwhile:
            continue
        tickets.remove_unread(before, user.id, count)
        return
    raise TryAgain


def view_ticket(user: HotelUser, number: str, cursor: str | None) -> Thread:
    """The ticket and a page of its public messages: the newest, or those before the cursor."""
    known = known_number(number)
    ticket, messages = tickets.read_page(user.account, known, thread_position(cursor, f"{user.account}|{known}"))
    return Thread(ticket, messages, older_than(messages))


def older_than(messages: Sequence[Message]) -> int | None:
    """The count of the oldest message of a page when older ones exist."""
    first = rules.message_count(messages[0].id) if messages else None
    return first if first and first > 1 else None


def thread_cursor(scope: str, older: int | None) -> str | None:
    """The cursor to the messages before the `older`-th of the ticket that `scope` names."""
    return cursors.seal(str(older), scope=f"thread|{scope}", key=settings().signing_key) if older else None


def thread_position(cursor: str | None, scope: str) -> int | None:
    """The count that a thread's cursor stands for; InvalidRequest when it is none of the ticket's."""
    if cursor is None:
        return None
    position = cursors.unseal(cursor, scope=f"thread|{scope}", key=settings().signing_key)
    if position is None:
        raise InvalidRequest({"messages_cursor": "is not a cursor of this ticket"})
    return int(position)


def is_unread(user: HotelUser, ticket: Ticket) -> bool:
    """Unread: an answer nobody of the hotel has opened, or, for who takes part, one that he has not."""
    return bool(ticket.unopened) or (user.id in ticket.participants and tickets.has_unread(ticket, user.id))


def list_history(user: HotelUser, cursor: str | None, limit: int) -> History:
    """A page of the account's tickets, newest opened first."""
    scope = f"history|{user.account}"
    position = cursors.unseal(cursor, scope=scope, key=settings().signing_key) if cursor is not None else None
    if cursor is not None and position is None:
        raise InvalidRequest({"cursor": "is not a cursor of this list"})
    rows, next_position = tickets.list_rows(user.account, after=position, limit=limit)
    marked = tickets.unread_of(user.account, user.id, rows)
    unread = frozenset(row.number for row in rows if row.unopened or row.number in marked)
    next_cursor = cursors.seal(next_position, scope=scope, key=settings().signing_key) if next_position else None
    return History(rows, unread, next_cursor)


def link_attachment(user: HotelUser, number: str, attachment_id: str, now: datetime) -> tuple[str, datetime]:
    """A download address of a public message's file, and until when it works."""
    ticket = tickets.find_ticket(user.account, known_number(number))
    return link(_public_message(ticket, attachment_id), now)


def _public_message(ticket: Ticket, id_: str) -> Message:
    count = rules.message_count(id_)
    if count is None:
        raise NotFound
    return tickets.find_message(ticket, count)


def link(message: Message, now: datetime) -> tuple[str, datetime]:
    """A download address of this message's file; NotFound when it has none."""
    file = message.attachment
    if file is None:
        raise NotFound
    return uploads.presign_get(file.key, name=file.name, type_=file.type), now + DOWNLOAD_WITHIN
