"""What stands in a ticket: its messages, its notes, what agents changed, as items beside its head."""

import msgspec

from chalicelib.adapters import places
from chalicelib.adapters.tables import TicketsItem, Writes, reaching_aws
from chalicelib.adapters.tickets import decode_ticket, find_ticket, to_json
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import AuditEntry, Message, Ticket
from chalicelib.errors import NotFound

AUDIT_PAGE = 100
THREAD_PAGE = 50
THREAD_PAGE_BYTES = 1_000_000
"""A page of a thread: this many messages, or fewer when their texts pass this size."""

_message = msgspec.json.Decoder(Message)
_audit = msgspec.json.Decoder(AuditEntry)


def put_message(writes: Writes, ticket: Ticket, message: Message) -> None:
    """The newest message (or note) of the ticket as it is after it."""
    sort_key = places.note(message.after, ticket.notes) if message.is_note else places.message(ticket.messages)
    writes.put(TicketsItem(places.ticket(ticket.account, ticket.number), sort_key, data=to_json(message)))


def put_audit(writes: Writes, ticket: Ticket, entry: AuditEntry) -> None:
    """What an agent changed, beside the change itself."""
    writes.put(
        TicketsItem(places.ticket(ticket.account, ticket.number), places.audit(entry.version), data=to_json(entry))
    )


def find_message(ticket: Ticket, count: int) -> Message:
    """The `count`-th public message; NotFound when the thread has no such one."""
    return _find(ticket, places.message(count))


def find_note(ticket: Ticket, count: int) -> Message:
    """The `count`-th note; NotFound when there is none. Notes are few, so all of the ticket's are read."""
    for note in notes_between(ticket.account, ticket.number, 0, ticket.messages):
        if note.id == f"n{count}":
            return note
    raise NotFound


def _find(ticket: Ticket, sort_key: str) -> Message:
    with reaching_aws():
        try:
            item = TicketsItem.get(places.ticket(ticket.account, ticket.number), sort_key, consistent_read=True)
        except TicketsItem.DoesNotExist:
            raise NotFound from None
    return _message.decode(item.data or "")


def read_page(account: AccountId, number: TicketNumber, before: int | None) -> tuple[Ticket, list[Message]]:
    """The ticket and a page of its messages, oldest first: the newest, or those before the `before`-th.

    One query reads both, since the head sorts right behind the messages; an older page takes one more read.
    """
    if before is None:
        upper, limit = places.HEAD, THREAD_PAGE + 1
    else:
        ticket, upper, limit = find_ticket(account, number), places.message(before - 1), THREAD_PAGE
    messages: list[Message] = []
    size = 0
    head: str | None = None
    with reaching_aws():
        for item in TicketsItem.query(
            places.ticket(account, number),
            TicketsItem.sk.between(places.THREAD, upper),
            scan_index_forward=False,
            limit=limit,
            consistent_read=True,
        ):
            if item.sk == places.HEAD:
                head = item.data
                continue
            size += len((item.data or "").encode())
            if messages and size > THREAD_PAGE_BYTES:
                break
            messages.append(_message.decode(item.data or ""))
    if before is None:
        if head is None:
            raise NotFound
        ticket = decode_ticket(head)
    return ticket, messages[::-1]


def notes_between(account: AccountId, number: TicketNumber, first: int, last: int) -> list[Message]:
    """The notes that stand behind public messages `first` to `last`, in order."""
    with reaching_aws():
        items = TicketsItem.query(
            places.ticket(account, number),
            TicketsItem.sk.between(places.note(first, 0), places.note(last, 999_999)),
            consistent_read=True,
        )
        return [_message.decode(item.data or "") for item in items]


def list_audit(account: AccountId, number: TicketNumber) -> list[AuditEntry]:
    """The newest changes by agents, a page of them at most, oldest first."""
    with reaching_aws():
        items = TicketsItem.query(
            places.ticket(account, number),
            TicketsItem.sk.startswith(places.AUDIT),
            scan_index_forward=False,
            limit=AUDIT_PAGE,
            consistent_read=True,
        )
        return [_audit.decode(item.data or "") for item in items][::-1]
