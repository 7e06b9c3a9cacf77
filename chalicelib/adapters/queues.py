"""The queues: messages of ids for pushes and timers."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from chalicelib.adapters.tables import aws_client, reaching_aws
from chalicelib.errors import TryAgain

_AT_ONCE = 10
"""What SQS takes in one call."""


@cache
def _sqs() -> Any:
    return aws_client("sqs")


def send(queue_url: str, messages: Sequence[msgspec.Struct], *, delay: int = 0) -> None:
    """Sends every message, to come after so many seconds; TryAgain when one was not taken: some may have been sent."""
    bodies = [msgspec.json.encode(message).decode() for message in messages]
    for start in range(0, len(bodies), _AT_ONCE):
        entries = [
            {"Id": str(n), "MessageBody": body, "DelaySeconds": delay}
            for n, body in enumerate(bodies[start : start + _AT_ONCE])
        ]
        with reaching_aws():
            answer = _sqs().send_message_batch(QueueUrl=queue_url, Entries=entries)
        if answer.get("Failed"):
            raise TryAgain
