"""From the tables' streams to the queue of pushes, and from there to the sockets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import msgspec

from chalicelib.adapters.sockets import SENT_AT_ONCE
from chalicelib.adapters.timers import Table
from chalicelib.handlers.queues import Event, each_message
from chalicelib.observability import one_line
from chalicelib.services import pushing
from chalicelib.services import relay as relaying
from chalicelib.services.relay import Change, Push
from chalicelib.settings import settings

_push = msgspec.json.Decoder(Push)


def relay(event: Event, request_id: str) -> None:
    """All of a batch of changes, or an error: then the stream gives the same batch again."""
    with one_line("relay", request_id) as line:
        changes = [_change(record) for record in event["Records"] if record["eventName"] != "REMOVE"]
        line.update(changes=len(changes), messages=relaying.relay(changes))


def _change(record: Any) -> Change:
    images = record["dynamodb"]
    is_of_tickets = f":table/{settings().tickets_table}/" in record["eventSourceARN"]
    table: Table = "tickets" if is_of_tickets else "notifications"
    return Change(table, images["Keys"], images.get("OldImage", {}), images["NewImage"])


def push(event: Event, request_id: str) -> Any:
    """Sends what each message asks for, all at the same time, so that none waits for another one's slow socket."""
    with ThreadPoolExecutor(len(event["Records"])) as pushers, ThreadPoolExecutor(SENT_AT_ONCE) as senders:

        def start(body: str) -> int:
            return pushing.push(_push.decode(body), datetime.now(UTC), senders)

        under_way = {each["messageId"]: pushers.submit(start, each["body"]) for each in event["Records"]}
        return each_message("push", event, request_id, lambda record: under_way[record.message_id].result())
