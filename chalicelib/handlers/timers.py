"""The timers' queue, and the clock that looks after it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from chalicelib.domain.moment import to_millisecond
from chalicelib.handlers.queues import Event, each_message
from chalicelib.observability import one_line
from chalicelib.services import handing_out, looking, timers

_told = msgspec.json.Decoder(timers.Told | handing_out.ChatTold)


def remind(event: Event, request_id: str) -> Any:
    """Does what each message says; what failed stays in the queue."""

    def do(record: SQSRecord) -> int:
        told, now = _told.decode(record.body), to_millisecond(datetime.now(UTC))
        if isinstance(told, timers.Told):
            timers.handle(told, now)
        else:
            looking.handle(told, now)
        return 1

    return each_message("remind", event, request_id, do)


def tick(request_id: str) -> None:
    """Has everything fired that is due and was missed, and chats looked at; after an error the next one goes on."""
    with one_line("tick", request_id) as line:
        handing_out.plan_sweep()
        line["timers"] = timers.sweep(datetime.now(UTC))
