"""Uploads: their records, and the addresses by which bytes go straight to and from the bucket."""

import io
from base64 import b64encode
from datetime import datetime, timedelta
from functools import cache
from typing import Any, BinaryIO, cast
from urllib.parse import quote

import msgspec
from botocore.config import Config
from botocore.exceptions import ClientError
from pynamodb.exceptions import DeleteError, UpdateError

from chalicelib.adapters import places
from chalicelib.adapters.tables import (
    ATTEMPTS,
    CONDITION_FAILED,
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    REGION,
    SESSION,
    LiveItem,
    Writes,
    reaching_aws,
)
from chalicelib.domain.file import HEAD_BYTES
from chalicelib.domain.moment import rfc3339
from chalicelib.domain.people import Caller
from chalicelib.errors import DeskbellError, NotFound, UploadMissing, UploadUsed
from chalicelib.settings import settings

PUT_WITHIN = timedelta(minutes=10)
CLAIM_WITHIN = timedelta(days=1)
DOWNLOAD_WITHIN = timedelta(minutes=5)
SWEEP_AFTER = timedelta(hours=1)
"""How long after its day an upload is swept: bytes that were on their way when it ended have arrived by then."""
_SWEEP = "upload"
_USED_KEPT = timedelta(days=7)
"""How long a used upload is told apart from an unknown one. A pending one has no end: only a sweep may take it."""


_READ_AT_MOST = 1024 * 1024
"""How much of a file is fetched at most to tell what it is."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """The right to put one file into the bucket: the facts that its address was signed for."""

    id: str
    name: str
    type: str
    size: int
    sha256: str
    key: str
    claim_until: datetime


@cache
def _s3() -> Any:
    config = Config(
        signature_version="s3v4",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        request_checksum_calculation="when_required",
        s3={"addressing_style": "virtual"},  # the region's own address: the global one redirects, which breaks a PUT
    )
    return SESSION.create_client("s3", REGION, config=config)


def presign_put(upload: Upload, now: datetime) -> tuple[str, dict[str, str], datetime]:
    """The address for one PUT of exactly these bytes, the headers to send as they are, and until when it works.

    That is never later than the upload's own day, so that nothing arrives once the sweep has passed.
    """
    until = max(min(now + PUT_WITHIN, upload.claim_until), now + timedelta(seconds=1))
    headers = {
        "content-length": str(upload.size),
        "content-type": upload.type,
        "if-none-match": "*",
        "x-amz-checksum-sha256": b64encode(bytes.fromhex(upload.sha256)).decode(),
    }
    url = _s3().generate_presigned_url(
        "put_object",
        Params={
            "Bucket": settings().attachments_bucket,
            "Key": upload.key,
            "ContentLength": upload.size,
            "ContentType": upload.type,
            "IfNoneMatch": "*",
            "ChecksumSHA256": headers["x-amz-checksum-sha256"],
        },
        ExpiresIn=int((until - now).total_seconds()),
    )
    return url, headers, until


def presign_get(key: str, *, name: str, type_: str) -> str:
    """A download address of at most 5 minutes that saves the file under its own name (RFC 6266)."""
    disposition = f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
    url: str = _s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().attachments_bucket,
            "Key": key,
            "ResponseContentDisposition": disposition,
            "ResponseContentType": type_,
        },
        ExpiresIn=int(DOWNLOAD_WITHIN.total_seconds()),
    )
    return url


def _ascii(name: str) -> str:
    return "".join(char if char.isascii() and char not in '"\\%;' else "_" for char in name)


class _Stored(io.RawIOBase):
    """A stored file, read by ranges: what is asked for is fetched, and no more than `_READ_AT_MOST` in all."""

    def __init__(self, upload: Upload) -> None:
        super().__init__()
        self._upload, self._at, self._left = upload, 0, _READ_AT_MOST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._upload.size}[whence]
        if base + offset < 0:
            raise OSError("before the file's beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._upload.size - self._at)
        if size <= 0:
            return 0
        self._left -= size
        if self._left < 0:
            raise OSError("more is asked for than is looked at")
        found = _get_range(self._upload.key, self._at, size)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def open_bytes(upload: Upload) -> BinaryIO:
    """The file's bytes, to look into; reading raises UploadMissing when they never arrived.

    OSError when somebody reads more than is needed to tell what a file is.
    """
    return cast("BinaryIO", io.BufferedReader(_Stored(upload), HEAD_BYTES))


def _get_range(key: str, at: int, size: int) -> bytes:
    with reaching_aws():
        try:
            found = _s3().get_object(Bucket=settings().attachments_bucket, Key=key, Range=f"bytes={at}-{at + size - 1}")
        except ClientError as error:
            # S3 says AccessDenied for what is not there to a role that may not list the bucket.
            if error.response["Error"]["Code"] in {"NoSuchKey", "AccessDenied"}:
                raise UploadMissing from None
            raise
        content: bytes = found["Body"].read()
        return content


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
            if error.cause_response_code != CONDITION_FAILED:
                raise
            return False
    return True


def delete_bytes(upload: Upload) -> bool:
    """Deletes the file; one that never arrived is gone too. False when S3 refuses to."""
    with reaching_aws():
        try:
            _s3().delete_object(Bucket=settings().attachments_bucket, Key=upload.key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return False
    return True


def forget(place: tuple[str, str]) -> None:
    """Deletes the record of an expired upload; another sweep may have done so."""
    with reaching_aws():
        try:
            LiveItem(*place).delete(LiveItem.state == "expired")
        except DeleteError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
