"""What a hotel user does with tickets: open, reply, read, close."""

from datetime import datetime
from typing import Annotated

import msgspec

from chalicelib.adapters import notifications, places, threads, tickets
from chalicelib.adapters.tables import Writes
from chalicelib.domain import notification, rules
from chalicelib.domain.people import HotelUser
from chalicelib.domain.text import Language, ShortText, Subject, Text
from chalicelib.domain.ticket import Importance, Message, Ticket, message_count, message_id, requester
from chalicelib.errors import NotFound
from chalicelib.services.changing import change, write_changed
from chalicelib.services.known import known_number, known_topic
from chalicelib.services.once import Call, do_once
from chalicelib.services.opening import NOT_DRAWN, open_new
from chalicelib.services.reading import Thread
from chalicelib.services.uploads import as_attachment, claim, find_file

Languages = Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=5)]
Context = Annotated[dict[ShortText, ShortText], msgspec.Meta(max_length=20)]


READ_AT_ONCE = 90
"""How many notifications one transaction marks as read, of the 100 items that it may have."""


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
    topic = known_topic(request.topic)
    earlier = _follow_up(user, request.follow_up_of)
    upload = find_file(user, request.upload_id, call.now)
    author = requester(user)
    ticket = Ticket(
        number=NOT_DRAWN,
        account=user.account,
        account_name=user.account_name,
        opened_by=author,
        requester=author,
        subject=request.subject,
        topic=topic.id,
        topic_now=topic.id,
        team=topic.team,
        importance=request.importance,
        languages=tuple(dict.fromkeys(request.languages or (user.locale,))),
        context=request.context,
        follow_up_of=earlier,
        created_at=call.now,
        updated_at=call.now,
        waiting_since=call.now,
        participants=(user.id,),
        messages=1,
    )
    return open_new(call, ticket, request.text, upload)


def _follow_up(user: HotelUser, number: str | None) -> str | None:
    return None if number is None else tickets.find_ticket(user.account, known_number(number)).number


def reply(call: Call, user: HotelUser, number: str, request: Reply) -> Message:
    """Adds the hotel's message. A closed ticket reopens within 14 days, else TicketClosed."""
    known = known_number(number)

    def write() -> Message:
        upload = find_file(user, request.upload_id, call.now)

        def decide(before: Ticket, writes: Writes) -> Message:
            after = rules.after_hotel_reply(before, user, call.now)
            id_ = message_id(after.messages)
            file = as_attachment(upload, id_) if upload else None
            message = Message(id_, requester(user), request.text, call.now, file, version=after.version)
            threads.put_message(writes, write_changed(writes, before, after), message)
            claim(writes, call, upload)
            call.record(writes, message)
            return message

        return change(user.account, known, decide)

    return do_once(call, Message, write)


def close_ticket(user: HotelUser, number: str, now: datetime) -> None:
    """Closes an own account's ticket; closing a closed one changes nothing."""

    def decide(before: Ticket, writes: Writes) -> None:
        if before.status != "closed":
            write_changed(writes, before, rules.after_closing(before, now))

    change(user.account, known_number(number), decide)


def mark_read(user: HotelUser, number: str, up_to: str) -> None:
    """This user has read the answers up to this message, and their notifications with them; later ones stay unread.

    What the whole hotel got of them is gone for all who do not take part.
    """
    count = message_count(up_to)
    owner = places.user(user.account, user.id)

    def decide(before: Ticket, writes: Writes) -> bool:
        if count is None or count > before.messages:
            raise NotFound
        after = rules.after_opening_by_hotel(before, count)
        if after != before:
            write_changed(writes, before, after)
        own = notifications.list_of_ticket(owner, before.created_at, before.number)
        unread = [each for each in own if each.answered.message <= count and (each.is_unread or each.state != "read")]
        for each in unread[:READ_AT_ONCE]:
            notifications.put_changed(writes, owner, each, notification.read(each))
        return len(unread) <= READ_AT_ONCE

    while not change(user.account, known_number(number), decide):
        pass
