"""The log: one JSON line an invocation, with no text that a person wrote and no name in the clear."""

import hashlib
import hmac
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.settings import settings

logger = Logger(service="deskbell", level="INFO", location=None, log_uncaught_exceptions=False)
_FRAMES = 5


class Failed(Exception):
    """An invocation that nobody waits for failed; what it was is in its line of the log, and nowhere else."""


def keyed_hash(value: str) -> str:
    """The same 16 hex characters for the same account or user, telling nothing without the key."""
    return hmac.new(settings().signing_key, value.encode(), hashlib.sha256).hexdigest()[:16]


@contextmanager
def one_line(route: str, request_id: str) -> Iterator[dict[str, Any]]:
    """Prints the invocation's line at its end, with what the block put into the dict (`status` among it).

    What the block does not catch becomes `Failed`, since Lambda prints the text of an exception that leaves it, and
    such texts quote what was sent.
    """
    began = time.perf_counter()
    facts: dict[str, Any] = {"status": 200}
    try:
        yield facts
    except Exception as error:  # noqa: BLE001 - the edge of a function
        facts |= {"status": 500, **cause(error)}
        raise Failed from None
    finally:
        line = {"route": route, "request_id": request_id, **facts}
        log = logger.error if "error" in facts else logger.info
        log("served", **line, duration_ms=round((time.perf_counter() - began) * 1000, 1))


def cause(error: BaseException) -> dict[str, Any]:
    """What failed and where: the types of the errors, the last of them first, and the innermost lines; no message."""
    chain = [error]
    while deeper := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(deeper)
    raised = next(each for each in reversed(chain) if each.__traceback__)
    frames = traceback.extract_tb(raised.__traceback__)[-_FRAMES:]
    where = [f"{'/'.join(PurePath(each.filename).parts[-3:])}:{each.lineno} {each.name}" for each in frames]
    return {"error": " < ".join(type(each).__name__ for each in chain), "where": where}
