"""The timers' queue, and the clock that looks after it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from chalicelib.domain.moment import to_millisecond
from chalicelib.handlers.queues import Event, each_message
from chalicelib.observability import one_line
from chalicelib.services import timers
from chalicelib.services.timers import Told

_told = msgspec.json.Decoder(Told)


def remind(event: Event, request_id: str) -> Any:
    """Does what each message says; what failed stays in the queue."""

    def do(record: SQSRecord) -> int:
        timers.handle(_told.decode(record.body), to_millisecond(datetime.now(UTC)))
        return 1

    return each_message("remind", event, request_id, do)


def tick(request_id: str) -> None:
    """Has everything fired that is due and was missed; an error ends it, and the next one goes on."""
    with one_line("tick", request_id) as line:
        line["timers"] = timers.sweep(datetime.now(UTC))
