"""The tables, one botocore session for everything, and writes that happen together or not at all."""

import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException, TransactWriteError, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.errors import DeskbellError, TryAgain
from chalicelib.settings import settings

REGION = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 1.0
ATTEMPTS = 3
"""Short waits and few attempts: two calls that AWS never answers take 18 s, and a function has 28."""
_CONFLICT_ATTEMPTS = 8
_BUSY = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


class _Table:
    region = REGION
    connect_timeout_seconds = CONNECT_TIMEOUT_SECONDS
    read_timeout_seconds = READ_TIMEOUT_SECONDS
    max_retry_attempts = ATTEMPTS - 1


_I = TypeVar("_I", GlobalSecondaryIndex[Any], LocalSecondaryIndex[Any])


def _index_of(kind: type[_I], name: str, hash_name: str, range_name: str) -> _I:
    meta = type("Meta", (), {"index_name": name, "projection": AllProjection()})
    keys = {
        "Meta": meta,
        "hash": UnicodeAttribute(hash_key=True, attr_name=hash_name),
        "range": UnicodeAttribute(range_key=True, attr_name=range_name),
    }
    return cast("_I", type(f"{name}_index", (kind,), keys)())


def _index(name: str, hash_name: str, range_name: str) -> GlobalSecondaryIndex[Any]:
    """An index over two text attributes; what it projects is `infra/resources.yaml`'s to say."""
    return _index_of(GlobalSecondaryIndex, name, hash_name, range_name)


def _local_index(name: str, range_name: str) -> LocalSecondaryIndex[Any]:
    """Another order of a partition's items, which may be read strongly."""
    return _index_of(LocalSecondaryIndex, name, "pk", range_name)


class TicketsItem(Model):
    """An item of the durable table. `docs/data-model.md` says which kinds there are."""

    class Meta(_Table):  # noqa: D106 - PynamoDB's own
        table_name = settings().tickets_table

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    data = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    message = NumberAttribute(null=True)
    account = UnicodeAttribute(null=True)
    agent_row = UnicodeAttribute(null=True)
    status_key = UnicodeAttribute(null=True)
    topic_key = UnicodeAttribute(null=True)
    status_topic_key = UnicodeAttribute(null=True)
    unopened_key = UnicodeAttribute(null=True)
    queue = UnicodeAttribute(null=True)
    queue_at = UnicodeAttribute(null=True)
    opened_day = UnicodeAttribute(null=True)
    opened_at = UnicodeAttribute(null=True)
    attention_key = UnicodeAttribute(null=True)
    attention = UnicodeAttribute(null=True)
    timer = UnicodeAttribute(null=True)
    timer_at = UnicodeAttribute(null=True)
    timer_name = UnicodeAttribute(null=True)
    yes = NumberAttribute(null=True)
    no = NumberAttribute(null=True)
    counted = NumberAttribute(null=True)

    by_status = _index("by_status", "status_key", "sk")
    by_topic = _index("by_topic", "topic_key", "sk")
    by_status_topic = _index("by_status_topic", "status_topic_key", "sk")
    by_unopened = _index("by_unopened", "unopened_key", "sk")
    by_queue = _index("by_queue", "queue", "queue_at")
    by_day = _index("by_day", "opened_day", "opened_at")
    by_attention = _index("by_attention", "attention_key", "sk")
    by_timer = _index("by_timer", "timer", "timer_at")


class NotificationsItem(Model):
    """An item of the table of what reaches people: notifications, and agents' reminders."""

    class Meta(_Table):  # noqa: D106 - PynamoDB's own
        table_name = settings().notifications_table

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    data = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    state = UnicodeAttribute(null=True)
    state_at = UnicodeAttribute(null=True)
    ticket_at = UnicodeAttribute(null=True)
    timer = UnicodeAttribute(null=True)
    timer_at = UnicodeAttribute(null=True)
    timer_name = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)

    by_state = _local_index("by_state", "state_at")
    by_ticket = _local_index("by_ticket", "ticket_at")
    by_timer = _index("by_timer", "timer", "timer_at")


class LiveItem(Model):
    """An item of the table of short-lived things, gone some time after `expires_at` (epoch seconds)."""

    class Meta(_Table):  # noqa: D106 - PynamoDB's own
        table_name = settings().live_table

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    data = UnicodeAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    sweep = UnicodeAttribute(null=True)
    sweep_at = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    seen_at = NumberAttribute(null=True)
    counted = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)

    by_sweep = _index("by_sweep", "sweep", "sweep_at")


