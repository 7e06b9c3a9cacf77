"""One-time schedules of EventBridge Scheduler, each of which sends one message to the timers' queue."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from chalicelib.adapters.tables import aws_client, reaching_aws
from chalicelib.settings import settings


@cache
def _scheduler() -> Any:
    return aws_client("scheduler")


def create(name: str, at: datetime, message: msgspec.Struct) -> None:
    """Has the message sent at this moment, to the second after it; the same name again changes nothing."""
    chosen = settings()
    second = (at.astimezone(UTC) + timedelta(seconds=1, microseconds=-1)).replace(microsecond=0, tzinfo=None)
    with reaching_aws():
        try:
            _scheduler().create_schedule(
                Name=name,
                GroupName=chosen.schedules_group,
                ScheduleExpression=f"at({second.isoformat()})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": chosen.timers_queue_arn,
                    "RoleArn": chosen.schedules_role_arn,
                    "Input": msgspec.json.encode(message).decode(),
                    "DeadLetterConfig": {"Arn": chosen.timers_dead_letters_arn},
                    "RetryPolicy": {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise


def delete(name: str) -> None:
    """Takes a schedule back; one that has run, or never was, is no fault."""
    with reaching_aws():
        try:
            _scheduler().delete_schedule(Name=name, GroupName=settings().schedules_group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
