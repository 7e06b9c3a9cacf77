"""The log: one JSON line an invocation, with no text that a person wrote and no name in the clear."""

import hashlib
import hmac
import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.settings import settings

logger = Logger(service="deskbell", level="INFO", location=None, log_uncaught_exceptions=False)
_FRAMES = 4
_OURS = re.compile("(?:^|/)chalicelib/")
_CODE = re.compile("[A-Za-z0-9.]{1,80}")


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
    facts: dict[str, Any] = {}
    try:
        yield facts
    except Exception as error:  # noqa: BLE001 - the edge of a function
        facts |= {"status": 500, **cause(error)}
        raise Failed from None
    else:
        facts.setdefault("status", 200)
    finally:
        line = {"route": route, "request_id": request_id, "status": 500, **facts}
        log = logger.error if "error" in facts else logger.info
        log("served", **line, duration_ms=round((time.perf_counter() - began) * 1000, 1))


def cause(error: BaseException) -> dict[str, Any]:
    """What failed, without a message: the types of the errors, the last of them first, AWS's own codes, and where.

    `where` is the innermost lines of our code, and behind them the innermost of all.
    """
    chain = [error]
    while (deeper := chain[-1].__cause__ or chain[-1].__context__) and all(deeper is not each for each in chain):
        chain.append(deeper)
    frames = [frame for each in chain for frame in traceback.extract_tb(each.__traceback__)]
    ours = [frame for frame in frames if _OURS.search(frame.filename)][-_FRAMES:]
    facts: dict[str, Any] = {"error": " < ".join(type(each).__name__ for each in chain)}
    facts["where"] = [_place(frame) for frame in [*ours, *(frame for frame in frames[-1:] if frame not in ours)]]
    codes = {code for each in chain for code in _codes(each)}
    return facts | ({"aws": sorted(codes)} if codes else {})


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(PurePath(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"


def _codes(error: BaseException) -> Iterator[str]:
    """The words of AWS's own for a refusal: its code, and the reasons of a transaction."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        found = [response.get("Error", {}), *response.get("CancellationReasons", ())]
        yield from (code for each in found if _CODE.fullmatch(code := str(each.get("Code", ""))) and code != "None")
