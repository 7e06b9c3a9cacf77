"""What stands in a ticket: its messages, its notes, what agents changed, as items beside its head."""

from collections.abc import Sequence

import msgspec

from chalicelib.adapters import places
from chalicelib.adapters.tables import TicketsItem, Writes, reaching_aws
from chalicelib.adapters.tickets import decode_ticket, find_ticket, to_json
from chalicelib.domain.notification import Answered
from chalicelib.domain.number import TicketNumber
from chalicelib.domain.people import AccountId
from chalicelib.domain.ticket import FIRST, AuditEntry, Message, Place, Ticket, place_of
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


def find_audit(ticket: Ticket, version: int) -> AuditEntry | None:
    """What an agent's change brought the ticket to this version; None when something else did."""
    with reaching_aws():
        try:
            item = TicketsItem.get(
                places.ticket(ticket.account, ticket.number), places.audit(version), consistent_read=True
            )
        except TicketsItem.DoesNotExist:
            return None
    return _audit.decode(item.data or "")


def find_message(ticket: Ticket, count: int) -> Message:
    """The `count`-th public message; NotFound when the thread has no such one."""
    return _find(ticket, places.message(count))


def find_each(account: AccountId, answers: Sequence[Answered]) -> dict[Answered, Message]:
    """The messages that these are, of whichever of the account's tickets."""
    if not answers:
        return {}
    keys = {(places.ticket(account, each.number), places.message(each.message)): each for each in answers}
    with reaching_aws():
        items = TicketsItem.batch_get(list(keys), consistent_read=True, attributes_to_get=["pk", "sk", "data"])
        return {keys[item.pk, item.sk]: _message.decode(item.data or "") for item in items}


def find_note(ticket: Ticket, count: int) -> Message:
    """The `count`-th note; NotFound when there is none. Its key tells what it stands behind, so it is looked for."""
    with reaching_aws():
        notes = TicketsItem.query(
            places.ticket(ticket.account, ticket.number), TicketsItem.sk.startswith(places.NOTES), consistent_read=True
        )
        for item in notes:
            if item.sk.endswith(f"#{count:06d}"):
                return _message.decode(item.data or "")
    raise NotFound


def _find(ticket: Ticket, sort_key: str) -> Message:
    with reaching_aws():
        try:
            item = TicketsItem.get(places.ticket(ticket.account, ticket.number), sort_key, consistent_read=True)
        except TicketsItem.DoesNotExist:
            raise NotFound from None
    return _message.decode(item.data or "")


class Page(msgspec.Struct, frozen=True):
    """A ticket with a page of its thread, oldest first; older entries stand before `older` (None: there are none)."""

    ticket: Ticket
    messages: list[Message]
    older: Place | None


def read_page(account: AccountId, number: TicketNumber, before: Place | None, *, with_notes: bool) -> Page:
    """The newest entries of a thread, or those before a place: `THREAD_PAGE` of them, fewer past 1 MB.

    One query reads the ticket and its messages, since the head sorts right behind them; an older page takes one read
    more, and notes take one query.
    """
    partition = places.ticket(account, number)
    if before is None:
        entries = _backwards(partition, places.THREAD, places.HEAD, THREAD_PAGE + 1)
        if not entries or entries[0].sk != places.HEAD:
            raise NotFound
        ticket = decode_ticket(entries.pop(0).data or "")
    else:
        ticket = find_ticket(account, number)
        last = before[0] if before[1] else before[0] - 1
        entries = _backwards(partition, places.THREAD, places.message(last), THREAD_PAGE)
    if with_notes and ticket.notes:
        after, count = before or (ticket.messages, ticket.notes + 1)
        entries += _backwards(partition, places.NOTES, places.note(after, max(count - 1, 0)), THREAD_PAGE)
    messages = _newest(entries)
    first = place_of(messages[0]) if messages else FIRST
    return Page(ticket, messages, first if first > FIRST else None)


def _backwards(partition: str, lower: str, upper: str, limit: int) -> list[TicketsItem]:
    """The last items of a range, newest first: no more than `limit`, and no more than pass a page's size."""
    found: list[TicketsItem] = []
    size = 0
    with reaching_aws():
        for item in TicketsItem.query(
            partition,
            TicketsItem.sk.between(lower, upper),
            scan_index_forward=False,
            limit=limit,
            consistent_read=True,
            attributes_to_get=["sk", "data"],
        ):
            found.append(item)
            size += len((item.data or "").encode()) if item.sk != places.HEAD else 0
            if size > THREAD_PAGE_BYTES:
                break
    return found


def _newest(entries: list[TicketsItem]) -> list[Message]:
    """The newest of the entries that make a page, oldest first."""
    decoded = [(_message.decode(item.data or ""), len((item.data or "").encode())) for item in entries]
    decoded.sort(key=lambda entry: place_of(entry[0]), reverse=True)
    page: list[Message] = []
    size = 0
    for message, length in decoded[:THREAD_PAGE]:
        size += length
        if page and size > THREAD_PAGE_BYTES:
            break
        page.append(message)
    return page[::-1]


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
