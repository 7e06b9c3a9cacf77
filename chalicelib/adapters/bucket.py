"""The bucket: addresses by which bytes go straight to it and from it, and what the service itself reads and deletes."""

import io
from base64 import b64encode
from datetime import datetime, timedelta
from functools import cache
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from botocore.exceptions import ClientError

from chalicelib.adapters.tables import aws_client, reaching_aws
from chalicelib.domain.file import HEAD_BYTES, Upload
from chalicelib.errors import UploadMissing
from chalicelib.settings import settings

PUT_WITHIN = timedelta(minutes=10)
DOWNLOAD_WITHIN = timedelta(minutes=5)
_READ_AT_MOST = 1024 * 1024
"""How much of a file is fetched at most to tell what it is."""


@cache
def _s3() -> Any:
    return aws_client(
        "s3",
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        s3={"addressing_style": "virtual"},  # the region's own address: the global one redirects, which breaks a PUT
    )


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
