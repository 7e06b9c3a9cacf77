"""Declaring a file, and making it the attachment of one message."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Annotated

import msgspec

from chalicelib.adapters import bucket, places, uploads
from chalicelib.adapters.tables import Writes
from chalicelib.adapters.uploads import CLAIM_WITHIN
from chalicelib.domain.file import TYPES, Sha256, Size, Upload, clean_name, is_what_it_says
from chalicelib.domain.people import Caller
from chalicelib.domain.text import FileName
from chalicelib.domain.ticket import Attachment
from chalicelib.errors import NotFound, UnsupportedMediaType
from chalicelib.services.once import Call, do_once

_UPLOAD_ID = re.compile("[0-9a-f]{32}")
SWEPT_AT_ONCE = 1000
"""How many expired uploads one sweep takes; what is left, the next one."""


class DeclareUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file that is to come: exactly these bytes, under this name."""

    name: FileName
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    size: Size
    sha256: Sha256


class Ready(msgspec.Struct, frozen=True):
    """An address for one PUT within 10 minutes, and the headers to send as they are."""

    upload_id: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


def declare_upload(call: Call, file: DeclareUpload) -> Ready:
    """Gives the right to put this file; the same call again gets the same upload and a fresh address."""
    if file.type not in TYPES:
        raise UnsupportedMediaType
    upload = do_once(call, Upload, lambda: _new_upload(call, file))
    url, headers, until = bucket.presign_put(upload, call.now)
    return Ready(upload_id=upload.id, url=url, headers=headers, expires_at=until)


def _new_upload(call: Call, file: DeclareUpload) -> Upload:
    id_ = secrets.token_hex(16)
    upload = Upload(
        id=id_,
        name=clean_name(file.name),
        type=file.type,
        size=file.size,
        sha256=file.sha256,
        key=f"{_folder(call.who)}/{id_}",
        claim_until=call.now + CLAIM_WITHIN,
    )
    writes = Writes()
    uploads.put_upload(writes, call.who, upload)
    call.record(writes, upload)
    writes.commit()
    return upload


def _folder(owner: Caller) -> str:
    """Where an owner's files stand in the bucket: a hash, since ids may be long and are nobody else's business."""
    return hashlib.sha256(places.caller(owner).encode()).hexdigest()[:32]


def find_file(owner: Caller, upload_id: str | None, now: datetime) -> Upload | None:
    """The owner's upload, arrived and of the type it was declared to be; None when the message has none."""
    if upload_id is None:
        return None
    if _UPLOAD_ID.fullmatch(upload_id) is None:
        raise NotFound
    upload = uploads.find_upload(owner, upload_id, now)
    with bucket.open_bytes(upload) as file:
        if not is_what_it_says(upload.type, file):
            raise UnsupportedMediaType
    return upload


def as_attachment(upload: Upload, message_id: str) -> Attachment:
    """The upload as the one attachment of this message; its id is the message's."""
    return Attachment(message_id, upload.name, upload.type, upload.size, upload.key)


def claim(writes: Writes, call: Call, upload: Upload | None) -> None:
    """Takes the upload in the same transaction as its message."""
    if upload:
        uploads.claim(writes, call.who, upload, call.now)


class Swept(msgspec.Struct, frozen=True):
    """How many uploads went, and how many files S3 refused to delete: an operator has to look at those."""

    gone: int = 0
    refused: int = 0


def sweep_uploads(now: datetime) -> Swept:
    """Deletes what no message took within its day, the file first and the record last.

    Wherever it stops, the next sweep goes on: a record is taken out of its list only once its file is gone. A file that
    cannot be deleted holds up no other. Nothing that a message has claimed is touched, since claiming and expiring
    exclude each other by the record's state.
    """
    gone = refused = 0
    for place, upload in uploads.find_expired(now, limit=SWEPT_AT_ONCE):
        if not uploads.expire(place, now):
            continue
        if bucket.delete_bytes(upload):
            uploads.forget(place)
            gone += 1
        else:
            refused += 1
    return Swept(gone, refused)
