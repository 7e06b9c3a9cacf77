"""The record that makes a repeated POST give its first answer again, kept 24 hours with the hash of its body."""

from datetime import datetime, timedelta

from chalicelib.adapters.tables import LiveItem, Writes, reaching_aws
from chalicelib.errors import DeskbellError

KEPT = timedelta(hours=24)


class AlreadyDone(DeskbellError):
    """This very call has succeeded before."""


def put_record(writes: Writes, place: tuple[str, str], *, digest: str, answer: str, now: datetime) -> None:
    """The record of a success, unless there already is one (else AlreadyDone)."""
    item = LiveItem(*place, digest=digest, data=answer, expires_at=int((now + KEPT).timestamp()))
    is_free = LiveItem.pk.does_not_exist() | (LiveItem.expires_at <= int(now.timestamp()))
    writes.put(item, is_free, otherwise=AlreadyDone())


def find_record(place: tuple[str, str], now: datetime) -> tuple[str, str] | None:
    """The body's hash and the answer of an earlier success, or None. TTL is late, so the time is looked at."""
    with reaching_aws():
        try:
            item = LiveItem.get(*place, consistent_read=True)
        except LiveItem.DoesNotExist:
            return None
    if (item.expires_at or 0) <= now.timestamp():
        return None
    return item.digest or "", item.data or ""
