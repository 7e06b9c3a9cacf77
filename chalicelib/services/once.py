"""A call that may be repeated: the same key with the same body gives the first answer again."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from chalicelib.adapters import idempotency, places
from chalicelib.adapters.tables import Writes
from chalicelib.domain.people import Caller
from chalicelib.errors import DeskbellError, IdempotencyKeyReused, TryAgain

_T = TypeVar("_T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One POST: whose it is, at which route and path, its key if it has one, the hash of its body, and when."""

    who: Caller
    route: str
    key: str | None
    digest: str
    now: datetime

    @property
    def place(self) -> tuple[str, str]:
        """Where its record stands: a key belongs to user, method and path."""
        return places.caller(self.who), f"done#{self.route}#{self.key}"

    def record(self, writes: Writes, answer: object) -> None:
        """Puts the answer beside what it answers for, so that both appear together or not at all."""
        if self.key:
            text = msgspec.json.encode(answer).decode()
            idempotency.put_record(writes, self.place, digest=self.digest, answer=text, now=self.now)


def do_once(call: Call, answer_type: type[_T], do: Callable[[], _T]) -> _T:
    """What `do` answers, or what it answered the first time.

    A refusal may be only the echo of the call's own success (the upload is used, the key is there, the reply was
    lost), so the record is looked for before any error goes out; the common path pays nothing for it.
    """
    try:
        return do()
    except DeskbellError as refusal:
        found = idempotency.find_record(call.place, call.now) if call.key else None
        if found is None:
            if isinstance(refusal, idempotency.AlreadyDone):
                raise TryAgain from refusal
            raise
        digest, answer = found
        if digest != call.digest:
            raise IdempotencyKeyReused from refusal
        return msgspec.json.decode(answer, type=answer_type)
