"""What the functions behind a queue share: each message by itself, those that failed reported, one line a call."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from chalicelib.observability import cause, one_line

Event = dict[str, Any]


def each_message(route: str, event: Event, request_id: str, do: Callable[[SQSRecord], int]) -> Any:
    """Does it for each message; the queue gives those again for which it failed. `do` gives how many things it did."""
    with one_line(route, request_id) as line:
        line.update(messages=len(event["Records"]), done=0, failed=0)

        def one(record: SQSRecord) -> None:
            try:
                line["done"] += do(record)
            except Exception as error:
                line["failed"] += 1
                line.update(cause(error))
                raise

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        return process_partial_response(event=event, record_handler=one, processor=processor)
