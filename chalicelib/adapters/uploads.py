"""Uploads: their records, and the addresses by which bytes go straight to and from the bucket."""

from base64 import b64encode
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

import msgspec
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.adapters import places
from chalicelib.adapters.tables import (
    ATTEMPTS,
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
from chalicelib.errors import NotFound, UploadMissing, UploadUsed
from chalicelib.settings import settings

PUT_WITHIN = timedelta(minutes=10)
CLAIM_WITHIN = timedelta(days=1)
DOWNLOAD_WITHIN = timedelta(minutes=5)
_USED_KEPT = timedelta(days=7)
"""How long a used upload is told apart from an unknown one. A pending one has no end: only a sweep may take it."""


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


def presign_put(upload: Upload) -> tuple[str, dict[str, str]]:
    """The address for one PUT of exactly these bytes, and the headers to send as they are."""
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
        ExpiresIn=int(PUT_WITHIN.total_seconds()),
    )
    return url, headers


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


def read_head(upload: Upload) -> bytes:
    """The first bytes of the file; UploadMissing when they never arrived."""
    with reaching_aws():
        try:
            found = _s3().get_object(
                Bucket=settings().attachments_bucket, Key=upload.key, Range=f"bytes=0-{HEAD_BYTES - 1}"
            )
        except ClientError as error:
            # S3 says AccessDenied for what is not there to a role that may not list the bucket.
            if error.response["Error"]["Code"] in {"NoSuchKey", "AccessDenied"}:
                raise UploadMissing from None
            raise
        head: bytes = found["Body"].read()
        return head


def _place(owner: Caller, upload_id: str) -> tuple[str, str]:
    return places.caller(owner), f"upload#{upload_id}"


def put_upload(writes: Writes, owner: Caller, upload: Upload) -> None:
    """The record of a new upload, pending, and in the sweep's list from the end of its day on."""
    writes.put(
        LiveItem(
            *_place(owner, upload.id),
            data=msgspec.json.encode(upload).decode(),
            state="pending",
            sweep="upload",
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
    """Makes the upload a message's, if it still is nobody's (else UploadUsed); the sweep no longer sees it."""
    until = int((now + _USED_KEPT).timestamp())
    taken_out = [LiveItem.sweep.remove(), LiveItem.sweep_at.remove()]
    actions = [LiveItem.state.set("claimed"), LiveItem.expires_at.set(until), *taken_out]
    is_free = (LiveItem.state == "pending") & (LiveItem.sweep_at > rfc3339(now))
    writes.update(LiveItem(*_place(owner, upload.id)), actions, is_free, otherwise=UploadUsed())
