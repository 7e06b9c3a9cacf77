"""Writes sample tickets into a benchmark's tables, as the adapters write them: `load(environment, range(1_000))`.

It runs in a process of its own, since the app reads at import where its tables are.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.tickets import ISSUER, Sample, samples
from infra import build

if TYPE_CHECKING:
    from pynamodb.models import Model

    from chalicelib.domain.ticket import Ticket

_SPREAD = 123_456_791
"""Shares no divisor with how many numbers there are: they look drawn, and none comes twice."""
_ANSWERED_AFTER = timedelta(hours=3)


def load(environment: dict[str, str], indices: range) -> None:
    """Writes the tickets with these indices; more can be added later with a range that goes on."""
    command = [sys.executable, "-m", "bench.load", str(indices.start), str(indices.stop)]
    subprocess.run(command, cwd=build.ROOT, env=environment, check=True)


def number(index: int) -> str:
    """The number of the ticket with this index."""
    from chalicelib.domain.number import BODIES, number_of

    return number_of(BODIES.start + index * _SPREAD % len(BODIES))


def _ticket(sample: Sample) -> "Ticket":
    from chalicelib import catalog
    from chalicelib.domain.number import TicketNumber
    from chalicelib.domain.people import AccountId
    from chalicelib.domain.ticket import Author, Ticket
    from chalicelib.services.changing import with_times

    author = Author("requester", sample.user.id, sample.user.name)
    is_waiting = sample.status in {"new", "open"}
    updated_at = sample.opened_at if sample.status == "new" else sample.opened_at + _ANSWERED_AFTER
    ticket = Ticket(
        number=TicketNumber(number(sample.index)),
        account=AccountId(f"{ISSUER}/{sample.account}"),
        account_name=sample.account_name,
        opened_by=author,
        requester=author,
        subject=sample.subject,
        topic=sample.topic,
        topic_now=sample.topic,
        team=catalog.topics()[sample.topic].team,
        importance=sample.importance,  # type: ignore[arg-type]  # the demo has the catalog's
        languages=sample.languages,
        context={},
        follow_up_of=None,
        status=sample.status,
        created_at=sample.opened_at,
        updated_at=updated_at,
        closed_at=updated_at if sample.status == "closed" else None,
        waiting_since=sample.opened_at if is_waiting else None,
        participants=(sample.user.id,),
        messages=1,
    )
    return with_times(ticket)


def _items(sample: Sample) -> Iterator["Model"]:
    """What opening this ticket would put into the tickets table."""
    from chalicelib.adapters import threads, tickets
    from chalicelib.adapters.tables import Writes
    from chalicelib.domain.ticket import Message, message_id

    class Collected(Writes):
        def put(self, item: "Model", *_: object, **__: object) -> None:
            items.append(item)

    items: list[Model] = []
    writes, ticket = Collected(), _ticket(sample)
    tickets.put_new(writes, ticket)
    threads.put_message(writes, ticket, Message(message_id(1), ticket.opened_by, sample.text, ticket.created_at))
    yield from items


def _write(indices: range) -> None:
    from chalicelib.adapters.tables import TicketsItem

    with TicketsItem.batch_write() as batch:
        for sample in samples(indices):
            for item in _items(sample):
                assert isinstance(item, TicketsItem)
                batch.save(item)


if __name__ == "__main__":
    _write(range(int(sys.argv[1]), int(sys.argv[2])))
