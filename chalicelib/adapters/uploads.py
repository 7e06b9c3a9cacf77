"""Uploads: the record of each, from its declaration to a message's claim or the sweep."""

from datetime import datetime, timedelta

import msgspec
from pynamodb.exceptions import DeleteError, UpdateError

from chalicelib.adapters import places
from chalicelib.adapters.tables import LiveItem, Writes, is_condition_failed, reaching_aws
from chalicelib.domain.file import Upload
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.people import Caller
from chalicelib.errors import DeskbellError, NotFound, UploadUsed

CLAIM_WITHIN = timedelta(days=1)
SWEEP_AFTER = timedelta(hours=1)
"""How long after its day an upload is swept: bytes that were on their way when it ended have arrived by then."""
_SWEEP = "upload"
_USED_KEPT = timedelta(days=7)
"""How long a used upload is told apart from an unknown one. A pending one has no end: only a sweep may take it."""


def _place(owner: Caller, upload_id: str) -> tuple[str, str]:
    return places.caller(owner), f"upload#{upload_id}"


def put_upload(writes: Writes, owner: Caller, upload: Upload) -> None:
    """The record of a new upload, pending, and in the sweep's list from the end of its day on."""
    writes.put(
        LiveItem(
            *_place(owner, upload.id),
            data=msgspec.json.encode(upload).decode(),
            state="pending",
            sweep=_SWEEP,
            sweep_at=rfc3339(upload.claim_until),
        )
    )


def find_upload(owner: Caller, upload_id: str, now: datetime) -> Upload:
    """The owner's pending upload; UploadUsed when a message has it, NotFound when unknown, foreign or expired."""
    with reaching_aws():
        try:
            item = LiveItem.get(*_place(owner, upload_id), consistent_read=True)
        except LiveItem.DoesNotExist:
            raise NotFound from None
    if item.state == "claimed":
        raise UploadUsed
    upload = msgspec.json.decode(item.data or "", type=Upload)
    if item.state != "pending" or upload.claim_until <= now:
        raise NotFound
    return upload


def claim(writes: Writes, owner: Caller, upload: Upload, now: datetime) -> None:
    """Makes the upload a message's, if it still is to be had (else UploadUsed, NotFound); the sweep leaves it alone."""
    until = int((now + _USED_KEPT).timestamp())
    taken_out = [LiveItem.sweep.remove(), LiveItem.sweep_at.remove()]
    actions = [LiveItem.state.set("claimed"), LiveItem.expires_at.set(until), *taken_out]
    is_free = (LiveItem.state == "pending") & (LiveItem.sweep_at > rfc3339(now))

    def why_not() -> DeskbellError:
        try:
            find_upload(owner, upload.id, now)
        except (NotFound, UploadUsed) as refusal:
            return refusal
        return NotFound()  # its day ends at this very moment

    writes.update(LiveItem(*_place(owner, upload.id)), actions, is_free, otherwise=why_not)


def find_expired(now: datetime, *, limit: int) -> list[tuple[tuple[str, str], Upload]]:
    """The uploads whose day has passed and that no message took, and where their records stand; oldest first."""
    with reaching_aws():
        items = LiveItem.by_sweep.query(_SWEEP, LiveItem.sweep_at <= rfc3339(now - SWEEP_AFTER), limit=limit)
        return [((item.pk, item.sk), msgspec.json.decode(item.data or "", type=Upload)) for item in items]


def expire(place: tuple[str, str], now: datetime) -> bool:
    """Takes the right to claim the upload away, for good; False when a message has it, or another sweep is done.

    It stays in the sweep's list until `forget`, so that a file whose deletion failed is found again.
    """
    is_due = LiveItem.state.is_in("pending", "expired") & (LiveItem.sweep_at <= rfc3339(now - SWEEP_AFTER))
    with reaching_aws():
        try:
            LiveItem(*place).update([LiveItem.state.set("expired")], is_due)
        except UpdateError as error:
            if not is_condition_failed(error):
                raise
            return False
    return True


def forget(place: tuple[str, str]) -> None:
    """Deletes the record of an expired upload; another sweep may have done so."""
    with reaching_aws():
        try:
            LiveItem(*place).delete(LiveItem.state == "expired")
        except DeleteError as error:
            if not is_condition_failed(error):
                raise