def _share_one_connection() -> Any:
    # PynamoDB makes a connection, a session and a client for each model: 350 ms of a cold start (docs/decisions/0004).
    tickets = TicketsItem._get_connection()  # noqa: SLF001
    for model in (LiveItem, NotificationsItem):
        other = model._get_connection()  # noqa: SLF001
        tickets.connection.add_meta_table(other.get_meta_table())
        other.connection = tickets.connection
    return tickets.connection


CONNECTION = _share_one_connection()
SESSION: botocore.session.Session = CONNECTION.session
CLIENT = CONNECTION.client


def aws_client(service: str, *, attempts: int = ATTEMPTS, endpoint_url: str | None = None, **options: Any) -> Any:
    """A client of another service from the one session, as impatient as the tables' own; made when first used."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        **options,
    )
    return SESSION.create_client(service, REGION, config=config, endpoint_url=endpoint_url)


@contextmanager
def reaching_aws() -> Iterator[None]:
    """Turns what passes by itself (throttling, time-outs, AWS's own faults) into TryAgain; the rest goes on."""
    try:
        yield
    except (PynamoDBException, ClientError, BotoCoreError) as error:
        if _passes_by_itself(error):
            raise TryAgain from error
        raise


def is_condition_failed(error: PynamoDBException) -> bool:
    """Whether a write was refused by its own condition.

    Only a cause that AWS answered has a code: asked for the code of a broken connection, PynamoDB 6.1 fails itself.
    """
    return _has_code(error, "ConditionalCheckFailedException")


def is_in_the_way(error: PynamoDBException) -> bool:
    """Whether a write met a transaction that is under way for the same item."""
    return _has_code(error, "TransactionConflictException")


def _has_code(error: PynamoDBException, code: str) -> bool:
    return isinstance(error.cause, ClientError) and error.cause.response["Error"]["Code"] == code


def _passes_by_itself(error: BaseException | None) -> bool:
    if isinstance(error, PynamoDBException):
        return _passes_by_itself(error.cause)
    if isinstance(error, VerboseClientError):  # PynamoDB's copy of botocore's error, without its HTTP status
        return _passes_by_itself(error.__cause__)
    if isinstance(error, ClientError):
        is_awss_fault = error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR
        return is_awss_fault or error.response["Error"]["Code"] in _BUSY
    return isinstance(error, BotoCoreError)


class WrittenMeanwhile(DeskbellError):
    """Somebody wrote the item since it was read; read it again."""


Meaning = DeskbellError | Callable[[], DeskbellError]


class Writes:
    """Writes that happen together or not at all, each with the error that its failed condition means.

    Where that depends on what stands there instead, the meaning is asked for: a function that looks and tells.
    """

    def __init__(self) -> None:
        self._steps: list[tuple[int, Callable[[TransactWrite], None], Meaning | None]] = []

    def put(self, item: Model, condition: Condition | None = None, *, otherwise: Meaning | None = None) -> None:
        """Put the item if the condition holds."""
        self._steps.append((1, lambda transaction: transaction.save(item, condition), otherwise))

    def delete(self, item: Model, condition: Condition, *, otherwise: Meaning | None = None) -> None:
        """Delete the item if the condition holds."""
        self._steps.append((0, lambda transaction: transaction.delete(item, condition), otherwise))

    def update(
        self, item: Model, actions: list[Any], condition: Condition, *, otherwise: Meaning | None = None
    ) -> None:
        """Update the item if the condition holds."""
        self._steps.append((2, lambda transaction: transaction.update(item, actions, condition), otherwise))

    def commit(self) -> None:
        """Write. A failed condition raises its step's error; a conflict with another transaction is tried again."""
        # PynamoDB sends deletes, then puts, then updates, and DynamoDB gives its reasons in the order sent.
        steps = sorted(self._steps, key=lambda step: step[0])
        if not steps:
            return
        for attempt in range(_CONFLICT_ATTEMPTS):
            try:
                with reaching_aws(), TransactWrite(connection=CONNECTION, client_request_token=str(uuid.uuid4())) as t:
                    for _, add, _ in steps:
                        add(t)
            except TransactWriteError as error:
                self._raise_for(error, [otherwise for _, _, otherwise in steps])
                time.sleep(random.uniform(0.005, 0.02) * 1.5**attempt)  # noqa: S311 - jitter, not a secret
            else:
                return
        raise TryAgain

    @staticmethod
    def _raise_for(error: TransactWriteError, meanings: list[Meaning | None]) -> None:
        codes = [reason.code if reason else "None" for reason in error.cancellation_reasons]
        for code, meaning in zip(codes, meanings, strict=False):
            if code == "ConditionalCheckFailed" and meaning is not None:
                raise (meaning if isinstance(meaning, DeskbellError) else meaning()) from error
        if "ThrottlingError" in codes or "ProvisionedThroughputExceeded" in codes:
            raise TryAgain from error
        if "TransactionConflict" not in codes:
            raise error
