"""Tickets, their rows and marks, as items of the tickets table."""

import msgspec

from chalicelib.adapters import places
from chalicelib.adapters.tables import TicketsItem, Writes, WrittenMeanwhile, reaching_aws
from chalicelib.adapters.timers import armed
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import AgentRow, Row, Ticket
from chalicelib.errors import DeskbellError, NotFound

_to_json = msgspec.json.Encoder()


class NumberTaken(DeskbellError):
    """The number drawn for a new ticket belongs to another one; draw again."""


_ticket = msgspec.json.Decoder(Ticket)


def to_json(value: object) -> str:
    """A domain value as the one attribute that keeps it."""
    return _to_json.encode(value).decode()


def _row_item(ticket: Ticket) -> TicketsItem:
    key = places.account(ticket.account)
    return TicketsItem(
        key,
        places.row(ticket.created_at, ticket.number),
        data=to_json(msgspec.convert(ticket, Row, from_attributes=True)),
        status_key=f"{key}#{ticket.status}",
        topic_key=f"{key}#{ticket.topic}",
        status_topic_key=f"{key}#{ticket.status}#{ticket.topic}",
        unopened_key=key if ticket.unopened else None,
        attention_key=key if ticket.unopened or ticket.status != "closed" else None,
        attention=_attention(ticket),
    )


def _attention(ticket: Ticket) -> str:
    """What a summary needs to know of a ticket: unopened, open, and which answers the whole hotel gets."""
    flags = f"{'u' if ticket.unopened else ''}{'o' if ticket.status != 'closed' else ''}"
    return " ".join([flags, *ticket.shared])


def _head_item(ticket: Ticket) -> TicketsItem:
    place = (places.ticket(ticket.account, ticket.number), places.HEAD)
    return TicketsItem(
        *place,
        data=to_json(ticket),
        revision=ticket.revision,
        agent_row=to_json(msgspec.convert(ticket, AgentRow, from_attributes=True)),
        queue=f"{ticket.view}#{ticket.team}" if ticket.view else None,
        queue_at=f"{rfc3339(ticket.due_at or ticket.updated_at)}#{ticket.number}" if ticket.view else None,
        opened_day=rfc3339(ticket.created_at)[:10],
        opened_at=places.opened(ticket.created_at, ticket.number),
        **armed(place, ticket.timer_at, ticket.timers),
    )


def put_new(writes: Writes, ticket: Ticket) -> None:
    """The ticket, its row, and the entry that keeps its number unique (else NumberTaken)."""
    number_entry = TicketsItem(places.number(ticket.number), places.HEAD, account=ticket.account)
    writes.put(number_entry, TicketsItem.pk.does_not_exist(), otherwise=NumberTaken())
    writes.put(_head_item(ticket), TicketsItem.pk.does_not_exist(), otherwise=NumberTaken())
    writes.put(_row_item(ticket))


def put_changed(writes: Writes, before: Ticket, after: Ticket) -> Ticket:
    """The ticket as changed, if nobody has written it since `before` was read (else WrittenMeanwhile)."""
    written = msgspec.structs.replace(after, revision=before.revision + 1)
    writes.put(_head_item(written), TicketsItem.revision == before.revision, otherwise=WrittenMeanwhile())
    if _row_of(before) != _row_of(written):
        writes.put(_row_item(written))
    return written


def _row_of(ticket: Ticket) -> Row:
    return msgspec.convert(ticket, Row, from_attributes=True)


def decode_ticket(data: str) -> Ticket:
    """The ticket that a head keeps."""
    return _ticket.decode(data)


def find_ticket(account: AccountId, number: TicketNumber) -> Ticket:
    """The ticket of this account; NotFound when it has none with this number."""
    with reaching_aws():
        try:
            item = TicketsItem.get(places.ticket(account, number), places.HEAD, consistent_read=True)
        except TicketsItem.DoesNotExist:
            raise NotFound from None
    return _ticket.decode(item.data or "")


def find_account(number: TicketNumber) -> AccountId:
    """Whose ticket this is, for agents; NotFound when there is none."""
    with reaching_aws():
        try:
            item = TicketsItem.get(places.number(number), places.HEAD, consistent_read=True)
        except TicketsItem.DoesNotExist:
            raise NotFound from None
    return AccountId(item.account or "")
